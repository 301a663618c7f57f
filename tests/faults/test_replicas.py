"""What a replica does at the edges of its life, on both buses."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

import pytest
import sqlalchemy as sa

from radloom.adapters.database import Database
from radloom.ports import Bus
from radloom.runtime import envelope
from radloom.runtime.tables import ATTEMPTS
from radloom.wire.v1.dead_letter_pb2 import DeadLetter
from radloom.wire.v1.study_received_pb2 import StudyReceived
from tests.faults.kill_harness import Observer, Replicas, identity
from tests.faults.replica import EFFECTS, LEASE_S, open_bus, open_database
from tests.peers.tansu import SESSION_TIMEOUT_S, broker

PATIENCE_S = 90.0


@dataclass
class Stand:
    """A bus, a database and replicas between them."""

    folder: Path
    bus_name: str
    bus: Bus
    database: Database
    observer: Observer
    stack: ExitStack

    @property
    def session_s(self) -> float:
        """How long a member may be silent."""
        return LEASE_S if self.bus_name.startswith("local") else SESSION_TIMEOUT_S

    def replicas(self, *options: str, count: int = 1) -> Replicas:
        return self.stack.enter_context(
            closing(Replicas(self.folder, self.bus_name, *options, count=count))
        )

    def send(self, number: int, script: str = "good") -> None:
        # One subject, so that what is delivered again comes before what is sent later.
        message = StudyReceived(
            study_instance_uid=str(number), subject_key="one", content_sha256=script
        )
        self.bus.publish([envelope.encode(message, f"event-{number}")])

    def effects(self) -> list[str]:
        with self.database.reading() as connection:
            return sorted(connection.execute(sa.select(EFFECTS.c.study)).scalars())

    def begun(self) -> int:
        with self.database.reading() as connection:
            return connection.execute(sa.select(sa.func.count(ATTEMPTS.c.event_id))).scalar_one()

    def spans(self) -> int:
        path = self.folder / "spans"
        return len(path.read_text().split()) if path.exists() else 0

    def until(self, condition: Callable[[], bool]) -> None:
        end = time.monotonic() + PATIENCE_S
        while not condition():
            assert time.monotonic() < end, (self.folder / "log").read_text()[-2000:]
            self.observer.look(0.1)


@pytest.fixture(params=["local", pytest.param("kafka", marks=pytest.mark.peer)])
def stand(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stand]:
    (tmp_path / "plan.json").write_text(json.dumps({}))
    with ExitStack() as stack:
        name = f"local:{tmp_path / 'bus.sqlite'}"
        if request.param == "kafka":
            name = f"kafka:{stack.enter_context(broker())}"
        database = stack.enter_context(closing(open_database(tmp_path)))
        database.upgrade("radloom.runtime.migrations")
        with database.transaction() as connection:
            EFFECTS.create(connection)
        bus = stack.enter_context(closing(open_bus(name)))
        observer = stack.enter_context(closing(Observer(bus)))
        yield Stand(tmp_path, name, bus, database, observer, stack)


def test_sigterm_during_a_handler_finishes_it_and_nothing_is_delivered_again(stand: Stand) -> None:
    stand.send(1)
    first = stand.replicas("--work-s", "2")
    stand.until(lambda: stand.begun() == 1)
    assert first.drain() == (0,)
    assert stand.effects() == ["1"]
    stand.send(2)
    second = stand.replicas()
    stand.until(lambda: stand.effects() == ["1", "2"])
    assert second.drain() == (0,)
    assert stand.spans() == 2


def test_a_handler_longer_than_two_sessions_costs_no_membership(stand: Stand) -> None:
    stand.send(1)
    first = stand.replicas("--work-s", str(2.2 * stand.session_s))
    stand.until(lambda: stand.effects() == ["1"])
    assert first.drain() == (0,)
    stand.send(2)
    second = stand.replicas()
    stand.until(lambda: stand.effects() == ["1", "2"])
    assert second.drain() == (0,)
    assert stand.spans() == 2  # a lost membership would have delivered the first again


def test_an_event_that_kills_its_replica_is_given_up_after_three_deaths(stand: Stand) -> None:
    stand.send(1, "deadly")
    stand.send(2)
    replicas = stand.replicas()

    def given_up() -> bool:
        replicas.revive()
        return bool(stand.observer.dead)

    stand.until(given_up)
    stand.until(lambda: stand.effects() == ["2"])
    (record,) = stand.observer.dead
    letter = DeadLetter.FromString(record.value)
    assert (identity(record), letter.reason) == ("event-1", "killed_process")
    assert replicas.started == 4
    assert replicas.drain() == (0,)
