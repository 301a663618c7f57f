"""Clinical documents as FHIR R4 DocumentReference resources bring them."""

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from radloom.errors import Rejected
from services.ingest.admission import UID

UID_SYSTEM, UID_PREFIX = "urn:dicom:uid", "urn:oid:"
"""How FHIR writes DICOM UIDs (FHIR R4, ImagingStudy.identifier)."""

LOINC = "http://loinc.org"
LOINC_CODE = r"[0-9]{1,7}-[0-9]"
"""Number and check digit."""

MAX_SH = 16
"""Length of a short string (PS3.5 table 6.2-1), as Accession Number is one."""

ACCESSION = "ACSN"
"""Accession number among the identifier types of HL7 table 0203."""

INSTANT = (
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})"
)

MAX_ITEMS = 100
"""Codings, identifiers and references of one document; a record sends a handful."""

LINE = r"^[^\\\x00-\x1f\x7f]*$"
"""No control characters and no backslash, as an identifier in DICOM (PS3.5 table 6.2-1, LO)."""


@dataclass(frozen=True)
class Document:
    """A text and the identifier of the patient whom it is about.

    Attributes:
        content: The text as it was attached.
        content_type: Its media type, with parameters.
        patient_id: Identifier of the patient.
        issuer: Who issued the identifier; empty when nobody is named.
        about: What the document says of itself.
    """

    content: bytes
    content_type: str
    patient_id: str
    issuer: str
    about: "About"


@dataclass(frozen=True)
class About:
    """What a document says of itself; empty where it says nothing.

    Attributes:
        study_instance_uid: Study that it is about.
        accession_number: Order that it answers.
        type_code: LOINC code of its kind.
        type_display: The code as its sender reads it.
        authored_at: When it was written, FHIR instant.
        identifier_system: System of its identifier at its source.
        identifier_value: Its identifier at its source.
    """

    study_instance_uid: str = ""
    accession_number: str = ""
    type_code: str = ""
    type_display: str = ""
    authored_at: str = ""
    identifier_system: str = ""
    identifier_value: str = ""

    @property
    def distinction(self) -> tuple[str, ...]:
        """What tells it from another document of the same words; empty when nothing does.

        Two normal chests of one patient may be described in the same words.
        """
        told = (
            self.study_instance_uid,
            self.accession_number,
            self.identifier_system,
            self.identifier_value,
        )
        return told if any(told) else ()


def _is_base64(text: str) -> str:
    base64.b64decode(text, validate=True)
    return text


def _is_instant(text: str) -> str:
    if not re.fullmatch(INSTANT, text):
        raise ValueError("no FHIR instant")
    datetime.fromisoformat(text)
    return text


class _Model(BaseModel):
    model_config = ConfigDict(strict=True)


class _Attachment(_Model):
    contentType: str = Field(pattern=r"^text/[ -~]+$", max_length=255)  # noqa: N815 - FHIR's name
    data: Annotated[str, Field(min_length=1), AfterValidator(_is_base64)]


class _Content(_Model):
    attachment: _Attachment


class _Coding(_Model):
    system: str = Field(default="", pattern=LINE, max_length=255)
    code: str = Field(default="", pattern=LINE, max_length=64)
    display: str = Field(default="", pattern=LINE, max_length=255)


class _Concept(_Model):
    coding: list[_Coding] = Field(default=[], max_length=MAX_ITEMS)


class _Assigner(_Model):
    display: str = Field(default="", pattern=LINE, max_length=64)


class _Identifier(_Model):
    value: str = Field(pattern=LINE, min_length=1, max_length=64)
    system: str = Field(default="", pattern=LINE, max_length=255)
    type: _Concept = _Concept()
    assigner: _Assigner = _Assigner()


class _Subject(_Model):
    identifier: _Identifier


class _OwnIdentifier(_Model):
    value: str = Field(pattern=LINE, min_length=1, max_length=255)
    system: str = Field(default="", pattern=LINE, max_length=255)


class _RelatedIdentifier(_OwnIdentifier):
    type: _Concept = _Concept()


class _Related(_Model):
    identifier: _RelatedIdentifier | None = None


class _Context(_Model):
    related: list[_Related] = Field(default=[], max_length=MAX_ITEMS)


class _DocumentReference(_Model):
    resourceType: Literal["DocumentReference"]  # noqa: N815 - FHIR's name
    subject: _Subject
    content: list[_Content] = Field(min_length=1, max_length=1)
    masterIdentifier: _OwnIdentifier | None = None  # noqa: N815 - FHIR's name
    identifier: list[_OwnIdentifier] = Field(default=[], max_length=MAX_ITEMS)
    type: _Concept = _Concept()
    date: Annotated[str, AfterValidator(_is_instant)] = ""
    context: _Context = _Context()


def read_document(body: bytes) -> Document:
    """The one text of an R4 DocumentReference.

    Raises:
        Rejected: It is no DocumentReference with one base64 text attachment and a subject
            identifier, or an element read here is not as FHIR has it; names the element, never its
            value.
    """
    try:
        resource = _DocumentReference.model_validate_json(body)
    except ValidationError as error:
        place = ".".join(str(part) for part in error.errors()[0]["loc"]) or "the whole"
        raise Rejected(
            "expected an R4 DocumentReference with one content.attachment (contentType text/*, "
            f"base64 data) and subject.identifier (value, system); {place} is not as expected",
            reason="document",
        ) from error
    attachment, identifier = resource.content[0].attachment, resource.subject.identifier
    return Document(
        content=base64.b64decode(attachment.data),
        content_type=attachment.contentType,
        patient_id=identifier.value,
        issuer=identifier.assigner.display or identifier.system,
        about=_about(resource),
    )


def _about(resource: _DocumentReference) -> About:
    related = [r.identifier for r in resource.context.related if r.identifier is not None]
    own = resource.masterIdentifier or next(iter(resource.identifier), None)
    kind = next((c for c in resource.type.coding if c.system == LOINC), None)
    if kind is not None and not re.fullmatch(LOINC_CODE, kind.code):
        raise Rejected(
            f"type has a coding of system {LOINC} that is no LOINC code; expected one as 18748-4",
            reason="document_type",
        )
    return About(
        study_instance_uid=_study(related),
        accession_number=_accession(related),
        type_code=kind.code if kind else "",
        type_display=kind.display if kind else "",
        authored_at=resource.date,
        identifier_system=own.system if own else "",
        identifier_value=own.value if own else "",
    )


def _study(related: Sequence[_RelatedIdentifier]) -> str:
    """The one study that a document is about; empty when it names none."""
    named = {i.value.removeprefix(UID_PREFIX) for i in related if i.system == UID_SYSTEM}
    if not named:
        return ""
    if len(named) > 1 or not all(UID.fullmatch(uid) for uid in named):
        raise Rejected(
            f"context.related names {len(named)} studies under {UID_SYSTEM}; expected one, as "
            f"{UID_PREFIX} and a UID (PS3.5 section 9.1)",
            reason="study_reference",
        )
    return named.pop()


def _accession(related: Sequence[_RelatedIdentifier]) -> str:
    """The one order that a document answers; empty when it names none."""
    named = {i.value for i in related if any(c.code == ACCESSION for c in i.type.coding)}
    if not named:
        return ""
    if len(named) > 1 or any(len(number) > MAX_SH for number in named):
        raise Rejected(
            f"context.related names {len(named)} accession numbers (type {ACCESSION}); expected "
            f"one of at most {MAX_SH} characters, as DICOM takes it",
            reason="accession_number",
        )
    return named.pop()
