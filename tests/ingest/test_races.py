"""Several ingests on one database and one folder, as replicas are, at the same moment."""

import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from threading import Barrier, Event
from typing import TypeVar

import pytest
import sqlalchemy as sa

from radloom.adapters.instance_store import FileInstanceStore
from radloom.errors import Unavailable
from radloom.ports import Transactions
from services.ingest.admission import DUPLICATE
from services.ingest.documents import About, Document
from tests.ingest.example import SERIES, STUDY, Stage, ct_file, kept_files, stage
from tests.peers.postgres import postgres

REPLICAS = 3
ROUNDS = 8
T = TypeVar("T")


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with postgres() as url:
        yield url


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.peer)])
def replicas(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[list[Stage]]:
    url = "" if request.param == "sqlite" else request.getfixturevalue("server")
    schema = f"test_{uuid.uuid4().hex[:8]}"
    with ExitStack() as running:
        yield [
            running.enter_context(stage(tmp_path, url=url, schema=schema)) for _ in range(REPLICAS)
        ]


def at_once(calls: Sequence[Callable[[], T]]) -> list[T]:
    """Results of `calls`, which start together in a thread each."""
    barrier = Barrier(len(calls))

    def run(call: Callable[[], T]) -> T:
        barrier.wait(30)
        return call()

    with ThreadPoolExecutor(len(calls)) as pool:
        return [future.result(60) for future in [pool.submit(run, call) for call in calls]]


def test_the_same_instances_at_once_are_kept_once(replicas: list[Stage]) -> None:
    for number in range(ROUNDS):
        study, series = f"2.25.10.{number}", f"2.25.20.{number}"
        contents = [ct_file(k, study=study, series=series) for k in range(1, 4)]
        orders = (contents, contents[::-1], contents[1:] + contents[:1])
        found = at_once(
            [partial(on.receive, *order) for on, order in zip(replicas, orders, strict=True)]
        )
        assert found == [[0, 0, 0]] * REPLICAS
    assert replicas[0].wait_quietly() == ROUNDS
    assert {event.series[0].instance_count for event in replicas[0].released()} == {3}
    assert len(kept_files(replicas[0].folder)) == 3 * ROUNDS


def test_of_different_contents_under_one_uid_at_once_one_is_kept(replicas: list[Stage]) -> None:
    for number in range(ROUNDS):
        uid = f"2.25.30.{number}"
        contents = [ct_file(1, SOPInstanceUID=uid, PatientSex=sex) for sex in "MFO"]
        found = at_once(
            [partial(on.receive, content) for on, content in zip(replicas, contents, strict=True)]
        )
        assert sorted(found) == [[0], [DUPLICATE], [DUPLICATE]]


def test_a_new_study_that_comes_in_parts_at_once_is_one(replicas: list[Stage]) -> None:
    found = at_once([partial(on.receive, ct_file(k)) for k, on in enumerate(replicas, start=1)])
    assert found == [[0]] * REPLICAS
    assert replicas[0].wait_quietly() == 1
    (event,) = replicas[0].released()
    assert event.series[0].instance_count == REPLICAS


def test_no_instance_is_left_out_when_releases_meet_arrivals(replicas: list[Stage]) -> None:
    arrivals, releaser = replicas[:-1], replicas[-1]
    eager = replace(releaser.ingest, quiet=timedelta(0))
    total = 0
    for _ in range(ROUNDS):
        calls: list[Callable[[], object]] = [eager.release_quiet_studies]
        for on in arrivals:
            total += 1
            calls.append(partial(on.receive, ct_file(total)))
        at_once(calls)
    eager.release_quiet_studies()
    events = releaser.released()
    assert [event.revision for event in events] == list(range(1, len(events) + 1))
    assert events[-1].series[0].instance_count == total


@dataclass(frozen=True)
class SlowCommit:
    """Implements `ports.Transactions` over another, waiting before it commits."""

    inner: Transactions
    may_commit: Event

    @contextmanager
    def transaction(self, *, durable: bool = True) -> Iterator[sa.Connection]:
        with self.inner.transaction(durable=durable) as connection:
            yield connection
            assert self.may_commit.wait(60)

    def reading(self) -> AbstractContextManager[sa.Connection]:
        return self.inner.reading()


def wait_until_written(on: Stage) -> None:
    """Returns when a transaction has locked a study that it will change."""
    query = sa.text("SELECT 1 FROM studies FOR UPDATE SKIP LOCKED")
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        with on.database.reading() as connection:
            if not connection.execute(query).first():
                return
        time.sleep(0.02)
    pytest.fail("nothing was written")


def wait_until_blocked(on: Stage) -> None:
    """Returns when a transaction of the server waits for another."""
    query = sa.text(
        "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query <> ''"
    )
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        with on.database.reading() as connection:
            if connection.execute(query).scalar_one():
                return
        time.sleep(0.02)
    pytest.fail("nothing waits")


@pytest.mark.peer
def test_a_release_waits_for_an_arrival_that_is_not_committed(server: str, tmp_path: Path) -> None:
    """Else it would mark as told what it has not seen, and nobody would ever measure it."""
    with stage(tmp_path, url=server, schema=f"test_{uuid.uuid4().hex[:8]}") as on:
        on.receive(ct_file(1))
        may_commit = Event()
        slow = replace(on, ingest=replace(on.ingest, database=SlowCommit(on.database, may_commit)))
        eager = replace(on.ingest, quiet=timedelta(0))
        with ThreadPoolExecutor(2) as pool:
            arrival = pool.submit(slow.receive, ct_file(2))
            wait_until_written(on)
            release = pool.submit(eager.release_quiet_studies)
            wait_until_blocked(on)
            may_commit.set()
            assert (arrival.result(60), release.result(60)) == ([0], 1)
        assert [event.series[0].instance_count for event in on.released()] == [2]


def test_a_quiet_study_is_released_by_one_of_many(replicas: list[Stage]) -> None:
    replicas[0].receive(ct_file(1))
    for on in replicas:
        on.clock.pass_time(replicas[0].ingest.quiet)
    assert sum(at_once([on.ingest.release_quiet_studies for on in replicas])) == 1
    (event,) = replicas[0].released()
    assert (event.study_instance_uid, event.series[0].series_instance_uid) == (STUDY, SERIES)


def test_a_replica_that_starts_makes_senders_send_again_and_loses_nothing(
    replicas: list[Stage],
) -> None:
    """It clears the folder of half-received files, those of others too."""
    on = replicas[0]
    item = on.ingest.store.incoming()
    item.write(ct_file(1))
    FileInstanceStore(on.folder)
    with pytest.raises(Unavailable):
        on.ingest.receive([item])
    item.discard()
    assert on.wait_quietly() == 0
    assert on.receive(ct_file(1)) == [0]
    assert len(kept_files(on.folder)) == 1


def test_the_same_document_at_once_is_kept_once(replicas: list[Stage]) -> None:
    for number in range(ROUNDS):
        text = f"finding {number}".encode()
        new = Document(text, "text/plain", "1", "A", About())
        ids = at_once([partial(on.ingest.keep_document, new) for on in replicas])
        assert len(set(ids)) == 1
        assert replicas[0].ingest.document(ids[0]).content == text
