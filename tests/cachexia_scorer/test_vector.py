from datetime import UTC, datetime
from fractions import Fraction

import pytest

from services.cachexia_scorer.evidence import Evidence
from services.cachexia_scorer.features import features
from services.cachexia_scorer.risk import Value, inputs
from services.cachexia_scorer.states import Bound
from services.cachexia_scorer.vector import values_of

AT = datetime(2026, 11, 1, 12, tzinfo=UTC)


def measured(kind: str, value: str, unit: str, comparator: Bound = "") -> Evidence:
    return Evidence(
        id=kind, kind=kind, value=Fraction(value), unit=unit, observed_at=AT, comparator=comparator
    )


def said(word: str, kind: str = "symptom", polarity: str = "present") -> Evidence:
    return Evidence(id=word, kind=kind, word=word, observed_at=AT, polarity=polarity)  # type: ignore[arg-type] # a Polarity


def of(*evidence: Evidence) -> dict[str, Value]:
    return values_of(features(evidence, AT))


def test_every_kind_of_evidence_becomes_its_column() -> None:
    found = of(
        said("1960-01-01", "birth_date"),
        said("male", "sex"),
        said("III", "stage"),
        measured("weight", "70", "kg"),
        measured("height", "175", "cm"),
        measured("albumin", "36", "g/L"),
        measured("crp", "1.2", "mg/dL"),
        measured("neutrophils", "6", "10*9/L"),
        measured("lymphocytes", "1.5", "10*9/L"),
        measured("haemoglobin", "118", "g/L"),
        said("fatigue"),
        said("dysphagia", polarity="absent"),
    )
    assert {name: round(value.value, 3) for name, value in found.items()} == {
        "age_years": 66,
        "sex_male": 1,
        "stage": 3,
        "bmi_kg_per_m2": 22.857,
        "albumin_g_per_dl": 3.6,
        "crp_mg_per_l": 12,
        "neutrophil_lymphocyte_ratio": 4,
        "haemoglobin_g_per_dl": 11.8,
        "symptom_fatigue": 1,
        "symptom_dysphagia": 0,
    }
    assert inputs(found).implausible == ()


def test_a_muscle_measurement_brings_its_error_and_grade_c_brings_nothing() -> None:
    def graded(grade: str) -> dict[str, Value]:
        index = Evidence(
            id="smi", kind="smi", value=Fraction(40), unit="cm2/m2", observed_at=AT,
            grade=grade, variance=2.25,
        )  # fmt: skip
        return of(index)

    assert graded("B") == {"smi_cm2_per_m2": Value(40.0, 1.5)}
    assert graded("C") == {}


@pytest.mark.parametrize("polarity", ["historical", "other"])
def test_what_was_or_is_of_somebody_else_is_not_known(polarity: str) -> None:
    assert of(said("fatigue", polarity=polarity)) == {}


def test_a_bound_is_no_value_but_for_crp_below_detection() -> None:
    assert of(measured("albumin", "3", "g/dL", "<")) == {}
    assert of(measured("crp", "5", "mg/L", "<")) == {"crp_mg_per_l": Value(5.0)}
    assert of(measured("crp", "200", "mg/L", ">")) == {}
    assert of(measured("crp", "0", "mg/L")) == {"crp_mg_per_l": Value(0.1)}


def test_no_lymphocytes_give_no_ratio() -> None:
    found = of(measured("neutrophils", "6", "10*9/L"), measured("lymphocytes", "0", "10*9/L"))
    assert found == {}


def test_stage_zero_and_no_evidence_are_missing() -> None:
    assert of(said("0", "stage")) == {}
    assert of() == {}
