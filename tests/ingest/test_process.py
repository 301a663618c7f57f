"""The real process: killed in the middle of a load, beside another, without a word of a patient."""

import hashlib
import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

import httpx
import pytest

from radloom import topics
from radloom.adapters.bus import open_bus
from radloom.adapters.custodian import GrpcCustodian
from radloom.adapters.dicomweb import DicomWebArchive
from radloom.errors import RadloomError
from radloom.wire.v1.study_received_pb2 import StudyReceived
from services.ingest.admission import same_data_set
from services.ingest.subject import subject_key
from tests.ingest.example import (
    ISSUER,
    PATIENT_ID,
    PATIENT_NAME,
    SECRET,
    SERIES,
    STUDY,
    arriving_files,
    ct_file,
    kept_files,
)
from tests.ingest.process import IngestProcess, running
from tests.peers.dcmtk import storescu

KILLS = 4
POSTS = 60
PER_POST = 3
PATIENCE_S = 120.0
WINDOW_S = 0.3
"""In which a kill falls, counted from the moment a share of the load is acknowledged."""


def large_ct(number: int) -> bytes:
    """Half a megabyte, as a CT slice has."""
    return ct_file(
        number, Rows=512, Columns=512, PixelData=number.to_bytes(2, "little") * (512 * 512)
    )


def by_stow(on: IngestProcess, contents: list[bytes]) -> bool:
    """Whether all were acknowledged."""
    with DicomWebArchive(on.root) as archive:
        try:
            return len(archive.store(contents)) == len(contents)
        except RadloomError:
            return False


def by_c_store(on: IngestProcess, contents: list[bytes]) -> bool:
    """Whether all were acknowledged."""
    return storescu(on.dimse_port, contents).succeeded


@dataclass
class Load:
    """Senders that send what was not acknowledged until it is."""

    on: IngestProcess
    acknowledged: dict[int, bytes] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def send(self, door: Callable[[IngestProcess, list[bytes]], bool], posts: range) -> None:
        """Sends its share; a post that was not acknowledged is sent again, as senders do."""
        deadline = time.monotonic() + PATIENCE_S
        for post in posts:
            numbers = range(PER_POST * post, PER_POST * (post + 1))
            contents = [large_ct(number) for number in numbers]
            while not door(self.on, contents):
                assert time.monotonic() < deadline, "ingest did not come back"
                time.sleep(0.1)
            with self.lock:
                self.acknowledged.update(zip(numbers, contents, strict=True))

    def wait_for(self, share: float) -> None:
        """Returns when a share of the load is acknowledged."""
        deadline = time.monotonic() + PATIENCE_S
        while len(self.acknowledged) < share * POSTS * PER_POST:
            assert time.monotonic() < deadline
            time.sleep(0.01)


@pytest.mark.peer
@pytest.mark.parametrize("seed", range(2))
def test_every_acknowledged_instance_survives_kills_in_the_middle_of_a_load(
    tmp_path: Path, seed: int
) -> None:
    chance = random.Random(seed)  # noqa: S311 - a test's dice
    with running(tmp_path) as on, ThreadPoolExecutor(3) as pool:
        load = Load(on)
        third = POSTS // 3
        senders = [
            pool.submit(load.send, by_stow, range(third)),
            pool.submit(load.send, by_stow, range(third, 2 * third)),
            pool.submit(load.send, by_c_store, range(2 * third, POSTS)),
        ]
        for kill in range(1, KILLS + 1):
            load.wait_for(kill / (KILLS + 2))
            time.sleep(chance.uniform(0, WINDOW_S))
            on.kill()
            on.start()
        for sender in senders:
            sender.result(PATIENCE_S)
        assert arriving_files(tmp_path / "instances") == []
        assert_all_there(on, load.acknowledged)
        assert instances_told(tmp_path) == POSTS * PER_POST


def assert_all_there(on: IngestProcess, acknowledged: dict[int, bytes]) -> None:
    assert len(acknowledged) == POSTS * PER_POST
    for path in kept_files(on.folder / "instances"):
        assert hashlib.sha256(path.read_bytes()).hexdigest() == path.stem
    for number, content in acknowledged.items():
        url = f"{on.root}/studies/{STUDY}/series/{SERIES}/instances/{SERIES}.{number}"
        answer = httpx.get(url)
        assert answer.status_code == 200
        head, _, rest = answer.content.partition(b"\r\n\r\n")
        whole = rest[: -len(b"\r\n") - len(head.split(b"\r\n")[0]) - len(b"--\r\n")]
        assert same_data_set(BytesIO(whole), BytesIO(content))


def instances_told(folder: Path) -> int:
    """Instances of the study as the newest revision on the bus has them, once it is complete."""
    bus = open_bus(f"sqlite:///{folder / 'bus.sqlite'}")
    subscription = bus.subscribe("test", [topics.STUDY_RECEIVED.name])
    told, revision, deadline = 0, 0, time.monotonic() + PATIENCE_S
    try:
        while told < POSTS * PER_POST and time.monotonic() < deadline:
            for delivery in subscription.poll(0.1):
                event = StudyReceived.FromString(delivery.record.value)
                subscription.commit(delivery)
                if event.revision > revision:
                    told, revision = event.series[0].instance_count, event.revision
    finally:
        subscription.close()
        bus.close()
    return told


def test_two_processes_take_the_same_instances_at_once(tmp_path: Path) -> None:
    contents = [ct_file(number) for number in range(1, 6)]
    with running(tmp_path) as one, running(tmp_path) as two, ThreadPoolExecutor(6) as pool:
        sent = [pool.submit(by_stow, on, contents) for on in (one, two) * 3]
        assert all(post.result(PATIENCE_S) for post in sent)
        with DicomWebArchive(two.root) as archive:
            (series,) = archive.series(STUDY)
    assert series.NumberOfSeriesRelatedInstances == len(contents)
    assert len(kept_files(tmp_path / "instances")) == len(contents)


@pytest.mark.peer
def test_the_log_says_what_was_refused_and_not_whose_it_was(tmp_path: Path) -> None:
    with running(tmp_path) as on:
        assert by_c_store(on, [ct_file(1)])
        assert not by_c_store(on, [ct_file(2, PatientID="CANARY-SOMEBODY-ELSE")])
        assert not by_stow(on, [ct_file(1, PatientSex="M")])
        assert not by_stow(on, [ct_file(1)[:-1]])
        custodian = GrpcCustodian(f"127.0.0.1:{on.grpc_port}")
        assert custodian.resolve_subject(subject_key(SECRET, PATIENT_ID, ISSUER)).patient_name
    text = on.log.read_text()
    assert text.count("refused") == 3
    for secret in ("CANARY", PATIENT_NAME, "Nora", ISSUER, "19500101"):
        assert secret not in text


@pytest.mark.parametrize(
    ("name", "value"),
    [("SITE_SECRET", "guessable"), ("QUIET_S", "-4711"), ("DIMSE_PORT", "99999"), ("BUS_URL", "")],
)
def test_a_setting_that_cannot_be_is_named_at_the_start(
    tmp_path: Path, name: str, value: str
) -> None:
    on = IngestProcess(tmp_path, {name: value})
    with pytest.raises(pytest.fail.Exception):
        on.start()
    on.kill()
    text = on.log.read_text()
    assert name.lower() in text
    assert not value or value not in text
