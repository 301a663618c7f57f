"""What every imaging archive must do: ingest and Orthanc over DICOMweb, and a folder."""

import hashlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from itertools import count
from pathlib import Path

import pytest
from pydicom import dcmread
from pydicom.data import get_testdata_file
from pydicom.uid import CTImageStorage

from radloom.adapters.destinations import open_archive
from radloom.adapters.dicomweb import DicomWebArchive
from radloom.adapters.folder import FolderArchive
from radloom.dicom.part10 import encode
from radloom.errors import Rejected, Unavailable
from radloom.ports import Archive, StoredInstance
from tests.ingest.example import ct, ct_file, dicomweb, stage
from tests.peers.orthanc import free_port, orthanc

KINDS = ["ingest", "folder", pytest.param("orthanc", marks=pytest.mark.peer)]
NUMBERS = count(1)


@pytest.fixture(scope="module", params=KINDS)
def archive(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Archive]:
    folder = tmp_path_factory.mktemp("archive")
    with ExitStack() as running:
        if request.param == "ingest":
            on = running.enter_context(stage(folder))
            url = f"{running.enter_context(dicomweb(on.ingest))}/dicom-web"
            yield running.enter_context(DicomWebArchive(url))
        elif request.param == "orthanc":
            url = running.enter_context(orthanc()).dicomweb_url
            yield running.enter_context(DicomWebArchive(url))
        else:
            yield FolderArchive(folder)


@pytest.fixture
def study() -> str:
    """A study that no other test uses; an archive lives as long as the module."""
    return f"2.25.7000{next(NUMBERS)}"


def slices(study: str, series: int, *numbers: int) -> list[bytes]:
    uid = f"{study}.{series}"
    return [ct_file(number, study=study, series=uid, SeriesNumber=series) for number in numbers]


def test_what_is_stored_is_acknowledged_one_by_one(archive: Archive, study: str) -> None:
    contents = slices(study, 1, 1, 2)
    assert archive.store(contents) == [
        StoredInstance(
            sop_class_uid=CTImageStorage,
            sop_instance_uid=f"{study}.1.{number}",
            series_instance_uid=f"{study}.1",
            sha256=hashlib.sha256(content).hexdigest(),
        )
        for number, content in enumerate(contents, start=1)
    ]


def test_series_of_a_study_are_told_with_their_modality(archive: Archive, study: str) -> None:
    archive.store(slices(study, 1, 1, 2))
    archive.store(slices(study, 2, 1))
    found = {str(ds.SeriesInstanceUID): ds for ds in archive.series(study)}
    assert set(found) == {f"{study}.1", f"{study}.2"}
    assert {ds.Modality for ds in found.values()} == {"CT"}
    counts = {uid: int(ds.NumberOfSeriesRelatedInstances) for uid, ds in found.items()}
    assert counts == {f"{study}.1": 2, f"{study}.2": 1}


def test_an_unknown_study_has_no_series(archive: Archive) -> None:
    assert archive.series("2.25.404") == []


def test_a_series_comes_back_with_pixels_and_file_meta(archive: Archive, study: str) -> None:
    archive.store(slices(study, 1, 1, 2) + slices(study, 2, 3))
    found = archive.retrieve_series(study, f"{study}.1")
    by_number = {int(ds.InstanceNumber): ds for ds in found}
    assert set(by_number) == {1, 2}
    for number, ds in by_number.items():
        assert ds.PixelData == ct(number).PixelData
        assert ds.file_meta.TransferSyntaxUID == ct(number).file_meta.TransferSyntaxUID
        assert (ds.PatientID, ds.PatientName) == (ct().PatientID, ct().PatientName)


@pytest.mark.filterwarnings("ignore::UserWarning")  # pydicom's, on its own examples
@pytest.mark.parametrize(
    "name", ["MR_small_RLE.dcm", "MR_small_jp2klossless.dcm", "MR_small_bigendian.dcm"]
)
def test_pixels_come_back_as_they_are_encoded(
    archive: Archive, study: str, name: str, request: pytest.FixtureRequest
) -> None:
    if request.node.callspec.params["archive"] == "orthanc":
        reason = "DicomWebArchive does not ask for any transfer syntax, so Orthanc transcodes"
        request.applymarker(pytest.mark.xfail(reason=reason))
    ds = dcmread(str(get_testdata_file(name, download=False)))
    ds.StudyInstanceUID, ds.SeriesInstanceUID, ds.SOPInstanceUID = study, f"{study}.1", f"{study}.2"
    archive.store([encode(ds)])
    (found,) = archive.retrieve_series(study, f"{study}.1")
    assert found.file_meta.TransferSyntaxUID == ds.file_meta.TransferSyntaxUID
    assert found.PixelData == ds.PixelData


