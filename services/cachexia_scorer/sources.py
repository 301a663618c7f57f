"""Events as evidence: each event replaces all that its source said before.

A source is one study, one document, or one resource of the record. Its newest version stands, by
revision and time of recording, whatever order the versions come in.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from decimal import Decimal
from fractions import Fraction
from statistics import NormalDist
from typing import Any

from google.protobuf.message import Message

from radloom.results import Range, state
from radloom.wire.v1.clinical_observed_pb2 import ClinicalObserved
from radloom.wire.v1.muscle_measured_pb2 import MuscleMeasured
from radloom.wire.v1.report_structured_pb2 import ReportStructured, SymptomMention
from services.cachexia_scorer import conditions, observations
from services.cachexia_scorer.evidence import Evidence, Polarity
from services.cachexia_scorer.fhir_values import UCUM, moment
from services.cachexia_scorer.quantities import exact

POLARITIES: Mapping[str, Polarity] = {
    "present": "present",
    "absent": "absent",
    "historical": "historical",
}
NO_STUDY_DAY = "no day of observation: the images do not say when they were made"
NO_WRITING_DAY = "no day of observation: the document does not say when it was written"


@dataclass(frozen=True)
class Source:
    """What one source says in one version.

    Attributes:
        name: "muscle/<study>", "report/<document>", "Observation/<key>".
        revision: Of sources that count theirs; else 0.
        recorded_at: When this version was recorded.
        digest: Of the event: decides between two versions of the same time.
        evidence: All that it says; nothing when it was taken back.
    """

    name: str
    revision: int
    recorded_at: datetime
    digest: str
    evidence: tuple[Evidence, ...]

    @property
    def order(self) -> tuple[int, datetime, str]:
        """Of two versions the greater stands."""
        return self.revision, self.recorded_at, self.digest


def digest_of(event: Message) -> str:
    """Digest of what an event says."""
    return hashlib.sha256(event.SerializeToString(deterministic=True)).hexdigest()


def of_muscle(event: MuscleMeasured) -> Source:
    """The measurement of a study, with the numbers that were published; a refusal says nothing.

    Raises:
        Rejected: The event contradicts itself.
    """
    recorded = event.measured_at.ToDatetime(UTC)
    name = f"muscle/{event.study_instance_uid}"
    evidence: tuple[Evidence, ...] = ()
    if event.WhichOneof("outcome") == "measurement":
        evidence = tuple(_measurements(event, name, recorded))
    return Source(name, event.study_revision, recorded, digest_of(event), evidence)


def _measurements(event: MuscleMeasured, name: str, recorded: datetime) -> list[Evidence]:
    statement = state(event)
    observed = _day_or_moment(event.acquired)
    common = Evidence(
        id="",
        kind="",
        observed_at=observed,
        recorded_at=recorded,
        source="muscle.measured",
        grade=statement.grade,
        problem="" if observed else NO_STUDY_DAY,
    )
    numbers = {
        "sma": (statement.area_cm2, "cm2", _variance(statement.area_interval_cm2)),
        "smd": (statement.mean_hu, "[hnsf'U]", None),
        "smi": (statement.smi_cm2_per_m2, "cm2/m2", None),
    }
    return [
        replace(
            common,
            id=f"{name}#{kind}",
            kind=kind,
            value=Fraction(value),
            unit=unit,
            variance=variance,
        )
        for kind, (value, unit, variance) in numbers.items()
        if value is not None
    ]


def _variance(interval: Range) -> float:
    """Of a normal error whose central interval this is."""
    deviations = 2 * NormalDist().inv_cdf(0.5 + float(interval.coverage) / 2)
    return (float(interval.high - interval.low) / deviations) ** 2 if deviations else 0.0


def _day_or_moment(written: str) -> datetime | None:
    """As `fhir_values.moment`: the record is told the same day."""
    found = moment(written)
    if found is None and "T" in written:  # a time without zone: the day alone is known
        return datetime.combine(date.fromisoformat(written[:10]), time(), UTC)
    return found


def of_report(event: ReportStructured) -> Source:
    """The symptoms that a document speaks of."""
    name = f"report/{event.document_id}"
    recorded = event.structured_at.ToDatetime(UTC)
    written = moment(event.authored_at)
    mentions = tuple(_mention(m, name, written, recorded) for m in event.symptoms)
    return Source(name, 0, recorded, digest_of(event), mentions)


def _mention(
    mention: SymptomMention, name: str, written: datetime | None, recorded: datetime
) -> Evidence:
    return Evidence(
        id=f"{name}#{mention.symptom}.{mention.start}",
        kind="symptom",
        word=mention.symptom,
        value=exact(mention.value) if mention.HasField("value") else None,
        unit=mention.unit,
        observed_at=written,
        recorded_at=recorded,
        source="report.structured",
        polarity=POLARITIES.get(mention.status, "other"),
        interval_days=mention.interval_days if mention.HasField("interval_days") else None,
        problem="" if written else NO_WRITING_DAY,
    )


def of_resource(event: ClinicalObserved) -> Source:
    """What a resource says: read as the same resource of a bundle is."""
    name = f"{event.resource_type}/{event.resource_key}"
    found: tuple[Evidence, ...] = ()
    if event.resource_type == "Observation":
        found = tuple(observations.observed(name, _observation(event), observations.Grades()))
    elif event.resource_type == "Condition":
        found = tuple(conditions.stated(name, _condition(event)))
    return Source(
        name,
        0,
        event.recorded.ToDatetime(UTC),
        digest_of(event),
        tuple(
            replace(item, source="clinical.observed") for item in found if item.status == "present"
        ),
    )


def _observation(event: ClinicalObserved) -> dict[str, Any]:
    resource: dict[str, Any] = _common(event) | {"status": event.status}
    if event.HasField("effective_start") and event.HasField("effective"):
        resource["effectivePeriod"] = {
            "start": _iso(event, "effective_start"),
            "end": _iso(event, "effective"),
        }
    elif event.HasField("effective"):
        resource["effectiveDateTime"] = _iso(event, "effective")
    if event.HasField("quantity"):
        given = event.quantity
        resource["valueQuantity"] = {"value": Decimal(given.value), "unit": given.unit}
        if given.unit:
            resource["valueQuantity"] |= {"system": UCUM, "code": given.unit}
        if given.comparator:
            resource["valueQuantity"]["comparator"] = given.comparator
    if event.HasField("answer"):
        resource["valueBoolean"] = event.answer
    if event.stage_group:
        resource["valueCodeableConcept"] = {"text": f"Stage {event.stage_group}"}
    if event.value_absent:
        resource["dataAbsentReason"] = {}
    return resource


def _condition(event: ClinicalObserved) -> dict[str, Any]:
    resource = _common(event)
    for element, code in (
        ("clinicalStatus", event.clinical_status),
        ("verificationStatus", event.status),
    ):
        if code:
            resource[element] = {"coding": [{"code": code}]}
    if event.HasField("effective"):
        resource["recordedDate"] = _iso(event, "effective")
    if event.stage_group:
        resource["stage"] = [{"summary": {"text": f"Stage {event.stage_group}"}}]
    return resource


def _common(event: ClinicalObserved) -> dict[str, Any]:
    return {
        "resourceType": event.resource_type,
        "meta": {"lastUpdated": _iso(event, "recorded")},
        "code": {"coding": [{"system": c.system, "code": c.code} for c in event.codes]},
    }


def _iso(event: ClinicalObserved, field: str) -> str:
    moment_told: datetime = getattr(event, field).ToDatetime(UTC)
    return moment_told.isoformat()
