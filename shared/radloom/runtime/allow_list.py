"""What may leave a process in spans and log lines: words of our own code, numbers, digests.

Names, identifiers and free text travel in attributes, exception texts and log arguments before
anyone notices. So what leaves is an allow-list: attributes registered here, with values of a
registered shape. Everything else is dropped and counted (`radloom_telemetry_dropped_total`).
A shape cannot tell a lower-case name from a word of ours: values come from code, never from input.
"""

import re
from collections.abc import Mapping
from uuid import UUID

from prometheus_client import Counter

DROPPED = Counter(
    "radloom_telemetry_dropped_total", "Attributes and texts that the allow-list kept in."
)

WORD = re.compile(r"[a-z_][a-z0-9_]{0,39}([.:/\-][a-z0-9_]{1,40}){0,5}")
"""Words that code chooses, lower case: reasons, gates, dependencies, topics, services."""
CLASS = re.compile(r"[A-Z][A-Za-z]{0,60}(Error|Exception|Warning|Timeout)|Rejected|Unavailable")
"""Class names of errors. A person's name begins with a capital too, so the ending counts."""
DIGEST = re.compile(r"[0-9a-f]{32}|[0-9a-f]{64}")
"""Trace ids, SHA-256, keyed identifiers. Nothing shorter: eight digits are a date of birth."""
PLACES = re.compile(r"[A-Za-z_<][A-Za-z0-9_<>]*:[0-9]{1,5}( < [A-Za-z0-9_<>]+:[0-9]{1,5}){0,9}")
"""Functions and lines of a traceback, "parse:12 < run:40"."""

_TOPIC = re.compile(r"[a-z][a-z0-9_.\-]{0,99}")
_STEP = re.compile(r"[a-z]+(_[a-zA-Z0-9]+){0,5}")
_RPC = re.compile(r"[A-Za-z][A-Za-z0-9_.]{0,79}")
_METHOD = re.compile(r"GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS|_OTHER")
_ROUTE = re.compile(r"/[A-Za-z0-9_{}/\-.:$]{0,119}")

Shape = re.Pattern[str] | type[UUID] | type[float]

ALLOWED: Mapping[str, Shape] = {
    "http.request.method": _METHOD,
    "http.response.status_code": float,
    "http.route": _ROUTE,  # the template; paths and queries hold identifiers
    "messaging.consumer.group.name": _TOPIC,
    "messaging.destination.name": _TOPIC,
    "messaging.destination.partition.id": re.compile(r"[0-9]{1,4}"),
    "messaging.kafka.offset": float,
    "messaging.operation.name": WORD,
    "messaging.system": WORD,
    "radloom.agreement": float,
    "radloom.attempt": float,
    "radloom.bytes": float,
    "radloom.count": float,
    "radloom.dependency": WORD,
    "radloom.duplicates": float,
    "radloom.gate": WORD,
    "radloom.grade": re.compile(r"[A-F]"),
    "radloom.mode": WORD,
    "radloom.model": WORD,
    "radloom.model_version": re.compile(r"[0-9]{1,4}"),
    "radloom.outcome": WORD,
    "radloom.reason": WORD,
    "radloom.refused": float,
    "radloom.result_id": UUID,
    "radloom.revision": float,
    "radloom.step": _STEP,
    "radloom.stored": float,
    "rpc.grpc.status_code": float,
    "rpc.method": _RPC,
    "rpc.service": _RPC,
}
"""Attributes that may leave, and the shape of their values: a pattern of text, an identifier that
code derived, or a number (never digits as text). Register new ones here first."""

_EXPECTED = re.compile(r"(url|server|network|client|user_agent)\..+|http\.request\.method_original")
"""What the HTTP library says of every request; dropped as any other, without alarm."""


def allowed(attributes: Mapping[str, object] | None) -> dict[str, str | int | float | bool]:
    """Attributes that may leave the process; the others are counted."""
    kept: dict[str, str | int | float | bool] = {}
    for name, value in (attributes or {}).items():
        if isinstance(value, str | int | float | bool) and _fits(ALLOWED.get(name), value):
            kept[name] = value
        elif not _EXPECTED.fullmatch(name):
            DROPPED.inc()
    return kept


def is_uuid(text: str) -> bool:
    """Whether `text` is a UUID as Python writes it."""
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False


def _fits(shape: Shape | None, value: str | float) -> bool:
    if shape is None:
        return False
    if shape is float:
        return isinstance(value, int | float)
    if shape is UUID:
        return isinstance(value, str) and is_uuid(value)
    return isinstance(shape, re.Pattern) and bool(shape.fullmatch(str(value)))


def plain_argument(value: object) -> str:
    """Argument of a log message as it may leave: "-" when it is no word of code."""
    if isinstance(value, bool | int | float):
        return str(value)
    if isinstance(value, BaseException):
        return type(value).__name__
    text = str(value)
    if is_uuid(text) or any(shape.fullmatch(text) for shape in (WORD, CLASS, DIGEST, PLACES)):
        return text
    DROPPED.inc()
    return "-"
