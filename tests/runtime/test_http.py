import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from radloom.errors import Rejected, Unavailable
from radloom.runtime.http import HttpServer, http_app

STATE = {"works": True}


def broken() -> bool:
    if not STATE["works"]:
        raise Unavailable("it does not answer", dependency="it")
    return True


@pytest.fixture
def url() -> Iterator[str]:
    app = http_app("test", {"it": broken})

    @app.get("/things/{thing}")
    def thing(thing: str) -> str:
        if thing == "bad":
            raise Rejected("thing is 'bad', expected another", reason="thing")
        if thing == "gone":
            raise Rejected("no such thing", reason="not_found")
        if thing == "later":
            raise Unavailable("the shop is shut", dependency="shop")
        if thing == "bug":
            raise ValueError("CANARY^PATIENT")
        return thing

    server = HttpServer(app, host="127.0.0.1", port=0)
    STATE["works"] = True
    server.start()
    yield f"http://127.0.0.1:{server.port}"
    server.stop()
    assert not server.alive()


def test_a_live_service_is_ready_only_while_its_conditions_hold(url: str) -> None:
    assert httpx.get(f"{url}/healthz").status_code == 200
    assert httpx.get(f"{url}/readyz").json() == {"it": True}
    STATE["works"] = False
    answer = httpx.get(f"{url}/readyz")
    assert (answer.status_code, answer.json()) == (503, {"it": False})
    assert httpx.get(f"{url}/healthz").status_code == 200


def test_metrics_are_in_the_text_format(url: str) -> None:
    assert "radloom_telemetry_dropped_total" in httpx.get(f"{url}/metrics").text


@pytest.mark.parametrize(
    ("thing", "status", "reason"),
    [("bad", 400, "thing"), ("gone", 404, "not_found"), ("later", 503, "unavailable")],
)
def test_errors_on_purpose_become_statuses(url: str, thing: str, status: int, reason: str) -> None:
    answer = httpx.get(f"{url}/things/{thing}")
    assert (answer.status_code, answer.json()["reason"]) == (status, reason)
    assert ("Retry-After" in answer.headers) == (status == 503)


def test_a_port_that_is_taken_is_named(url: str) -> None:
    port = int(url.rsplit(":", 1)[1])
    second = HttpServer(http_app("second", {}), host="127.0.0.1", port=port)
    with pytest.raises(Unavailable, match=str(port)):
        second.start()


def test_no_text_of_an_unexpected_error_leaves(url: str) -> None:
    answer = httpx.get(f"{url}/things/bug")
    assert answer.status_code == 500
    assert "CANARY" not in answer.text


def test_a_server_that_never_started_stops_quietly() -> None:
    HttpServer(http_app("unused", {}), host="127.0.0.1", port=0).stop()


SERVED = """
import sys
from pathlib import Path
import httpx
from radloom.runtime.http import HttpServer, http_app
from radloom.runtime.telemetry import configure
configure("probe", version="1", trace_file=Path(sys.argv[1]))
app = http_app("probe", {})
app.add_api_route("/things/{thing}", lambda thing: thing)
server = HttpServer(app, host="127.0.0.1", port=0)
server.start()
with httpx.Client(base_url=f"http://127.0.0.1:{server.port}") as client:
    for path in ("/things/CANARY?name=CANARY", "/CANARY", "/healthz"):
        client.get(path, headers={"traceparent": sys.argv[2], "user-agent": "CANARY"})
server.stop()
"""


def test_spans_of_requests_join_the_callers_trace_and_name_routes_not_paths(
    tmp_path: Path,
) -> None:
    trace_id, file = "ab" * 16, tmp_path / "spans.jsonl"
    program = [sys.executable, "-c", SERVED, str(file), f"00-{trace_id}-{'cd' * 8}-01"]
    subprocess.run(program, check=True, timeout=60, stderr=subprocess.DEVNULL)
    assert "CANARY" not in file.read_text()
    spans = [json.loads(line) for line in file.read_text().splitlines()]
    assert [span["name"] for span in spans] == ["GET /things/{thing}", "GET"]
    assert {(span["trace_id"], span["parent_id"]) for span in spans} == {(trace_id, "cd" * 8)}
    assert spans[0]["attributes"]["http.response.status_code"] == 200
