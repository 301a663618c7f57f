import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from prometheus_client import REGISTRY

from radloom import topics
from radloom.errors import Rejected, Unavailable
from radloom.ports import Bus, BusRecord, Reaction, Subscription
from radloom.runtime import envelope, metrics
from radloom.runtime.dead_letters import DeadLetterFloodError, FloodLimit
from radloom.runtime.inbox import Inbox
from radloom.runtime.options import WorkerOptions
from radloom.runtime.outbox import Outbox
from radloom.runtime.worker import Worker
from radloom.wire.v1.dead_letter_pb2 import DeadLetter
from radloom.wire.v1.muscle_measured_pb2 import MuscleMeasured
from radloom.wire.v1.study_received_pb2 import StudyReceived
from tests.runtime.stage import (
    DEAD_LETTERS,
    EFFECTS,
    OUT,
    SERVICE,
    TOPIC,
    Handler,
    Stage,
    event,
    note,
    stage,
    wait_until,
)

TRACE = b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
PATIENT = "Doe^Jane"


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Stage]:
    with stage(tmp_path) as built:
        yield built


def raising(*errors: Exception | None) -> Callable[[StudyReceived], None]:
    """A script that raises `errors` one after the other, and then nothing."""
    left = list(errors)

    def script(_: StudyReceived) -> None:
        error = left.pop(0) if left else None
        if error is not None:
            raise error

    return script


def outcomes(outcome: str) -> float:
    labels = {"service": SERVICE, "topic": TOPIC, "outcome": outcome}
    return REGISTRY.get_sample_value(metrics.DELIVERIES, labels) or 0.0


def test_an_event_leads_to_its_effects_and_events_on_its_trace(service: Stage) -> None:
    service.bus.publish([event(1, traceparent=TRACE)])
    service.work_off(Handler())
    assert service.effects() == ["1.2.1"]
    (record,) = service.records(OUT)
    assert MuscleMeasured.FromString(record.value).study_instance_uid == "1.2.1"
    assert record.key == b"subject 1"
    assert record.headers["ce_id"].decode() == envelope.derived_event_id("event-1", OUT, 0)
    assert record.headers["ce_type"] == b"radloom.wire.v1.MuscleMeasured"
    assert record.headers["content-type"] == b"application/protobuf"
    assert record.headers["traceparent"].split(b"-")[1] == TRACE.split(b"-")[1]
    assert Outbox(service.database).waiting() == 0


def test_an_event_that_comes_twice_has_its_effects_once(service: Stage) -> None:
    handler = Handler()
    service.bus.publish([event(1), event(1)])
    before = outcomes("dup")
    service.work_off(handler)
    assert handler.seen == ["1.2.1"]
    assert service.effects() == ["1.2.1"]
    assert len(service.records(OUT)) == 1
    assert outcomes("dup") == before + 1


def test_a_rejected_event_is_given_up_whole_with_its_reason_and_without_its_text(
    service: Stage,
) -> None:
    original = event(1, traceparent=TRACE)
    service.bus.publish([original, event(2)])
    service.work_off(Handler(raising(Rejected(f"{PATIENT} is odd", reason="odd"))))
    (record,) = service.records(DEAD_LETTERS)
    letter = DeadLetter.FromString(record.value)
    assert (letter.event_id, letter.topic, letter.group) == ("event-1", TOPIC, SERVICE)
    assert (letter.error_class, letter.reason, letter.attempts) == ("Rejected", "odd", 1)
    assert (letter.key, letter.value) == (original.key, original.value)
    assert {h.name: h.value for h in letter.headers} == original.headers
    assert letter.diverted_at.ToDatetime(tzinfo=service.clock.now().tzinfo) == service.clock.now()
    assert PATIENT.encode() not in record.value
    assert record.headers["ce_id"] == b"event-1"
    assert record.headers["traceparent"] == TRACE
    assert service.effects() == ["1.2.2"]


def without(record: BusRecord, header: str) -> BusRecord:
    kept = {name: value for name, value in record.headers.items() if name != header}
    return BusRecord(record.topic, record.key, record.value, kept)


UNREADABLE = [
    ("missing_id", without(event(1), "ce_id")),
    ("unknown_type", without(event(1), "ce_type")),
    ("unknown_type", event(1, ce_type=b"radloom.wire.v1.MuscleMeasured")),
    ("unknown_type", event(1, **{"content-type": b"application/json"})),
    ("undecodable", BusRecord(TOPIC, b"k", b"\xff\x00garbage", event(1).headers)),
]


