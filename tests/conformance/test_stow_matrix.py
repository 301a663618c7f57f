"""STOW-RS (PS3.18 section 10.5) line by line, over loopback HTTP."""

import socket
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from pydicom.uid import CTImageStorage

from radloom.adapters.instance_store import IncomingFile
from radloom.errors import Unavailable
from radloom.results import MANUFACTURER
from services.ingest.multipart import Limits
from tests.ingest.example import (
    LIMITS,
    PATIENT_ID,
    PATIENT_NAME,
    SERIES,
    STUDY,
    Stage,
    arriving_files,
    ct_file,
    ct_file_without,
    dicomweb,
    kept_files,
    stage,
)

DICOM_JSON = "application/dicom+json"
RETRIEVE_URL, REFERENCED, FAILED, OTHER = "00081190", "00081199", "00081198", "0008119A"
REASON, SOP_CLASS, SOP_INSTANCE = "00081197", "00081150", "00081155"
MISMATCH, STUDY_MISMATCH, CANNOT_UNDERSTAND, DUPLICATE = 0xA900, 0xA901, 0xC000, 0x0111
GARBAGE = b"this is no DICOM file" * 20
PATIENCE_S = 60.0

Answer = dict[str, Any]


@pytest.fixture
def on(tmp_path: Path) -> Iterator[Stage]:
    with stage(tmp_path) as made:
        yield made


@pytest.fixture
def root(on: Stage) -> Iterator[str]:
    with dicomweb(on.ingest) as url:
        yield f"{url}/dicom-web"


def related(*parts: bytes, boundary: str = "b", part_type: str = "application/dicom") -> bytes:
    head = f"--{boundary}\r\nContent-Type: {part_type}\r\n\r\n".encode()
    return b"".join(head + part + b"\r\n" for part in parts) + f"--{boundary}--\r\n".encode()


def kind(boundary: str = "b", wanted: str = '"application/dicom"') -> str:
    return f"multipart/related; type={wanted}; boundary={boundary}"


def post(url: str, body: bytes, content_type: str = kind(), **headers: str) -> httpx.Response:
    return httpx.post(
        url,
        content=body,
        headers={"Content-Type": content_type, "Accept": DICOM_JSON} | headers,
        timeout=30,
    )


def items(answer: httpx.Response, tag: str) -> list[Answer]:
    found: list[Answer] = answer.json().get(tag, {}).get("Value", [])
    return found


def reasons(answer: httpx.Response, tag: str = FAILED) -> list[int]:
    return [item[REASON]["Value"][0] for item in items(answer, tag)]


def named(answer: httpx.Response, tag: str = REFERENCED) -> list[str]:
    return [item[SOP_INSTANCE]["Value"][0] for item in items(answer, tag)]


# ---------------------------------------------------------------- stored


def test_all_stored_is_200_with_every_instance_and_where_it_is(root: str) -> None:
    answer = post(f"{root}/studies", related(ct_file(1), ct_file(2)))
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == DICOM_JSON
    assert answer.json()[RETRIEVE_URL]["Value"] == [f"{root}/studies/{STUDY}"]
    assert named(answer) == [f"{SERIES}.1", f"{SERIES}.2"]
    first = items(answer, REFERENCED)[0]
    assert first[SOP_CLASS]["Value"] == [CTImageStorage]
    url = f"{root}/studies/{STUDY}/series/{SERIES}/instances/{SERIES}.1"
    assert first[RETRIEVE_URL]["Value"] == [url]
    assert FAILED not in answer.json()
    assert OTHER not in answer.json()
    assert ct_file(1) in httpx.get(url).content


def test_what_is_answered_as_stored_is_in_the_store_byte_by_byte(root: str, on: Stage) -> None:
    post(f"{root}/studies", related(ct_file()))
    assert [path.read_bytes() for path in kept_files(on.folder)] == [ct_file()]
    assert arriving_files(on.folder) == []


