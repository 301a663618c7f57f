"""From the feature state of a patient to the values that the models read.

A value of which only a bound is known is missing: a loss "of at least 3 %" is not 3 %. The one
exception is C-reactive protein below the limit of detection, which counts as the limit.
"""

from collections.abc import Mapping
from math import sqrt

from services.cachexia_scorer.features import Features
from services.cachexia_scorer.risk import FEATURES, Value
from services.cachexia_scorer.states import Finding, Reading

READ_FROM: Mapping[str, str] = {
    "age_years": "age",
    "bmi_kg_per_m2": "bmi",
    "weight_loss_percent": "weight_loss_6_months",
    "muscle_attenuation_hu": "smd",
    "smi_cm2_per_m2": "smi",
    "albumin_g_per_dl": "albumin",
    "crp_mg_per_l": "crp",
    "haemoglobin_g_per_dl": "haemoglobin",
}
"""Column of the models -> feature whose number it takes, in the same unit."""

STAGES = {"I": 1.0, "II": 2.0, "III": 3.0, "IV": 4.0}
SEXES = {"female": 0.0, "male": 1.0}
SAID = {"present": 1.0, "absent": 0.0}
"""Symptoms that were so once, or that somebody else has, are not known."""

LOWEST_CRP_MG_PER_L = 0.1
"""Stands for 0, whose logarithm there is none of: below every assay's limit of detection."""


def values_of(features: Features) -> dict[str, Value]:
    """What is known, by column; what is missing or only bounded is left out."""
    found = {
        column: value
        for column, name in READ_FROM.items()
        if (value := _number(features, name)) is not None
    }
    if "crp_mg_per_l" in found:
        at_least = max(found["crp_mg_per_l"].value, LOWEST_CRP_MG_PER_L)
        found["crp_mg_per_l"] = Value(at_least)
    neutrophils, lymphocytes = (_number(features, name) for name in ("neutrophils", "lymphocytes"))
    if neutrophils and lymphocytes and lymphocytes.value > 0:
        ratio = neutrophils.value / lymphocytes.value
        found["neutrophil_lymphocyte_ratio"] = Value(ratio)
    for column, name, words in (("sex_male", "sex", SEXES), ("stage", "stage", STAGES)):
        state = features.states[name]
        if isinstance(state, Finding) and state.value in words:
            found[column] = Value(words[state.value])
    for feature in FEATURES:
        mention = features.symptoms.get(feature.name.removeprefix("symptom_"))
        if feature.modality == "notes" and isinstance(mention, Finding) and mention.value in SAID:
            found[feature.name] = Value(SAID[mention.value])
    return found


def _number(features: Features, name: str) -> Value | None:
    state = features.states[name]
    if not isinstance(state, Reading):
        return None
    if state.bound and not (name == "crp" and state.bound in {"<", "<="}):
        return None
    return Value(float(state.value), sqrt(state.variance) if state.variance else 0.0)
