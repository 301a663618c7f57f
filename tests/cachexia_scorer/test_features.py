from dataclasses import replace
from datetime import timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.cachexia_scorer.evidence import Evidence, Status, standing
from services.cachexia_scorer.features import LABELS, features
from services.cachexia_scorer.panel import panel
from services.cachexia_scorer.states import Finding, Missing, Reading
from tests.cachexia_scorer.patients import AT, evidence, patient

UNITS = {
    "albumin": ("g/L", "g/dL"),
    "crp": ("mg/L",),
    "weight": ("kg", "[lb_av]"),
    "smi": ("cm2/m2",),
}

DAYS = st.integers(-3, 400)


@st.composite
def facts(draw: st.DrawFn) -> Evidence:
    kind = draw(st.sampled_from([*UNITS, "sex", "diagnosis", "symptom"]))
    status: Status = draw(st.sampled_from(["present", "present", "retracted", "superseded"]))
    observed = draw(st.none() | DAYS.map(lambda d: AT - timedelta(days=d)))
    return Evidence(
        id=draw(st.sampled_from("abcdefgh")),
        kind=kind,
        value=draw(st.integers(1, 120)) * Fraction(1, 2) if kind in UNITS else None,
        unit=draw(st.sampled_from(UNITS[kind])) if kind in UNITS else "",
        word={"sex": "female", "diagnosis": "malignancy", "symptom": "fatigue"}.get(kind, ""),
        observed_at=observed,
        recorded_at=draw(st.none() | DAYS.map(lambda d: AT - timedelta(days=d))),
        status=status,
        grade=draw(st.sampled_from(["A", "B", "C", ""])),
        polarity=draw(st.sampled_from(["present", "absent", "historical", "other"])),
    )


@given(st.lists(facts(), max_size=12).flatmap(lambda f: st.tuples(st.just(f), st.permutations(f))))
def test_every_order_of_the_same_evidence_gives_the_same_features(
    orders: tuple[list[Evidence], list[Evidence]],
) -> None:
    first, second = orders

    assert features(first, AT) == features(second, AT)


@given(st.lists(facts(), max_size=10), facts())
def test_a_fact_that_is_taken_back_leaves_no_trace(items: list[Evidence], fact: Evidence) -> None:
    others = [replace(item, id=f"other {item.id}") for item in items]
    said = replace(fact, status="present", recorded_at=AT)
    back = replace(fact, status="retracted", recorded_at=AT + timedelta(seconds=1))

    assert features([*others, said, back], AT) == features(others, AT)


@given(st.lists(facts(), max_size=12))
def test_evidence_from_after_the_moment_of_the_score_changes_nothing(items: list[Evidence]) -> None:
    later = [
        replace(item, id=f"later {item.id}", observed_at=AT + timedelta(days=1)) for item in items
    ]

    assert features([*items, *later], AT) == features(items, AT)


@given(st.lists(facts(), max_size=12))
def test_every_criterion_has_either_a_result_or_a_reason(items: list[Evidence]) -> None:
    for result in panel(features(items, AT)):
        assert (result.result is None) == bool(result.missing)


@given(st.lists(facts(), max_size=12))
def test_every_input_names_evidence_that_stands(items: list[Evidence]) -> None:
    ids = {item.id for item in standing(items)}

    for result in panel(features(items, AT)):
        for used in result.inputs:
            assert used.evidence
            assert set(used.evidence) <= ids


def test_nothing_known_is_missing_and_never_zero() -> None:
    state = features([], AT)

    assert set(state.states) == set(LABELS)
    assert all(isinstance(s, Missing) and s.reason for s in state.states.values())
    assert state.symptoms == {}


def test_a_corrected_value_takes_the_place_of_the_first_one_in_every_order() -> None:
    (first,) = evidence("albumin=4.3 g/dL")
    first = replace(first, recorded_at=AT)
    corrected = replace(first, value=Fraction("3.4"), recorded_at=AT + timedelta(hours=1))

    for order in ([first, corrected], [corrected, first]):
        found = features(order, AT).states["albumin"]
        assert isinstance(found, Reading)
        assert found.value == Fraction("3.4")


def test_a_value_that_is_said_again_after_its_retraction_counts() -> None:
    (first,) = evidence("albumin=4.3 g/dL")
    back = replace(first, status="retracted", recorded_at=AT)
    again = replace(first, recorded_at=AT + timedelta(hours=1))

    assert isinstance(features([again, back, first], AT).states["albumin"], Reading)


def test_a_retraction_without_time_is_the_last_word() -> None:
    (first,) = evidence("albumin=4.3 g/dL")
    first = replace(first, recorded_at=AT)

    found = features([replace(first, status="retracted", recorded_at=None), first], AT)

    assert found.states["albumin"] == Missing("missing")


def test_a_late_older_value_does_not_replace_a_newer_one() -> None:
    state = patient("albumin=3.4 g/dL@1; albumin=4.3 g/dL@20")

    assert isinstance(state.states["albumin"], Reading)
    assert state.states["albumin"].evidence == ("Observation/0",)


def test_a_retracted_weight_takes_its_loss_with_it() -> None:
    items = evidence("weight=90 kg@170; weight=80 kg@160; weight=79 kg@0")
    assert features(items, AT).reading("weight_loss_6_months") != Missing("missing")

    items[0] = replace(items[0], status="retracted")
    found = features(items, AT).states["weight_loss_6_months"]

    assert isinstance(found, Reading)
    assert found.value == Fraction(100, 80)


@pytest.mark.parametrize("feature", ["weight_loss_6_months", "weight_loss_longer"])
def test_weight_that_was_gained_is_a_loss_of_nothing(feature: str) -> None:
    found = patient("weight=70 kg@400; weight=75 kg@170; weight=80 kg@0").states[feature]

    assert isinstance(found, Reading)
    assert found.value == 0


def test_an_index_from_area_and_height_carries_the_variance_of_the_area() -> None:
    area, height = evidence("sma=100 cm2; height=2 m")

    found = features([replace(area, variance=16.0), height], AT).states["smi"]

    assert isinstance(found, Reading)
    assert found.value == 25
    assert (found.variance, found.grade) == (1.0, "A")
    assert found.evidence == ("Observation/0", "Observation/1")


@pytest.mark.parametrize(
    ("days", "expected"), [(90, Finding), (91, Missing)], ids=["in time", "stale"]
)
def test_a_symptom_counts_for_a_quarter(days: int, expected: type) -> None:
    found = patient(f"told=6 %/30@{days}").symptoms["weight_loss"]

    assert isinstance(found, expected)


def test_of_two_mentions_of_a_symptom_the_newer_one_counts() -> None:
    (old,) = evidence("told=6 %/30@20")
    new = replace(old, id="Observation/9", polarity="absent", observed_at=AT)

    assert features([new, old], AT).symptoms["weight_loss"] == Finding("absent", AT, (new.id,))


def test_a_weight_loss_on_purpose_is_no_weight_loss() -> None:
    (told,) = evidence("told=20 %/90")

    found = features([replace(told, polarity="other")], AT).states["weight_loss_6_months"]

    assert isinstance(found, Missing)


def test_one_active_malignancy_counts_however_many_are_past() -> None:
    state = patient("cancer=historical@0; cancer=present@400; cancer=absent@1")

    assert isinstance(state.states["malignancy"], Finding)
    assert state.states["malignancy"].value == "present"
