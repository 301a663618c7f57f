"""QIDO-RS, WADO-RS and STOW-RS (PS3.18 sections 10.4 to 10.6) as dicomweb-client speaks them."""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import httpx
import numpy as np
import pytest
import requests
from dicomweb_client import DICOMwebClient
from pydicom import Dataset, dcmread
from pydicom.data import get_testdata_file
from pydicom.uid import ExplicitVRBigEndian

from radloom.dicom.part10 import encode
from tests.ingest.example import (
    PATIENT_ID,
    PATIENT_NAME,
    SERIES,
    STUDY,
    Stage,
    ct,
    ct_file,
    dicomweb,
    stage,
)

OTHER_STUDY, OTHER_SERIES = "2.25.101", "2.25.201"
SOP = f"{SERIES}.1"


@pytest.fixture
def on(tmp_path: Path) -> Iterator[Stage]:
    with stage(tmp_path) as made:
        yield made


@pytest.fixture
def root(on: Stage) -> Iterator[str]:
    with dicomweb(on.ingest) as url:
        yield f"{url}/dicom-web"


@pytest.fixture
def client(root: str) -> Iterator[DICOMwebClient]:
    with requests.Session() as session:
        made = DICOMwebClient(root, session=session)
        made.set_http_retry_params(retry=False)
        yield made


@pytest.fixture
def held(on: Stage) -> Stage:
    """Two studies: three slices in two series, and one of another patient a year later."""
    contents = [
        ct_file(1),
        ct_file(2),
        ct_file(1, series="2.25.202", Modality="PT", SeriesNumber=2),
        ct_file(
            1,
            study=OTHER_STUDY,
            series=OTHER_SERIES,
            PatientID="OTHER",
            PatientName="Else^Somebody",
            StudyDate="20250304",
            AccessionNumber="A2",
        ),
    ]
    assert on.receive(*contents) == [0] * 4
    return on


def studies(client: DICOMwebClient, **filters: str) -> list[str]:
    found = client.search_for_studies(search_filters=filters)
    return sorted(str(Dataset.from_json(item).StudyInstanceUID) for item in found)


# ---------------------------------------------------------------- QIDO-RS


@pytest.mark.parametrize(
    ("name", "value", "found"),
    [
        ("PatientID", PATIENT_ID, [STUDY]),
        ("00100020", PATIENT_ID, [STUDY]),
        ("PatientID", "canary-4711", []),
        ("PatientID", "CANARY*", [STUDY]),
        ("PatientID", "CANARY-471?", [STUDY]),
        ("PatientID", "CANARY-471", []),
        ("PatientID", "*", [STUDY, OTHER_STUDY]),
        ("PatientName", PATIENT_NAME.upper(), [STUDY]),
        ("PatientName", "*nora", [STUDY]),
        ("StudyInstanceUID", STUDY, [STUDY]),
        ("StudyInstanceUID", f"{STUDY},{OTHER_STUDY}", [STUDY, OTHER_STUDY]),
        ("StudyInstanceUID", f"{STUDY}\\{OTHER_STUDY}", [STUDY, OTHER_STUDY]),
        ("StudyDate", "20240102", [STUDY]),
        ("StudyDate", "20240102-20241231", [STUDY]),
        ("StudyDate", "20240103-", [OTHER_STUDY]),
        ("StudyDate", "-20240102", [STUDY]),
        ("AccessionNumber", "A2", [OTHER_STUDY]),
        ("AccessionNumber", ".*", []),
        ("ModalitiesInStudy", "PT", [STUDY]),
        ("ModalitiesInStudy", "MR", []),
    ],
)
@pytest.mark.usefixtures("held")
def test_studies_are_found_by_every_way_of_matching(
    client: DICOMwebClient, name: str, value: str, found: list[str]
) -> None:
    assert studies(client, **{name: value}) == found


@pytest.mark.usefixtures("held")
def test_filters_add_up(client: DICOMwebClient) -> None:
    assert studies(client, PatientID="*", StudyDate="20240102") == [STUDY]