@pytest.mark.parametrize(("reason", "record"), UNREADABLE)
def test_a_record_that_cannot_be_read_is_given_up_at_once(
    service: Stage, reason: str, record: BusRecord
) -> None:
    handler = Handler()
    service.bus.publish([record])
    service.work_off(handler)
    (letter,) = service.dead_letters()
    assert letter.reason == reason
    assert letter.value == record.value
    assert handler.seen == []


FAILURES: list[Callable[[], Exception]] = [
    lambda: ValueError(f"no such patient: {PATIENT}"),
    lambda: Unavailable("busy", dependency="archive", affects_all=False),
]


@pytest.mark.parametrize("failure", FAILURES)
def test_an_event_that_fails_comes_back_later_and_the_others_pass(
    service: Stage, failure: Callable[[], Exception]
) -> None:
    service.bus.publish([event(1), event(2)])
    service.work_off(Handler(raising(failure())))
    assert service.effects() == ["1.2.2"]
    (parked,) = service.records(topics.retry_topic(TOPIC, SERVICE, 0))
    assert parked.value == event(1).value
    assert parked.headers["ce_id"] == b"event-1"
    assert parked.headers["x-attempt"] == b"1"
    delay_s = float(parked.headers["x-not-before"]) - service.clock.now().timestamp()
    assert 30 <= delay_s <= 36
    assert PATIENT.encode() not in b"".join(parked.headers.values())

    service.clock.advance(seconds=29)
    with service.running(service.worker(Handler())):
        service.bus.publish([event(3)])
        wait_until(lambda: "1.2.3" in service.effects())
        assert "1.2.1" not in service.effects()
        service.clock.advance(seconds=8)
        wait_until(lambda: "1.2.1" in service.effects())
    assert service.dead_letters() == []


def parked_or_given_up(service: Stage) -> int:
    tiers = len(WorkerOptions().retry_delays_s)
    parked = [service.records(topics.retry_topic(TOPIC, SERVICE, tier)) for tier in range(tiers)]
    return sum(map(len, parked)) + len(service.dead_letters())


def test_an_event_that_fails_on_every_tier_is_given_up_as_exhausted(service: Stage) -> None:
    handler = Handler(raising(*[KeyError(PATIENT)] * 4))
    service.bus.publish([event(1)])
    with service.running(service.worker(handler)):
        for tries in range(1, 5):
            wait_until(lambda tries=tries: len(handler.seen) == tries)  # type: ignore[misc]
            # Parked before the clock moves, or it would be due only two hours later.
            wait_until(lambda tries=tries: parked_or_given_up(service) == tries)  # type: ignore[misc]
            service.clock.advance(hours=2)
    (letter,) = service.dead_letters()
    assert (letter.error_class, letter.reason, letter.attempts) == ("KeyError", "exhausted", 4)
    assert PATIENT.encode() not in letter.SerializeToString()
    assert service.effects() == []


def test_a_dependency_of_all_that_is_away_holds_the_events_in_place(service: Stage) -> None:
    away = threading.Event()
    holds = outcomes("hold")

    def script(_: StudyReceived) -> None:
        if not away.is_set():
            raise Unavailable("no Triton", dependency="triton:muscle_ensemble")

    service.bus.publish(event(number) for number in range(8))
    with service.running(service.worker(Handler(script))):
        wait_until(lambda: outcomes("hold") >= holds + 5)
        assert service.committed() == 0
        away.set()
        wait_until(lambda: service.lag() == 0)
    assert sorted(service.effects()) == [f"1.2.{number}" for number in range(8)]
    assert service.records(topics.retry_topic(TOPIC, SERVICE, 0)) == []
    assert service.dead_letters() == []


def test_shutdown_while_a_dependency_is_away_leaves_the_event_for_the_next(service: Stage) -> None:
    holds = outcomes("hold")
    gone = Unavailable("no archive", dependency="archive")
    service.bus.publish([event(1)])
    with service.running(service.worker(Handler(raising(*[gone] * 10_000)))):
        wait_until(lambda: outcomes("hold") > holds)
    assert service.committed() == 0
    assert Inbox(service.database).claim("event-1").unfinished == 0
    service.work_off(Handler())
    assert service.effects() == ["1.2.1"]


class Faltering:
    """A bus that does not take the first `failures` publishes."""

    def __init__(self, bus: Bus, failures: int) -> None:
        self._bus = bus
        self._failures = failures

    def publish(self, records: Iterable[BusRecord]) -> None:
        if self._failures:
            self._failures -= 1
            raise Unavailable("no broker", dependency="bus")
        self._bus.publish(records)

    def subscribe(self, group: str, topics: Sequence[str]) -> Subscription:
        return self._bus.subscribe(group, topics)

    def close(self) -> None:
        pass


