"""Answers about one text, as plain data: what the command line prints."""

from collections.abc import Mapping
from typing import Any

from radloom.errors import Rejected
from services.redactor.identity import Identity
from services.redactor.pseudonyms import Pseudonyms, Subject
from services.redactor.spans import Span
from services.redactor.text import Style, text_redactor


def redacted(
    text: str, project_key: bytes, known: Mapping[str, Any], *, surrogates: bool = False
) -> dict[str, Any]:
    """`text` without identifying spans, and the spans.

    Args:
        text: Any text.
        project_key: Secret of the project.
        known: What is known about the subject: a map of DICOM keywords, or a FHIR Patient or
            Bundle; empty when nothing is.
        surrogates: Put made-up values in place instead of tags.

    Raises:
        Rejected: `known` is not empty and has no identifier that can be read.
    """
    identity = Identity.of(known)
    if known and not identity.known:
        raise Rejected(
            "the identity has no value under a DICOM keyword and is no FHIR Patient; expected "
            'for example {"PatientName": "Doe^Jane", "PatientID": "123456"}',
            reason="no_identity",
        )
    redact_text = text_redactor(
        identity,
        Pseudonyms(project_key),
        _subject(known, identity),
        style=Style.SURROGATES if surrogates else Style.TAGS,
    )
    result = redact_text(text)
    return {
        "text": result.text,
        "spans": [_plain(span) for span in result.spans],
        "probability_missed": round(result.probability_missed, 4),
    }


def _subject(known: Mapping[str, Any], identity: Identity) -> Subject:
    """Whom the text is about, named as the objects of a study name them: dates move alike."""
    patient_id = str(known.get("PatientID") or "").strip() or identity.patient_id
    return Subject(patient_id, str(known.get("IssuerOfPatientID") or "").strip())


def _plain(span: Span) -> dict[str, Any]:
    return {
        "start": span.start,
        "end": span.end,
        "type": str(span.kind),
        "confidence": round(span.confidence, 4),
        "replacement": span.replacement,
    }