@pytest.mark.usefixtures("held")
def test_a_study_tells_what_is_in_it(client: DICOMwebClient, root: str) -> None:
    (found,) = client.search_for_studies(search_filters={"StudyInstanceUID": STUDY})
    ds = Dataset.from_json(found)
    assert sorted(ds.ModalitiesInStudy) == ["CT", "PT"]
    assert (ds.NumberOfStudyRelatedSeries, ds.NumberOfStudyRelatedInstances) == (2, 3)
    assert (ds.PatientID, ds.PatientName, ds.StudyDate) == (PATIENT_ID, PATIENT_NAME, "20240102")
    assert httpx.get(f"{root}/studies").json()[0]["00081190"]["Value"] == [
        f"{root}/studies/{STUDY}"
    ]


@pytest.mark.usefixtures("held")
def test_series_and_instances_are_found_below_and_beside_their_parents(
    client: DICOMwebClient,
) -> None:
    series = [Dataset.from_json(item) for item in client.search_for_series(STUDY)]
    assert [(ds.Modality, ds.NumberOfSeriesRelatedInstances) for ds in series] == [
        ("CT", 2),
        ("PT", 1),
    ]
    assert len(client.search_for_series()) == 3
    assert len(client.search_for_series(search_filters={"Modality": "PT"})) == 1
    instances = [Dataset.from_json(item) for item in client.search_for_instances(STUDY, SERIES)]
    assert [ds.SOPInstanceUID for ds in instances] == [f"{SERIES}.1", f"{SERIES}.2"]
    assert [(ds.InstanceNumber, ds.Rows) for ds in instances] == [(1, 16), (2, 16)]
    assert len(client.search_for_instances(STUDY)) == 3
    assert len(client.search_for_instances()) == 4


@pytest.mark.usefixtures("held")
def test_pages_follow_each_other(client: DICOMwebClient) -> None:
    pages = [client.search_for_instances(limit=3, offset=k) for k in (0, 3, 4)]
    assert [len(page) for page in pages] == [3, 1, 0]
    uids = [item["00080018"]["Value"][0] for page in pages for item in page]
    assert len(set(uids)) == 4


def test_an_unknown_study_has_nothing(client: DICOMwebClient) -> None:
    assert client.search_for_studies() == []
    assert client.search_for_series("2.25.404") == []


@pytest.mark.parametrize(
    "query",
    [
        "NoSuchKeyword=1",
        "limit=-1",
        "limit=x",
        "offset=%C2%B2",
        "limit=" + "9" * 5000,
        "0010002=1",
    ],
)
@pytest.mark.usefixtures("held")
def test_a_query_that_cannot_be_is_400(root: str, query: str) -> None:
    answer = httpx.get(f"{root}/studies?{query}")
    assert answer.status_code == 400
    assert answer.json()["reason"] == "query"


# ---------------------------------------------------------------- WADO-RS


@pytest.mark.usefixtures("held")
def test_what_was_stored_comes_back_at_every_level(client: DICOMwebClient) -> None:
    assert encode(client.retrieve_instance(STUDY, SERIES, SOP)) == ct_file(1)
    assert [encode(ds) for ds in client.retrieve_series(STUDY, SERIES)] == [
        ct_file(1),
        ct_file(2),
    ]
    assert len(client.retrieve_study(STUDY)) == 3


@pytest.mark.usefixtures("held")
def test_metadata_is_the_instance_without_bulk(client: DICOMwebClient) -> None:
    found = Dataset.from_json(client.retrieve_instance_metadata(STUDY, SERIES, SOP))
    expected = ct(1)
    del expected.PixelData
    assert found == expected
    assert len(client.retrieve_series_metadata(STUDY, SERIES)) == 2
    assert len(client.retrieve_study_metadata(STUDY)) == 3


def test_metadata_holds_numbers_that_are_none(on: Stage, client: DICOMwebClient) -> None:
    """PS3.18 table F.2.3-1 writes them as strings, because JSON has no such numbers."""
    ds = ct()
    ds.ImageOrientationSlide = None
    ds.RealWorldValueSlope = float("nan")
    ds.RealWorldValueIntercept = float("-inf")
    assert on.receive(encode(ds)) == [0]
    found = client.retrieve_instance_metadata(STUDY, SERIES, SOP)
    assert found["00409225"]["Value"] == ["NaN"]
    assert found["00409224"]["Value"] == ["-inf"]


