"""HTTP doors of report_structurer: structure, check, kept reports, alerts. All of it is PHI."""

from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel, Field

from services.report_structurer.answers import alerts, answer
from services.report_structurer.handler import KeptReports, ReportStructurer, within_limit
from services.report_structurer.schema import AlertsAnswer, KeptAlertsAnswer, StructuredAnswer


class Text(BaseModel):
    """A report. PHI."""

    text: str


class Report(Text):
    """A report to structure. PHI."""

    deterministic: bool = Field(
        default=False, description="Leave it to the word lists, although a model is configured."
    )
    exam: str = Field(
        default="", description="Template to show it by, ct-cap; empty lets the report say."
    )


class Dismissal(BaseModel):
    """Why an alert is wrong or does not matter, and who says so."""

    reason: str = Field(min_length=1, max_length=500, pattern=r"\S")
    dismissed_by: str = Field(min_length=1, max_length=200, pattern=r"\S")


Answers = dict[int | str, dict[str, Any]]
# Described, not enforced: FastAPI's error about an answer that does not fit would hold its text.
STRUCTURED: Answers = {200: {"model": StructuredAnswer}}
ALERTS: Answers = {200: {"model": AlertsAnswer}}
KEPT_ALERTS: Answers = {200: {"model": KeptAlertsAnswer}}


def add_routes(app: FastAPI, handler: ReportStructurer, kept: KeptReports) -> None:
    """Adds the doors for texts, and those for the documents that ingest took in."""
    _add_texts(app, handler)
    _add_documents(app, kept)


def _add_texts(app: FastAPI, handler: ReportStructurer) -> None:
    @app.post("/structure", response_model=None, responses=STRUCTURED)
    def structure(report: Report) -> dict[str, Any]:
        """Structures a text; nothing is kept."""
        made = handler.proven(report.text, deterministic=report.deterministic, exam=report.exam)
        return answer(made)

    @app.post("/check", response_model=None, responses=ALERTS)
    def check(report: Text) -> dict[str, Any]:
        """What disagrees within a text; nothing is kept."""
        return alerts(within_limit(report.text))


def _add_documents(app: FastAPI, kept: KeptReports) -> None:
    @app.get("/reports/{document_id}", response_model=None, responses=STRUCTURED)
    def report(document_id: str) -> dict[str, Any]:
        """The structure of a document that ingest took in."""
        return kept.structured(document_id)

    @app.get("/reports/{document_id}/alerts", response_model=None, responses=KEPT_ALERTS)
    def kept_alerts(document_id: str) -> dict[str, Any]:
        """Alerts of a document, dismissed ones with who dismissed them and why."""
        return {"alerts": kept.alerts(document_id)}

    @app.put(
        "/reports/{document_id}/alerts/{alert_id}/dismissal",
        response_model=None,
        responses=KEPT_ALERTS,
    )
    def dismiss(document_id: str, alert_id: str, dismissal: Dismissal) -> dict[str, Any]:
        """Dismisses an alert with a reason; the first dismissal stands."""
        by = dismissal.dismissed_by
        return {"alerts": kept.dismiss(document_id, alert_id, dismissal.reason, by)}
