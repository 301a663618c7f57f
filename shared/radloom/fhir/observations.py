"""Observations of one muscle measurement: a group and its members."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from radloom import codes
from radloom.codes import Code
from radloom.errors import Rejected
from radloom.fhir.elements import (
    Json,
    concept,
    instant,
    narrative,
    quantity,
    uid_identifier,
    uid_reference,
)
from radloom.identifiers import derived_uuid
from radloom.results import NOT_REVIEWED, Range, Statement

GROUP, AREA, ATTENUATION, INDEX, AGREEMENT, GRADE = (
    "group",
    "area",
    "attenuation",
    "index",
    "agreement",
    "grade",
)
LOW_ATTENUATION, SUBCUTANEOUS, VISCERAL = "low attenuation", "subcutaneous fat", "visceral fat"
"""Parts of a result, each one Observation; part of its identifier."""

OPTIONAL = (INDEX, LOW_ATTENUATION, SUBCUTANEOUS, VISCERAL)
"""Parts that a result may lack."""


@dataclass(frozen=True)
class Subject:
    """Who was examined: an identifier as the source gives it.

    The reference stays logical: the record resolves the identifier, radloom neither searches for
    nor creates patients.

    Attributes:
        identifier: Patient ID (0010,0020).
        issuer: Issuer of Patient ID (0010,0021); empty when the source gives none.
        system: URI of the issuer's identifiers in the record; empty when the site names none.
    """

    identifier: str
    issuer: str = ""
    system: str = ""

    def reference(self) -> Json:
        """Logical reference to the Patient.

        Raises:
            Rejected: There is no identifier.
        """
        if not self.identifier:
            raise Rejected(
                "the subject has no Patient ID; the record could not tell whose result this is",
                reason="no_patient_id",
            )
        identifier: Json = {
            "type": concept(codes.MEDICAL_RECORD_NUMBER),
            "value": self.identifier,
        }
        if self.system:
            identifier["system"] = self.system
        if self.issuer:
            identifier["assigner"] = {"display": self.issuer}
        return {"type": "Patient", "identifier": identifier}


@dataclass(frozen=True)
class Context:
    """What all resources of a result share.

    Attributes:
        statement: The numbers.
        subject: Who was examined.
        acquired: When the study was made; a date where the source gives no time zone.
        status: "preliminary", or "entered-in-error" when the result is withdrawn.
    """

    statement: Statement
    subject: Subject
    acquired: datetime | date | None
    status: str = "preliminary"

    def url(self, part: str) -> str:
        """Name of a part inside the bundle (its `fullUrl`)."""
        return derived_uuid("fhir", self.statement.study_instance_uid, part).urn

    def identifier(self, part: str) -> Json:
        """Identifier of a part, the same for every revision of the study's result."""
        return uid_identifier(self.statement.identifier(part))

    def labelled(self, resource_type: str, part: str) -> Json:
        """Start of every resource that AI asserts."""
        resource: Json = {
            "resourceType": resource_type,
            "meta": {"security": [concept(codes.AI_ASSERTED)["coding"][0]]},
            "identifier": [self.identifier(part), uid_identifier(self.statement.tracking_uid)],
            "status": self.status,
            "subject": self.subject.reference(),
            "issued": instant(self.statement.measured_at),
        }
        if self.acquired is not None:
            resource["effectiveDateTime"] = self.acquired.isoformat()
        return resource


def observations(context: Context) -> Iterator[tuple[str, Json]]:
    """Part and Observation, the group first."""
    members = list(_members(context))
    group = _observation(context, GROUP, concept(codes.MEASUREMENT_GROUP, text="Muscle at L3"))
    group["hasMember"] = [{"reference": context.url(part)} for part, _ in members]
    group["text"] = narrative(context.statement.sentence, NOT_REVIEWED)
    yield GROUP, group
    yield from members


def _members(context: Context) -> Iterator[tuple[str, Json]]:
    statement, unit = context.statement, codes.SQUARE_CENTIMETRE
    area = _measured(context, AREA, (codes.MUSCLE_AREA_L3, codes.AREA), statement.area_cm2, unit)
    yield AREA, _bounded(area, statement.area_interval_cm2, unit)
    attenuation = _measured(
        context,
        ATTENUATION,
        (codes.MUSCLE_ATTENUATION_L3, codes.ATTENUATION_COEFFICIENT),
        statement.mean_hu,
        codes.HOUNSFIELD_UNIT,
    )
    yield ATTENUATION, _bounded(attenuation, statement.mean_hu_interval, codes.HOUNSFIELD_UNIT)
    if statement.smi_cm2_per_m2 is not None:
        yield INDEX, _index(context, statement.smi_cm2_per_m2)
    for part, meanings, told, its_unit in (
        (LOW_ATTENUATION, (codes.LOW_ATTENUATION_L3,), statement.low_attenuation, codes.NO_UNITS),
        (SUBCUTANEOUS, (codes.SUBCUTANEOUS_FAT_L3, codes.AREA), statement.subcutaneous_cm2, unit),
        (VISCERAL, (codes.VISCERAL_FAT_L3, codes.AREA), statement.visceral_cm2, unit),
    ):
        if told is not None:
            resource = _measured(context, part, meanings, told.value, its_unit)
            yield part, _bounded(resource, told.interval, its_unit)
    yield (
        AGREEMENT,
        _measured(context, AGREEMENT, (codes.AGREEMENT,), statement.agreement, codes.NO_UNITS),
    )
    grade = _observation(context, GRADE, concept(codes.GRADE))
    grade["valueCodeableConcept"] = concept(codes.GRADES[statement.grade])
    grade["note"] = [*grade["note"], *({"text": remark} for remark in statement.remarks)]
    yield GRADE, grade


def _observation(context: Context, part: str, code: Json) -> Json:
    return context.labelled("Observation", part) | {
        "category": [concept(codes.IMAGING)],
        "code": code,
        "bodySite": concept(codes.L3_VERTEBRA),
        "device": {"reference": context.url("device")},
        "derivedFrom": [uid_reference("ImagingStudy", context.statement.study_instance_uid)],
        "note": [{"text": NOT_REVIEWED}],
    }


def _measured(
    context: Context, part: str, meanings: tuple[Code, ...], value: Decimal, unit: Code
) -> Json:
    resource = _observation(context, part, concept(*meanings))
    resource["valueQuantity"] = quantity(value, unit)
    return resource


def _bounded(resource: Json, interval: Range | None, unit: Code) -> Json:
    """The Observation with its interval as a component, where there is one."""
    if interval is not None:
        component = {
            "code": concept(codes.UNCERTAINTY_RANGE, text=f"{interval.coverage:.0%} interval"),
            "valueRange": {
                "low": quantity(interval.low, unit),
                "high": quantity(interval.high, unit),
            },
        }
        resource["component"] = [*resource.get("component", ()), component]
    return resource


def _index(context: Context, value: Decimal) -> Json:
    resource = _measured(
        context,
        INDEX,
        (codes.MUSCLE_INDEX_L3,),
        value,
        codes.SQUARE_CENTIMETRE_PER_SQUARE_METRE,
    )
    height = context.statement.height_m
    if height is not None:
        resource["component"] = [
            {
                "code": concept(codes.BODY_HEIGHT),
                "valueQuantity": quantity(height, codes.METRE),
            }
        ]
    unit = codes.SQUARE_CENTIMETRE_PER_SQUARE_METRE
    return _bounded(resource, context.statement.smi_interval, unit)
