"""A study stored at ingest reaches the research archive as copies that name nobody.

Nothing that is written on the way names anybody either, outside the places for patient data.
"""

import json
import os
import signal
import sqlite3
import time
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import cv2
import httpx
import numpy as np
import pytest
from pydicom import Dataset, dcmread

from radloom.adapters.dicomweb import DicomWebArchive
from radloom.cli.stack import REDACTOR, Export, Stack
from tests.ingest.example import ISSUER, PATIENT_ID, SERIES, STUDY, ct_file
from tests.peers.orthanc import orthanc

KEY = "5a" * 32
CANARIES = (PATIENT_ID, "Canary", "Nora", "19500101", "1950-01-01", ISSUER, "Who^Doctor", "ACC-77")
PATIENCE_S = 120.0


def project(tmp_path: Path, archive: str) -> Export:
    (tmp_path / "lung.key").write_text(KEY)
    rule = {
        "name": "lung",
        "key_file": str(tmp_path / "lung.key"),
        "profile": "longitudinal",
        "modalities": ["CT", "ES"],
    }
    return Export(rule, archive)


def store(stack: Stack, *contents: bytes) -> None:
    with DicomWebArchive(stack.plan.dicomweb_url) as archive:
        archive.store(contents)


def slices(*numbers: int) -> list[bytes]:
    return [
        ct_file(
            n, AccessionNumber="ACC-77", PatientComments="Canary Nora", StudyDescription="CT Canary"
        )
        for n in numbers
    ]


def delivered(stack: Stack, status: str = "delivered") -> dict[str, Any]:
    """The ledger's row of the copies, once it has `status`."""
    deadline = time.monotonic() + PATIENCE_S
    rows: list[dict[str, Any]] = []
    while time.monotonic() < deadline:
        try:
            answer = httpx.get(f"{stack.plan.publisher_url}/results", timeout=5)
            rows = [row for row in answer.json() if row["kind"] == "redaction"]
        except httpx.HTTPError:
            rows = []
        found = [row for row in rows if row["status"] == status]
        if found:
            return found[0]
        time.sleep(0.2)
    raise AssertionError(f"nothing is {status}: {[row['status'] for row in rows]}")


def kill(stack: Stack, service: str) -> None:
    os.kill(stack.pid(service), signal.SIGKILL)
    os.waitid(os.P_PID, stack.pid(service), os.WEXITED | os.WNOWAIT)
    assert stack.restart_dead() == [service]


def everything_written(stack: Stack) -> dict[str, str]:
    """Logs, spans, topics, tables and metrics of the services beyond ingest, by where they are."""
    data = stack.plan.data_dir
    found = {name: stack.log_file(name).read_text() for name in stack.plan.services}
    found["spans"] = stack.plan.trace_file.read_text()
    for name in ("bus", "redactor", "publisher"):
        with sqlite3.connect(data / f"{name}.sqlite") as database:
            found[f"{name}.sqlite"] = "\n".join(database.iterdump())
    for name, url in (
        ("redactor", stack.plan.redactor_url),
        ("publisher", stack.plan.publisher_url),
        ("ingest", stack.plan.ingest_url),
    ):
        found[f"{name} metrics"] = httpx.get(f"{url}/metrics", timeout=10).text
    return found


def require_silence(stack: Stack) -> None:
    for place, text in everything_written(stack).items():
        for words in CANARIES:
            assert words not in text, place
            assert words.encode().hex() not in text.lower(), place


def undecided() -> bytes:
    """An image with words in its pixels, of a modality that no risk was ever measured for."""
    pixels = np.zeros((128, 256), np.uint8)
    cv2.putText(pixels, "CANARY NORA", (8, 60), cv2.FONT_HERSHEY_SIMPLEX, 1.0, 255, 2)
    return ct_file(
        9,
        series=f"{SERIES}.7",
        Modality="ES",
        Rows=128,
        Columns=256,
        PixelData=(pixels.astype(np.uint16) * 8).tobytes(),
    )


def test_copies_reach_the_research_archive_and_a_held_one_by_a_persons_word(
    start_stack: Callable[..., Stack], tmp_path: Path
) -> None:
    research = tmp_path / "research"
    stack = start_stack(exports=(project(tmp_path, research.as_uri()),))
    store(stack, *slices(1, 2, 3), undecided())
    time.sleep(1.5)
    kill(stack, REDACTOR)
    kill(stack, "publisher")
    row = delivered(stack)
    assert len(row["instances"]) == 3
    require_copies(research, str(row["study_instance_uid"]), 3)
    accept_the_held_one(stack)
    assert delivered(stack, "superseded")["result_id"] == row["result_id"]
    require_copies(research, str(row["study_instance_uid"]), 4)
    require_silence(stack)


def require_copies(research: Path, study: str, count: int) -> None:
    files = sorted(research.rglob("*.dcm"))
    assert len(files) == count
    for path in files:
        content = path.read_bytes()
        ds = dcmread(BytesIO(content))
        assert (ds.PatientIdentityRemoved, ds.BurnedInAnnotation) == ("YES", "NO")
        assert ds.StudyInstanceUID == study
        for words in (*CANARIES, STUDY, SERIES):
            assert words.encode() not in content


def accept_the_held_one(stack: Stack) -> None:
    url = f"{stack.plan.redactor_url}/quarantine"
    (waiting,) = httpx.get(url, timeout=10).json()
    (held,) = httpx.get(f"{url}/{waiting['redaction_id']}", timeout=10).json()["instances"]
    assert held["sop_instance_uid"] == f"{SERIES}.7.9"
    assert "risk:pixels:uncalibrated" in held["reasons"]
    decision = {
        "accepted": True,
        "reason": "the words are gone",
        "decided_by": "Dr. Reviewer",
        "candidate_sha256": held["candidate"]["sha256"],
    }
    place = f"{url}/{waiting['redaction_id']}/instances/{held['sop_instance_uid']}/decision"
    assert httpx.put(place, json=decision, timeout=30).json()["status"] == "accepted"


@pytest.mark.peer
def test_copies_are_retrieved_from_a_real_archive_as_they_were_released(
    start_stack: Callable[..., Stack], tmp_path: Path
) -> None:
    with orthanc() as archive:
        stack = start_stack(exports=(project(tmp_path, archive.dicomweb_url),))
        store(stack, *slices(1, 2))
        row = delivered(stack)
        with DicomWebArchive(archive.dicomweb_url) as research:
            (series,) = research.series(row["study_instance_uid"])
            found: list[Dataset] = list(
                research.retrieve_series(row["study_instance_uid"], str(series.SeriesInstanceUID))
            )
    assert {str(ds.SOPInstanceUID) for ds in found} == {
        instance["sop_instance_uid"] for instance in row["instances"]
    }
    assert {str(ds.PatientIdentityRemoved) for ds in found} == {"YES"}
    assert not any(word in json.dumps(ds.to_json_dict()) for ds in found for word in CANARIES)