def test_instances_of_one_study_may_be_posted_to_its_url(root: str) -> None:
    assert post(f"{root}/studies/{STUDY}", related(ct_file())).status_code == 200


def test_instances_of_several_studies_are_stored_without_one_url_for_all(root: str) -> None:
    answer = post(f"{root}/studies", related(ct_file(1), ct_file(1, study="2.25.9", series="2.1")))
    assert answer.status_code == 200
    assert len(named(answer)) == 2
    assert RETRIEVE_URL not in answer.json()


def test_a_single_part_is_stored(root: str) -> None:
    answer = post(f"{root}/studies", ct_file(), "application/dicom")
    assert (answer.status_code, named(answer)) == (200, [f"{SERIES}.1"])


def test_the_same_instance_again_is_200_and_changes_nothing(root: str, on: Stage) -> None:
    first = post(f"{root}/studies", related(ct_file()))
    again = post(f"{root}/studies", related(ct_file()))
    assert (again.status_code, again.json()) == (200, first.json())
    assert len(kept_files(on.folder)) == 1


def test_the_same_instance_twice_in_one_post_is_200(root: str) -> None:
    answer = post(f"{root}/studies", related(ct_file(), ct_file()))
    assert (answer.status_code, named(answer)) == (200, [f"{SERIES}.1"] * 2)


def test_a_result_of_ours_may_come_back(root: str) -> None:
    body = related(ct_file(Manufacturer=MANUFACTURER))
    assert post(f"{root}/studies", body).status_code == 200


# ---------------------------------------------------------------- refused


def test_some_stored_is_202_and_the_rest_is_named(root: str) -> None:
    answer = post(f"{root}/studies/{STUDY}", related(ct_file(1), ct_file(2, study="2.25.9")))
    assert answer.status_code == 202
    assert named(answer) == [f"{SERIES}.1"]
    assert (named(answer, FAILED), reasons(answer)) == ([f"{SERIES}.2"], [STUDY_MISMATCH])


def test_none_stored_is_409_and_every_one_is_named(root: str, on: Stage) -> None:
    bodies = [ct_file(k, study="2.25.9") for k in (1, 2)]
    answer = post(f"{root}/studies/{STUDY}", related(*bodies))
    assert answer.status_code == 409
    assert answer.headers["Content-Type"] == DICOM_JSON
    assert reasons(answer) == [STUDY_MISMATCH] * 2
    assert items(answer, FAILED)[0][SOP_CLASS]["Value"] == [CTImageStorage]
    assert (REFERENCED in answer.json(), RETRIEVE_URL in answer.json()) == (False, False)
    assert kept_files(on.folder) == []


def test_a_part_that_is_no_dicom_is_told_among_other_failures(root: str) -> None:
    answer = post(f"{root}/studies", related(ct_file(), GARBAGE))
    assert answer.status_code == 202
    assert reasons(answer, OTHER) == [CANNOT_UNDERSTAND]
    assert FAILED not in answer.json()


@pytest.mark.parametrize(
    "body", [GARBAGE, b"", ct_file()[:200], b"\0" * 128 + b"DICM", b"\0" * 128 + b"DICM" + GARBAGE]
)
def test_nothing_but_garbage_is_409(root: str, body: bytes) -> None:
    answer = post(f"{root}/studies", related(body, b"x"))
    assert (answer.status_code, reasons(answer, OTHER)) == (409, [CANNOT_UNDERSTAND] * 2)


@pytest.mark.parametrize("keyword", ["StudyInstanceUID", "SeriesInstanceUID", "PatientID"])
def test_an_instance_that_lacks_what_identifies_it_is_409_by_name(root: str, keyword: str) -> None:
    answer = post(f"{root}/studies", related(ct_file_without(keyword)))
    assert answer.status_code == 409
    assert (named(answer, FAILED), reasons(answer)) == ([f"{SERIES}.1"], [MISMATCH])


