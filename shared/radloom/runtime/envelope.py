"""Events as records: identity, type, trace context, and what a consumer may refuse."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from google.protobuf.message import DecodeError, Message
from opentelemetry.context import Context
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from radloom import topics
from radloom.errors import Rejected
from radloom.ports import BusRecord

CONTENT_TYPE = "application/protobuf"
"""Media type of every value, CloudEvents protobuf format."""

EVENT_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "https://radloom.example/events")
"""Namespace of derived event ids; changing it makes every re-run look new."""

ID, TYPE, CONTENT = "ce_id", "ce_type", "content-type"
ATTEMPT, NOT_BEFORE, ORIGIN, ERROR = "x-attempt", "x-not-before", "x-origin", "x-error"
"""Headers of a parked record: attempts so far, Unix time of the next one in seconds,
"topic/partition/offset" it first lay at, class of the last error."""

_LATEST_S = 1e11  # Unix time in the year 5138: what datetime can hold, and no schedule needs more

_TRACE = TraceContextTextMapPropagator()  # W3C trace context only: baggage could carry anything


def derived_event_id(source_id: str, topic: str, index: int) -> str:
    """Id of the `index`-th event on `topic` that handling `source_id` leads to: always the same."""
    return str(uuid.uuid5(EVENT_NAMESPACE, f"{source_id}|{topic}|{index}"))


def trace_headers() -> dict[str, str]:
    """`traceparent` and `tracestate` of the current span; empty outside of any."""
    carrier: dict[str, str] = {}
    _TRACE.inject(carrier)
    return carrier


def trace_context(headers: Mapping[str, bytes]) -> Context:
    """Trace context that the producer put into `headers`; empty when it put none."""
    names = ("traceparent", "tracestate")
    return _TRACE.extract(
        {name: headers[name].decode("latin-1") for name in names if name in headers}
    )


def encode(message: Message, event_id: str) -> BusRecord:
    """Record of `message` for the topic of its type, on the trace of the current span.

    Raises:
        Rejected: The message exceeds the size limit of the bus.
        KeyError: No topic carries messages of this type.
    """
    topic = topics.of_message(message)
    value = message.SerializeToString(deterministic=True)
    require_size(topic.name, value)
    text = {ID: event_id, TYPE: message.DESCRIPTOR.full_name, CONTENT: CONTENT_TYPE}
    headers = {name: word.encode() for name, word in (text | trace_headers()).items()}
    return BusRecord(topic.name, topic.key_of(message), value, headers)


def require_size(topic: str, value: bytes) -> None:
    """Returns when `topic` carries values as large as `value`.

    Raises:
        Rejected: It does not.
    """
    limit = topics.max_value_bytes(topic)
    if len(value) > limit:
        raise Rejected(
            f"A value of {len(value)} bytes on {topic}; at most {limit} are carried. "
            "Put bytes into the object store and their ObjectRef into the message.",
            reason="oversize",
        )


@dataclass(frozen=True)
class Incoming:
    """What the headers of a record say.

    Attributes:
        event_id: `ce_id`; empty when the record has none.
        attempt: Attempts that failed before this one, 0 on the first.
        not_before: When the next attempt is due; None means now.
    """

    event_id: str
    attempt: int
    not_before: datetime | None


def read_headers(headers: Mapping[str, bytes]) -> Incoming:
    """Identity and schedule of a record; a header that cannot be read counts as absent."""
    due = _number(headers.get(NOT_BEFORE, b""))
    return Incoming(
        event_id=headers.get(ID, b"").decode("utf-8", "replace")[:255],
        attempt=max(0, int(_number(headers.get(ATTEMPT, b"")) or 0)),
        not_before=None if due is None else datetime.fromtimestamp(due, UTC),
    )


def decode(record: BusRecord, topic: topics.Topic) -> Message:
    """Message of a record that came by `topic` or by one of its retry topics.

    Raises:
        Rejected: No id, another type or media type than the topic carries, oversize, or bytes
            that are no such message.
    """
    if not record.headers.get(ID):
        raise Rejected("The record has no ce_id header.", reason="missing_id")
    wanted = topic.message.DESCRIPTOR.full_name
    named = record.headers.get(TYPE, b"").decode("ascii", "replace")
    if named != wanted or record.headers.get(CONTENT, CONTENT_TYPE.encode()) != (
        CONTENT_TYPE.encode()
    ):
        raise Rejected(f"The record is not of type {wanted}.", reason="unknown_type")
    require_size(topic.name, record.value)
    try:
        return topic.message.FromString(record.value)
    except DecodeError as error:
        raise Rejected(f"The value is no {wanted}.", reason="undecodable") from error


def _number(text: bytes) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if 0 <= number < _LATEST_S else None  # also refuses nan and inf
