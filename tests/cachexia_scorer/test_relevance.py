"""The evidence list of a score is short, and says all that everything together says."""

import json
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.cachexia_scorer.bundle import evidence_of
from services.cachexia_scorer.evidence import Evidence
from services.cachexia_scorer.features import features
from services.cachexia_scorer.quantities import SCALES
from services.cachexia_scorer.relevance import moment_of, relevant
from services.cachexia_scorer.sources import of_resource
from services.cachexia_scorer.stored import as_json, of_json, sha256_of
from services.ingest.fhir_intake import read_body
from services.ingest.observed import observed

AT = datetime(2026, 4, 3, 12, tzinfo=UTC)
SAMPLE = Path(__file__).parents[2] / "samples" / "cachexia_patient.json"

WORDS = {
    "symptom": ["weight_loss", "fatigue"],
    "stage": ["II", "IV"],
    "sex": ["female", "male"],
    "diagnosis": ["malignancy"],
}
UNITS = {name: [scale.unit, "furlong"] for name, scale in SCALES.items()}


@st.composite
def items(draw: st.DrawFn) -> Evidence:
    kind = draw(st.sampled_from([*SCALES, *WORDS]))
    days = draw(st.none() | st.integers(-3, 900))
    value = draw(st.fractions(0, 300, max_denominator=20))
    common: dict[str, Any] = {
        "id": f"{kind}/{draw(st.integers(0, 5))}",
        "kind": kind,
        "observed_at": None if days is None else AT - timedelta(days=days),
        "recorded_at": draw(st.none() | st.just(AT - timedelta(days=days or 0))),
        "status": draw(st.sampled_from(["present", "present", "present", "retracted"])),
        "problem": "" if days is not None else "no day",
    }
    if kind in SCALES:
        return Evidence(
            value=value,
            unit=draw(st.sampled_from(UNITS[kind])),
            comparator=draw(st.sampled_from(["", "", "<", ">="])),
            grade=draw(st.sampled_from(["", "A", "B", "C"])),
            **common,
        )
    return Evidence(
        word=draw(st.sampled_from(WORDS[kind])),
        value=draw(st.none() | st.just(value)),
        unit="kg",
        interval_days=draw(st.none() | st.integers(10, 400)),
        polarity=draw(st.sampled_from(["present", "absent", "historical", "other"])),
        **common,
    )


@given(st.lists(items(), max_size=40))
def test_the_relevant_evidence_gives_the_same_features(evidence: list[Evidence]) -> None:
    kept = relevant(evidence, AT)
    assert features(kept, AT) == features(evidence, AT)
    assert relevant(kept, AT) == kept
    assert {item.status for item in kept} <= {"present"}


@given(st.lists(items(), max_size=12))
def test_evidence_comes_back_from_json_as_it_was(evidence: list[Evidence]) -> None:
    stored = json.loads(json.dumps([as_json(item) for item in evidence]))
    assert [of_json(item) for item in stored] == evidence
    assert sha256_of(reversed(evidence)) == sha256_of(evidence)


def test_daily_values_of_years_leave_a_short_list() -> None:
    daily = [
        Evidence(
            id=f"{kind}/{day}",
            kind=kind,
            value=Fraction(value),
            unit=unit,
            observed_at=AT - timedelta(days=day),
        )
        for kind, value, unit in (("albumin", 31, "g/L"), ("crp", 12, "mg/L"))
        for day in range(1500)
    ]
    assert {item.id for item in relevant(daily, AT)} == {"albumin/0", "crp/0"}


@pytest.mark.parametrize(("ahead", "counts"), [(0, True), (1, True), (2, False), (70_000, False)])
def test_the_moment_is_that_of_the_newest_evidence_not_dated_ahead(
    ahead: int, *, counts: bool
) -> None:
    recorded = AT - timedelta(days=10)
    item = Evidence(
        id="x",
        kind="crp",
        value=Fraction(1),
        unit="mg/L",
        observed_at=recorded + timedelta(days=ahead),
        recorded_at=recorded,
    )
    assert moment_of([item]) == (item.observed_at if counts else None)


def test_a_resource_says_the_same_by_event_and_in_a_bundle() -> None:
    sample = json.loads(SAMPLE.read_text())
    compared = 0
    for entry in sample["entry"]:
        resource = entry["resource"]
        if resource["resourceType"] not in ("Observation", "Condition"):
            continue
        lone = {"resourceType": "Bundle", "type": "collection", "entry": [entry]}
        expected = evidence_of(lone)
        for sent in read_body(json.dumps(lone).encode(), "Bundle").sent:
            event = observed(
                sent.resource,
                subject_key="5f" * 32,
                resource_key=resource["id"],
                version_key="v",
                recorded=expected[0].recorded_at or AT,
            )
            found = of_resource(event).evidence
            assert [(*as_json(e).items(), "") for e in found] == [
                (*(as_json(e) | {"source": "clinical.observed"}).items(), "") for e in expected
            ]
            compared += 1
    assert compared == 12