@pytest.mark.parametrize("keyword", ["SOPInstanceUID", "SOPClassUID"])
def test_an_instance_without_a_name_is_told_among_other_failures(root: str, keyword: str) -> None:
    answer = post(f"{root}/studies", related(ct_file_without(keyword)))
    assert (answer.status_code, reasons(answer, OTHER)) == (409, [MISMATCH])


@pytest.mark.filterwarnings("ignore:Invalid value for VR UI")  # pydicom's word on the same UID
@pytest.mark.parametrize("uid", ["1.2.x", "1..2", "01.2", "1." * 33, "../../etc"])
def test_an_instance_with_an_uid_that_is_none_is_409(root: str, uid: str) -> None:
    content = ct_file().replace(*_same_length(SERIES, uid))
    answer = post(f"{root}/studies", related(content))
    assert answer.status_code == 409


def _same_length(old: str, new: str) -> tuple[bytes, bytes]:
    """An UID element's bytes, before and after, with its length."""

    def element(value: str) -> bytes:
        text = value.encode() + b"\0" * (len(value) % 2)
        return b"\x20\x00\x0e\x00UI" + len(text).to_bytes(2, "little") + text

    return element(old), element(new)


def test_other_content_under_a_known_uid_is_409_and_the_first_stays(root: str, on: Stage) -> None:
    post(f"{root}/studies", related(ct_file()))
    answer = post(f"{root}/studies", related(ct_file(PatientSex="M")))
    assert (answer.status_code, reasons(answer)) == (409, [DUPLICATE])
    url = f"{root}/studies/{STUDY}/series/{SERIES}/instances/{SERIES}.1"
    assert ct_file() in httpx.get(url).content
    assert len(kept_files(on.folder)) == 1


def test_other_content_under_one_uid_in_one_post_is_202(root: str) -> None:
    answer = post(f"{root}/studies", related(ct_file(), ct_file(PatientSex="M")))
    assert (answer.status_code, reasons(answer)) == (202, [DUPLICATE])


def test_a_study_of_another_patient_is_409(root: str) -> None:
    post(f"{root}/studies", related(ct_file(1)))
    answer = post(f"{root}/studies", related(ct_file(2, PatientID="SOMEBODY-ELSE")))
    assert (answer.status_code, reasons(answer)) == (409, [MISMATCH])


def test_no_answer_says_whose_instance_it_was(root: str) -> None:
    bodies = [ct_file(1), ct_file(2, study="2.25.9"), ct_file(3, Rows=3), GARBAGE]
    text = post(f"{root}/studies/{STUDY}", related(*bodies)).text
    assert PATIENT_ID not in text
    assert PATIENT_NAME not in text


# ---------------------------------------------------------------- the body


@pytest.mark.parametrize(
    ("content_type", "boundary"),
    [
        (kind('"quoted b"'), "quoted b"),
        (kind("=_'()+,-./:?"), "=_'()+,-./:?"),
        (kind("B" * 70), "B" * 70),
        (kind(wanted="application/dicom"), "b"),
        (kind(wanted='"Application/DICOM"'), "b"),
        ("Multipart/Related; Boundary=b; Type=application/dicom", "b"),
        ("multipart/related; boundary=b", "b"),
        (kind() + '; start="<1>"; charset=utf-8', "b"),
    ],
)
def test_every_way_to_write_the_boundary_is_read(
    root: str, content_type: str, boundary: str
) -> None:
    answer = post(f"{root}/studies", related(ct_file(), boundary=boundary), content_type)
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("before", "after"),
    [(b"\r\n", b""), (b"", b"epilogue"), (b"a preamble\r\n", b""), (b"two\r\n--lines\r\n", b"")],
)
def test_what_surrounds_the_parts_is_skipped(root: str, before: bytes, after: bytes) -> None:
    answer = post(f"{root}/studies", before + related(ct_file()) + after)
    assert (answer.status_code, named(answer)) == (200, [f"{SERIES}.1"])


def test_padding_after_a_boundary_is_skipped(root: str) -> None:
    body = related(ct_file(1), ct_file(2)).replace(b"--b\r\n", b"--b \t\r\n")
    assert len(named(post(f"{root}/studies", body))) == 2


