"""HTTP doors of redactor: texts, quarantine, evidence. PHI zone, all of them."""

from collections.abc import Callable
from typing import Any

from fastapi import FastAPI
from fastapi.responses import PlainTextResponse
from google.protobuf.json_format import MessageToDict
from pydantic import BaseModel, Field

from radloom.wire.v1.redactor_service_pb2 import DecideQuarantinedRequest, RedactTextRequest
from services.redactor.handler import Redactor


class Text(BaseModel):
    """A text to redact. PHI."""

    text: str
    project: str = Field(description="Project whose key makes the pseudonyms.")
    subject_key: str = Field(
        default="", description="Whom the text is about, as in study.received; empty if unknown."
    )


class Decision(BaseModel):
    """What a person decides about an instance in quarantine."""

    accepted: bool
    reason: str = Field(min_length=1, max_length=500, pattern=r"\S")
    decided_by: str = Field(min_length=1, max_length=200, pattern=r"\S")
    candidate_sha256: str = Field(
        default="", description="Digest of the copy that was looked at; needed to accept."
    )


def add_routes(app: FastAPI, redactor: Redactor) -> None:
    """Adds the doors."""
    _add_texts(app, redactor)
    _add_quarantine(app, redactor)
    _add_evidence(app, redactor)


def _add_texts(app: FastAPI, redactor: Redactor) -> None:
    @app.post("/redact-text")
    def redact_text(text: Text) -> dict[str, Any]:
        """Redacts a text; nothing is kept."""
        request = RedactTextRequest(
            text=text.text, project=text.project, subject_key=text.subject_key
        )
        return _json(lambda: redactor.redact_text(request))


def _add_quarantine(app: FastAPI, redactor: Redactor) -> None:
    @app.get("/quarantine")
    def waiting(project: str = "") -> list[dict[str, Any]]:
        """Redactions with instances that nobody decided about, newest first."""
        return redactor.waiting(project)

    @app.get("/quarantine/{redaction_id}")
    def held(redaction_id: str) -> dict[str, Any]:
        """Instances of a redaction that are held, with reasons; UIDs are those of the source."""
        return redactor.held(redaction_id)

    @app.put("/quarantine/{redaction_id}/instances/{sop_instance_uid}/decision")
    def decide(redaction_id: str, sop_instance_uid: str, decision: Decision) -> dict[str, Any]:
        """Accepts a held copy as it is, or rejects it; the first decision stands."""
        request = DecideQuarantinedRequest(
            redaction_id=redaction_id,
            sop_instance_uid=sop_instance_uid,
            accepted=decision.accepted,
            reason=decision.reason,
            decided_by=decision.decided_by,
            candidate_sha256=decision.candidate_sha256,
        )
        return _json(lambda: redactor.decide(request))


def _add_evidence(app: FastAPI, redactor: Redactor) -> None:
    @app.get("/redactions/{redaction_id}/evidence", response_class=PlainTextResponse)
    def evidence(redaction_id: str) -> str:
        """Signed records of the last release, JSON lines; no patient data."""
        return redactor.evidence(redaction_id)

    @app.get("/redactions/{redaction_id}/provenance")
    def provenance(redaction_id: str) -> dict[str, Any]:
        """FHIR Provenance and AuditEvent of the last release; no patient data."""
        return redactor.provenance(redaction_id)


def _json(answer: Callable[[], Any]) -> dict[str, Any]:
    found: dict[str, Any] = MessageToDict(
        answer(), preserving_proto_field_name=True, always_print_fields_with_no_presence=True
    )
    return found
