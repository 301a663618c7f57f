"""What the worker's inbox, outbox and threads cost against a bare poll-handle-commit loop.

    python tests/bench/bench_worker.py [--events 200] [--work-ms 20 200]

The loops run one handler at a time, on the same kind of bus, in the same run, on as many events.
"bare" polls, handles and commits; "publishing" also publishes one event per event, without making
it durable first; the worker does that, keeps the inbox and can be killed anywhere. The goal is 70 %
of the bare loop. Handlers of ours take seconds.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from threading import Thread

from radloom import topics
from radloom.adapters.clock import SystemClock
from radloom.adapters.database import Database
from radloom.adapters.kafka import KafkaBus
from radloom.adapters.local_bus import LocalBus
from radloom.ports import Bus, Reaction
from radloom.runtime import envelope
from radloom.runtime.worker import Worker
from radloom.wire.v1.muscle_measured_pb2 import MuscleMeasured
from radloom.wire.v1.study_received_pb2 import StudyReceived

SERVICE = "muscle_seg"
TOPIC = topics.STUDY_RECEIVED.name


class Timed:
    """Takes as long as told, and notes when the first and the last run ended."""

    def __init__(self, work_s: float) -> None:
        self._work_s = work_s
        self.ends: list[float] = []

    def on_study_received(self, message: StudyReceived) -> Reaction:
        time.sleep(self._work_s)
        self.ends.append(time.perf_counter())
        return Reaction(events=(MuscleMeasured(subject_key=message.subject_key),))

    def rate(self) -> float:
        """Events per second after the first."""
        return (len(self.ends) - 1) / (self.ends[-1] - self.ends[0])


@contextmanager
def fresh_bus(kind: str, folder: Path) -> Iterator[Bus]:
    if kind == "local":
        with closing(LocalBus(folder / "bus.sqlite")) as bus:
            yield bus
    else:
        sys.path.append(str(Path(__file__).parents[2]))  # a script has no tests on its path
        from tests.peers.tansu import SESSION_TIMEOUT_S, broker  # noqa: PLC0415 - only now

        with (
            broker() as address,
            closing(KafkaBus(address, session_timeout_s=SESSION_TIMEOUT_S)) as kafka,
        ):
            yield kafka


def fill(bus: Bus, count: int) -> None:
    messages = (StudyReceived(subject_key=str(number)) for number in range(count))
    bus.publish(envelope.encode(message, f"event-{n}") for n, message in enumerate(messages))


def bare(bus: Bus, handler: Timed, count: int, _folder: Path, *, publish: bool = False) -> float:
    fill(bus, count)
    with closing(bus.subscribe("bare", [TOPIC])) as member:
        while len(handler.ends) < count:
            for delivery in member.poll(0.2):
                message = StudyReceived.FromString(delivery.record.value)
                reaction = handler.on_study_received(message)
                if publish:
                    bus.publish(envelope.encode(event, "id") for event in reaction.events)
                member.commit(delivery)
    return handler.rate()


def with_worker(bus: Bus, handler: Timed, count: int, folder: Path) -> float:
    fill(bus, count)
    with closing(Database(f"sqlite:///{folder / 'service.sqlite'}", SERVICE)) as database:
        database.upgrade("radloom.runtime.migrations")
        worker = Worker(SERVICE, handler, bus, database, clock=SystemClock())
        thread = Thread(target=worker.run)
        thread.start()
        while len(handler.ends) < count and thread.is_alive():
            time.sleep(0.05)
        worker.stop()
        thread.join(60)
    return handler.rate()


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--events", type=int, default=200)
    options.add_argument("--work-ms", type=float, nargs="+", default=[20, 200])
    given = options.parse_args()
    for kind in ("local", "kafka"):
        for work_ms in given.work_ms:
            count = min(given.events, max(20, round(10_000 / max(work_ms, 1))))
            rates = []
            for loop in (bare, partial(bare, publish=True), with_worker):
                with tempfile.TemporaryDirectory() as name, fresh_bus(kind, Path(name)) as bus:
                    rates.append(loop(bus, Timed(work_ms / 1000), count, Path(name)))
            sys.stdout.write(
                f"{kind:5} handler {work_ms:4.0f} ms: bare {rates[0]:.1f}/s, publishing "
                f"{rates[1]:.1f}/s, worker {rates[2]:.1f}/s, {rates[2] / rates[0]:.0%} of bare, "
                f"{rates[2] / rates[1]:.0%} of publishing\n"
            )
            sys.stdout.flush()


if __name__ == "__main__":
    main()
