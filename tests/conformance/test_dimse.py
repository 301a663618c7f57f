"""C-STORE and C-ECHO (PS3.4 annexes B and A) between DCMTK and ingest."""

import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

import pytest
from pydicom import dcmread
from pydicom.encaps import encapsulate
from pydicom.uid import UID, ExplicitVRBigEndian, ImplicitVRLittleEndian, JPEGBaseline8Bit

from radloom.adapters.dimse import OUT_OF_RESOURCES, SUCCESS, DimseServer
from radloom.dicom.part10 import encode
from radloom.errors import Unavailable
from services.ingest.admission import DUPLICATE, MISMATCH, SYNTAX_NOT_SUPPORTED, same_data_set
from services.ingest.app import receive_one
from tests.ingest.example import (
    SERIES,
    Stage,
    arriving_files,
    ct,
    ct_file,
    ct_file_without,
    kept_files,
    stage,
)
from tests.peers.dcmtk import AE_TITLE, dcmdump, echoscu, storescu
from tests.peers.orthanc import free_port

pytestmark = pytest.mark.peer


@pytest.fixture
def on(tmp_path: Path) -> Iterator[Stage]:
    with stage(tmp_path) as made:
        yield made


@contextmanager
def dimse(on: Stage, *calling: str) -> Iterator[int]:
    server = DimseServer(
        lambda content: receive_one(on.ingest, content),
        ae_title=AE_TITLE,
        host="127.0.0.1",
        port=free_port(),
        calling_ae_titles=calling,
    )
    server.start()
    try:
        yield server.port
    finally:
        server.stop()


@pytest.fixture
def port(on: Stage) -> Iterator[int]:
    with dimse(on) as number:
        yield number


def compressed() -> bytes:
    ds = ct()
    ds.file_meta.TransferSyntaxUID = JPEGBaseline8Bit
    ds.PixelData = encapsulate([b"\xff\xd8" + b"\1" * 300])
    ds["PixelData"].is_undefined_length = True
    return encode(ds)


def test_an_echo_is_answered(port: int) -> None:
    assert echoscu(port).succeeded


def test_instances_sent_are_kept_as_they_were(port: int, on: Stage) -> None:
    told = storescu(port, [ct_file(k) for k in range(1, 4)])
    assert told.succeeded
    assert told.statuses() == [SUCCESS] * 3
    kept = {dcmread(path).SOPInstanceUID: path.read_bytes() for path in kept_files(on.folder)}
    for number in range(1, 4):
        content = kept[UID(f"{SERIES}.{number}")]
        assert same_data_set(BytesIO(content), BytesIO(ct_file(number)))
        assert dcmdump(content).succeeded


@pytest.mark.parametrize(
    ("option", "syntax"), [("-xi", ImplicitVRLittleEndian), ("-xb", ExplicitVRBigEndian)]
)
def test_every_encoding_is_kept_as_it_was_sent(
    port: int, on: Stage, option: str, syntax: UID
) -> None:
    assert storescu(port, [ct_file()], option).succeeded
    (path,) = kept_files(on.folder)
    ds = dcmread(path)
    assert ds.file_meta.TransferSyntaxUID == syntax
    assert ds.PixelData == (ct().PixelData if syntax.is_little_endian else swapped())


def swapped() -> bytes:
    words = bytes(ct().PixelData)
    return bytes(words[k ^ 1] for k in range(len(words)))


def test_compressed_pixels_are_kept_as_they_were_sent(port: int, on: Stage) -> None:
    assert storescu(port, [compressed()], "-xy").succeeded
    (path,) = kept_files(on.folder)
    assert same_data_set(BytesIO(path.read_bytes()), BytesIO(compressed()))


def test_the_same_instance_again_is_a_success(port: int, on: Stage) -> None:
    assert storescu(port, [ct_file(), ct_file()]).statuses() == [SUCCESS] * 2
    assert storescu(port, [ct_file()]).succeeded
    assert len(kept_files(on.folder)) == 1