def test_an_unknown_series_is_rejected(archive: Archive, study: str) -> None:
    archive.store(slices(study, 1, 1))
    for known, series in (("2.25.404", "2.25.405"), (study, "2.25.405")):
        with pytest.raises(Rejected) as refused:
            archive.retrieve_series(known, series)
        assert refused.value.reason == "not_found"


def test_the_same_instance_again_is_harmless(archive: Archive, study: str) -> None:
    contents = slices(study, 1, 1, 2)
    assert archive.store(contents) == archive.store(contents)
    assert len(archive.retrieve_series(study, f"{study}.1")) == 2


def test_the_same_instances_by_many_at_once_are_kept_once(archive: Archive, study: str) -> None:
    contents = slices(study, 1, 1, 2, 3)
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(archive.store, [contents] * 4))
    assert all(answer == answers[0] for answer in answers)
    assert len(archive.retrieve_series(study, f"{study}.1")) == 3


@pytest.mark.parametrize("content", [b"", b"no DICOM at all", b"\0" * 128 + b"DICM"])
def test_what_is_no_dicom_file_is_rejected(archive: Archive, content: bytes) -> None:
    with pytest.raises(Rejected):
        archive.store([content])


def test_no_error_says_whose_instance_it_was(archive: Archive, study: str) -> None:
    content = encode(ct(study=study, series=f"{study}.1"))[:400]
    with pytest.raises(Rejected) as refused:
        archive.store([content])
    assert str(ct().PatientID) not in str(refused.value)


# ---------------------------------------------------------------- beyond the suite


@pytest.fixture(params=["ingest", "folder"])
def careful(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Archive]:
    """Archives of ours; Orthanc answers 200 to other content and keeps the first silently."""
    if request.param == "folder":
        yield FolderArchive(tmp_path)
        return
    with (
        stage(tmp_path) as on,
        dicomweb(on.ingest) as url,
        DicomWebArchive(f"{url}/dicom-web") as archive,
    ):
        yield archive


def test_other_content_under_a_known_uid_is_rejected_and_the_first_stays(careful: Archive) -> None:
    careful.store([ct_file(1)])
    with pytest.raises(Rejected):
        careful.store([ct_file(1, PatientSex="O")])
    ds = ct(1)
    (found,) = careful.retrieve_series(str(ds.StudyInstanceUID), str(ds.SeriesInstanceUID))
    assert found.PatientSex == ds.PatientSex
    assert encode(found) == ct_file(1)


def test_orthanc_keeps_the_first_without_a_word() -> None:
    """Why delivery is proven by reading back, and not by what an archive answers."""
    with orthanc() as peer, DicomWebArchive(peer.dicomweb_url) as archive:
        archive.store([ct_file(1)])
        archive.store([ct_file(1, PatientSex="O")])
        ds = ct(1)
        (found,) = archive.retrieve_series(str(ds.StudyInstanceUID), str(ds.SeriesInstanceUID))
    assert found.PatientSex == ds.PatientSex


def test_an_archive_that_is_away_is_unavailable() -> None:
    archive = open_archive(f"http://127.0.0.1:{free_port()}/dicom-web")
    calls: list[Callable[[], object]] = [
        partial(archive.store, [ct_file(1)]),
        partial(archive.series, "2.25.1"),
        partial(archive.retrieve_series, "2.25.1", "2.25.2"),
    ]
    for call in calls:
        with pytest.raises(Unavailable) as failed:
            call()
        assert failed.value.dependency == "archive"
    assert isinstance(archive, DicomWebArchive)
    archive.close()


def test_a_folder_that_cannot_be_written_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / str(ct().StudyInstanceUID)).write_text("a file where a folder is needed")
    with pytest.raises(Unavailable) as failed:
        FolderArchive(tmp_path).store([ct_file(1)])
    assert failed.value.dependency == "archive"
