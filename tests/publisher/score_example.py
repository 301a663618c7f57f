"""A small score: what cachexia_scorer says of a patient in a few values."""

from datetime import UTC, datetime

from radloom.fhir.cachexia import Filing
from radloom.fhir.observations import Subject
from radloom.wire.v1.cachexia_scored_pb2 import CachexiaScored
from radloom.wire.v1.custodian_service_pb2 import ResolvedResource
from services.cachexia_scorer.outcome import outcome
from services.cachexia_scorer.score import score
from services.publisher.cachexia_result import references, resource_keys
from tests.cachexia_scorer.events import KEY, models, stage_scorer
from tests.cachexia_scorer.patients import AT, evidence

LINE = (
    "sex=male; born=1955-04-12; weight=80 kg@170; weight=74 kg; height=170 cm; albumin=31 g/L;"
    " crp=12 mg/L; smi=40 cm2/m2 B; cancer=present; neutrophils=6.3 10*9/L; lymphocytes=1.8 10*9/L"
)


def scored(
    line: str = LINE, *, revision: int = 1, mode: str = "shadow", risk: float | None = None
) -> CachexiaScored:
    """The event about the patient of a line (see `patients`)."""
    assert models()
    made = score(evidence(line), AT, stage_scorer().ask)
    event = outcome(made, KEY, "0.1.0")
    event.revision = revision
    event.scored_at.FromDatetime(datetime(2026, 4, 3, 13, revision, tzinfo=UTC))
    for head in event.risks:
        head.mode = mode
        if risk is not None:
            head.probability, head.interval.low, head.interval.high = risk, risk - 0.1, risk + 0.1
    return event


def resolved(event: CachexiaScored) -> list[ResolvedResource]:
    """What ingest says of the evidence: every other resource has an identifier of its own."""
    return [
        ResolvedResource(
            resource_key=key,
            resource_type="Observation",
            resource_id=f"o-{key}",
            identifier_system="urn:lab" if number % 2 else "",
            identifier_value=f"L-{key}" if number % 2 else "",
        )
        for number, key in enumerate(resource_keys(event.evidence))
    ]


def filing(event: CachexiaScored) -> Filing:
    """Where it belongs."""
    sources = references(event.evidence, resolved(event))
    return Filing(Subject("PATIENT-7", system="urn:oid:2.25.999"), sources)
