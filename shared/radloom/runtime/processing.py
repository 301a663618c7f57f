"""One delivery, from its bytes to a durable outcome; runs in a handler thread.

The steps, each durable before the next: count the run, handle, store effects and events in one
transaction with the inbox row, publish the events. A dependency that does not answer holds the
step in place; whatever else goes wrong parks the record or gives it up. Only then is the offset
committed, by the worker's loop.
"""

import logging
import random
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

from google.protobuf.message import Message
from opentelemetry import trace
from opentelemetry.trace import SpanKind, Status, StatusCode

from radloom import topics
from radloom.errors import Rejected, Unavailable
from radloom.ports import Bus, BusRecord, Clock, Delivery, Reaction, Transactions
from radloom.runtime import envelope, metrics
from radloom.runtime.backoff import Backoff
from radloom.runtime.checkpoint import Checkpoint
from radloom.runtime.dead_letters import FloodGuard, Reason, dead_letter, parked
from radloom.runtime.inbox import Inbox
from radloom.runtime.metrics import Outcome
from radloom.runtime.options import WorkerOptions
from radloom.runtime.outbox import Outbox, OutboxRelay

log = logging.getLogger(__name__)
tracer = trace.get_tracer("radloom.runtime.worker")

T = TypeVar("T")
Handle = Callable[[Message], Reaction]

JITTER = 0.2
"""Parked records return up to this share later: those of one outage do not return at once."""


class ProcessKilledError(Rejected):
    """A record whose handler runs ended the process, again and again."""


class _Abandoned(Exception):  # noqa: N818 - not an error: the worker stops
    """The worker stops while a dependency does not answer."""


@dataclass(frozen=True)
class Route:
    """Where records of one bus topic go.

    Attributes:
        topic: Topic they were first published to.
        handle: Method of the handler.
    """

    topic: topics.Topic
    handle: Handle


