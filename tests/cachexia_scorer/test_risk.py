"""The shipped risk model, asked as the service asks it."""

import itertools
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from radloom.adapters.model_repository import models_of
from radloom.adapters.onnx import EmbeddedInference
from services.cachexia_scorer.risk import (
    FEATURES,
    HEADS,
    MODALITIES,
    MODEL,
    NAMES,
    Head,
    Risk,
    Value,
    inputs,
    mode_of,
    observed_modalities,
    read_by,
    risk,
)

REPOSITORY = Path(__file__).parents[2] / "triton_models"
INFERENCE = EmbeddedInference(REPOSITORY)

PATIENT = {
    "age_years": Value(71.0),
    "sex_male": Value(1.0),
    "stage": Value(4.0),
    "bmi_kg_per_m2": Value(21.0),
    "muscle_attenuation_hu": Value(28.0, 1.0),
    "smi_cm2_per_m2": Value(40.0, 1.5),
    "albumin_g_per_dl": Value(3.2),
    "crp_mg_per_l": Value(38.0),
    "neutrophil_lymphocyte_ratio": Value(6.1),
    "haemoglobin_g_per_dl": Value(10.4),
    "symptom_appetite_loss": Value(1.0),
    "symptom_fatigue": Value(1.0),
    "symptom_weight_loss": Value(1.0),
}
WELL = PATIENT | {
    "stage": Value(1.0),
    "bmi_kg_per_m2": Value(27.0),
    "muscle_attenuation_hu": Value(45.0),
    "smi_cm2_per_m2": Value(58.0),
    "albumin_g_per_dl": Value(4.5),
    "crp_mg_per_l": Value(1.0),
    "neutrophil_lymphocyte_ratio": Value(1.8),
    "haemoglobin_g_per_dl": Value(14.5),
    "symptom_appetite_loss": Value(0.0),
    "symptom_fatigue": Value(0.0),
    "symptom_weight_loss": Value(0.0),
}


def asked(values: dict[str, Value], head: Head = "early") -> Risk | None:
    given = inputs(values)
    return risk(given, INFERENCE.infer(MODEL, given.tensors).outputs, head)


def answered(values: dict[str, Value], head: Head = "early") -> Risk:
    found = asked(values, head)
    assert found is not None
    return found


def only(*modalities: str) -> dict[str, Value]:
    return {
        feature.name: PATIENT[feature.name]
        for feature in FEATURES
        if feature.modality in modalities and feature.name in PATIENT
    }


SUBSETS = [subset for k in range(1, 5) for subset in itertools.combinations(MODALITIES, k)]


def test_the_golden_inference_of_both_models_is_right() -> None:
    for model in (MODEL, "cachexia_survival"):
        INFERENCE.ready(model)


@pytest.mark.parametrize("head", HEADS)
def test_an_ill_patient_has_a_higher_risk_than_a_well_one(head: Head) -> None:
    ill, well = answered(PATIENT, head), answered(WELL, head)
    assert ill.prediction_set == "cachexia"
    assert well.prediction_set == "not"
    assert ill.probability > 0.75
    assert well.probability < 0.45


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("modalities", SUBSETS, ids="+".join)
def test_base_and_contributions_sum_to_the_logit_whatever_is_missing(
    modalities: tuple[str, ...], head: Head
) -> None:
    found = answered(only(*modalities), head)
    logit = np.log(found.probability / (1 - found.probability))
    total = found.base_logit + sum(c.logit for c in found.contributions)
    assert total == pytest.approx(logit, abs=1e-5)
    by_modality = sum(found.of_modality(m) for m in MODALITIES)
    assert found.base_logit + by_modality == pytest.approx(logit, abs=1e-5)
    assert found.modalities == modalities
    assert {c.modality for c in found.contributions} <= set(modalities)
    assert found.interval[0] < found.probability < found.interval[1]


def test_nothing_known_gives_no_risk() -> None:
    assert asked({}) is None
    assert asked({"bmi_kg_per_m2": Value(19.0)}, "early") is None  # the early head may not read it
    assert asked({"bmi_kg_per_m2": Value(19.0)}, "full") is not None


@pytest.mark.parametrize("name", [f.name for f in FEATURES if f.defines])
def test_the_early_head_gives_the_same_bits_whatever_defines_the_label(name: str) -> None:
    low, high = FEATURES[NAMES.index(name)].plausible
    without = {k: v for k, v in PATIENT.items() if k != name}
    answers = [answered(without | extra) for extra in ({}, {name: Value(low)}, {name: Value(high)})]
    assert answers[0].probability == answers[1].probability == answers[2].probability
    assert answers[0].interval == answers[1].interval == answers[2].interval