@pytest.mark.filterwarnings("ignore:Invalid value for VR:UserWarning")
def test_metadata_holds_values_that_break_the_rules(on: Stage, root: str) -> None:
    whole = ct_file(SliceThickness="1.25")
    broken = whole.replace(b"DS\x04\x001.25", b"DS\x04\x001,25")
    assert on.receive(broken) == [0]
    url = f"{root}/studies/{STUDY}/series/{SERIES}/instances/{SOP}"
    assert httpx.get(f"{url}/metadata").status_code == 200
    assert broken in httpx.get(url).content


@pytest.mark.parametrize(
    "name",
    [
        "MR_small_RLE.dcm",
        "SC_rgb_small_odd.dcm",
        "rtdose.dcm",
        "JPEG2000.dcm",
        "JPEG-lossy.dcm",
        "MR_small_jpeg_ls_lossless.dcm",
        "waveform_ecg.dcm",
        "MR_small_padded.dcm",
    ],
)
@pytest.mark.filterwarnings("ignore::UserWarning")  # pydicom's, on its own bad examples
def test_objects_of_every_kind_come_back(
    on: Stage, client: DICOMwebClient, root: str, name: str
) -> None:
    content = Path(str(get_testdata_file(name, download=False))).read_bytes()
    ds = dcmread(BytesIO(content))
    if on.receive(content) != [0]:
        ds.PatientID, ds.StudyInstanceUID, ds.SeriesInstanceUID = PATIENT_ID, STUDY, SERIES
        content = encode(ds)
        assert on.receive(content) == [0]
    uids = (str(ds.StudyInstanceUID), str(ds.SeriesInstanceUID), str(ds.SOPInstanceUID))
    url = "{}/studies/{}/series/{}/instances/{}".format(root, *uids)
    assert content in httpx.get(url).content
    assert client.retrieve_instance_metadata(*uids)["00080018"]["Value"] == [uids[2]]
    if "PixelData" not in ds:
        assert httpx.get(f"{url}/frames/1").status_code == 404
        return
    frame = client.retrieve_instance_frames(*uids, frame_numbers=[1], media_types=("*/*",))[0]
    if ds.file_meta.TransferSyntaxUID.is_compressed:
        assert frame in content
    else:
        size = ds.Rows * ds.Columns * ds.SamplesPerPixel * ds.BitsAllocated // 8
        assert (len(frame), frame) == (size, ds.PixelData[:size])


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("MR_small_RLE.dcm", "image/dicom-rle"),
        ("JPEG2000.dcm", "image/jp2"),
        ("JPEG-lossy.dcm", "image/jpeg"),
        ("MR_small_jpeg_ls_lossless.dcm", "image/jls"),
        ("MR_small_padded.dcm", "application/octet-stream"),
    ],
)
@pytest.mark.filterwarnings("ignore::UserWarning")  # pydicom's, on its own bad examples
def test_frames_name_the_media_type_of_their_syntax(
    on: Stage, root: str, name: str, kind: str
) -> None:
    """PS3.18 table 8.7.3-5."""
    ds = dcmread(str(get_testdata_file(name, download=False)))
    ds.PatientID, ds.StudyInstanceUID, ds.SeriesInstanceUID = PATIENT_ID, STUDY, SERIES
    assert on.receive(encode(ds)) == [0]
    url = f"{root}/studies/{STUDY}/series/{SERIES}/instances/{ds.SOPInstanceUID}/frames/1"
    answer = httpx.get(url)
    assert f'type="{kind}"' in answer.headers["Content-Type"]
    assert f"Content-Type: {kind};".encode() in answer.content


def multiframe(*, big_endian: bool = False) -> tuple[Dataset, list[bytes]]:
    """Three frames, and their pixels as little-endian words."""
    ds = ct()
    pixels = np.arange(3 * 16 * 16, dtype="<u2").reshape(3, 16, 16)
    ds.NumberOfFrames = 3
    ds.PixelData = pixels.tobytes()
    if big_endian:
        ds.file_meta.TransferSyntaxUID = ExplicitVRBigEndian
        ds.PixelData = pixels.astype(">u2").tobytes()
    return ds, [frame.tobytes() for frame in pixels]


