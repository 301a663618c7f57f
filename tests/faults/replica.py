"""One replica of a service, which ends itself with kill -9 where the plan says so.

    python -m tests.faults.replica FOLDER BUS [--work-s S] [--kill-limit N]

FOLDER holds `plan.json` ({event id: crash point}) and takes the database, the spans, the marks that
each planned failure happened once, and `up PID` when SIGTERM is heard. BUS is `local:PATH` or
`kafka:HOST:PORT`.
"""

import argparse
import json
import os
import signal
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path

import sqlalchemy as sa
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExporter, SpanExportResult

from radloom.adapters.clock import SystemClock
from radloom.adapters.database import Database
from radloom.adapters.kafka import KafkaBus
from radloom.adapters.local_bus import LocalBus
from radloom.errors import Rejected, Unavailable
from radloom.ports import Bus, Reaction
from radloom.runtime.checkpoint import CrashPoint
from radloom.runtime.options import WorkerOptions
from radloom.runtime.worker import Worker
from radloom.wire.v1.muscle_measured_pb2 import MuscleMeasured
from radloom.wire.v1.study_received_pb2 import StudyReceived
from tests.peers.tansu import SESSION_TIMEOUT_S

SERVICE = "muscle_seg"
LEASE_S = 1.5
EFFECTS = sa.Table("effects", sa.MetaData(), sa.Column("study", sa.String(64)))

OPTIONS = WorkerOptions(
    concurrency=2, retry_delays_s=(0.2, 0.4), hold_first_s=0.05, hold_longest_s=0.5
)


def open_bus(name: str) -> Bus:
    """Bus that `name` says, with leases short enough for a test."""
    kind, _, address = name.partition(":")
    if kind == "local":
        return LocalBus(address, lease_s=LEASE_S)
    return KafkaBus(address, session_timeout_s=SESSION_TIMEOUT_S, cooperative=False)


def open_database(folder: Path) -> Database:
    """The service's database."""
    return Database(f"sqlite:///{folder / 'service.sqlite'}", SERVICE)


class Once:
    """Marks in a folder: true the first time a name is asked for, in whichever process."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(exist_ok=True)

    def __call__(self, name: str) -> bool:
        try:
            os.close(os.open(self._folder / name, os.O_CREAT | os.O_EXCL))
        except FileExistsError:
            return False
        return True


class Scripted:
    """Does what the event says: `content_sha256` is "good", "bad", "flaky N" ..."""

    def __init__(self, once: Once, work_s: float) -> None:
        self._once = once
        self._work_s = work_s

    def on_study_received(self, message: StudyReceived) -> Reaction:
        study = message.study_instance_uid
        match message.content_sha256.split():
            case ["bad"]:
                raise ValueError(study)
            case ["deadly"]:
                os.kill(os.getpid(), signal.SIGKILL)
            case ["rejected"]:
                raise Rejected(study, reason="scripted")
            case ["held"] if self._once(f"held {study}"):
                raise Unavailable("scripted", dependency="scripted")
            case ["flaky", times]:
                for number in range(int(times)):
                    if self._once(f"flaky {study} {number}"):
                        raise Unavailable("scripted", dependency="scripted", affects_all=False)
        time.sleep(self._work_s)
        return Reaction(
            events=(MuscleMeasured(study_instance_uid=study, subject_key=message.subject_key),),
            effects=(partial(note, study=study),),
        )


def note(connection: sa.Connection, study: str) -> None:
    connection.execute(sa.insert(EFFECTS).values(study=study))


class SpanFile(SpanExporter):
    """Appends one line per span: its trace id."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        with self._path.open("a") as lines:
            for span in spans:
                if span.context:
                    lines.write(f"{span.context.trace_id:032x}\n")
        return SpanExportResult.SUCCESS


def crash_as_planned(folder: Path, once: Once) -> Callable[[CrashPoint, str], None]:
    """A checkpoint that kills this process at the planned points, once each."""
    plan: dict[str, str] = json.loads((folder / "plan.json").read_text())

    def checkpoint(point: CrashPoint, event_id: str) -> None:
        if plan.get(event_id) == point and once(f"crash {point} {event_id}"):
            os.kill(os.getpid(), signal.SIGKILL)

    return checkpoint


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("folder", type=Path)
    options.add_argument("bus")
    options.add_argument("--work-s", type=float, default=0.005)
    options.add_argument("--kill-limit", type=int, default=OPTIONS.kill_limit)
    given = options.parse_args()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(SpanFile(given.folder / "spans")))
    trace.set_tracer_provider(provider)
    once = Once(given.folder / "once")
    with closing(open_database(given.folder)) as database, closing(open_bus(given.bus)) as bus:
        database.upgrade("radloom.runtime.migrations")
        worker = Worker(
            SERVICE,
            Scripted(once, given.work_s),
            bus,
            database,
            clock=SystemClock(),
            options=replace(OPTIONS, kill_limit=given.kill_limit),
            checkpoint=crash_as_planned(given.folder, once),
        )
        signal.signal(signal.SIGTERM, lambda *_: worker.stop())
        (given.folder / f"up {os.getpid()}").touch()
        worker.run()


if __name__ == "__main__":
    main()
