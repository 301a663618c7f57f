"""What a record answers, and what that means; a scripted server gives the answers."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from radloom.adapters.fhir_rest import FhirRestServer
from radloom.errors import Rejected, Unavailable

BUNDLE = {"resourceType": "Bundle", "type": "transaction", "entry": []}
PATIENT_NAME = "Nobody^Nora"
TOKEN = "abc"  # noqa: S105 - of a server that only this test knows


class Script(HTTPServer):
    status = 200
    body: bytes = b"{}"
    seen: list[tuple[str, str, dict[str, str]]]


class Answers(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        server = self.server
        assert isinstance(server, Script)
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        server.seen.append((self.command, self.path, dict(self.headers)))
        self.send_response(server.status)
        self.send_header("Content-Length", str(len(server.body)))
        self.end_headers()
        self.wfile.write(server.body)

    do_POST = do_GET  # noqa: N815

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@contextmanager
def answering(status: int, body: object) -> Iterator[tuple[FhirRestServer, Script]]:
    script = Script(("127.0.0.1", 0), Answers)
    script.status, script.seen = status, []
    script.body = body if isinstance(body, bytes) else json.dumps(body).encode()
    thread = threading.Thread(target=script.serve_forever, args=(0.01,))
    thread.start()
    record = FhirRestServer(f"http://127.0.0.1:{script.server_port}/fhir/", token=TOKEN)
    try:
        yield record, script
    finally:
        record.close()
        script.shutdown()
        thread.join()
        script.server_close()


def entry(**response: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON value
    return {"entry": [{"response": {"status": "201 Created"} | response}]}


@pytest.mark.parametrize(
    "location",
    [
        "Observation/a-1",
        "Observation/a-1/_history/3",
        "http://elsewhere.example/fhir/Observation/a-1/_history/3",
    ],
)
def test_the_location_names_the_resource_whatever_its_form(location: str) -> None:
    with answering(200, entry(location=location)) as (record, script):
        assert record.transaction(BUNDLE) == ["Observation/a-1"]
        method, path, headers = script.seen[0]
    assert (method, path) == ("POST", "/fhir")
    assert headers["Content-Type"] == "application/fhir+json"
    assert headers["Authorization"] == f"Bearer {TOKEN}"


def test_a_resource_in_the_answer_will_do_for_a_location() -> None:
    body = {
        "entry": [
            {"response": {"status": "200"}, "resource": {"resourceType": "Device", "id": "d"}}
        ]
    }
    with answering(200, body) as (record, _):
        assert record.transaction(BUNDLE) == ["Device/d"]


@pytest.mark.parametrize("status", [400, 412, 413, 422])
def test_a_refused_bundle_is_given_up_and_never_quoted(status: int) -> None:
    outcome = {"resourceType": "OperationOutcome", "issue": [{"diagnostics": PATIENT_NAME}]}
    with answering(status, outcome) as (record, _), pytest.raises(Rejected) as refused:
        record.transaction(BUNDLE)
    assert refused.value.reason == "refused_by_record"
    assert PATIENT_NAME not in str(refused.value)


@pytest.mark.parametrize(
    ("status", "affects_all"),
    [
        (401, True),
        (403, True),
        (404, True),
        (429, True),
        (502, True),
        (503, True),
        (409, False),
        (500, False),
    ],
)
def test_what_may_be_mended_without_the_bundle_is_waited_for(
    status: int,
    affects_all: bool,  # noqa: FBT001 - a table's column
) -> None:
    with (
        answering(status, {"diagnostics": PATIENT_NAME}) as (record, _),
        pytest.raises(Unavailable) as later,
    ):
        record.transaction(BUNDLE)
    assert later.value.affects_all is affects_all
    assert PATIENT_NAME not in str(later.value)


def test_a_page_of_html_is_no_answer() -> None:
    with answering(200, b"<html>login</html>") as (record, _), pytest.raises(Unavailable):
        record.transaction(BUNDLE)


def test_a_redirect_is_not_followed() -> None:
    with answering(302, {}) as (record, script):
        with pytest.raises(Unavailable):
            record.transaction(BUNDLE)
        assert len(script.seen) == 1


def test_an_entry_that_failed_fails_the_transaction() -> None:
    with (
        answering(200, entry(status="412 Precondition Failed")) as (record, _),
        pytest.raises(Rejected, match="412"),
    ):
        record.transaction(BUNDLE)


def test_an_answer_that_does_not_say_where_is_none() -> None:
    with answering(200, entry()) as (record, _), pytest.raises(Unavailable):
        record.transaction(BUNDLE)


def test_a_server_that_is_not_there_is_unavailable() -> None:
    with answering(200, {}) as (_, script):
        port = script.server_port
    record = FhirRestServer(f"http://127.0.0.1:{port}/fhir")
    with pytest.raises(Unavailable) as later:
        record.transaction(BUNDLE)
    assert later.value.dependency == "record"
    record.close()
