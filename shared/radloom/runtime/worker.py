"""Reads a service's topics and sees every event through: handled once, retried, or given up.

    worker = Worker("muscle_seg", handler, bus, database, clock=clock)
    signal.signal(signal.SIGTERM, lambda *_: worker.stop())
    worker.run()

Delivery is at least once and effects happen once: the inbox row, the effects and the outgoing
events are one transaction, and ids of outgoing events derive from the incoming one. Retried events
arrive after later ones of their key, so handlers are order-tolerant: they compare revisions.

Invariants of the loop: one thread owns the subscription and calls it at least every `TURN_S`,
which keeps the membership alive however long handlers run; at most one record per partition is out;
an offset is committed only after a durable outcome, and only under the assignment it was handed out
under.
"""

import logging
import threading
import time
from collections.abc import Mapping

from radloom import topics
from radloom.errors import Unavailable
from radloom.ports import Bus, Clock, Delivery, Subscription, Transactions
from radloom.runtime import envelope, metrics
from radloom.runtime.backoff import Backoff
from radloom.runtime.checkpoint import Checkpoint, pass_by
from radloom.runtime.inbox import Inbox
from radloom.runtime.metrics import Outcome
from radloom.runtime.options import WorkerOptions
from radloom.runtime.outbox import Outbox, OutboxRelay
from radloom.runtime.processing import Processor, Route
from radloom.runtime.threads import Finished, HandlerThreads

log = logging.getLogger(__name__)

TURN_S = 0.2
"""Longest turn of the loop: far below any session timeout."""

FREE_TURN_S = 0.02
"""Longest turn while some handlers run and others could: how late a new record is noticed."""

GAUGES_S = 2.0
"""Pause between updates of lag and age."""

PRUNE_S = 3600.0
"""Pause between clean-ups of inbox and outbox."""


