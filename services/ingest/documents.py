"""Clinical documents as FHIR R4 DocumentReference resources bring them."""

import base64
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from radloom.errors import Rejected

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
    """

    content: bytes
    content_type: str
    patient_id: str
    issuer: str


def _is_base64(text: str) -> str:
    base64.b64decode(text, validate=True)
    return text


class _Model(BaseModel):
    model_config = ConfigDict(strict=True)


class _Attachment(_Model):
    contentType: str = Field(pattern=r"^text/[ -~]+$", max_length=255)  # noqa: N815 - FHIR's name
    data: Annotated[str, Field(min_length=1), AfterValidator(_is_base64)]


class _Content(_Model):
    attachment: _Attachment


class _Identifier(_Model):
    value: str = Field(pattern=LINE, min_length=1, max_length=64)
    system: str = Field(default="", pattern=LINE, max_length=255)


class _Subject(_Model):
    identifier: _Identifier


class _DocumentReference(_Model):
    resourceType: Literal["DocumentReference"]  # noqa: N815 - FHIR's name
    subject: _Subject
    content: list[_Content] = Field(min_length=1, max_length=1)


def read_document(body: bytes) -> Document:
    """The one text of an R4 DocumentReference.

    Raises:
        Rejected: It is no DocumentReference with one base64 text attachment and a subject
            identifier; names the element, never its value.
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
        issuer=identifier.system,
    )
