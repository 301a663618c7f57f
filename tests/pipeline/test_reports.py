"""A report posted at ingest's door is structured, and its words stay off the bus and the logs."""

import base64
import sqlite3
import time
from collections.abc import Callable
from typing import Any

import httpx

from radloom.cli.stack import Stack

REPORT = (
    "EXAM: CT abdomen. FINDINGS: A 3.2 x 2.1 cm hypodense mass in the right lobe of the liver.\n"
    "No ascites. IMPRESSION: Hepatic mass, suspicious for metastasis."
)
PATIENCE_S = 60.0


def posted(stack: Stack) -> str:
    resource = {
        "resourceType": "DocumentReference",
        "status": "current",
        "subject": {"identifier": {"system": "urn:hospital", "value": "PATIENT-9"}},
        "content": [
            {
                "attachment": {
                    "contentType": "text/plain; charset=utf-8",
                    "data": base64.b64encode(REPORT.encode()).decode(),
                }
            }
        ],
    }
    answer = httpx.post(f"{stack.plan.ingest_url}/fhir/DocumentReference", json=resource)
    assert answer.status_code == 201
    return str(answer.json()["id"])


def structured(stack: Stack, document_id: str) -> dict[str, Any]:
    port = stack.plan.ports["report_structurer"]
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        answer = httpx.get(f"http://127.0.0.1:{port}/reports/{document_id}")
        if answer.status_code == httpx.codes.OK:
            found: dict[str, Any] = answer.json()
            return found
        time.sleep(0.1)
    raise AssertionError("the report was not structured in time")


def test_a_report_is_structured_and_its_words_stay_where_they_belong(
    start_stack: Callable[..., Stack],
) -> None:
    stack = start_stack()
    document_id = posted(stack)
    found = structured(stack, document_id)
    assert [(s["part"], s["sections"]) for s in found["statements"]] == [
        ("exam", []),
        ("findings", ["liver"]),
        ("findings", ["peritoneum_retroperitoneum"]),
        ("impression", ["liver"]),
    ]
    assert found["proof"]["coverage"] == 1
    assert posted(stack) == document_id
    data = stack.plan.data_dir
    with sqlite3.connect(data / "bus.sqlite") as bus:
        dump = "\n".join(bus.iterdump()).lower()
    logs = "".join(stack.log_file(name).read_text() for name in ("ingest", "report_structurer"))
    spans = stack.plan.trace_file.read_text()
    for words in ("hypodense", "hepatic mass", "patient-9"):
        assert words.encode().hex() not in dump
        assert words not in dump
        assert words not in (logs + spans).lower()
