"""FHIR R4 transaction of one cachexia score: Device, Observations, RiskAssessment, Provenance.

One Observation per criterion that could be computed. The risk goes to the record only in mode
"active", as a RiskAssessment and as an Observation for records that show no other; in "shadow" the
record never hears of it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN, Decimal

from radloom import codes
from radloom.errors import Rejected
from radloom.fhir.elements import Json, concept, instant, quantity, uid_identifier
from radloom.fhir.observations import Subject
from radloom.fhir.transactions import (
    device_entry,
    entity,
    provenance_entry,
    provenance_of,
    transaction,
    updated,
)
from radloom.identifiers import derived_uid, derived_uuid
from radloom.results import MANUFACTURER, NOT_REVIEWED, Algorithm, algorithm_of, rounded
from radloom.wire.v1.cachexia_scored_pb2 import (
    CachexiaRisk,
    CachexiaScored,
    CriterionInput,
    CriterionResult,
)

WITHDRAWN = "entered-in-error"
ALGORITHM_NAME = "radloom cachexia score"
RISK, RISK_OBSERVATION = "risk", "risk observation"

HUNDREDTH, THOUSANDTH = Decimal("0.01"), Decimal("0.001")
DERIVABLE = ("DocumentReference", "Observation")
"""Types that Observation.derivedFrom may refer to, of those that evidence has."""

INPUT_DIGITS = 6
"""Significant digits of an input: as measured, without the tail of a converted unit."""


@dataclass(frozen=True)
class Filing:
    """Where a score belongs.

    Attributes:
        subject: Whom it is about.
        sources: What the record calls each piece of evidence, by its id; logical references.
    """

    subject: Subject
    sources: Mapping[str, Json]


def build_bundle(
    event: CachexiaScored, filing: Filing, *, replaces: CachexiaScored | None = None
) -> Json:
    """Transaction that makes the score the subject's current one in the record.

    Args:
        event: The score.
        filing: Where it belongs.
        replaces: The score that was current until now; what it said and the new one does not is
            taken back: entered in error.

    Raises:
        Rejected: The subject has no identifier, or a criterion no code.
    """
    made = _Resources(event, filing)
    parts = list(made.parts())
    if replaces is not None:
        if replaces.subject_key != event.subject_key:
            raise Rejected("a score replaces one of another subject", reason="contradiction")
        kept = {name for name, _ in parts}
        former = _Resources(replaces, replace(filing, sources={}), WITHDRAWN)
        parts += [(name, resource) for name, resource in former.parts() if name not in kept]
    if not parts:
        raise Rejected("the score says nothing to the record", reason="empty_result")
    return transaction(
        [
            device_entry(made.url("device"), algorithm(event)),
            *(updated(made.url(name), resource) for name, resource in parts),
            provenance_entry(
                made.url(f"provenance {event.result_id} {event.revision}"),
                made.provenance([name for name, _ in parts], replaces),
                f"{event.result_id}.{event.revision}",
            ),
        ]
    )


def says_nothing(event: CachexiaScored) -> bool:
    """Whether the record would hear nothing of it."""
    return active(event) is None and not any(c.WhichOneof("result") for c in event.criteria)


def active(event: CachexiaScored) -> CachexiaRisk | None:
    """The risk that the record may be told: of the early head, trained and accepted by a site."""
    found = (r for r in event.risks if r.mode == "active" and r.head == "early")
    return next(found, None)


def algorithm(event: CachexiaScored) -> Algorithm:
    """What made that which the record is told: models only when their answer is told."""
    criteria = f"published criteria, {MANUFACTURER} {event.engine}"
    if active(event) is None:
        return Algorithm(ALGORITHM_NAME, event.engine, (criteria,))
    models = algorithm_of(event.models)
    weights = models.version.partition("+")[2]
    return Algorithm(ALGORITHM_NAME, f"{event.engine}+{weights}", (criteria, *models.parameters))


@dataclass(frozen=True)
class _Resources:
    """Resources of one score."""

    event: CachexiaScored
    filing: Filing
    status: str = "preliminary"

    def url(self, name: str) -> str:
        """Name of a resource inside the bundle (its `fullUrl`)."""
        return derived_uuid("fhir cachexia", self.event.subject_key, name).urn

    def parts(self) -> Iterator[tuple[str, Json]]:
        """Part and resource, criteria in the order of the panel."""
        for criterion in self.event.criteria:
            if criterion.WhichOneof("result") is not None:
                yield criterion.name, self._criterion(criterion)
        risk = active(self.event)
        if risk is not None:
            yield RISK_OBSERVATION, self._risk_observation(risk)
            yield RISK, self._risk_assessment(risk)

    def provenance(self, targets: Sequence[str], replaces: CachexiaScored | None) -> Json:
        """Who made what of which evidence."""
        event = self.event
        sources = [{"role": "source", "what": what} for what in self._sources(event.evidence)]
        engine = [entity("derivation", p, "engine") for p in algorithm(event).parameters]
        former = (
            []
            if replaces is None
            else [
                entity("revision", f"{replaces.result_id}.{replaces.revision}", "replaced result")
            ]
        )
        return provenance_of(
            f"{event.result_id}.{event.revision}",
            device_url=self.url("device"),
            targets=[self.url(name) for name in targets],
            recorded=self._scored_at,
            activity=codes.CREATED if replaces is None else codes.REVISED,
            entities=sources + engine + former,
        )

    @property
    def _scored_at(self) -> datetime:
        return self.event.scored_at.ToDatetime(UTC).replace(microsecond=0)

    def _sources(self, evidence: Sequence[str]) -> list[Json]:
        """References to evidence, each once."""
        found: list[Json] = []
        for name in evidence:
            what = self.filing.sources.get(name)
            if what is not None and what not in found:
                found.append(what)
        return found

    def _labelled(self, resource_type: str, name: str) -> Json:
        """Start of every resource that AI asserts."""
        return {
            "resourceType": resource_type,
            "meta": {"security": [concept(codes.AI_ASSERTED)["coding"][0]]},
            "identifier": [
                uid_identifier(derived_uid("cachexia score", self.event.subject_key, name))
            ],
            "status": self.status,
            "subject": self.filing.subject.reference(),
        }

    def _observation(self, name: str, code: codes.Code, evidence: Sequence[str]) -> Json:
        resource = self._labelled("Observation", name) | {
            "category": [concept(codes.SURVEY)],
            "code": concept(code),
            "issued": instant(self._scored_at),
            "effectiveDateTime": instant(self.event.at.ToDatetime(UTC)),
            "device": {"reference": self.url("device")},
        }
        sources = [s for s in self._sources(evidence) if s["type"] in DERIVABLE]
        return resource | ({"derivedFrom": sources} if sources else {})

    def _criterion(self, criterion: CriterionResult) -> Json:
        if criterion.name not in codes.CRITERIA:
            raise Rejected(
                f"criterion {criterion.name[:40]!r} has no code; expected one of"
                f" {', '.join(codes.CRITERIA)}",
                reason="unknown_code",
            )
        evidence = [name for item in criterion.inputs for name in item.evidence]
        resource = self._observation(criterion.name, codes.CRITERIA[criterion.name], evidence)
        match criterion.WhichOneof("result"):
            case "holds":
                resource["valueBoolean"] = criterion.holds
            case "points":
                resource["valueInteger"] = criterion.points
            case _:
                number = rounded(criterion.number, HUNDREDTH, criterion.name)
                resource["valueQuantity"] = quantity(number, codes.NO_UNITS)
        resource["component"] = [_component(item) for item in criterion.inputs]
        resource["note"] = [{"text": NOT_REVIEWED}, {"text": criterion.citation}]
        return {name: value for name, value in resource.items() if value != []}

    def _risk_observation(self, risk: CachexiaRisk) -> Json:
        resource = self._observation(RISK_OBSERVATION, codes.CACHEXIA_RISK, self.event.evidence)
        probability, low, high = _three(risk)
        resource["valueQuantity"] = quantity(probability, codes.NO_UNITS)
        resource["component"] = [
            {
                "code": concept(
                    codes.UNCERTAINTY_RANGE, text=f"{risk.interval.coverage:.0%} interval"
                ),
                "valueRange": {
                    "low": quantity(low, codes.NO_UNITS),
                    "high": quantity(high, codes.NO_UNITS),
                },
            }
        ]
        resource["note"] = [{"text": NOT_REVIEWED}, {"text": _verdict(risk)}]
        return resource

    def _risk_assessment(self, risk: CachexiaRisk) -> Json:
        probability, low, high = _three(risk)
        interval = f"{risk.interval.coverage:.0%} interval {low} to {high}"
        resource = self._labelled("RiskAssessment", RISK) | {
            "method": {"text": f"{ALGORITHM_NAME} {algorithm(self.event).version}"},
            "occurrenceDateTime": instant(self.event.at.ToDatetime(UTC)),
            "performer": {"reference": self.url("device")},
            "prediction": [
                {
                    "outcome": concept(codes.CACHEXIA),
                    "probabilityDecimal": float(probability),
                    "qualitativeRisk": {"text": _verdict(risk)},
                    "rationale": interval,
                }
            ],
            "note": [{"text": NOT_REVIEWED}],
        }
        basis = self._sources(self.event.evidence)
        return resource | ({"basis": basis} if basis else {})


def _component(item: CriterionInput) -> Json:
    """An input, as it was used."""
    code = {"text": item.name.replace("_", " ")}
    if item.WhichOneof("value") == "word":
        return {"code": code, "valueString": item.word}
    value = Decimal(repr(item.number))
    digits = INPUT_DIGITS - 1 - value.adjusted() if value else 0
    shown = value.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_EVEN).normalize()
    unit = codes.Code(item.unit, "UCUM", item.unit)
    found = quantity(shown, unit)
    return {
        "code": code,
        "valueQuantity": found | ({"comparator": item.comparator} if item.comparator else {}),
    }


def _three(risk: CachexiaRisk) -> tuple[Decimal, Decimal, Decimal]:
    """Probability and interval, to three decimals."""
    probability, low, high = (
        rounded(value, THOUSANDTH, "probability")
        for value in (risk.probability, risk.interval.low, risk.interval.high)
    )
    if not 0 <= low <= probability <= high <= 1:
        raise Rejected(
            f"probability {probability} in {low}..{high}: expected within 0..1",
            reason="impossible_number",
        )
    return probability, low, high


def _verdict(risk: CachexiaRisk) -> str:
    meanings = {
        "cachexia": "cachexia",
        "not": "no cachexia",
        "unsure": "unsure: neither cachexia nor its absence can be excluded",
    }
    return meanings[risk.prediction_set]