def test_other_content_under_a_known_uid_is_refused_as_duplicate(port: int) -> None:
    told = storescu(port, [ct_file(), ct_file(PatientSex="M")], "-nh")
    assert told.statuses() == [SUCCESS, DUPLICATE]


def test_what_may_not_come_in_is_refused_and_the_rest_is_kept(port: int, on: Stage) -> None:
    contents = [
        ct_file(1),
        ct_file_without("PatientID"),
        ct_file(3, PatientID="SOMEBODY-ELSE"),
        ct_file(4),
    ]
    assert storescu(port, contents, "-nh").statuses() == [SUCCESS, MISMATCH, MISMATCH, SUCCESS]
    assert len(kept_files(on.folder)) == 2
    assert arriving_files(on.folder) == []


def test_a_deflated_data_set_is_refused(port: int, on: Stage) -> None:
    assert storescu(port, [ct_file()], "-xd").statuses() == [SYNTAX_NOT_SUPPORTED]
    assert kept_files(on.folder) == []


def test_a_disk_without_room_tells_the_sender_to_keep_it(on: Stage, tmp_path: Path) -> None:
    (tmp_path / "instances" / "kept").rmdir()
    (tmp_path / "instances" / "kept").write_text("a file where a folder is needed")
    with dimse(on) as port:
        told = storescu(port, [ct_file()])
    assert told.statuses() == [OUT_OF_RESOURCES]
    assert on.outbox.unpublished() == []


def test_only_titles_that_may_call_are_answered(on: Stage) -> None:
    with dimse(on, "CT1", "CT2") as port:
        assert storescu(port, [ct_file(1)], "-aet", "CT2").succeeded
        assert not storescu(port, [ct_file(2)], "-aet", "STRANGER").succeeded
    assert len(kept_files(on.folder)) == 1


def test_another_called_title_is_refused(port: int) -> None:
    assert not echoscu(port, called="SOMEBODY").succeeded


def test_a_stranger_that_speaks_no_dicom_disturbs_nobody(port: int) -> None:
    for words in (b"GET / HTTP/1.1\r\n\r\n", b"\x01\x00\xff\xff\xff\xff", b"\x04" * 1000):
        with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
            connection.sendall(words)
    assert echoscu(port).succeeded


def pass_on_a_part(tap: socket.socket, port: int) -> None:
    """Carries an association to `port` until its first data, then hangs up."""
    inner, _ = tap.accept()
    with inner, socket.create_connection(("127.0.0.1", port), timeout=10) as outer:
        inner.settimeout(10)
        outer.sendall(inner.recv(65536))
        inner.sendall(outer.recv(65536))
        outer.sendall(inner.recv(20_000))


def test_a_sender_that_dies_in_the_middle_leaves_nothing_behind(port: int, on: Stage) -> None:
    big = ct_file(Rows=512, Columns=512, PixelData=b"\0" * 512 * 512 * 2)
    with socket.create_server(("127.0.0.1", 0)) as tap, ThreadPoolExecutor(1) as pool:
        carried = pool.submit(pass_on_a_part, tap, port)
        assert not storescu(tap.getsockname()[1], [big]).succeeded
        carried.result(30)
    assert echoscu(port).succeeded
    assert kept_files(on.folder) == arriving_files(on.folder) == []


def test_a_port_that_is_taken_is_named(port: int) -> None:
    second = DimseServer(lambda _: SUCCESS, ae_title="X", host="127.0.0.1", port=port)
    with pytest.raises(Unavailable, match=str(port)):
        second.start()


def test_a_stopped_door_is_shut(on: Stage) -> None:
    with dimse(on) as port:
        assert echoscu(port).succeeded
    deadline = time.monotonic() + 60
    while echoscu(port).succeeded:
        assert time.monotonic() < deadline
