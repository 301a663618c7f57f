from collections.abc import Callable
from pathlib import Path

import pytest
from pydicom import dcmread

from radloom.adapters.folder import FolderArchive
from radloom.adapters.folder_record import FolderRecord
from radloom.dicom.part10 import encode
from radloom.errors import Rejected, Unavailable
from tests.publisher.example import SERIES, STUDY, ct_slice, measured


def test_instances_that_are_no_results_are_named_by_uid(tmp_path: Path) -> None:
    FolderArchive(tmp_path).store([encode(ct_slice())])
    assert [path.name for path in (tmp_path / STUDY).iterdir()] == ["2.25.500.dcm"]


def test_the_bytes_stored_are_the_bytes_given(tmp_path: Path) -> None:
    content = measured().seg_bytes
    archive = FolderArchive(tmp_path)
    archive.store([content])
    archive.store([content])
    assert [p.read_bytes() for p in sorted((tmp_path / STUDY).iterdir())] == [content]


def test_a_second_result_of_a_kind_gets_a_number(tmp_path: Path) -> None:
    image = ct_slice()
    other = measured(image, image.pixel_array > 1024 + 40)
    FolderArchive(tmp_path).store([measured().seg_bytes, other.seg_bytes])
    assert {path.name for path in (tmp_path / STUDY).iterdir()} == {"seg.dcm", "seg-2.dcm"}


def test_other_content_under_a_known_uid_is_rejected(tmp_path: Path) -> None:
    archive = FolderArchive(tmp_path)
    archive.store([encode(ct_slice())])
    changed = ct_slice()
    changed.KVP = 120
    with pytest.raises(Rejected) as refused:
        archive.store([encode(changed)])
    assert refused.value.reason == "conflict"
    assert "KVP" not in dcmread(tmp_path / STUDY / "2.25.500.dcm")


def test_series_are_counted(tmp_path: Path) -> None:
    archive = FolderArchive(tmp_path)
    second = ct_slice()
    second.SOPInstanceUID = "2.25.501"
    second.file_meta.MediaStorageSOPInstanceUID = second.SOPInstanceUID
    archive.store([encode(ct_slice()), encode(second)])
    (series,) = archive.series(STUDY)
    assert (series.SeriesInstanceUID, series.NumberOfSeriesRelatedInstances) == (SERIES, 2)
    assert len(archive.retrieve_series(STUDY, SERIES)) == 2


@pytest.mark.parametrize("uid", ["../../etc", "1.2/3", "", "1.2.3\n"])
def test_a_uid_that_is_none_never_becomes_a_path(tmp_path: Path, uid: str) -> None:
    with pytest.raises(Rejected):
        FolderArchive(tmp_path).series(uid)


def test_what_is_no_dicom_file_is_rejected_and_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(Rejected):
        FolderArchive(tmp_path).store([encode(ct_slice()), b"not DICOM"])
    assert not (tmp_path / STUDY).exists()


BASIC = {"resource": {"resourceType": "Basic"}, "request": {"method": "POST", "url": "Basic"}}
WRITES: dict[str, Callable[[Path], object]] = {
    "archive": lambda folder: FolderArchive(folder).store([encode(ct_slice())]),
    "record": lambda folder: FolderRecord(folder).transaction(
        {"type": "transaction", "entry": [BASIC]}
    ),
}


@pytest.mark.parametrize("role", WRITES)
def test_a_folder_that_cannot_be_written_is_unavailable(tmp_path: Path, role: str) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    with pytest.raises(Unavailable) as later:
        WRITES[role](blocked)
    assert later.value.dependency == role


@pytest.mark.parametrize(
    "request_", [{"method": "DELETE", "url": "Basic/1"}, {"method": "PUT", "url": "Basic"}, {}]
)
def test_a_request_that_the_folder_record_cannot_do_is_rejected(
    tmp_path: Path, request_: dict[str, str]
) -> None:
    entry = {"resource": {"resourceType": "Basic"}, "request": request_}
    with pytest.raises(Rejected):
        FolderRecord(tmp_path).transaction({"type": "transaction", "entry": [entry]})


def test_two_matches_of_one_search_are_rejected(tmp_path: Path) -> None:
    record = FolderRecord(tmp_path)
    for name in ("a", "b"):
        resource = {"resourceType": "Basic", "identifier": [{"system": "s", "value": "1"}]}
        request = {"method": "PUT", "url": f"Basic/{name}"}
        record.transaction(
            {"type": "transaction", "entry": [{"resource": resource, "request": request}]}
        )
    request = {"method": "PUT", "url": "Basic?identifier=s%7C1"}
    entry = {"resource": {"resourceType": "Basic"}, "request": request}
    with pytest.raises(Rejected) as refused:
        record.transaction({"type": "transaction", "entry": [entry]})
    assert refused.value.reason == "multiple_matches"
