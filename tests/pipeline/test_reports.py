"""A report posted at ingest's door is structured and delivered, word for word.

Its words stay off the bus and the logs.
"""

import base64
import json
import os
import signal
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
from pydicom import dcmread

from radloom.cli.stack import SERVICES, Stack
from radloom.dicom import text_report
from radloom.fhir import report as fhir_report

REPORT = (
    "EXAM: CT abdomen. FINDINGS: A 3.2 x 2.1 cm hypodense mass in the right lobe of the liver.\n"
    "No ascites. IMPRESSION: Hepatic mass, suspicious for metastasis."
)
STUDY = "2.25.4711"
PATIENCE_S = 60.0


def posted(stack: Stack) -> str:
    resource = {
        "resourceType": "DocumentReference",
        "status": "current",
        "subject": {"identifier": {"system": "urn:hospital", "value": "PATIENT-9"}},
        "context": {
            "related": [
                {"identifier": {"system": "urn:dicom:uid", "value": f"urn:oid:{STUDY}"}},
                {"identifier": {"type": {"coding": [{"code": "ACSN"}]}, "value": "ACC-9"}},
            ]
        },
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


def ledger(stack: Stack) -> list[dict[str, Any]]:
    """Rows of the study; none while the publisher starts again."""
    try:
        answer = httpx.get(f"{stack.plan.publisher_url}/results", params={"study": STUDY})
    except httpx.HTTPError:
        return []
    rows: list[dict[str, Any]] = answer.json()
    return rows


def delivered(stack: Stack) -> dict[str, Any]:
    """The one row of the ledger, once it says so."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        rows = ledger(stack)
        if rows and all(row["status"] == "delivered" for row in rows):
            (row,) = rows
            return row
        time.sleep(0.1)
    raise AssertionError("the report was not delivered in time")


def told(results: Path) -> tuple[list[str], list[str]]:
    """What every SR of the archive and the Observations of the record say, as text."""
    reports = [text_report.text_of(dcmread(path)) for path in results.glob(f"{STUDY}/*.dcm")]
    paths = (results / "Observation").glob("*.json")
    return reports, [fhir_report.text_of(json.loads(path.read_text()) for path in paths)]


def test_a_report_reaches_archive_and_record_word_for_word(
    start_stack: Callable[..., Stack], tmp_path: Path
) -> None:
    stack = start_stack()
    document_id = posted(stack)
    row = delivered(stack)
    assert (row["kind"], row["about"]) == ("report", document_id)
    assert told(tmp_path / "results") == ([REPORT], [REPORT])
    (path,) = (tmp_path / "results" / "DiagnosticReport").glob("*.json")
    report = json.loads(path.read_text())
    assert report["status"] == "preliminary"
    assert report["imagingStudy"][0]["identifier"]["value"] == f"urn:oid:{STUDY}"
    assert report["basedOn"][0]["identifier"]["value"] == "ACC-9"


def test_services_killed_on_the_way_deliver_one_report(
    start_stack: Callable[..., Stack], tmp_path: Path
) -> None:
    stack = start_stack()
    posted(stack)
    for service in ("ingest", "report_structurer", "publisher"):
        os.kill(stack.pid(service), signal.SIGKILL)
        os.waitid(os.P_PID, stack.pid(service), os.WEXITED | os.WNOWAIT)
        assert stack.restart_dead() == [service]
    delivered(stack)
    assert told(tmp_path / "results") == ([REPORT], [REPORT])
    assert len(list((tmp_path / "results" / "DiagnosticReport").glob("*.json"))) == 1


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
    delivered(stack)
    data = stack.plan.data_dir
    with sqlite3.connect(data / "bus.sqlite") as bus:
        dump = "\n".join(bus.iterdump()).lower()
    logs = "".join(stack.log_file(name).read_text() for name in SERVICES)
    spans = stack.plan.trace_file.read_text()
    for words in ("hypodense", "hepatic mass", "patient-9", "acc-9"):
        assert words.encode().hex() not in dump
        assert words not in dump
        assert words not in (logs + spans).lower()