class Processor:
    """Brings deliveries to a durable outcome; called from several threads at once.

    Args:
        group: Consumer group, which is the name of the service.
        routes: By name of the bus topic, retry topics included.
        bus: Where events, parked records and dead letters go.
        database: Holds inbox, outbox and effects.
        clock: For due times.
        options: Delays and limits.
        checkpoint: Called at the crash points.
        stopping: Set when the worker drains: a held step is abandoned then.
    """

    def __init__(
        self,
        group: str,
        routes: Mapping[str, Route],
        *,
        bus: Bus,
        database: Transactions,
        clock: Clock,
        options: WorkerOptions,
        checkpoint: Checkpoint,
        stopping: threading.Event,
    ) -> None:
        self._group = group
        self._routes = routes
        self._bus = bus
        self._database = database
        self._clock = clock
        self._options = options
        self._checkpoint = checkpoint
        self._stopping = stopping
        self._inbox = Inbox(database)
        self._outbox = Outbox(database)
        self._relay = OutboxRelay(self._outbox, bus, checkpoint=checkpoint)
        self._guard = FloodGuard(options.flood_limit)
        self._running: dict[int, float] = {}

    def longest_run_s(self) -> float:
        """Age of the oldest handler run under way, seconds; 0 when none is."""
        return max((time.monotonic() - begun for begun in list(self._running.values())), default=0)

    def process(self, delivery: Delivery) -> Outcome:
        """Handles `delivery` inside a consumer span on the producer's trace.

        Raises:
            DeadLetterFloodError: It would be one dead letter too many.
        """
        topic = self._routes[delivery.record.topic].topic
        headers = delivery.record.headers
        with tracer.start_as_current_span(
            f"process {topic.name}",
            context=envelope.trace_context(headers),
            kind=SpanKind.CONSUMER,
            attributes={
                "messaging.operation.name": "process",
                "messaging.destination.name": delivery.record.topic,
                "messaging.consumer.group.name": self._group,
                "radloom.attempt": envelope.read_headers(headers).attempt,
            },
            record_exception=False,  # the text of an exception may hold patient data
            set_status_on_exception=False,
        ) as span:
            outcome = self._outcome(delivery)
            span.set_attribute("radloom.outcome", outcome.value)
            return outcome

    def _outcome(self, delivery: Delivery) -> Outcome:
        event_id = envelope.read_headers(delivery.record.headers).event_id
        try:
            outcome = self._handled_or_diverted(delivery, event_id)
        except _Abandoned:
            self.abandon(delivery)
            return Outcome.ABANDONED
        if outcome is not Outcome.DEAD_LETTER:
            self._guard.passed()
        return outcome

    def _handled_or_diverted(self, delivery: Delivery, event_id: str) -> Outcome:
        try:
            return self._handled(delivery, event_id)
        except Rejected as error:
            return self._give_up(delivery, Reason(type(error).__name__, error.reason))
        except _Abandoned:
            raise
        except Exception as error:  # noqa: BLE001 - parked or given up, with its class
            return self._again_later(delivery, error)

    def _handled(self, delivery: Delivery, event_id: str) -> Outcome:
        route = self._routes[delivery.record.topic]
        message = envelope.decode(delivery.record, route.topic)
        claim = self._patiently(delivery, lambda: self._inbox.claim(event_id))
        if claim.unfinished >= self._options.kill_limit:
            raise ProcessKilledError(
                f"{claim.unfinished} runs of this event ended the process; limit "
                f"{self._options.kill_limit}.",
                reason="killed_process",
            )
        stored = False
        if not claim.handled:
            reaction = self._patiently(delivery, lambda: self._run(route, message))
            self._checkpoint("handled_not_stored", event_id)
            stored = self._patiently(delivery, lambda: self._store(event_id, reaction))
            self._checkpoint("stored_not_published", event_id)
        self._patiently(delivery, lambda: self._relay.run_once(event_id))
        return Outcome.OK if stored else Outcome.DUPLICATE

    def _run(self, route: Route, message: Message) -> Reaction:
        me = threading.get_ident()
        self._running[me] = time.monotonic()
        try:
            with metrics.handler_seconds.labels(self._group, route.topic.name).time():
                return route.handle(message)
        finally:
            del self._running[me]

    def _store(self, event_id: str, reaction: Reaction) -> bool:
        with self._database.transaction() as connection:
            if not self._inbox.admit(connection, event_id):
                return False
            for effect in reaction.effects:
                effect(connection)
            decided = [message for decide in reaction.decisions for message in decide(connection)]
            for index, message in enumerate((*reaction.events, *decided)):
                topic = topics.of_message(message).name
                derived = envelope.derived_event_id(event_id, topic, index)
                self._outbox.enqueue(connection, message, event_id=derived, source_id=event_id)
        return True

    def _patiently(self, delivery: Delivery, step: Callable[[], T]) -> T:
        """Result of `step`, which is tried again while a dependency of every message is away."""
        backoff = Backoff(self._options.hold_first_s, self._options.hold_longest_s)
        while True:
            try:
                return step()
            except Unavailable as error:
                if not error.affects_all:
                    raise
                self._hold(delivery, error, backoff.next_s())

    def _hold(self, delivery: Delivery, error: Unavailable, wait_s: float) -> None:
        self._count(delivery, Outcome.HOLD)
        log.warning("%s waits %.1f s for %s", self._group, wait_s, error.dependency)
        trace.get_current_span().add_event("hold", {"radloom.dependency": error.dependency})
        begun = time.monotonic()
        stopped = self._stopping.wait(wait_s)
        metrics.hold_seconds.labels(self._group).inc(time.monotonic() - begun)
        if stopped:
            raise _Abandoned from error

    def _again_later(self, delivery: Delivery, error: Exception) -> Outcome:
        name = type(error).__name__
        self._log_failure(delivery, error)
        trace.get_current_span().set_status(Status(StatusCode.ERROR, name))
        attempt = envelope.read_headers(delivery.record.headers).attempt
        if attempt >= len(self._options.retry_delays_s):
            return self._give_up(delivery, Reason(name, "exhausted"))
        delay_s = self._options.retry_delays_s[attempt]
        delay_s *= 1 + random.uniform(0, JITTER)  # noqa: S311 - spreads load, keeps no secret
        due = self._clock.now() + timedelta(seconds=delay_s)
        topic = self._routes[delivery.record.topic].topic
        self._divert(delivery, parked(delivery, self._group, topic, due, name))
        return Outcome.RETRY

    def _give_up(self, delivery: Delivery, reason: Reason) -> Outcome:
        self._guard.give_up()
        topic = self._routes[delivery.record.topic].topic
        incoming = envelope.read_headers(delivery.record.headers)
        log.error(
            "%s gives up event %s of %s: %s (%s)",
            self._group,
            incoming.event_id,
            topic.name,
            reason.code,
            reason.error_class,
        )
        trace.get_current_span().set_status(Status(StatusCode.ERROR, reason.code))
        letter = dead_letter(
            delivery.record, self._group, topic, reason, incoming.attempt + 1, self._clock.now()
        )
        self._divert(delivery, letter)
        return Outcome.DEAD_LETTER

    def _divert(self, delivery: Delivery, record: BusRecord) -> None:
        event_id = envelope.read_headers(delivery.record.headers).event_id
        self._patiently(delivery, lambda: self._bus.publish([record]))
        if event_id:
            self._patiently(delivery, lambda: self._inbox.settle(event_id))
        self._checkpoint("diverted_not_committed", event_id)

    def abandon(self, delivery: Delivery) -> None:
        """Takes back the count of a run that shutdown cut off, as it killed nothing."""
        event_id = envelope.read_headers(delivery.record.headers).event_id
        if event_id:
            try:
                self._inbox.withdraw(event_id)
            except Unavailable as error:
                log.warning("run of %s stays counted: no %s", event_id, error.dependency)

    def _count(self, delivery: Delivery, outcome: Outcome) -> None:
        topic = self._routes[delivery.record.topic].topic.name
        metrics.deliveries.labels(self._group, topic, outcome.value).inc()

    def _log_failure(self, delivery: Delivery, error: Exception) -> None:
        # Places only: the text of an exception we did not write may hold patient data.
        places = traceback.extract_tb(error.__traceback__)[-3:]
        log.error(
            "%s failed on event %s: %s at %s",
            self._group,
            envelope.read_headers(delivery.record.headers).event_id,
            type(error).__name__,
            " < ".join(f"{place.name}:{place.lineno}" for place in reversed(places)),
        )
