"""Two replicas are killed at every crash point and at random; everything must come out right.

The gate runs a small case (`test_kill.py`). The long one:

    python -m tests.faults.kill_harness local --runs 10 --events 400 --kills 6
    python -m tests.faults.kill_harness kafka --runs 10 --events 400 --kills 6

It prints one line per run and ends with code 1 when anything was lost, doubled, or astray.
`KAFKA_BOOTSTRAP_SERVERS` names a cluster to use instead of a tansu of its own.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from radloom import topics
from radloom.adapters.database import Database
from radloom.ports import Bus, BusRecord
from radloom.runtime import envelope
from radloom.runtime.checkpoint import CRASH_POINTS
from radloom.runtime.outbox import Outbox
from radloom.runtime.tables import INBOX
from radloom.wire.v1.study_received_pb2 import StudyReceived
from tests.faults.replica import EFFECTS, SERVICE, open_bus, open_database
from tests.peers.tansu import broker

ROOT = Path(__file__).parents[2]
TOPIC = topics.STUDY_RECEIVED.name
OUT = topics.MUSCLE_MEASURED.name
DEAD_LETTERS = topics.dead_letter_topic(TOPIC, SERVICE)
SUBJECTS = 30
DRAIN_S = 60.0
HANDLED = ("good", "flaky", "held")


@dataclass(frozen=True)
class Case:
    """One run.

    Attributes:
        events: How many events go in.
        crashes: Self-kills per crash point.
        kills: Kills from outside, at random moments.
        seed: Of scripts, crashes and kills.
        limit_s: When to give up, seconds.
    """

    events: int
    crashes: int
    kills: int
    seed: int
    limit_s: float


@dataclass(frozen=True)
class Sent:
    """An event that went in: what the handler does with it, its trace, the record."""

    event_id: str
    script: str
    trace_id: str
    record: BusRecord


@dataclass(frozen=True)
class Report:
    """What came of a run. Duplicates under the same id are allowed: delivery is at least once."""

    seconds: float
    good: int
    kills: int
    crashes: Counter[str]
    lost: int
    double_effects: int
    events_missing: int
    events_duplicate: int
    dead_letters_missing: int
    dead_letters_astray: int
    dead_letters_duplicate: int
    outbox_left: int
    spans: int
    off_trace: int
    exit_codes: tuple[int, ...]

    def faults(self) -> dict[str, object]:
        """What must be zero and is not."""
        names = (
            "lost",
            "double_effects",
            "events_missing",
            "dead_letters_missing",
            "dead_letters_astray",
            "outbox_left",
            "off_trace",
        )
        wrong: dict[str, object] = {name: n for name in names if (n := getattr(self, name))}
        if any(self.exit_codes):
            wrong["exit_codes"] = self.exit_codes
        return wrong


def events(case: Case) -> list[Sent]:
    """4 % poison, always bad or rejected; 8 % flaky; 2 % held; the rest good."""
    chance = random.Random(case.seed)  # noqa: S311 - a repeatable case
    return [_event(number, chance) for number in range(case.events)]


def _event(number: int, chance: random.Random) -> Sent:
    script = chance.choices(
        ["good", "poison", "bad", "rejected", "flaky 1", "flaky 2", "held"],
        [86, 2, 1, 1, 5, 3, 2],
    )[0]
    message = StudyReceived(
        study_instance_uid=f"1.2.{number}",
        subject_key=f"subject {number % SUBJECTS}",
        content_sha256=script,
    )
    trace_id = f"{chance.getrandbits(128):032x}"
    record = envelope.encode(message, f"event-{number}")
    value = b"\xff\x00garbage" if script == "poison" else record.value
    parent = f"00-{trace_id}-{chance.getrandbits(64):016x}-01".encode()
    headers = {**record.headers, "traceparent": parent}
    return Sent(f"event-{number}", script, trace_id, BusRecord(TOPIC, record.key, value, headers))


def crash_plan(case: Case, sent: Sequence[Sent]) -> dict[str, str]:
    """Which event ends its replica where; points after a diversion need an event that diverts."""
    chance = random.Random(case.seed + 1)  # noqa: S311 - a repeatable case
    passing = [one.event_id for one in sent if one.script == "good"]
    diverting = [one.event_id for one in sent if one.script not in ("good", "held")]
    plan: dict[str, str] = {}
    for point in CRASH_POINTS:
        pool = diverting if point == "diverted_not_committed" else passing
        free = [event_id for event_id in pool if event_id not in plan]
        plan.update(dict.fromkeys(chance.sample(free, case.crashes), point))
    return plan


class Replicas:
    """Processes that are started again whenever they die."""

    def __init__(self, folder: Path, bus_name: str, *options: str, count: int = 2) -> None:
        self._folder = folder
        self._arguments = [str(folder), bus_name, *options]
        self.started = 0
        self._log = (folder / "log").open("ab")
        self._running = [self._start() for _ in range(count)]

    def revive(self) -> None:
        """Starts those again that are dead."""
        self._running = [self._start() if p.poll() is not None else p for p in self._running]

    def kill(self, chance: random.Random) -> None:
        """Kills one of them."""
        chance.choice(self._running).kill()

    def drain(self) -> tuple[int, ...]:
        """Exit codes after SIGTERM, once both listen for it."""
        end = time.monotonic() + DRAIN_S
        for process in self._running:
            while not (self._folder / f"up {process.pid}").exists() and time.monotonic() < end:
                time.sleep(0.05)
            process.terminate()
        return tuple(process.wait(DRAIN_S) for process in self._running)

    def close(self) -> None:
        """Ends what still runs."""
        for process in self._running:
            process.kill()
            process.wait(DRAIN_S)
        self._log.close()

    def _start(self) -> subprocess.Popen[bytes]:
        self.started += 1
        command = [sys.executable, "-m", "tests.faults.replica", *self._arguments]
        path = f"{ROOT / 'shared'}:{ROOT}"
        return subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": path},
            stdout=self._log,
            stderr=self._log,
        )


class Observer:
    """Reads what comes out, while it comes."""

    def __init__(self, bus: Bus) -> None:
        self.out: list[BusRecord] = []
        self.dead: list[BusRecord] = []
        self._member = bus.subscribe(f"observer {time.time_ns()}", [OUT, DEAD_LETTERS])

    def look(self, timeout_s: float) -> bool:
        """Takes in what is there; False when it was nothing."""
        found = self._member.poll(timeout_s)
        for delivery in found:
            (self.dead if delivery.record.topic == DEAD_LETTERS else self.out).append(
                delivery.record
            )
            self._member.commit(delivery)
        return bool(found)

    def close(self) -> None:
        """Leaves."""
        self._member.close()


@dataclass
class Run:
    """One run under way: what went in, and where things stand."""

    case: Case
    folder: Path
    sent: Sequence[Sent]
    database: Database
    observer: Observer
    replicas: Replicas
    kills: int = 0

    @property
    def good(self) -> set[str]:
        """Events that must be handled; all others must be given up."""
        return {one.event_id for one in self.sent if one.script.split()[0] in HANDLED}

    def until_done(self) -> None:
        """Kills and revives until everything is settled, or the limit is over."""
        chance = random.Random(self.case.seed + 2)  # noqa: S311 - a repeatable case
        moments = sorted(chance.sample(range(1, len(self.good)), self.case.kills))
        end = time.monotonic() + self.case.limit_s
        while not self.settled() and time.monotonic() < end:
            self.observer.look(0.1)
            if self.kills < len(moments) and self.handled() >= moments[self.kills]:
                self.replicas.kill(chance)
                self.kills += 1
            self.replicas.revive()

    def settled(self) -> bool:
        """Whether every event is handled or given up, and nothing waits."""
        dead = {identity(record) for record in self.observer.dead}
        return (
            self.handled() >= len(self.good)
            and len(dead) >= len(self.sent) - len(self.good)
            and Outbox(self.database).waiting() == 0
        )

    def handled(self) -> int:
        """Rows of the inbox."""
        with self.database.reading() as connection:
            return connection.execute(sa.select(sa.func.count(INBOX.c.event_id))).scalar_one()

    def report(self, seconds: float, exit_codes: tuple[int, ...]) -> Report:
        """Compares what came out with what went in."""
        with self.database.reading() as connection:
            effects = Counter(connection.execute(sa.select(EFFECTS.c.study)).scalars())
        good, bad = self.good, {one.event_id for one in self.sent} - self.good
        dead = Counter(identity(record) for record in self.observer.dead)
        out = Counter(identity(record) for record in self.observer.out)
        expected = {envelope.derived_event_id(event_id, OUT, 0) for event_id in good}
        marks = (path.name.split() for path in (self.folder / "once").glob("crash *"))
        traces = (self.folder / "spans").read_text().split()
        return Report(
            seconds=seconds,
            good=len(good),
            kills=self.kills,
            crashes=Counter(point for _, point, _ in marks),
            lost=len({study_of(event_id) for event_id in good} - set(effects)),
            double_effects=sum(effects.values()) - len(effects),
            events_missing=len(expected ^ set(out)),
            events_duplicate=sum(out.values()) - len(out),
            dead_letters_missing=len(bad - set(dead)),
            dead_letters_astray=len(set(dead) - bad),
            dead_letters_duplicate=sum(dead.values()) - len(dead),
            outbox_left=Outbox(self.database).waiting(),
            spans=len(traces),
            off_trace=self._off_trace(traces),
            exit_codes=exit_codes,
        )

    def _off_trace(self, traces: Sequence[str]) -> int:
        trace_of = {one.event_id: one.trace_id for one in self.sent}
        trace_of |= {envelope.derived_event_id(e, OUT, 0): t for e, t in trace_of.items()}
        records = [*self.observer.out, *self.observer.dead]
        return sum(trace not in trace_of.values() for trace in traces) + sum(
            record.headers["traceparent"].decode().split("-")[1] != trace_of[identity(record)]
            for record in records
        )


def identity(record: BusRecord) -> str:
    return record.headers["ce_id"].decode()


def study_of(event_id: str) -> str:
    return "1.2." + event_id.removeprefix("event-")


def run(case: Case, folder: Path, bus_name: str) -> Report:
    """Runs `case` on an empty bus, in an empty folder."""
    sent = events(case)
    (folder / "plan.json").write_text(json.dumps(crash_plan(case, sent)))
    with ExitStack() as stack:
        database = stack.enter_context(closing(open_database(folder)))
        database.upgrade("radloom.runtime.migrations")
        with database.transaction() as connection:
            EFFECTS.create(connection)
        bus = stack.enter_context(closing(open_bus(bus_name)))
        observer = stack.enter_context(closing(Observer(bus)))
        bus.publish(one.record for one in sent)
        # Events that a kill interrupts are innocent here; the limit has a test of its own.
        replicas = stack.enter_context(closing(Replicas(folder, bus_name, "--kill-limit", "100")))
        begun = time.monotonic()
        under_way = Run(case, folder, sent, database, observer, replicas)
        under_way.until_done()
        seconds = time.monotonic() - begun
        exit_codes = replicas.drain()
        while observer.look(1.0):
            pass
        return under_way.report(seconds, exit_codes)


def run_on(kind: str, case: Case) -> Report:
    """Runs `case` on a bus of its own: "local" or "kafka"."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if kind == "local":
            return run(case, folder, f"local:{folder / 'bus.sqlite'}")
        with broker() as address:
            return run(case, folder, f"kafka:{address}")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("kind", choices=["local", "kafka"])
    options.add_argument("--runs", type=int, default=10)
    options.add_argument("--events", type=int, default=400)
    options.add_argument("--crashes", type=int, default=2, help="self-kills per crash point")
    options.add_argument("--kills", type=int, default=6)
    options.add_argument("--limit", type=float, default=300.0)
    options.add_argument("--seed", type=int, default=time.time_ns() % 1_000_000)
    given = options.parse_args()
    astray = 0
    for number in range(given.runs):
        seed = given.seed + number
        case = Case(given.events, given.crashes, given.kills, seed, given.limit)
        report = run_on(given.kind, case)
        astray += bool(report.faults())
        sys.stdout.write(f"seed {seed} faults {report.faults() or 'none'}: {report}\n")
        sys.stdout.flush()
    sys.exit(astray > 0)


if __name__ == "__main__":
    main()
