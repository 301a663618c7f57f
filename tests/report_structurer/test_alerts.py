"""Alerts of kept reports: listed at the door, dismissed with a reason, and kept dismissed."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import httpx
import pytest

from radloom.adapters.database import Database
from radloom.errors import Rejected
from radloom.runtime.http import HttpServer, http_app
from radloom.wire.v1.custodian_service_pb2 import (
    GetDocumentResponse,
    ResolvedResource,
    ResolveSubjectResponse,
)
from radloom.wire.v1.document_received_pb2 import DocumentReceived
from radloom.wire.v1.report_structured_pb2 import ReportStructured
from services.report_structurer.app import MIGRATIONS
from services.report_structurer.handler import KeptReports, ReportStructurer
from services.report_structurer.routes import add_routes

REPORT = (
    "EXAM: CT chest.\nFINDINGS: A 6 mm nodule in the left upper lobe. No pleural effusion.\n"
    "IMPRESSION: 6 mm nodule in the right upper lobe."
)
NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)


class StoppedClock:
    def now(self) -> datetime:
        return NOW


class OneDocument:
    """Ingest that holds the report."""

    def document(self, document_id: str) -> GetDocumentResponse:
        content = REPORT.encode()
        return GetDocumentResponse(
            document_id=document_id,
            subject_key="5f" * 32,
            content_type="text/plain; charset=utf-8",
            content=content,
            sha256=sha256(content).hexdigest(),
        )

    def resources(self, resource_keys: Sequence[str]) -> Sequence[ResolvedResource]:
        raise Rejected(f"{len(resource_keys)} keys", reason="not_found")

    def resolve_subject(self, subject_key: str) -> ResolveSubjectResponse:
        raise Rejected(f"{len(subject_key)} characters", reason="not_found")


HANDLER = ReportStructurer(OneDocument(), StoppedClock())


def structure_again(database: Database) -> None:
    event = DocumentReceived(
        document_id="d1", subject_key="5f" * 32, sha256=sha256(REPORT.encode()).hexdigest()
    )
    reaction = HANDLER.on_document_received(event)
    with database.transaction() as connection:
        for effect in reaction.effects:
            effect(connection)


@pytest.fixture
def database(tmp_path: Path) -> Database:
    made = Database(f"sqlite:///{tmp_path / 'db.sqlite'}", schema="report_structurer")
    made.upgrade(*MIGRATIONS)
    structure_again(made)
    return made


@pytest.fixture
def door(database: Database) -> Iterator[httpx.Client]:
    app = http_app("report_structurer", {})
    add_routes(app, HANDLER, KeptReports(database, StoppedClock()))
    http = HttpServer(app, host="127.0.0.1", port=0)
    http.start()
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{http.port}") as client:
            yield client
    finally:
        http.stop()


def test_a_text_is_checked_at_the_door(door: httpx.Client) -> None:
    (alert,) = door.post("/check", json={"text": REPORT}).json()["alerts"]
    assert alert["kind"] == "laterality"
    assert [REPORT[start:end] for start, end in alert["spans"]] == ["left", "right"]


def test_a_dismissed_alert_stays_dismissed_with_who_and_why(
    door: httpx.Client, database: Database
) -> None:
    (alert,) = door.get("/reports/d1/alerts").json()["alerts"]
    assert alert["dismissal"] is None
    path = f"/reports/d1/alerts/{alert['id']}/dismissal"
    told = {"reason": "two nodules", "dismissed_by": "dr-a"}
    assert door.put(path, json=told).status_code == 200
    assert door.put(path, json=told | {"dismissed_by": "dr-b"}).status_code == 200
    structure_again(database)
    (kept,) = door.get("/reports/d1/alerts").json()["alerts"]
    assert kept["dismissal"] == told | {"dismissed_at": NOW.isoformat()}


@pytest.mark.parametrize(
    "told",
    [{"reason": "", "dismissed_by": "a"}, {"reason": " ", "dismissed_by": "a"}, {"reason": "b"}],
)
def test_nobody_dismisses_without_name_and_reason(door: httpx.Client, told: dict[str, str]) -> None:
    (alert,) = door.get("/reports/d1/alerts").json()["alerts"]
    answer = door.put(f"/reports/d1/alerts/{alert['id']}/dismissal", json=told)
    assert answer.status_code == 422
    (kept,) = door.get("/reports/d1/alerts").json()["alerts"]
    assert kept["dismissal"] is None


def test_what_is_not_there_cannot_be_dismissed(door: httpx.Client) -> None:
    told = {"reason": "no", "dismissed_by": "a"}
    for path in ("/reports/d1/alerts/none/dismissal", "/reports/d2/alerts/none/dismissal"):
        assert door.put(path, json=told).status_code == 404
    assert door.get("/reports/d2/alerts").status_code == 404


def test_the_event_carries_alerts_and_template_without_words() -> None:
    event = DocumentReceived(
        document_id="d1", subject_key="5f" * 32, sha256=sha256(REPORT.encode()).hexdigest()
    )
    (made,) = HANDLER.on_document_received(event).events
    assert isinstance(made, ReportStructured)
    assert made.exam_template == "ct-chest"
    assert [alert.kind for alert in made.alerts] == ["laterality"]
    assert made.proof.template.startswith("ct-chest 1, radloom ")
    assert b"nodule" not in made.SerializeToString()