@pytest.mark.parametrize(
    "part_type",
    [
        "application/dicom; transfer-syntax=1.2.840.10008.1.2.1",
        "APPLICATION/DICOM",
        "application/dicom\r\nContent-Location: here\r\nContent-ID: <1>",
    ],
)
def test_every_way_to_write_the_type_of_a_part_is_read(root: str, part_type: str) -> None:
    answer = post(f"{root}/studies", related(ct_file(), part_type=part_type))
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "application/json",
        "application/dicom+json",
        "multipart/form-data; boundary=b",
        kind(wanted='"application/dicom+json"'),
        kind(wanted='"application/dicom+xml"'),
    ],
)
def test_another_type_of_body_is_415(root: str, content_type: str) -> None:
    answer = post(f"{root}/studies", related(ct_file()), content_type)
    assert answer.status_code == 415
    assert "application/dicom" in answer.json()["message"]


@pytest.mark.parametrize("part_type", ["application/json", "image/jpeg", "nonsense/"])
def test_another_type_of_part_is_415_and_nothing_is_stored(
    root: str, on: Stage, part_type: str
) -> None:
    body = related(ct_file())[: -len("--b--\r\n")] + related(ct_file(2), part_type=part_type)
    answer = post(f"{root}/studies", body)
    assert answer.status_code == 415
    assert kept_files(on.folder) == arriving_files(on.folder) == []


@pytest.mark.parametrize("accept", ["application/dicom+xml", "text/html", "image/jpeg"])
def test_an_answer_that_we_cannot_give_is_406_and_nothing_is_stored(
    root: str, on: Stage, accept: str
) -> None:
    answer = post(f"{root}/studies", related(ct_file()), Accept=accept)
    assert answer.status_code == 406
    assert kept_files(on.folder) == []


@pytest.mark.parametrize("accept", ["*/*", "application/*", "application/json", "text/html, */*"])
def test_an_answer_that_may_be_json_is_given(root: str, accept: str) -> None:
    assert post(f"{root}/studies", related(ct_file()), Accept=accept).status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"--b--\r\n",
        related(),
        related(b""),
        b"no boundary at all",
        related(ct_file(), boundary="other"),
        related(ct_file())[: -len("\r\n--b--\r\n")],
        related(ct_file())[:-4],
        related(ct_file())[: -len(ct_file()) // 2],
        b"--b\r\nContent-Type",
        b"--b\r\n: no name\r\n\r\n",
        b"--bx\r\n\r\nx\r\n--bx--\r\n",
    ],
    ids=range(12),
)
def test_a_body_without_whole_instances_is_400_and_nothing_is_stored(
    root: str, on: Stage, body: bytes
) -> None:
    answer = post(f"{root}/studies", body)
    assert answer.status_code == 400
    assert answer.headers["Content-Type"] == DICOM_JSON
    assert answer.json()["message"]
    assert kept_files(on.folder) == arriving_files(on.folder) == []


@pytest.mark.parametrize("boundary", ["", '""', "B" * 71])
def test_a_boundary_that_is_none_is_400(root: str, boundary: str) -> None:
    assert post(f"{root}/studies", b"", kind(boundary)).status_code == 400


def test_a_url_of_a_study_that_is_no_uid_is_400(root: str) -> None:
    for path in ("abc", "1..2", "1.2%00", "1" * 65):
        assert post(f"{root}/studies/{path}", related(ct_file())).status_code == 400


# ---------------------------------------------------------------- limits


@pytest.mark.parametrize(
    "limits",
    [Limits(20, 2**20, 3000), Limits(20, 1000, 2**20), Limits(2, 2**20, 2**20)],
    ids=["body", "part", "parts"],
)
def test_more_than_a_limit_is_413_with_the_limit_and_nothing_is_stored(
    on: Stage, limits: Limits
) -> None:
    body = related(*(ct_file(k) for k in range(1, 4)))
    assert len(body) > 3000
    with dicomweb(on.ingest, limits) as url:
        answer = post(f"{url}/dicom-web/studies", body)
    assert answer.status_code == 413
    assert any(str(value) in answer.json()["message"] for value in (3000, 1000, 2))
    assert kept_files(on.folder) == arriving_files(on.folder) == []


