"""Spans and log lines that may leave the process, and nothing else.

Names, identifiers and free text travel in attributes, exception texts and log arguments before
anyone notices. So what leaves is an allow-list: attributes registered here, with values of a
registered shape. Everything else is dropped and counted (`radloom_telemetry_dropped_total`).
"""

import json
import logging
import os
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from opentelemetry import propagate, trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExporter, SpanExportResult
from prometheus_client import Counter

from radloom.errors import RadloomError, Rejected, Unavailable

DROPPED = Counter(
    "radloom_telemetry_dropped_total", "Attributes and texts that the allow-list kept in."
)

WORD = re.compile(r"[A-Za-z][A-Za-z0-9_.:/{}\-]{0,79}")
"""Names that code chooses: steps, outcomes, gates, models, routes. No spaces, no digits first."""
HEX = re.compile(r"[0-9a-f]{8,64}")
"""Digests and keyed identifiers."""
NUMBER = re.compile(r"-?[0-9]{1,12}(\.[0-9]+)?")

ALLOWED: Mapping[str, re.Pattern[str]] = {
    "http.request.method": WORD,
    "http.response.status_code": NUMBER,
    "http.route": re.compile(r"/[A-Za-z0-9_{}/\-.:]{0,119}"),
    "messaging.consumer.group.name": WORD,
    "messaging.destination.name": WORD,
    "messaging.destination.partition.id": NUMBER,
    "messaging.kafka.offset": NUMBER,
    "messaging.operation.name": WORD,
    "messaging.system": WORD,
    "radloom.agreement": NUMBER,
    "radloom.attempt": NUMBER,
    "radloom.bytes": NUMBER,
    "radloom.count": NUMBER,
    "radloom.dependency": WORD,
    "radloom.duplicates": NUMBER,
    "radloom.gate": WORD,
    "radloom.grade": WORD,
    "radloom.mode": WORD,
    "radloom.model": WORD,
    "radloom.model_version": NUMBER,
    "radloom.outcome": WORD,
    "radloom.reason": WORD,
    "radloom.result_id": re.compile(r"[0-9a-f\-]{8,64}"),
    "radloom.revision": NUMBER,
    "radloom.step": WORD,
    "radloom.stored": NUMBER,
    "radloom.refused": NUMBER,
    "rpc.method": WORD,
    "rpc.service": WORD,
    "rpc.grpc.status_code": NUMBER,
}
"""Attributes that may leave, and the shape of their values. Register new ones here first."""

SPAN_NAME = re.compile(r"[A-Za-z][A-Za-z0-9 _.:/{}\-]{0,99}")
EVENTS = frozenset({"hold", "retry", "exception"})
_TRACE_HEADERS = ("traceparent", "tracestate")


def allowed(attributes: Mapping[str, object] | None) -> dict[str, str | int | float | bool]:
    """Attributes that may leave the process; the others are counted."""
    kept: dict[str, str | int | float | bool] = {}
    for name, value in (attributes or {}).items():
        pattern = ALLOWED.get(name)
        if (
            pattern is not None
            and isinstance(value, str | int | float | bool)
            and pattern.fullmatch(str(value))
        ):
            kept[name] = value
        else:
            DROPPED.inc()
    return kept


