import threading
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import pytest

from radloom import topics
from radloom.errors import Rejected, Unavailable
from radloom.ports import BusRecord, Subscription
from radloom.runtime.checkpoint import CrashPoint
from radloom.runtime.outbox import BATCH, Outbox, OutboxRelay
from radloom.runtime.process import LoopPart
from radloom.wire.v1.dead_letter_pb2 import DeadLetter
from radloom.wire.v1.study_received_pb2 import StudyReceived
from tests.runtime.stage import Stage, stage, study_received, wait_until


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Stage]:
    with stage(tmp_path) as built:
        yield built


@pytest.fixture
def outbox(service: Stage) -> Outbox:
    return Outbox(service.database)


class Recorder:
    """A bus that keeps what it is given, after failing as often as told."""

    def __init__(self, failures: int = 0) -> None:
        self.records: list[BusRecord] = []
        self.failures = failures

    def publish(self, records: Iterable[BusRecord]) -> None:
        if self.failures:
            self.failures -= 1
            raise Unavailable("no broker", dependency="bus")
        self.records += records

    def subscribe(self, group: str, topics: Sequence[str]) -> Subscription:
        raise NotImplementedError

    def close(self) -> None:
        pass


def enqueue(service: Stage, outbox: Outbox, *numbers: int) -> None:
    with service.database.transaction() as connection:
        for number in numbers:
            outbox.enqueue(connection, study_received(number), event_id=f"event-{number}")


def ids(bus: Recorder) -> list[str]:
    return [record.headers["ce_id"].decode() for record in bus.records]


def test_what_is_enqueued_is_published_once_and_in_order(service: Stage, outbox: Outbox) -> None:
    bus = Recorder()
    enqueue(service, outbox, *range(BATCH + 5))
    relay = OutboxRelay(outbox, bus)
    assert relay.run_once() == BATCH + 5
    assert relay.run_once() == 0
    assert ids(bus) == [f"event-{number}" for number in range(BATCH + 5)]
    assert StudyReceived.FromString(bus.records[0].value) == study_received(0)


def test_what_a_transaction_rolls_back_is_never_published(service: Stage, outbox: Outbox) -> None:
    bus = Recorder()

    def fail_half_way() -> None:
        with service.database.transaction() as connection:
            outbox.enqueue(connection, study_received(1), event_id="event-1")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_half_way()
    assert OutboxRelay(outbox, bus).run_once() == 0


def test_an_event_enqueued_again_stays_one_event(service: Stage, outbox: Outbox) -> None:
    bus = Recorder()
    enqueue(service, outbox, 1, 1)
    OutboxRelay(outbox, bus).run_once()
    enqueue(service, outbox, 1)
    OutboxRelay(outbox, bus).run_once()
    assert ids(bus) == ["event-1"]


def test_a_bus_that_is_away_leaves_the_events_for_later(service: Stage, outbox: Outbox) -> None:
    bus = Recorder(failures=1)
    enqueue(service, outbox, 1)
    relay = OutboxRelay(outbox, bus)
    with pytest.raises(Unavailable):
        relay.run_once()
    assert outbox.waiting() == 1
    assert relay.run_once() == 1


def test_the_relay_loop_waits_for_the_bus_and_is_woken(service: Stage, outbox: Outbox) -> None:
    bus = Recorder(failures=1)
    relay = OutboxRelay(outbox, bus, interval_s=3600)
    part = LoopPart("relay", relay)
    enqueue(service, outbox, 1)
    part.start()
    wait_until(lambda: ids(bus) == ["event-1"])
    enqueue(service, outbox, 2)

    def woken() -> bool:
        relay.wake()
        return ids(bus) == ["event-1", "event-2"]

    wait_until(woken)
    part.stop()
    assert not part.alive()


def test_a_crash_between_publishing_and_marking_publishes_the_same_event_again(
    service: Stage, outbox: Outbox
) -> None:
    def crash(point: CrashPoint, _event_id: str) -> None:
        assert point == "published_not_marked"
        raise KeyboardInterrupt

    bus = Recorder()
    enqueue(service, outbox, 1)
    with pytest.raises(KeyboardInterrupt):
        OutboxRelay(outbox, bus, checkpoint=crash).run_once()
    OutboxRelay(outbox, bus).run_once()
    assert ids(bus) == ["event-1", "event-1"]


def test_an_event_too_large_for_the_bus_is_refused_where_it_is_made(
    service: Stage, outbox: Outbox
) -> None:
    large = StudyReceived(content_sha256="x" * topics.MAX_VALUE_BYTES)
    with (
        service.database.transaction() as connection,
        pytest.raises(Rejected, match="object store"),
    ):
        outbox.enqueue(connection, large, event_id="event-1")
    assert outbox.waiting() == 0


def test_a_message_that_no_topic_carries_is_refused(service: Stage, outbox: Outbox) -> None:
    with service.database.transaction() as connection, pytest.raises(KeyError, match="DeadLetter"):
        outbox.enqueue(connection, DeadLetter(), event_id="event-1")


def test_two_threads_enqueue_without_losing_an_event(service: Stage, outbox: Outbox) -> None:
    def work(start: int) -> None:
        for number in range(start, start + 20):
            enqueue(service, outbox, number)

    threads = [threading.Thread(target=work, args=(start,)) for start in (0, 100)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    bus = Recorder()
    assert OutboxRelay(outbox, bus).run_once() == 40