def test_a_bus_that_is_away_after_the_effects_delays_the_events_and_repeats_nothing(
    service: Stage,
) -> None:
    handler = Handler()
    service.bus.publish([event(1)])
    worker = service.worker(handler, bus=Faltering(service.bus, failures=3))
    with service.running(worker):
        wait_until(lambda: service.lag() == 0)
    assert handler.seen == ["1.2.1"]
    assert len(service.records(OUT)) == 1


def test_effects_that_fail_leave_nothing_behind(service: Stage) -> None:
    class Clumsy(Handler):
        def on_study_received(self, message: StudyReceived) -> Reaction:
            reaction = super().on_study_received(message)

            def fall(connection: sa.Connection) -> None:
                connection.execute(sa.text("INSERT INTO no_such_table VALUES (1)"))

            return Reaction(reaction.events, (*reaction.effects, fall))

    service.bus.publish([event(1)])
    service.work_off(Clumsy())
    assert service.effects() == []
    assert service.records(OUT) == []
    (parked,) = service.records(topics.retry_topic(TOPIC, SERVICE, 0))
    assert parked.headers["x-error"] == b"OperationalError"


def test_an_event_too_large_for_the_bus_gives_its_cause_up(service: Stage) -> None:
    class Verbose(Handler):
        def on_study_received(self, message: StudyReceived) -> Reaction:
            large = message.study_instance_uid * topics.MAX_VALUE_BYTES
            return Reaction(events=(MuscleMeasured(result_id=large),))

    service.bus.publish([event(1)])
    service.work_off(Verbose())
    assert [letter.reason for letter in service.dead_letters()] == ["oversize"]


def test_an_event_that_ended_the_process_three_times_is_given_up(service: Stage) -> None:
    handler = Handler()
    for _ in range(3):
        Inbox(service.database).claim("event-1")
    for _ in range(2):
        Inbox(service.database).claim("event-2")
    service.bus.publish([event(1), event(2)])
    service.work_off(handler)
    assert handler.seen == ["1.2.2"]
    assert [(d.event_id, d.reason) for d in service.dead_letters()] == [
        ("event-1", "killed_process")
    ]
    assert Inbox(service.database).claim("event-1").unfinished == 0  # a replay starts afresh


def test_a_flood_of_dead_letters_stops_the_worker_and_leaves_the_rest_in_place(
    service: Stage,
) -> None:
    options = WorkerOptions(flood_limit=FloodLimit(count=5, ratio=0.5))
    service.bus.publish(event(number, ce_type=b"from.a.newer.release") for number in range(9))
    worker = service.worker(Handler(), options)
    with service.running(worker) as errors:
        wait_until(lambda: errors)
    assert isinstance(errors[0], DeadLetterFloodError)
    assert "6 of the last 6" in str(errors[0])
    assert len(service.dead_letters()) == 5
    assert service.committed() == 5
    assert not worker.healthy()


def on_one_key(records: Iterable[BusRecord]) -> list[BusRecord]:
    return [BusRecord(record.topic, b"one", record.value, record.headers) for record in records]


def test_as_many_good_events_as_dead_letters_are_no_flood(service: Stage) -> None:
    options = WorkerOptions(flood_limit=FloodLimit(count=5, ratio=0.5))
    for number in range(8):
        pair = [event(number), event(number, ce_id=b"bad %d" % number, ce_type=b"other")]
        service.bus.publish(on_one_key(pair))
    service.work_off(Handler(), options)
    assert len(service.effects()) == 8
    assert len(service.dead_letters()) == 8


def test_a_handler_without_a_method_for_a_topic_is_refused() -> None:
    class Deaf:
        pass

    with pytest.raises(TypeError, match=r"Deaf has no method 'on_study_received'"):
        Worker(SERVICE, Deaf(), None, None, clock=None)  # type: ignore[arg-type]


def test_a_service_that_reads_nothing_needs_no_worker() -> None:
    with pytest.raises(TypeError, match="no topic that 'ingest' consumes"):
        Worker("ingest", Handler(), None, None, clock=None)  # type: ignore[arg-type]


def test_shutdown_finishes_the_handler_under_way_and_nothing_comes_again(service: Stage) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def script(_: StudyReceived) -> None:
        begun.set()
        assert go_on.wait(60)

    service.bus.publish([event(1)])
    worker = service.worker(Handler(script))
    with service.running(worker):
        assert begun.wait(60)
        worker.stop()
        assert service.committed() == 0
        go_on.set()
    assert service.effects() == ["1.2.1"]
    assert service.committed() == 1


