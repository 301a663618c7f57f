"""Events are written with the effects that caused them, and published afterwards.

    outbox = Outbox(database)
    with database.transaction() as connection:
        connection.execute(...)
        outbox.enqueue(connection, StudyReceived(...), event_id="...")
    OutboxRelay(outbox, bus).run_once()

A crash between the two leaves rows that the next `run_once` publishes. A crash between publishing
and marking publishes them twice, under the same id: consumers' inboxes drop the second.
"""

import logging
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from google.protobuf.message import Message

from radloom.errors import Unavailable
from radloom.ports import Bus, BusRecord, Transactions
from radloom.runtime import envelope, metrics
from radloom.runtime.backoff import Backoff
from radloom.runtime.checkpoint import Checkpoint, pass_by
from radloom.runtime.tables import OUTBOX, insert_new

log = logging.getLogger(__name__)

BATCH = 100
"""Rows published between two marks; after a crash at most so many are published again."""


@dataclass(frozen=True)
class Unpublished:
    """A row of the outbox that no bus acknowledged yet."""

    sequence: int
    record: BusRecord


class Outbox:
    """Events waiting to be published.

    Args:
        database: Holds the tables of `radloom.runtime.migrations`.
    """

    def __init__(self, database: Transactions) -> None:
        self._database = database

    def enqueue(
        self, connection: sa.Connection, message: Message, *, event_id: str, source_id: str = ""
    ) -> None:
        """Adds `message` for the topic of its type, inside the transaction of `connection`.

        The trace of the current span travels with it. An `event_id` that was enqueued before is
        left as it is.

        Args:
            connection: Of the transaction that makes the effects durable.
            message: Of a type in `topics.ALL`.
            event_id: Identity of the event: the same input must give the same id.
            source_id: Event whose handling leads to this one.

        Raises:
            Rejected: The message exceeds the size limit of the bus.
            KeyError: No topic carries messages of this type.
        """
        record = envelope.encode(message, event_id)
        insert_new(
            connection,
            OUTBOX,
            event_id=event_id,
            source_id=source_id,
            topic=record.topic,
            key=record.key,
            value=record.value,
            headers={name: value.decode() for name, value in record.headers.items()},
            enqueued_at=sa.func.now(),
        )

    def unpublished(self, source_id: str | None = None) -> Sequence[Unpublished]:
        """Oldest rows that wait, at most `BATCH`, only those `source_id` led to when given.

        Raises:
            Unavailable: The database does not answer.
        """
        query = sa.select(OUTBOX).where(OUTBOX.c.published_at.is_(None))
        if source_id is not None:
            query = query.where(OUTBOX.c.source_id == source_id)
        with self._database.reading() as connection:
            rows = connection.execute(query.order_by(OUTBOX.c.sequence).limit(BATCH)).all()
        return [Unpublished(row.sequence, _record(row)) for row in rows]

    def mark_published(self, rows: Sequence[Unpublished]) -> None:
        """Notes that the bus acknowledged `rows`.

        Raises:
            Unavailable: The database does not answer.
        """
        sequences = [row.sequence for row in rows]
        with self._database.transaction(durable=False) as connection:
            connection.execute(
                sa.update(OUTBOX)
                .where(OUTBOX.c.sequence.in_(sequences))
                .values(published_at=sa.func.now())
            )

    def waiting(self) -> int:
        """How many rows wait.

        Raises:
            Unavailable: The database does not answer.
        """
        query = sa.select(sa.func.count()).where(OUTBOX.c.published_at.is_(None))
        with self._database.reading() as connection:
            return connection.execute(query).scalar_one()

    def prune(self, before: datetime) -> int:
        """Forgets rows published before `before`; returns how many.

        Raises:
            Unavailable: The database does not answer.
        """
        with self._database.transaction() as connection:
            return connection.execute(
                sa.delete(OUTBOX).where(OUTBOX.c.published_at < before)
            ).rowcount


def _record(row: sa.Row[tuple[object, ...]]) -> BusRecord:
    headers = {name: value.encode() for name, value in row.headers.items()}
    return BusRecord(row.topic, row.key, row.value, headers)


class OutboxRelay:
    """Publishes what the outbox holds; a `Blocking` of `radloom.runtime.process`.

    Args:
        outbox: Where rows wait.
        bus: Where they go.
        interval_s: Pause between looks, unless `wake` is called, seconds.
        checkpoint: Called at the crash points; see `radloom.runtime.checkpoint`.
    """

    def __init__(
        self,
        outbox: Outbox,
        bus: Bus,
        *,
        interval_s: float = 1.0,
        checkpoint: Checkpoint = pass_by,
    ) -> None:
        self._outbox = outbox
        self._bus = bus
        self._interval_s = interval_s
        self._checkpoint = checkpoint
        self._stopping = threading.Event()
        self._look = threading.Event()

    def run_once(self, source_id: str | None = None) -> int:
        """Publishes every waiting row, or those that `source_id` led to; returns how many.

        Raises:
            Unavailable: Bus or database do not answer; what was not marked is published again.
        """
        published = 0
        while rows := self._outbox.unpublished(source_id):
            self._bus.publish(row.record for row in rows)
            self._checkpoint("published_not_marked", source_id or "")
            self._outbox.mark_published(rows)
            published += len(rows)
        return published

    def run(self) -> None:
        """Relays until `stop`; waits longer and longer while bus or database do not answer."""
        backoff = Backoff()
        while not self._stopping.is_set():
            self._look.clear()
            try:
                self.run_once()
                metrics.outbox_waiting.set(self._outbox.waiting())
            except Unavailable as error:
                log.warning("outbox waits for %s", error.dependency)
                self._stopping.wait(backoff.next_s())
                continue
            backoff.reset()
            self._look.wait(self._interval_s)

    def wake(self) -> None:
        """Makes `run` look at once; call it after a transaction that enqueued."""
        self._look.set()

    def stop(self) -> None:
        """Ends `run` after the batch under way; rows left wait for the next start."""
        self._stopping.set()
        self._look.set()
