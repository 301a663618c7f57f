"""What the health record posts at ingest's door becomes criteria in the record.

Names, identifiers and words stay off the bus, the logs and the scorer's database.
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

from radloom.cli.stack import SERVICES, Stack

SYSTEM, PATIENT_ID = "urn:hospital", "PATIENT-SCORE-9"
SUBJECT = {"identifier": {"system": SYSTEM, "value": PATIENT_ID}}
UCUM = "http://unitsofmeasure.org"
REPORT = "IMPRESSION: Pancreatic mass. Reports 20 pound weight loss over the last six months."
PATIENCE_S = 90.0


def observation(name: str, code: str, value: float, unit: str) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "id": name,
        "meta": {"lastUpdated": "2026-04-01T10:00:00Z"},
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": code}]},
        "subject": {"reference": "Patient/p9"},
        "effectiveDateTime": "2026-04-01T08:00:00Z",
        "valueQuantity": {"value": value, "unit": unit, "system": UCUM, "code": unit},
    }


def bundle() -> dict[str, Any]:
    patient = {
        "resourceType": "Patient",
        "id": "p9",
        "meta": {"lastUpdated": "2026-03-01T10:00:00Z"},
        "identifier": [{"system": SYSTEM, "value": PATIENT_ID}],
        "name": [{"family": "Canaryname"}],
        "gender": "female",
        "birthDate": "1947-05-06",
    }
    condition = {
        "resourceType": "Condition",
        "id": "c9",
        "meta": {"lastUpdated": "2026-03-01T10:00:00Z"},
        "clinicalStatus": {"coding": [{"code": "active"}]},
        "verificationStatus": {"coding": [{"code": "confirmed"}]},
        "code": {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "C25.9"}]},
        "subject": {"reference": "Patient/p9"},
        "recordedDate": "2026-03-01",
    }
    resources = [
        condition,
        observation("alb9", "1751-7", 31, "g/L"),
        observation("crp9", "1988-5", 12, "mg/L"),
        observation("w9", "29463-7", 74, "kg"),
        observation("h9", "8302-2", 170, "cm"),
        patient,
    ]
    entries = [{"resource": resource} for resource in resources]
    return {"resourceType": "Bundle", "type": "collection", "entry": entries}


def post_report(stack: Stack) -> None:
    attachment = {
        "contentType": "text/plain; charset=utf-8",
        "data": base64.b64encode(REPORT.encode()).decode(),
    }
    resource = {
        "resourceType": "DocumentReference",
        "status": "current",
        "date": "2026-04-01T09:00:00Z",
        "subject": SUBJECT,
        "content": [{"attachment": attachment}],
    }
    answer = httpx.post(f"{stack.plan.ingest_url}/fhir/DocumentReference", json=resource)
    assert answer.status_code == 201


def criteria(results: Path) -> dict[str, object]:
    """Value of every criterion that the record holds, by code; none while it is being written."""
    found: dict[str, object] = {}
    for path in (results / "Observation").glob("*.json"):
        resource = json.loads(path.read_text())
        (coding,) = resource["code"]["coding"][:1]
        if coding["code"].startswith("crit-") and resource["status"] == "preliminary":
            found[coding["code"]] = resource.get("valueBoolean", resource.get("valueInteger"))
    return found


def arrived(results: Path, expected: dict[str, object]) -> bool:
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        told = criteria(results)
        if all(told.get(code) == value for code, value in expected.items()):
            return True
        time.sleep(0.2)
    raise AssertionError(f"the record holds {criteria(results)}")


def kill(stack: Stack, service: str) -> None:
    os.kill(stack.pid(service), signal.SIGKILL)
    os.waitid(os.P_PID, stack.pid(service), os.WEXITED | os.WNOWAIT)
    assert stack.restart_dead() == [service]


def test_laboratory_and_report_become_criteria_though_services_are_killed_on_the_way(
    start_stack: Callable[..., Stack], tmp_path: Path
) -> None:
    stack, results = start_stack(), tmp_path / "results"
    answer = httpx.post(f"{stack.plan.ingest_url}/fhir/Bundle", json=bundle())
    assert answer.status_code == 200
    kill(stack, "ingest")
    kill(stack, "cachexia_scorer")
    assert arrived(results, {"crit-mgps": 2})
    post_report(stack)
    kill(stack, "cachexia_scorer")
    kill(stack, "publisher")
    # 20 pounds of 74 kg and 20 pounds: 10.9 %
    assert arrived(results, {"crit-mgps": 2, "crit-fearon-2011": True, "crit-martin-loss": True})
    assert not (results / "RiskAssessment").exists()
    require_silence(stack)


def require_silence(stack: Stack) -> None:
    data = stack.plan.data_dir
    dumps = []
    for name in ("bus", "cachexia_scorer"):
        with sqlite3.connect(data / f"{name}.sqlite") as database:
            dumps.append("\n".join(database.iterdump()))
    logs = "".join(stack.log_file(name).read_text() for name in SERVICES)
    everything = "\n".join([*dumps, logs, stack.plan.trace_file.read_text()])
    for words in (PATIENT_ID, "Canaryname", "1947-05-06", "19470506", "pound weight"):
        assert words not in everything
        assert words.encode().hex() not in everything.lower()
