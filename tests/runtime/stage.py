"""A worker on a bus and a database of its own, driven until something is true."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa
from google.protobuf.message import Message

from radloom import topics
from radloom.adapters.database import Database
from radloom.adapters.local_bus import LocalBus
from radloom.ports import Bus, BusRecord, Reaction
from radloom.runtime import envelope
from radloom.runtime.options import WorkerOptions
from radloom.runtime.worker import Worker
from radloom.wire.v1.dead_letter_pb2 import DeadLetter
from radloom.wire.v1.muscle_measured_pb2 import MuscleMeasured
from radloom.wire.v1.study_received_pb2 import StudyReceived

PATIENCE_S = 120.0
SERVICE = "muscle_seg"
TOPIC = topics.STUDY_RECEIVED.name
DEAD_LETTERS = topics.dead_letter_topic(TOPIC, SERVICE)
OUT = topics.MUSCLE_MEASURED.name
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)

EFFECTS = sa.Table("effects", sa.MetaData(), sa.Column("study", sa.String))


class SetClock:
    """A clock that moves only when told."""

    def __init__(self) -> None:
        self._now = NOON

    def now(self) -> datetime:
        return self._now

    def advance(self, **span: float) -> None:
        self._now += timedelta(**span)


@dataclass
class Handler:
    """Measures whatever comes; `script` may make it fail first."""

    script: Callable[[StudyReceived], None] = lambda _: None
    seen: list[str] = field(default_factory=list)

    def on_study_received(self, message: StudyReceived) -> Reaction:
        study = message.study_instance_uid
        self.seen.append(study)
        self.script(message)
        return Reaction(
            events=(MuscleMeasured(study_instance_uid=study, subject_key=message.subject_key),),
            effects=(lambda connection: note(connection, study),),
        )


def note(connection: sa.Connection, study: str) -> None:
    connection.execute(sa.insert(EFFECTS).values(study=study))


def study_received(number: int) -> StudyReceived:
    return StudyReceived(study_instance_uid=f"1.2.{number}", subject_key=f"subject {number}")


def event(number: int, **headers: bytes) -> BusRecord:
    record = envelope.encode(study_received(number), f"event-{number}")
    return BusRecord(record.topic, record.key, record.value, {**record.headers, **headers})


def wait_until(condition: Callable[[], object], what: str = "it") -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, f"{what} did not happen in time"
        time.sleep(0.005)


@dataclass
class Stage:
    """One service between a bus and a database."""

    bus: LocalBus
    database: Database
    clock: SetClock

    def worker(
        self, handler: object, options: WorkerOptions | None = None, bus: Bus | None = None
    ) -> Worker:
        return Worker(
            SERVICE,
            handler,
            bus or self.bus,
            self.database,
            clock=self.clock,
            options=options or WorkerOptions(hold_first_s=0.01),
        )

    @contextmanager
    def running(self, worker: Worker) -> Iterator[list[BaseException]]:
        """Runs `worker` in a thread for the block; gives what its run raised."""
        errors: list[BaseException] = []

        def run() -> None:
            try:
                worker.run()
            except Exception as error:  # noqa: BLE001 - the test looks at it
                errors.append(error)

        thread = threading.Thread(target=run)
        thread.start()
        try:
            yield errors
        finally:
            worker.stop()
            thread.join(PATIENCE_S)
            assert not thread.is_alive()

    def work_off(self, handler: object, options: WorkerOptions | None = None) -> None:
        """Runs a worker until everything that is due is committed."""
        with self.running(self.worker(handler, options)) as errors:
            wait_until(lambda: self.lag() == 0 or errors, "the backlog to be worked off")
        assert errors == []

    def lag(self) -> int:
        """Records of the main topic that the service has not committed."""
        return len(self.records(TOPIC)) - self.committed()

    def committed(self) -> int:
        with self.bus_rows() as connection:
            query = "SELECT coalesce(sum(next), 0) FROM commits WHERE grp = ? AND topic = ?"
            return int(connection.exec_driver_sql(query, (SERVICE, TOPIC)).scalar_one())

    def records(self, topic: str) -> list[BusRecord]:
        """Everything that was ever published on `topic`."""
        member = self.bus.subscribe(f"reader of {topic} {time.monotonic_ns()}", [topic])
        found: list[BusRecord] = []
        while heads := member.poll(0):
            for head in heads:
                found.append(head.record)
                member.commit(head)
        member.close()
        return found

    def dead_letters(self) -> list[DeadLetter]:
        return [DeadLetter.FromString(record.value) for record in self.records(DEAD_LETTERS)]

    def measured(self) -> list[Message]:
        return [MuscleMeasured.FromString(record.value) for record in self.records(OUT)]

    def effects(self) -> list[str]:
        with self.database.reading() as connection:
            return list(connection.execute(sa.select(EFFECTS.c.study)).scalars())

    @contextmanager
    def bus_rows(self) -> Iterator[sa.Connection]:
        engine = sa.create_engine(f"sqlite:///{self.bus_path}")
        with engine.connect() as connection:
            yield connection
        engine.dispose()

    @property
    def bus_path(self) -> Path:
        return Path(str(self.database.engine.url.database)).with_name("bus.sqlite")


@contextmanager
def stage(folder: Path) -> Iterator[Stage]:
    bus = LocalBus(folder / "bus.sqlite", lease_s=5)
    database = Database(f"sqlite:///{folder / 'muscle_seg.sqlite'}", schema=SERVICE)
    database.upgrade("radloom.runtime.migrations")
    with database.transaction() as connection:
        EFFECTS.create(connection)
    yield Stage(bus, database, SetClock())
    bus.close()
    database.close()
