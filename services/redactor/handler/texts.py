"""Texts that must leave the PHI zone."""

from dataclasses import dataclass

from radloom.errors import Rejected
from radloom.wire.v1.redactor_service_pb2 import (
    RedactedSpan,
    RedactTextRequest,
    RedactTextResponse,
)
from services.redactor.handler.staging import Staging
from services.redactor.identity import Identity
from services.redactor.profiles import Option
from services.redactor.pseudonyms import Subject
from services.redactor.text import text_redactor

MAX_CHARACTERS = 200_000
"""A long report has 10,000; what is longer is no report."""


@dataclass(frozen=True)
class Texts(Staging):
    """Behind `RedactorService.RedactText`; nothing is kept."""

    def redact_text(self, request: RedactTextRequest) -> RedactTextResponse:
        """A text without what says who somebody is.

        Without a subject only rules and word lists speak: what is known of a patient is then
        unknown, and dates are removed rather than shifted.

        Raises:
            Rejected: The text is too long, or project or subject are unknown.
            Unavailable: Ingest does not answer.
        """
        if len(request.text) > MAX_CHARACTERS:
            raise Rejected(
                f"the text has {len(request.text)} characters; at most {MAX_CHARACTERS} are taken",
                reason="too_long",
            )
        project = self.export_of(request.project).project
        subject, header = self._subject(request.subject_key)
        redact = text_redactor(
            Identity.of_header(header),
            project.pseudonyms,
            subject,
            shift_dates=bool(request.subject_key)
            and Option.RETAIN_MODIFIED_DATES in project.profile.options,
        )
        redacted = redact(request.text)
        return RedactTextResponse(
            text=redacted.text,
            probability_missed=redacted.probability_missed,
            spans=[
                RedactedSpan(
                    start=span.start,
                    end=span.end,
                    kind=span.kind.value,
                    confidence=span.confidence,
                    replacement=span.replacement,
                )
                for span in redacted.spans
            ],
        )

    def _subject(self, subject_key: str) -> tuple[Subject, dict[str, str]]:
        if not subject_key:
            return Subject(""), {}
        identity = self.custodian.resolve_subject(subject_key)
        header = {
            "PatientName": identity.patient_name,
            "PatientID": identity.patient_id,
            "PatientBirthDate": identity.patient_birth_date,
        }
        return Subject(identity.patient_id, identity.issuer_of_patient_id), header
