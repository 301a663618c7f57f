"""FHIR R4 Observations, Conditions and Patients: checked strictly, read for what may travel.

Messages name the element, never its value: resources hold names and identifiers.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from radloom import codes
from radloom.errors import Rejected

LINE = r"^[^\x00-\x1f\x7f]*$"
CODE = r"^[^\s]+( [^\s]+)*$"
ID = r"^[A-Za-z0-9\-\.]{1,64}$"
"""Formats of FHIR R4 section 2.24.0.1; lines are ours: no control characters."""

DATE_TIME = re.compile(r"\d{4}(-\d{2}(-\d{2}(T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2}))?)?)?")
DATE = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?")
DAY_CHARACTERS = 10

MAX_ITEMS = 100
"""Codings, identifiers and stages of one resource; a record sends a handful."""

LARGEST_EXPONENT = 30
"""Beyond it nothing is a measurement, and 1e999999999 would fill the memory of a reader."""

MEDICAL_RECORD = "MR"
"""Medical record number among the identifier types of HL7 table 0203."""


def _is_date_time(text: str) -> str:
    if not DATE_TIME.fullmatch(text):
        raise ValueError("no FHIR dateTime")
    if len(text) >= DAY_CHARACTERS:
        datetime.fromisoformat(text)
    return text


def _is_date(text: str) -> str:
    if not DATE.fullmatch(text):
        raise ValueError("no FHIR date")
    return _is_date_time(text)


def _is_measurable(number: int | Decimal) -> int | Decimal:
    exact = Decimal(number)
    if not exact.is_finite() or (exact and abs(exact.adjusted()) > LARGEST_EXPONENT):
        raise ValueError("no number that a measurement could be")
    return number


DateTime = Annotated[str, AfterValidator(_is_date_time)]
Line = Annotated[str, Field(pattern=LINE, max_length=255)]
Id = Annotated[str, Field(pattern=ID)]


class _Element(BaseModel):
    model_config = ConfigDict(strict=True)


class _Coding(_Element):
    system: Line = ""
    code: str = Field(default="", pattern=f"{CODE}|^$", max_length=64)
    display: str = Field(default="", max_length=1000)


class _Concept(_Element):
    coding: list[_Coding] = Field(default=[], max_length=MAX_ITEMS)
    text: str = Field(default="", max_length=10_000)

    def words(self) -> Iterator[str]:
        """Everything that is said, the text first."""
        yield self.text
        for coding in self.coding:
            yield coding.display
            yield coding.code

    def first_code(self) -> str:
        """The first code; empty without one."""
        return next((coding.code for coding in self.coding), "")


class _Assigner(_Element):
    display: str = Field(default="", pattern=r"^[^\\\x00-\x1f\x7f]*$", max_length=64)


class _Identifier(_Element):
    value: str = Field(pattern=r"^[^\\\x00-\x1f\x7f]*$", min_length=1, max_length=64)
    system: str = Field(default="", pattern=LINE, max_length=255)
    type: _Concept = _Concept()
    assigner: _Assigner = _Assigner()


class _OwnIdentifier(_Element):
    value: str = Field(default="", pattern=LINE, max_length=255)
    system: str = Field(default="", pattern=LINE, max_length=255)


class _Subject(_Element):
    reference: Line = ""
    identifier: _Identifier | None = None


class _Quantity(_Element):
    value: Annotated[int | Decimal, AfterValidator(_is_measurable)] | None = None
    unit: str = Field(default="", max_length=255)
    system: Line = ""
    code: str = Field(default="", pattern=f"{CODE}|^$", max_length=64)
    comparator: Literal["<", "<=", ">=", ">"] | None = None


class _Period(_Element):
    start: DateTime = ""
    end: DateTime = ""


class _Meta(_Element):
    lastUpdated: DateTime = ""  # noqa: N815 - FHIR's name
    security: list[_Coding] = Field(default=[], max_length=MAX_ITEMS)


class _Resource(_Element):
    id: Id | None = None
    meta: _Meta = _Meta()


class Observation(_Resource):
    """The elements that are read of an Observation."""

    resourceType: Literal["Observation"]  # noqa: N815 - FHIR's name
    status: Literal[
        "registered", "preliminary", "final", "amended", "corrected", "cancelled",
        "entered-in-error", "unknown",
    ]  # fmt: skip
    code: _Concept
    subject: _Subject
    identifier: list[_OwnIdentifier] = Field(default=[], max_length=MAX_ITEMS)
    effectiveDateTime: DateTime = ""  # noqa: N815
    effectiveInstant: DateTime = ""  # noqa: N815
    effectivePeriod: _Period | None = None  # noqa: N815
    issued: DateTime = ""
    valueQuantity: _Quantity | None = None  # noqa: N815
    valueBoolean: bool | None = None  # noqa: N815
    valueCodeableConcept: _Concept = _Concept()  # noqa: N815
    dataAbsentReason: _Concept | None = None  # noqa: N815


class _Stage(_Element):
    summary: _Concept = _Concept()


class Condition(_Resource):
    """The elements that are read of a Condition."""

    resourceType: Literal["Condition"]  # noqa: N815 - FHIR's name
    clinicalStatus: _Concept = _Concept()  # noqa: N815
    verificationStatus: _Concept = _Concept()  # noqa: N815
    code: _Concept = _Concept()
    subject: _Subject
    identifier: list[_OwnIdentifier] = Field(default=[], max_length=MAX_ITEMS)
    recordedDate: DateTime = ""  # noqa: N815
    onsetDateTime: DateTime = ""  # noqa: N815
    stage: list[_Stage] = Field(default=[], max_length=MAX_ITEMS)


class Patient(_Resource):
    """The elements that are read of a Patient."""

    resourceType: Literal["Patient"]  # noqa: N815 - FHIR's name
    identifier: list[_Identifier] = Field(min_length=1, max_length=MAX_ITEMS)
    gender: Literal["male", "female", "other", "unknown"] | None = None
    birthDate: Annotated[str, AfterValidator(_is_date)] = ""  # noqa: N815


Clinical = Observation | Condition | Patient
MODELS: dict[str, type[Observation | Condition | Patient]] = {
    "Observation": Observation,
    "Condition": Condition,
    "Patient": Patient,
}
"""Types of resource that ingest reads."""


def read_resource(resource: dict[str, Any], place: str = "") -> Clinical:
    """The resource, checked.

    Args:
        resource: JSON object whose resourceType is one of `MODELS`; numbers as Decimal.
        place: Where it stands in its bundle; empty when it came alone.

    Raises:
        Rejected: An element read here is not as FHIR R4 has it; names the element.
    """
    kind = resource["resourceType"]
    try:
        return MODELS[kind].model_validate(resource)
    except ValidationError as error:
        problem = error.errors(include_input=False, include_url=False)[0]
        element = ".".join(str(part) for part in (place or kind, *problem["loc"]))
    # Outside the handler: a chained validation error would print patient data.
    raise Rejected(
        f"{element} is not as FHIR R4 has it ({problem['type']}); correct it and send all again",
        reason="clinical_resource",
    )


def is_ours(resource: Clinical) -> bool:
    """Whether radloom wrote it: its own results are no evidence for new ones."""
    if any(label.code == codes.AI_ASSERTED.value for label in resource.meta.security):
        return True
    if isinstance(resource, Patient):
        return False
    return any(c.system == codes.MUSCLE_AREA_L3.system for c in resource.code.coding)


@dataclass(frozen=True)
class Person:
    """Identifier of a patient and who issued it, as documents and images name them."""

    patient_id: str
    issuer: str


def person_of(identifier: _Identifier) -> Person:
    """The person whom an identifier names."""
    return Person(identifier.value, identifier.assigner.display or identifier.system)


def persons_of(patient: Patient) -> Sequence[Person]:
    """Everybody whom the identifiers of a Patient name; the medical record number first."""
    ranked = sorted(patient.identifier, key=lambda i: i.type.first_code() != MEDICAL_RECORD)
    return [person_of(identifier) for identifier in ranked]


def moment(written: str) -> datetime | None:
    """A dateTime in UTC, a day as its midnight; None when no day is named."""
    if len(written) < DAY_CHARACTERS:
        return None
    found = datetime.fromisoformat(written)
    try:
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except OverflowError:
        return None