@pytest.mark.parametrize("big_endian", [False, True])
def test_frames_of_a_list_come_back_in_its_order(
    on: Stage, client: DICOMwebClient, *, big_endian: bool
) -> None:
    """Uncompressed frames are little-endian on the way, whatever is stored (PS3.18 8.7.3.5.2)."""
    ds, frames = multiframe(big_endian=big_endian)
    assert on.receive(encode(ds)) == [0]
    found = client.retrieve_instance_frames(
        STUDY, SERIES, SOP, frame_numbers=[3, 1], media_types=("application/octet-stream",)
    )
    assert found == [frames[2], frames[0]]


@pytest.mark.parametrize("numbers", ["0", "4", "1,9", "x", "%C2%B2", "", "1,,2", "9" * 5000, "-1"])
def test_frames_that_do_not_exist_are_an_error_of_the_request(
    on: Stage, root: str, numbers: str
) -> None:
    assert on.receive(encode(multiframe()[0])) == [0]
    url = f"{root}/studies/{STUDY}/series/{SERIES}/instances/{SOP}/frames/{numbers}"
    assert httpx.get(url).status_code in (400, 404)


def test_bits_packed_across_bytes_are_told_to_be_fetched_whole(on: Stage, root: str) -> None:
    ds = ct()
    ds.Rows = ds.Columns = 3
    ds.NumberOfFrames = 3
    ds.BitsAllocated = ds.BitsStored = 1
    ds.HighBit = 0
    ds.PixelData = b"\xff\xff\xff\x07"
    assert on.receive(encode(ds)) == [0]
    url = f"{root}/studies/{STUDY}/series/{SERIES}/instances/{SOP}"
    answer = httpx.get(f"{url}/frames/2")
    assert answer.status_code == 400
    assert "whole" in answer.json()["message"]


@pytest.mark.parametrize(
    "path",
    [
        "studies/2.25.404",
        "studies/2.25.404/metadata",
        f"studies/{STUDY}/series/2.25.404",
        f"studies/{STUDY}/series/{SERIES}/instances/2.25.404",
        f"studies/{STUDY}/series/{SERIES}/instances/2.25.404/frames/1",
        f"studies/{OTHER_STUDY}/series/{SERIES}",
        f"studies/{STUDY}/series/2.25.202/instances/{SOP}",
    ],
)
@pytest.mark.usefixtures("held")
def test_what_ingest_does_not_hold_there_is_404(root: str, path: str) -> None:
    answer = httpx.get(f"{root}/{path}")
    assert (answer.status_code, answer.json()["reason"]) == (404, "not_found")


@pytest.mark.parametrize("uid", ["abc", "1..2", "%00", "1" * 65, "..%2f..%2fetc"])
@pytest.mark.usefixtures("held")
def test_what_is_no_uid_is_an_error_of_the_request(root: str, uid: str) -> None:
    for path in (f"studies/{uid}", f"studies/{uid}/series", f"studies/{STUDY}/series/{uid}"):
        assert httpx.get(f"{root}/{path}").status_code in (400, 404)


# ---------------------------------------------------------------- STOW-RS


def test_instances_stored_by_the_client_are_found_and_come_back(client: DICOMwebClient) -> None:
    answer = client.store_instances([dcmread(BytesIO(ct_file(k))) for k in (1, 2)], STUDY)
    assert [item.ReferencedSOPInstanceUID for item in answer.ReferencedSOPSequence] == [
        f"{SERIES}.1",
        f"{SERIES}.2",
    ]
    assert studies(client) == [STUDY]
    assert client.retrieve_instance(STUDY, SERIES, SOP) == dcmread(BytesIO(ct_file(1)))


def test_a_refused_instance_is_an_error_of_the_client(client: DICOMwebClient) -> None:
    with pytest.raises(requests.HTTPError, match="409"):
        client.store_instances([dcmread(BytesIO(ct_file(1)))], "2.25.404")
