import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.trace import StatusCode

from radloom.errors import Rejected, Unavailable
from radloom.runtime.allow_list import ALLOWED, allowed
from radloom.runtime.log_lines import PlainLines
from radloom.runtime.telemetry import FileExporter, continued, current_headers

NAME, NUMBER, BORN = "CANARY^PATIENT", "MRN-4711-CANARY", "19610203"
SECRETS = (NAME, NUMBER, BORN, "Canary", "1.2.840.113619.2.55", "1961-02-03")


@pytest.fixture
def spans_file(tmp_path: Path) -> Path:
    return tmp_path / "spans.jsonl"


@pytest.fixture
def provider(spans_file: Path) -> Iterator[TracerProvider]:
    made = TracerProvider()
    made.add_span_processor(SimpleSpanProcessor(FileExporter(spans_file, "test")))
    yield made
    made.shutdown()


def read(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.mark.parametrize("secret", SECRETS)
def test_no_planted_identifier_leaves_in_a_span(
    secret: str, provider: TracerProvider, spans_file: Path
) -> None:
    planted: dict[str, str] = dict.fromkeys([*ALLOWED, "patient.name", "url.path"], secret)
    tracer = provider.get_tracer("test")
    with suppress(ValueError), tracer.start_as_current_span("measure", attributes=planted) as span:
        span.add_event(f"found {secret}", {"text": secret})
        span.add_event("hold", planted)
        span.set_status(StatusCode.ERROR, secret)
        fail(secret)
    (written,) = read(spans_file)
    assert {"name": "exception", "class": "ValueError"} in written["events"]
    allowed_in_names = {"rpc.method", "rpc.service"}  # of generated classes, never of a request
    for name in allowed_in_names:
        written["attributes"].pop(name, None)
        written["events"][1]["attributes"].pop(name, None)
    assert secret not in json.dumps(written)


@pytest.mark.parametrize("name", [f"measure {NUMBER}", NAME, f"GET /studies/{BORN}", "x" * 101])
def test_a_span_name_with_an_identifier_in_it_stays(
    name: str, provider: TracerProvider, spans_file: Path
) -> None:
    provider.get_tracer("test").start_span(name).end()
    assert [span["name"] for span in read(spans_file)] == ["unnamed"]


@pytest.mark.parametrize(
    "name", ["GET /studies/{study}/series", "process study.received", "locate L3", "C-STORE"]
)
def test_a_span_name_of_code_leaves(name: str, provider: TracerProvider, spans_file: Path) -> None:
    provider.get_tracer("test").start_span(name).end()
    assert [span["name"] for span in read(spans_file)] == [name]


def test_registered_attributes_of_the_registered_shape_leave(
    provider: TracerProvider, spans_file: Path
) -> None:
    attributes: dict[str, str | int] = {
        "radloom.step": "locate_L3",
        "radloom.count": 112,
        "radloom.outcome": "ok",
        "radloom.dependency": "model:l3_locator",
        "radloom.result_id": "5b1f7f43-6c0e-5d0f-9f5e-2f7b7d1c9a10",
    }
    with provider.get_tracer("test").start_as_current_span("locate L3", attributes=attributes):
        pass
    (span,) = read(spans_file)
    assert span["attributes"] == attributes
    assert span["name"] == "locate L3"
    assert span["service"] == "test"
    assert int(span["end_ns"]) >= int(span["start_ns"])


@pytest.mark.parametrize("value", [["a"], NAME, "two words", "x" * 81, None])
def test_a_registered_attribute_of_another_shape_stays(value: object) -> None:
    assert allowed({"radloom.gate": value}) == {}


def test_several_processes_append_whole_lines(spans_file: Path) -> None:
    program = (
        "import sys; from pathlib import Path\n"
        "from opentelemetry.sdk.trace import TracerProvider\n"
        "from opentelemetry.sdk.trace.export import SimpleSpanProcessor\n"
        "from radloom.runtime.telemetry import FileExporter\n"
        "p = TracerProvider()\n"
        "p.add_span_processor(SimpleSpanProcessor(FileExporter(Path(sys.argv[1]), 'child')))\n"
        "t = p.get_tracer('t')\n"
        "for _ in range(200):\n"
        "    t.start_span('step', attributes={'radloom.outcome': 'x' * 70}).end()\n"
    )
    children = [
        subprocess.Popen([sys.executable, "-c", program, str(spans_file)]) for _ in range(3)
    ]
    assert [child.wait(timeout=60) for child in children] == [0, 0, 0]
    assert len(read(spans_file)) == 600


def fail(text: str) -> None:
    raise ValueError(text)


def caught(text: str) -> ValueError:
    with pytest.raises(ValueError, match=r".") as error:
        fail(text)
    return error.value


def logged(
    message: object,
    *args: object,
    error: BaseException | None = None,
    name: str = "radloom.x",
) -> dict[str, Any]:
    info = (type(error), error, error.__traceback__) if error else None
    told: Any = args[0] if len(args) == 1 and isinstance(args[0], dict) else args
    record = logging.LogRecord(name, logging.INFO, "x.py", 1, message, told, info)
    line: dict[str, Any] = json.loads(PlainLines("test").format(record))
    return line


@pytest.mark.parametrize(
    "plain",
    [
        "publisher",
        "model:l3_locator",
        "0f" * 32,
        "5b1f7f43-6c0e-5d0f-9f5e-2f7b7d1c9a10",
        "KafkaTimeoutError",
        "parse:12 < on_study_received:140",
    ],
)
def test_words_of_code_leave_in_a_log_line(plain: str) -> None:
    assert logged("%s took %.1f s, 100 %% of %d", plain, 3.25, 7)["message"] == (
        f"{plain} took 3.25 s, 100 % of 7"
    )


@pytest.mark.parametrize("secret", SECRETS)
def test_no_planted_identifier_leaves_in_a_log_line(secret: str) -> None:
    lines = [
        logged("%s of %(x)s", secret),
        logged("%d items of %s", secret, ValueError(secret)),
        logged("too few %s %s", secret),
        logged("%(who)s has %(count)d", {"who": secret, "count": secret}),
        logged(str(ValueError(secret)), name="pynetdicom.service"),
        logged(ValueError(secret)),
        logged("failed", error=caught(secret)),
        logged("failed", error=Rejected(secret, reason=secret)),
        logged("failed", error=Unavailable(secret, dependency=secret)),
    ]
    assert secret not in json.dumps(lines)
    assert lines[6]["error"] == "ValueError"
    assert "test_telemetry.py" in lines[6]["where"][0]


def test_reason_and_dependency_of_our_own_errors_leave() -> None:
    assert logged("x", error=Rejected("x", reason="undecodable"))["reason"] == "undecodable"
    assert logged("x", error=Unavailable("x", dependency="triton"))["dependency"] == "triton"


LAST_WORDS = """
import logging, sys, threading, warnings
from pathlib import Path
from opentelemetry import trace
from radloom.runtime.telemetry import configure
secret = sys.argv[2]
configure("probe", version="1", trace_file=Path(sys.argv[1]))
class Frail:
    def __del__(self):
        raise ValueError(secret)
def fail():
    raise ValueError(secret)
logging.getLogger("pynetdicom").error("AE %s", secret)
logging.getLogger("radloom").error("%d", secret, secret)
warnings.warn(f"Invalid value for VR PN: {secret!r}")
frail = Frail()
del frail
thread = threading.Thread(target=fail)
thread.start()
thread.join()
with trace.get_tracer("x").start_as_current_span("fail"):
    fail()
"""


@pytest.mark.parametrize("secret", SECRETS)
def test_a_process_that_fails_says_where_but_not_on_whom(secret: str, spans_file: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", LAST_WORDS, str(spans_file), secret],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert ended.returncode == 1
    assert secret not in ended.stderr + ended.stdout + spans_file.read_text()
    lines = [json.loads(line) for line in ended.stderr.splitlines()]
    assert "UserWarning" in ended.stderr
    assert lines[-1]["message"] == "the process ends by an error"
    assert lines[-1]["where"][-1].endswith(" fail")


def test_a_stored_trace_is_continued(provider: TracerProvider, spans_file: Path) -> None:
    first = provider.get_tracer("test").start_span("first")
    with trace.use_span(first, end_on_exit=True):
        headers = current_headers()
    with continued(headers, "later") as later:
        assert later.get_span_context().trace_id == first.get_span_context().trace_id
    assert read(spans_file)[0]["trace_id"] in headers["traceparent"]
