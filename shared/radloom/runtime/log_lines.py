"""Log lines, warnings and last words of a process, without what they must not say."""

import json
import logging
import re
import sys
import threading
import warnings
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import TextIO

from opentelemetry import trace

from radloom.errors import Rejected, Unavailable
from radloom.runtime.allow_list import DROPPED, plain_argument

log = logging.getLogger(__name__)

OURS = ("radloom", "services", "uvicorn", "alembic")
"""Loggers whose message templates hold no data. Others format data into the text (f-strings,
`LOGGER.exception(error)`), so of theirs only the place leaves."""
_QUIET = ("httpx", "httpcore", "pynetdicom", "pydicom", "alembic", "kafka", "highdicom")
_PLACEHOLDER = re.compile(r"%[-#0 +]*[0-9]*(\.[0-9]+)?[a-zA-Z]|%%")
_FRAMES = 8


class PlainLines(logging.Formatter):
    """One JSON object per log line; of an exception only class, reason and place, never its text.

    Arguments of a message are kept when they are numbers or words of code; others show as "-".
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
            line |= _described(record.exc_info[1])
        return json.dumps(line)


def _message(record: logging.LogRecord) -> str:
    if isinstance(record.msg, BaseException):
        return type(record.msg).__name__
    if record.name.split(".")[0] not in OURS:
        DROPPED.inc()
        return f"at {Path(record.pathname).name}:{record.lineno}"
    args = record.args
    if not args:
        return str(record.msg)
    template = _PLACEHOLDER.sub(_as_text, str(record.msg))
    try:
        if isinstance(args, Mapping):
            named = {name: plain_argument(value) for name, value in args.items()}
            return str(record.msg) % named
        return template % tuple(plain_argument(value) for value in args)
    except (TypeError, ValueError, KeyError):  # logging itself would print the arguments
        return template


def _as_text(found: re.Match[str]) -> str:
    return "%%" if found[0] == "%%" else "%s"


def _described(error: BaseException) -> dict[str, object]:
    described: dict[str, object] = {"error": type(error).__name__}
    if isinstance(error, Rejected):
        described["reason"] = plain_argument(error.reason)
    if isinstance(error, Unavailable):
        described["dependency"] = plain_argument(error.dependency)
    frames = []
    step = error.__traceback__
    while step is not None:
        code = step.tb_frame.f_code
        frames.append(f"{Path(code.co_filename).name}:{step.tb_lineno} {code.co_name}")
        step = step.tb_next
    described["where"] = frames[-_FRAMES:]
    return described


def install(service: str) -> None:
    """Sends log lines, warnings and uncaught errors of this process to stderr as plain lines."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(PlainLines(service))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.raiseExceptions = False  # a faulty log call would print its arguments
    # pydicom quotes values in warnings: "Invalid value for VR PN: '...'".
    warnings.showwarning = _warned
    sys.excepthook = _ended
    sys.unraisablehook = _ignored
    threading.excepthook = _thread_ended


def _warned(
    message: Warning | str,  # noqa: ARG001 - the text is what must not leave
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,  # noqa: ARG001 - signature of `warnings.showwarning`
    line: str | None = None,  # noqa: ARG001
) -> None:
    log.warning("%s at %s:%d", category.__name__, Path(filename).name, lineno)


def _ended(
    kind: type[BaseException],
    error: BaseException,
    place: TracebackType | None,
) -> None:
    log.critical("the process ends by an error", exc_info=(kind, error, place))


def _thread_ended(args: threading.ExceptHookArgs) -> None:
    if args.exc_value is not None and not isinstance(args.exc_value, SystemExit):
        log.error("a thread ended by an error", exc_info=args.exc_value)


def _ignored(args: "sys.UnraisableHookArgs") -> None:
    if args.exc_value is not None:
        log.error("an error could not be raised", exc_info=args.exc_value)