def test_no_head_reads_the_recorded_weight_loss_and_the_full_head_reads_the_rest() -> None:
    for head in HEADS:
        plain = answered(PATIENT, head)
        told = answered(PATIENT | {"weight_loss_percent": Value(25.0)}, head)
        assert plain.probability == told.probability
    assert answered(PATIENT | {"bmi_kg_per_m2": Value(32.0)}, "full").probability != (
        answered(PATIENT, "full").probability
    )


def test_symptoms_that_the_notes_are_silent_about_say_something_only_when_notes_were_read() -> None:
    silent = [c for c in answered(PATIENT).contributions if not c.known]
    assert {c.modality for c in silent} == {"notes"}
    without_notes = answered({k: v for k, v in PATIENT.items() if not k.startswith("symptom_")})
    assert all(c.known for c in without_notes.contributions)


def test_a_measurement_with_a_large_error_moves_the_risk_less() -> None:
    def moved(error_sd: float) -> float:
        with_it = PATIENT | {"muscle_attenuation_hu": Value(10.0, error_sd)}
        found = answered(with_it)
        return next(c.logit for c in found.contributions if c.feature == "muscle_attenuation_hu")

    assert moved(0.0) > moved(3.0) > moved(20.0) > 0


def test_an_implausible_value_counts_as_missing_and_is_named() -> None:
    slip = inputs(PATIENT | {"albumin_g_per_dl": Value(32.0)})  # g/L
    assert slip.implausible == ("albumin_g_per_dl",)
    assert slip.tensors["observed"][0, NAMES.index("albumin_g_per_dl")] == 0
    without = {k: v for k, v in PATIENT.items() if k != "albumin_g_per_dl"}
    assert answered(PATIENT | {"albumin_g_per_dl": Value(32.0)}) == answered(without)


def test_an_unknown_name_or_error_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown feature 'albumin'"):
        inputs({"albumin": Value(3.0)})
    with pytest.raises(ValueError, match="error_sd"):
        inputs({"age_years": Value(60.0, float("nan"))})


values = st.fixed_dictionaries(
    {},
    optional={
        f.name: st.floats(*f.plausible).map(Value)
        if f.name not in {"sex_male", "stage"} and f.modality != "notes"
        else st.integers(round(f.plausible[0]), round(f.plausible[1])).map(
            lambda v: Value(float(v))
        )
        for f in FEATURES
    },
)


@settings(max_examples=60)
@given(values, st.sampled_from(HEADS))
def test_any_patient_gets_a_probability_inside_its_interval_twice_the_same(
    known: dict[str, Value], head: Head
) -> None:
    found = asked(known, head)
    assert found == asked(known, head)
    assert (found is None) == (not observed_modalities(inputs(known), head))
    if found is not None:
        assert 0 < found.interval[0] <= found.probability <= found.interval[1] < 1


def test_the_shipped_model_stays_in_shadow_and_is_small() -> None:
    for name in (MODEL, "cachexia_survival"):
        model = models_of(REPOSITORY)[name]
        assert mode_of(model.parameters) == "shadow"
        assert model.weights("1").stat().st_size < 2_000_000
        card = (model.folder / "MODEL_CARD.md").read_text()
        assert card.startswith(
            "**Trained on simulated patients; the numbers describe the simulator"
        )


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"mode": "active"},
        {"mode": "active", "training_provenance": "simulation", "gate": "passed"},
        {"mode": "active", "training_provenance": "site", "gate": "failed"},
        {"mode": "shadow", "training_provenance": "site", "gate": "passed"},
    ],
)
def test_only_a_site_s_model_with_a_passed_gate_is_active(parameters: dict[str, str]) -> None:
    assert mode_of(parameters) == "shadow"
    passed = {"mode": "active", "training_provenance": "site", "gate": "passed"}
    assert mode_of(passed) == "active"


def test_the_card_lists_what_the_early_head_may_not_read() -> None:
    card = (REPOSITORY / MODEL / "MODEL_CARD.md").read_text()
    for feature, reads in zip(FEATURES, read_by("early"), strict=True):
        assert reads == (not feature.defines)
        assert (f"`{feature.name}`" in card) == feature.defines