def test_a_handler_that_outlives_the_drain_is_left_and_its_run_not_held_against_it(
    service: Stage,
) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def script(_: StudyReceived) -> None:
        begun.set()
        go_on.wait(60)
        raise Rejected("over", reason="over")

    service.bus.publish([event(1)])
    worker = service.worker(Handler(script), WorkerOptions(drain_s=0.1))
    with service.running(worker) as errors:
        assert begun.wait(60)
    assert errors == []
    assert service.committed() == 0
    assert Inbox(service.database).claim("event-1").unfinished == 0
    go_on.set()
    wait_until(service.dead_letters)


def test_a_handler_beyond_its_deadline_makes_the_worker_unhealthy(service: Stage) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def script(_: StudyReceived) -> None:
        begun.set()
        assert go_on.wait(60)

    service.bus.publish([event(1)])
    worker = service.worker(Handler(script), WorkerOptions(handler_deadline_s=0.2))
    assert worker.healthy()
    with service.running(worker):
        assert begun.wait(60)
        wait_until(lambda: not worker.healthy())
        go_on.set()
        wait_until(worker.healthy)


def test_lag_and_the_age_of_the_oldest_record_are_measured(service: Stage) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def script(_: StudyReceived) -> None:
        begun.set()
        assert go_on.wait(60)

    def gauge(name: str) -> float:
        return REGISTRY.get_sample_value(name, {"service": SERVICE, "topic": TOPIC}) or 0.0

    service.bus.publish([event(1), event(1), event(1)])
    (head,) = service.bus.subscribe("look", [TOPIC]).poll(10)
    service.clock.advance(seconds=(head.published_at - service.clock.now()).total_seconds() + 90)
    with service.running(service.worker(Handler(script))):
        assert begun.wait(60)
        wait_until(lambda: gauge(metrics.LAG) == 3)
        assert gauge(metrics.OLDEST_AGE) == pytest.approx(90)
        go_on.set()
        wait_until(lambda: gauge(metrics.LAG) == 0)
    assert gauge(metrics.OLDEST_AGE) == 0


def test_old_rows_are_forgotten_after_their_retention(service: Stage) -> None:
    service.bus.publish([event(1)])
    service.work_off(Handler())
    # The rows carry the database's time; the service's clock stands far ahead of it.
    service.clock.advance(days=365 * 100)
    with service.running(service.worker(Handler())):
        wait_until(lambda: not Inbox(service.database).claim("event-1").handled)
    assert timedelta(days=30) == WorkerOptions().inbox_retention


def test_events_of_one_handling_keep_their_order(service: Stage) -> None:
    class Twice(Handler):
        def on_study_received(self, message: StudyReceived) -> Reaction:
            names, key = ("first", "second", "third"), message.subject_key
            return Reaction(
                events=tuple(MuscleMeasured(result_id=name, subject_key=key) for name in names)
            )

    service.bus.publish([event(1)])
    service.work_off(Twice())
    found = [MuscleMeasured.FromString(record.value) for record in service.records(OUT)]
    assert [message.result_id for message in found] == ["first", "second", "third"]


def test_a_decision_sees_the_effects_of_all_before_it_and_its_events_follow(
    service: Stage,
) -> None:
    class Counting(Handler):
        def on_study_received(self, message: StudyReceived) -> Reaction:
            key = message.subject_key

            def decide(connection: sa.Connection) -> tuple[MuscleMeasured, ...]:
                note(connection, message.study_instance_uid)
                seen = connection.execute(sa.select(sa.func.count()).select_from(EFFECTS)).scalar()
                return (MuscleMeasured(result_id=f"seen {seen}", subject_key=key),)

            events = (MuscleMeasured(result_id="plain", subject_key=key),)
            return Reaction(events=events, decisions=(decide,))

    service.bus.publish([event(1), event(2), event(1)])
    service.work_off(Counting())
    found = [MuscleMeasured.FromString(record.value) for record in service.records(OUT)]
    assert sorted(m.result_id for m in found) == ["plain", "plain", "seen 1", "seen 2"]


def test_a_decision_that_fails_leaves_nothing_behind(service: Stage) -> None:
    class Undecided(Handler):
        def on_study_received(self, message: StudyReceived) -> Reaction:
            def decide(connection: sa.Connection) -> tuple[MuscleMeasured, ...]:
                note(connection, message.study_instance_uid)
                raise Rejected("nobody knows", reason="undecidable")

            return Reaction(decisions=(decide,))

    service.bus.publish([event(1)])
    service.work_off(Undecided())
    assert service.effects() == []
    assert [letter.reason for letter in service.dead_letters()] == ["undecidable"]