class FileExporter(SpanExporter):
    """Appends one JSON object per span to a file that several processes may share.

    Args:
        path: Created when missing. Each span is one `write` in append mode, so that lines of
            several processes do not mix.
        service: Name written to every span.
    """

    def __init__(self, path: Path, service: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        self._service = service

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Writes what the allow-list lets through."""
        for span in spans:
            line = json.dumps(self._described(span), separators=(",", ":")) + "\n"
            os.write(self._descriptor, line.encode())
        return SpanExportResult.SUCCESS

    def shutdown(self) -> None:
        """Closes the file."""
        os.close(self._descriptor)

    def _described(self, span: ReadableSpan) -> dict[str, object]:
        context = span.get_span_context()
        if not SPAN_NAME.fullmatch(span.name):
            DROPPED.inc()
        return {
            "trace_id": f"{context.trace_id:032x}" if context else "",
            "span_id": f"{context.span_id:016x}" if context else "",
            "parent_id": f"{span.parent.span_id:016x}" if span.parent else "",
            "name": span.name if SPAN_NAME.fullmatch(span.name) else "unnamed",
            "service": self._service,
            "start_ns": span.start_time or 0,
            "end_ns": span.end_time or 0,
            "status": span.status.status_code.name,
            "attributes": allowed(span.attributes),
            "events": [_event(event.name, event.attributes) for event in span.events],
            "links": [f"{link.context.trace_id:032x}" for link in span.links],
        }


def _event(name: str, attributes: Mapping[str, object] | None) -> dict[str, object]:
    """An event with allowed attributes; of an exception only the class remains."""
    if name not in EVENTS:
        DROPPED.inc()
        return {"name": "unnamed", "attributes": {}}
    if name == "exception":
        kind = str((attributes or {}).get("exception.type", "")).rsplit(".", 1)[-1]
        return {"name": name, "class": kind if WORD.fullmatch(kind) else "unnamed"}
    return {"name": name, "attributes": allowed(attributes)}


class PlainLines(logging.Formatter):
    """One JSON object per log line; of an exception only class and reason, never its text.

    Arguments of a message are kept when they are numbers, words that code chooses, or errors
    that radloom words itself; anything else shows as "-".
    """

    def __init__(self, service: str) -> None:
        super().__init__()
        self._service = service

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        line: dict[str, object] = {
            "time": self.formatTime(record),
            "level": record.levelname,
            "service": self._service,
            "logger": record.name,
            "message": _message(record),
        }
        span = trace.get_current_span().get_span_context()
        if span.is_valid:
            line["trace_id"] = f"{span.trace_id:032x}"
        if record.exc_info and record.exc_info[1] is not None:
            line |= _described_error(record.exc_info[1])
        return json.dumps(line)


def _message(record: logging.LogRecord) -> str:
    args = record.args
    if not args:
        return str(record.msg)
    if isinstance(args, Mapping):
        return str(record.msg) % {name: _argument(value) for name, value in args.items()}
    return re.sub(r"%[-0-9.]*[a-zA-Z]", "%s", str(record.msg)) % tuple(map(_argument, args))


def _argument(value: object) -> str:
    if isinstance(value, bool | int | float):
        return str(value)
    if isinstance(value, RadloomError):
        return type(value).__name__
    text = str(value)
    if WORD.fullmatch(text) or HEX.fullmatch(text):
        return text
    DROPPED.inc()
    return "-"


def _described_error(error: BaseException) -> dict[str, object]:
    described: dict[str, object] = {"error": type(error).__name__}
    if isinstance(error, Rejected):
        described["reason"] = error.reason
    if isinstance(error, Unavailable):
        described["dependency"] = error.dependency
    frames = []
    step = error.__traceback__
    while step is not None:
        code = step.tb_frame.f_code
        frames.append(f"{Path(code.co_filename).name}:{step.tb_lineno} {code.co_name}")
        step = step.tb_next
    described["where"] = frames[-8:]
    return described


def configure(service: str, *, version: str, trace_file: Path | None = None) -> TracerProvider:
    """Sets up spans and log lines of this process; call once, first.

    Args:
        service: Name in spans and log lines.
        version: Version of radloom.
        trace_file: Where spans go; None drops them.
    """
    provider = TracerProvider(
        resource=Resource({"service.name": service, "service.version": version})
    )
    if trace_file is not None:
        provider.add_span_processor(SimpleSpanProcessor(FileExporter(trace_file, service)))
    trace.set_tracer_provider(provider)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(PlainLines(service))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    for noisy in ("httpx", "httpcore", "pynetdicom", "pydicom", "alembic", "kafka", "highdicom"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    return provider


def current_headers() -> dict[str, str]:
    """W3C trace headers of the current span; empty outside one."""
    carrier: dict[str, str] = {}
    propagate.inject(carrier)
    return {name: carrier[name] for name in _TRACE_HEADERS if name in carrier}


@contextmanager
def continued(headers: Mapping[str, str], name: str) -> Iterator[trace.Span]:
    """A span that continues the trace of stored W3C headers."""
    parent = propagate.extract({k: v for k, v in headers.items() if k in _TRACE_HEADERS})
    with trace.get_tracer("radloom").start_as_current_span(name, context=parent) as span:
        yield span
