"""Records that a group parks for later or gives up on, and when giving up must stop."""

import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from radloom import topics
from radloom.errors import RadloomError
from radloom.ports import BusRecord, Delivery
from radloom.runtime import envelope
from radloom.wire.v1.dead_letter_pb2 import DeadLetter, Header


class DeadLetterFloodError(RadloomError):
    """So many records were given up that the fault is rather here than in them."""


@dataclass(frozen=True)
class FloodLimit:
    """When a worker stops instead of giving up yet another record, as sentry-arroyo's DlqLimit.

    Both must be reached. A new release that cannot read anything then costs `count` dead letters
    rather than the whole topic.

    Attributes:
        count: Dead letters among the last `window` deliveries.
        ratio: Share of dead letters among them, 0..1.
        window: Deliveries looked back on.
    """

    count: int = 20
    ratio: float = 0.5
    window: int = 100


class FloodGuard:
    """Counts outcomes of one worker against its limit; may be called from any thread."""

    def __init__(self, limit: FloodLimit) -> None:
        self._limit = limit
        self._last: deque[bool] = deque(maxlen=limit.window)
        self._lock = threading.Lock()

    def passed(self) -> None:
        """Notes a delivery that was not given up."""
        with self._lock:
            self._last.append(False)

    def give_up(self) -> None:
        """Notes a delivery that is about to be given up.

        Raises:
            DeadLetterFloodError: The limit is reached; the record must stay where it is.
        """
        with self._lock:
            dead = sum(self._last) + 1
            total = min(len(self._last) + 1, self._limit.window)
            if dead > self._limit.count and dead > self._limit.ratio * total:
                raise DeadLetterFloodError(
                    f"{dead} of the last {total} deliveries would be dead letters; at most "
                    f"{self._limit.count} or {self._limit.ratio:.0%} are expected. Nothing more "
                    "is given up: look at the reasons in the dead-letter topic, mend the cause, "
                    "start again."
                )
            self._last.append(True)


def parked(
    delivery: Delivery, group: str, topic: topics.Topic, due: datetime, error_class: str
) -> BusRecord:
    """The record again, for the retry topic of its attempt, not to be handled before `due`."""
    record = delivery.record
    attempt = envelope.read_headers(record.headers).attempt
    origin = f"{record.topic}/{delivery.partition}/{delivery.offset}".encode()
    schedule = {
        envelope.ATTEMPT: str(attempt + 1).encode(),
        envelope.NOT_BEFORE: f"{due.timestamp():.3f}".encode(),
        envelope.ORIGIN: record.headers.get(envelope.ORIGIN, origin),
        envelope.ERROR: error_class.encode(),
    }
    return BusRecord(
        topics.retry_topic(topic.name, group, attempt),
        record.key,
        record.value,
        {**record.headers, **schedule},
    )


@dataclass(frozen=True)
class Reason:
    """Why a record was given up: never more than a class and a code, as text may hold PHI."""

    error_class: str
    code: str


def dead_letter(
    record: BusRecord, group: str, topic: topics.Topic, reason: Reason, attempts: int, at: datetime
) -> BusRecord:
    """The record for the dead-letter topic, whole; without content when that is beyond all limits.

    Args:
        record: As it was read.
        group: Group that gives up.
        topic: Topic it was first published to.
        reason: Why.
        attempts: How often the handler was started on it.
        at: When, UTC.
    """
    letter = DeadLetter(
        event_id=envelope.read_headers(record.headers).event_id,
        topic=topic.name,
        group=group,
        error_class=reason.error_class,
        reason=reason.code,
        attempts=attempts,
        key=record.key,
        value=record.value,
        headers=[Header(name=name, value=value) for name, value in record.headers.items()],
    )
    letter.diverted_at.FromDatetime(at)
    target = topics.dead_letter_topic(topic.name, group)
    if letter.ByteSize() > topics.max_value_bytes(target):
        for content in ("key", "value", "headers"):
            letter.ClearField(content)
    return BusRecord(target, record.key, letter.SerializeToString(), _headers(record, letter))


def _headers(record: BusRecord, letter: DeadLetter) -> Mapping[str, bytes]:
    kept = (envelope.ID, "traceparent", "tracestate")
    return {name: record.headers[name] for name in kept if name in record.headers} | {
        envelope.TYPE: letter.DESCRIPTOR.full_name.encode(),
        envelope.CONTENT: envelope.CONTENT_TYPE.encode(),
    }