def test_a_body_that_says_it_is_too_large_is_413_before_it_is_sent(root: str) -> None:
    head = f"Content-Type: {kind()}\r\nContent-Length: {LIMITS.body_bytes + 1}\r\n"
    with connected(root, head) as connection:
        assert connection.recv(100).startswith(b"HTTP/1.1 413")


@pytest.mark.parametrize("size", [8193, 4_000_000])
def test_a_part_header_without_end_is_refused(root: str, size: int) -> None:
    body = b"--b\r\nContent-Type: " + b"x" * size
    assert post(f"{root}/studies", body).status_code in (400, 413)


class FullStore:
    """Implements `ports.InstanceStore` on a disk without room."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def incoming(self) -> IncomingFile:
        return IncomingFile(self._folder)

    def keep(self, arrived: object) -> None:
        raise Unavailable(f"no room for {arrived}", dependency="instance_store")

    def path(self, sha256: str) -> Path:
        raise NotImplementedError(sha256)


def test_a_disk_without_room_is_503_and_says_when_to_come_back(on: Stage, tmp_path: Path) -> None:
    full = replace(on.ingest, store=FullStore(tmp_path))
    with dicomweb(full) as url:
        answer = post(f"{url}/dicom-web/studies", related(ct_file()))
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert on.receive(ct_file()) == [0]


# ---------------------------------------------------------------- streaming


def connected(root: str, head: str) -> socket.socket:
    """A connection on which the head of a POST was sent."""
    address = urlsplit(root)
    connection = socket.create_connection((str(address.hostname), address.port or 80), timeout=20)
    lines = f"POST /dicom-web/studies HTTP/1.1\r\nHost: {address.netloc}\r\n{head}\r\n"
    connection.sendall(lines.encode())
    return connection


def arrives(on: Stage, size: int) -> bool:
    """Whether files on their way in come to `size` bytes."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        if sum(path.stat().st_size for path in arriving_files(on.folder)) >= size:
            return True
        time.sleep(0.02)
    return False


def nothing_arrives(on: Stage) -> bool:
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        if not arriving_files(on.folder):
            return True
        time.sleep(0.02)
    return False


def test_a_part_is_on_disk_before_the_body_ends(root: str, on: Stage) -> None:
    body = related(ct_file(1), ct_file(2, PixelData=b"\1\0" * 100_000))
    head = f"Content-Type: {kind()}\r\nContent-Length: {len(body)}\r\n"
    with connected(root, head) as connection:
        connection.sendall(body[:-1000])
        assert arrives(on, 150_000)
        assert kept_files(on.folder) == []
        connection.sendall(body[-1000:])
        assert connection.recv(100).startswith(b"HTTP/1.1 200")
    assert len(kept_files(on.folder)) == 2


def test_a_sender_that_hangs_up_leaves_nothing_behind(root: str, on: Stage) -> None:
    body = related(ct_file(1), ct_file(2, PixelData=b"\1\0" * 100_000))
    head = f"Content-Type: {kind()}\r\nContent-Length: {len(body)}\r\n"
    with connected(root, head) as connection:
        connection.sendall(body[:-10])
        assert arrives(on, 1)
    assert nothing_arrives(on)
    assert kept_files(on.folder) == []


def test_a_body_in_chunks_of_any_size_is_stored(root: str) -> None:
    body = related(ct_file(1), ct_file(2))
    pieces = [body[k : k + 7] for k in range(0, len(body), 7)]
    answer = httpx.post(
        f"{root}/studies", content=iter(pieces), headers={"Content-Type": kind()}, timeout=30
    )
    assert (answer.status_code, len(named(answer))) == (200, 2)
