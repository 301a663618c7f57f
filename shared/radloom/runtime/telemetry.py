"""Spans that may leave the process, and the set-up of spans and log lines; see `allow_list`."""

import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from opentelemetry import propagate, trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExporter, SpanExportResult

from radloom.runtime.allow_list import CLASS, DROPPED, allowed
from radloom.runtime.log_lines import install

SPAN_NAME = re.compile(r"(?!.*[0-9]{3})[A-Za-z][A-Za-z0-9 _.:/{}\-]{0,99}")
"""Verbs, steps, routes and methods; three digits in a row are part of an identifier."""
EVENTS = frozenset({"hold", "retry", "exception"})
_TRACE_HEADERS = ("traceparent", "tracestate")


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
        return {"name": name, "class": kind if CLASS.fullmatch(kind) else "unnamed"}
    return {"name": name, "attributes": allowed(attributes)}


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
    install(service)
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
