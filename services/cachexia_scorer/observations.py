"""FHIR Observations as evidence: laboratory, vital signs, stage, symptoms, radloom's muscle."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from statistics import NormalDist
from typing import Any

from radloom import codes
from radloom.fhir.staging import stage_of
from services.cachexia_scorer.clinical_codes import KINDS, LOINC, STAGE_GROUPS, symptom
from services.cachexia_scorer.evidence import Evidence, Status
from services.cachexia_scorer.fhir_values import (
    NO_DAY,
    codings,
    comparator,
    effective,
    interval_days,
    mapping,
    mappings,
    number,
    recorded,
    text,
    unit,
    words,
)

SOURCE = "fhir"

MUSCLE: Mapping[str, str] = {
    codes.MUSCLE_AREA_L3.value: "sma",
    codes.MUSCLE_INDEX_L3.value: "smi",
    codes.MUSCLE_ATTENUATION_L3.value: "smd",
}
"""Kind of evidence by radloom's own code."""

_GRADES = {code.value: letter for letter, code in codes.GRADES.items()}
_STANDING = {"preliminary", "final", "amended", "corrected"}
_WITHDRAWN = {"entered-in-error", "cancelled"}
_COVERAGE = re.compile(r"(\d{2}) ?% interval")
_LB = {"[lb_av]": "lb"}

NO_VALUE = "no value: expected valueQuantity with a number"
BAD_COMPARATOR = "comparator unknown: expected <, <=, >= or >"


@dataclass(frozen=True)
class Grades:
    """Grades of muscle results, by the identifiers that all parts of a result share."""

    by_identifier: Mapping[tuple[str, str], str] = field(default_factory=dict)

    def of(self, resource: Mapping[str, Any]) -> str:
        """The grade of the result that a measurement belongs to; empty when none is known."""
        return next(
            (
                self.by_identifier[key]
                for key in _identifiers(resource)
                if key in self.by_identifier
            ),
            "",
        )


def grades(observations: Iterable[Mapping[str, Any]]) -> Grades:
    """The grade of every muscle result among the Observations."""
    found: dict[tuple[str, str], str] = {}
    for resource in observations:
        if (codes.GRADE.system, codes.GRADE.value) not in set(codings(resource.get("code"))):
            continue
        if text(resource.get("status")) not in _STANDING:
            continue
        for system, code in codings(resource.get("valueCodeableConcept")):
            if system == codes.GRADE.system and code in _GRADES:
                found |= dict.fromkeys(_identifiers(resource), _GRADES[code])
    return Grades(found)


def observed(identity: str, resource: Mapping[str, Any], graded: Grades) -> Iterator[Evidence]:
    """The evidence of one Observation; none when its code, status or value says nothing here."""
    status = text(resource.get("status"))
    if status not in _STANDING | _WITHDRAWN or "dataAbsentReason" in resource:
        return
    standing: Status = "present" if status in _STANDING else "retracted"
    for system, code in codings(resource.get("code")):
        if system == LOINC and code in KINDS:
            yield _quantity(identity, KINDS[code], resource, standing)
        elif system == codes.MUSCLE_AREA_L3.system and code in MUSCLE:
            yield _quantity(identity, MUSCLE[code], resource, standing, graded.of(resource))
        elif system == LOINC and code in STAGE_GROUPS:
            yield from _stage(identity, resource, standing)
        elif symptom(system, code):
            yield from _symptom(identity, symptom(system, code), resource, standing)
        else:
            continue
        return


def _quantity(
    identity: str, kind: str, resource: Mapping[str, Any], status: Status, grade: str = ""
) -> Evidence:
    quantity = mapping(resource.get("valueQuantity"))
    value, bound, observed_at = (
        number(quantity.get("value")),
        comparator(quantity),
        effective(resource),
    )
    problem = NO_VALUE if value is None else BAD_COMPARATOR if bound is None else ""
    return Evidence(
        id=identity,
        kind=kind,
        value=value,
        unit=unit(quantity),
        observed_at=observed_at,
        recorded_at=recorded(resource),
        status=status,
        source=SOURCE,
        comparator=bound or "",
        grade=grade,
        variance=_variance(resource) if kind == "sma" else None,
        problem=problem if observed_at else NO_DAY,
    )


def _stage(identity: str, resource: Mapping[str, Any], status: Status) -> Iterator[Evidence]:
    stage = stage_of(words(resource.get("valueCodeableConcept")))
    if stage:
        yield Evidence(
            id=identity,
            kind="stage",
            word=stage,
            observed_at=effective(resource),
            recorded_at=recorded(resource),
            status=status,
            source=SOURCE,
        )


def _symptom(
    identity: str, name: str, resource: Mapping[str, Any], status: Status
) -> Iterator[Evidence]:
    """Present or absent by valueBoolean; a valueQuantity is an amount of weight lost."""
    quantity = mapping(resource.get("valueQuantity"))
    amount, said = number(quantity.get("value")), resource.get("valueBoolean")
    if not isinstance(said, bool) and amount is None and status == "present":
        return
    observed_at = effective(resource)
    code = unit(quantity)
    yield Evidence(
        id=identity,
        kind="symptom",
        word=name,
        value=amount if quantity.get("comparator") is None else None,
        unit=_LB.get(code, code),
        observed_at=observed_at,
        recorded_at=recorded(resource),
        status=status,
        source=SOURCE,
        polarity="absent" if said is False else "present",
        interval_days=interval_days(resource),
        problem="" if observed_at else NO_DAY,
    )


def _variance(resource: Mapping[str, Any]) -> float | None:
    """From the interval of the area, taken as symmetric and normal; None without one."""
    for component in mappings(resource.get("component")):
        concept = mapping(component.get("code"))
        if codes.UNCERTAINTY_RANGE.value not in {code for _, code in codings(concept)}:
            continue
        found = _COVERAGE.fullmatch(text(concept.get("text")))
        limits = mapping(component.get("valueRange"))
        low = number(mapping(limits.get("low")).get("value"))
        high = number(mapping(limits.get("high")).get("value"))
        if found and low is not None and high is not None and low <= high:
            deviations = 2 * NormalDist().inv_cdf(0.5 + int(found[1]) / 200)
            return (float(high - low) / deviations) ** 2 if deviations else None
    return None


def _identifiers(resource: Mapping[str, Any]) -> list[tuple[str, str]]:
    """System and value of each identifier."""
    return [
        (text(i.get("system")), text(i.get("value"))) for i in mappings(resource.get("identifier"))
    ]