class Worker:
    """Consumer of one service; a `Blocking` of `radloom.runtime.process`.

    Args:
        service: Name in `topics`; also the consumer group.
        handler: Has one method `on_<topic>` per topic that `service` consumes, dots as
            underscores, which takes the message and returns a `Reaction`.
        bus: Where events come from and go to.
        database: The service's own, with the tables of `radloom.runtime.migrations`.
        clock: Tells when parked records are due.
        options: Delays and limits.
        checkpoint: Called at the crash points; only the kill harness passes one.

    Raises:
        TypeError: The handler lacks a method, or the service consumes nothing.
    """

    def __init__(
        self,
        service: str,
        handler: object,
        bus: Bus,
        database: Transactions,
        *,
        clock: Clock,
        options: WorkerOptions = WorkerOptions(),  # noqa: B008 - frozen
        checkpoint: Checkpoint = pass_by,
    ) -> None:
        self._service = service
        self._bus = bus
        self._clock = clock
        self._options = options
        self._checkpoint = checkpoint
        self._stopping = threading.Event()
        self._routes = _routes(service, handler, len(options.retry_delays_s))
        self._inbox = Inbox(database)
        self._outbox = Outbox(database)
        self._relay = OutboxRelay(self._outbox, bus)
        self._processor = Processor(
            service,
            self._routes,
            bus=bus,
            database=database,
            clock=clock,
            options=options,
            checkpoint=checkpoint,
            stopping=self._stopping,
        )
        self._waiting: list[Delivery] = []
        self._busy: dict[tuple[str, int], Delivery] = {}
        self._backoff = Backoff(options.hold_first_s, options.hold_longest_s)
        self._drain_until = float("inf")
        self._ended = False
        self._next_gauges = 0.0
        self._next_prune = 0.0
        self.last_tick = time.monotonic()
        """Monotonic time of the loop's last turn, seconds."""

    def stop(self) -> None:
        """Asks `run` to finish the handlers under way and return; may be called from a signal."""
        self._stopping.set()

    def healthy(self) -> bool:
        """Whether the loop turns and no handler runs longer than its deadline.

        True before `run` begins, for one deadline; False once it ended.
        """
        return (
            not self._ended
            and time.monotonic() - self.last_tick < self._options.loop_deadline_s
            and self._processor.longest_run_s() < self._options.handler_deadline_s
        )

    def run(self) -> None:
        """Consumes until `stop`, then drains.

        Raises:
            DeadLetterFloodError: So much was given up that the fault is rather here.
        """
        threads = HandlerThreads(
            self._processor.process,
            count=self._options.concurrency,
            name=f"{self._service}-handler",
        )
        subscription = self._bus.subscribe(self._service, tuple(self._routes))
        try:
            while not self._drained():
                self._turn(subscription, threads)
        finally:
            self._ended = True
            self._stopping.set()
            threads.close()
            for delivery in self._busy.values():
                self._processor.abandon(delivery)
            subscription.close()

    def _drained(self) -> bool:
        if not self._stopping.is_set():
            return False
        if self._drain_until == float("inf"):
            self._drain_until = time.monotonic() + self._options.drain_s
        if self._busy and time.monotonic() > self._drain_until:
            log.error("%s: %d handlers outlived the drain", self._service, len(self._busy))
            return True
        return not self._busy

    def _turn(self, subscription: Subscription, threads: HandlerThreads) -> None:
        self.last_tick = time.monotonic()
        finished = [self._freed(result) for result in threads.finished(self._wait_s())]
        self._start(subscription, threads)  # before the commits, which take as long as a write
        for delivery, outcome in finished:
            self._settle(subscription, delivery, outcome)
        try:
            self._waiting += subscription.poll(0 if self._busy else TURN_S)
            self._keep_house(subscription)
        except Unavailable as error:
            log.warning("%s waits for %s", self._service, error.dependency)
            self._stopping.wait(min(self._backoff.next_s(), TURN_S if self._busy else 5.0))
        else:
            self._backoff.reset()
        self._start(subscription, threads)
        metrics.in_flight.labels(self._service).set(len(self._busy))

    def _start(self, subscription: Subscription, threads: HandlerThreads) -> None:
        kept = []
        now = self._clock.now()
        for delivery in self._waiting:
            place = (delivery.record.topic, delivery.partition)
            if not subscription.owns(delivery):
                continue
            due = envelope.read_headers(delivery.record.headers).not_before
            free = len(self._busy) < self._options.concurrency and place not in self._busy
            if not free or self._stopping.is_set() or (due is not None and due > now):
                kept.append(delivery)
                continue
            self._busy[place] = delivery
            threads.submit(delivery)
        self._waiting = kept

    def _wait_s(self) -> float:
        if not self._busy:
            return 0.0
        return TURN_S if len(self._busy) >= self._options.concurrency else FREE_TURN_S

    def _freed(self, finished: Finished) -> tuple[Delivery, Outcome]:
        del self._busy[finished.delivery.record.topic, finished.delivery.partition]
        if isinstance(finished.outcome, BaseException):
            raise finished.outcome
        return finished.delivery, finished.outcome

    def _settle(self, subscription: Subscription, delivery: Delivery, outcome: Outcome) -> None:
        if outcome is not Outcome.ABANDONED and not subscription.owns(delivery):
            outcome = Outcome.DROPPED
        self._count(delivery, outcome)
        if outcome in (Outcome.ABANDONED, Outcome.DROPPED):
            return
        self._checkpoint(
            "done_not_committed", envelope.read_headers(delivery.record.headers).event_id
        )
        try:
            committed = subscription.commit(delivery)
        except Unavailable as error:
            log.warning("%s could not commit: no %s", self._service, error.dependency)
            committed = False
        if not committed:
            self._count(delivery, Outcome.COMMIT_FAILED)

    def _keep_house(self, subscription: Subscription) -> None:
        now = time.monotonic()
        if now >= self._next_gauges:
            self._next_gauges = now + GAUGES_S
            self._set_gauges(subscription)
        if now >= self._next_prune:
            self._next_prune = now + PRUNE_S
            self._relay.run_once()  # what a crash left, and what no redelivery will bring back
            before = self._clock.now() - self._options.inbox_retention
            self._inbox.prune(before)
            self._outbox.prune(before)

    def _set_gauges(self, subscription: Subscription) -> None:
        now = self._clock.now()
        lag = subscription.lag()
        out = [*self._waiting, *self._busy.values()]
        for topic in {route.topic.name for route in self._routes.values()}:
            ages = [
                (now - delivery.published_at).total_seconds()
                for delivery in out
                if delivery.record.topic == topic
            ]
            metrics.lag.labels(self._service, topic).set(lag.get(topic, 0))
            metrics.oldest_age.labels(self._service, topic).set(max(ages, default=0.0))
        metrics.rebalances.labels(self._service).set(subscription.rebalances())
        metrics.outbox_waiting.set(self._outbox.waiting())

    def _count(self, delivery: Delivery, outcome: Outcome) -> None:
        topic = self._routes[delivery.record.topic].topic.name
        metrics.deliveries.labels(self._service, topic, outcome.value).inc()


def _routes(service: str, handler: object, tiers: int) -> Mapping[str, Route]:
    routes: dict[str, Route] = {}
    for topic in topics.consumed_by(service):
        method = "on_" + topic.name.replace(".", "_")
        handle = getattr(handler, method, None)
        if not callable(handle):
            raise TypeError(
                f"{type(handler).__name__} has no method {method!r}, but topics.py says that "
                f"{service} consumes {topic.name}; add the method or change the table."
            )
        route = Route(topic, handle)
        routes[topic.name] = route
        for tier in range(tiers):
            routes[topics.retry_topic(topic.name, service, tier)] = route
    if not routes:
        raise TypeError(f"topics.py names no topic that {service!r} consumes; it needs no worker.")
    return routes
