"""Simulated patients, drawn as `cohort.yaml` says: the same for the same seed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any

import numpy as np
import yaml
from numpy.typing import NDArray

from services.cachexia_scorer.risk import FEATURES, MODALITIES, NAMES

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Parameters = Mapping[str, Any]

MARTIN_SMI = {"female": 41.0, "male_bmi_below_25": 43.0, "male": 53.0}
"""Low SMI, cm2/m2 (Martin 2013), women and men by BMI."""


@dataclass(frozen=True)
class Cohort:
    """Patients as the record shows them, with their outcome.

    Attributes:
        features: (n, F) as the models read them (logarithms taken), 0 where missing.
        observed: (n, F).
        error_sd: (n, F) standard deviation of the measurement error.
        cachexia: (n,) the label: Fearon 2011 on the true values.
        months: (n,) follow-up from the index date.
        died: (n,) whether it ended with death.
    """

    features: Floats
    observed: Bools
    error_sd: Floats
    cachexia: Bools
    months: Floats
    died: Bools

    def __len__(self) -> int:
        return len(self.cachexia)

    def take(self, rows: NDArray[np.intp]) -> "Cohort":
        """These patients only, in this order."""
        return Cohort(
            self.features[rows],
            self.observed[rows],
            self.error_sd[rows],
            self.cachexia[rows],
            self.months[rows],
            self.died[rows],
        )

    def hide(self, modalities: Sequence[str]) -> "Cohort":
        """The same patients with these modalities missing."""
        hidden = np.array([feature.modality in modalities for feature in FEATURES])
        observed = self.observed & ~hidden
        return Cohort(
            np.where(observed, self.features, 0.0),
            observed,
            np.where(observed, self.error_sd, 0.0),
            self.cachexia,
            self.months,
            self.died,
        )


def parameters() -> dict[str, Any]:
    """`cohort.yaml`."""
    text = resources.files("training.cachexia").joinpath("cohort.yaml").read_text()
    loaded: dict[str, Any] = yaml.safe_load(text)
    return loaded


def simulate(n: int, seed: int, given: Parameters | None = None) -> Cohort:
    """Draws `n` patients."""
    given = given or parameters()
    rng = np.random.default_rng([seed, 0xCA])
    truth = true_values(n, given["patient"], rng)
    return recorded(truth, given["record"], rng)


def true_values(n: int, given: Parameters, rng: np.random.Generator) -> dict[str, Floats]:
    """Every true value of `n` patients by name; logarithms not taken, outcome included."""
    male = rng.random(n) < given["male"]
    age = np.clip(rng.normal(given["age"]["mean"], given["age"]["sd"], n), 19, 100)
    stage = rng.choice(4, n, p=given["stage"]["shares"]) + 1.0
    decades = (age - given["age"]["mean"]) / 10
    by = given["wasting"]
    mean_stage = float(np.dot(given["stage"]["shares"], [1, 2, 3, 4]))
    wasting = (
        rng.normal(size=n) + by["per_stage"] * (stage - mean_stage) + by["per_age_decade"] * decades
    )
    by = given["inflammation"]
    inflammation = by["per_wasting"] * wasting + by["sd"] * rng.normal(size=n)
    truth = {"male": male, "age": age, "stage": stage, "wasting": wasting}
    truth |= {"inflammation": inflammation, "decades": decades}
    truth |= body(truth, given, rng)
    truth |= blood(truth, given, rng)
    truth |= outcome(truth, given["survival"], rng)
    for name, by in given["symptoms"].items():
        if isinstance(by, Mapping):
            logit = by["at"] + by["per_wasting"] * wasting
            logit = logit + by["per_weight_loss"] * (truth["weight_loss"] - 6)
            truth[f"symptom_{name}"] = rng.random(n) < 1 / (1 + np.exp(-logit))
    return truth


def body(
    truth: Mapping[str, Floats], given: Parameters, rng: np.random.Generator
) -> dict[str, Floats]:
    """Weight loss, BMI, muscle, and what Fearon 2011 and Martin 2013 make of them."""
    wasting, decades, n = truth["wasting"], truth["decades"], len(truth["age"])
    by = given["weight_loss"]
    loss = rng.gamma(by["shape"], by["scale"], n) * np.exp(by["per_wasting"] * wasting)
    loss = np.minimum(loss, by["largest"])
    by = given["bmi"]
    bmi = rng.normal(by["mean"], by["sd"], n) + by["per_wasting"] * wasting
    bmi = np.clip(bmi + by["per_weight_loss"] * loss, 14, 48)
    by = given["smi"]
    smi = np.where(truth["male"], by["male"], by["female"]) + by["per_bmi"] * (bmi - 25)
    smi = smi + by["per_wasting"] * wasting + by["per_age_decade"] * decades
    smi = np.clip(smi + rng.normal(0, by["sd"], n), 18, 90)
    by = given["attenuation"]
    attenuation = by["mean"] + by["per_bmi"] * (bmi - 25) + by["per_wasting"] * wasting
    attenuation = attenuation + by["per_age_decade"] * decades + rng.normal(0, by["sd"], n)
    low_smi = smi < smi_cut(np.asarray(truth["male"], dtype=bool), bmi)
    cachexia = (loss > 5) | ((loss > 2) & ((bmi < 20) | low_smi))
    return {
        "weight_loss": loss,
        "bmi": bmi,
        "smi": smi,
        "attenuation": attenuation,
        "low_smi": low_smi,
        "cachexia": cachexia,
    }


def smi_cut(male: Bools, bmi: Floats) -> Floats:
    """Martin 2013: SMI below it is low."""
    men = np.where(bmi < 25, MARTIN_SMI["male_bmi_below_25"], MARTIN_SMI["male"])
    return np.where(male, men, MARTIN_SMI["female"])


def blood(
    truth: Mapping[str, Floats], given: Parameters, rng: np.random.Generator
) -> dict[str, Floats]:
    """Laboratory values, and mGPS of them."""
    wasting, inflammation, n = truth["wasting"], truth["inflammation"], len(truth["age"])

    def linear(name: str, at: float | Floats) -> Floats:
        by = given[name]
        shift = by["per_inflammation"] * inflammation + by.get("per_wasting", 0.0) * wasting
        return np.asarray(at + shift + rng.normal(0, by["sd"], n))

    albumin = np.clip(linear("albumin", given["albumin"]["mean"]), 15, 55)
    crp = np.clip(np.exp(linear("log_crp", given["log_crp"]["mean"])), 0.1, 500)
    nlr = np.clip(np.exp(linear("log_nlr", given["log_nlr"]["mean"])), 0.3, 60)
    by = given["haemoglobin"]
    haemoglobin = linear("haemoglobin", np.where(truth["male"], by["male"], by["female"]))
    mgps = (crp > 10).astype(float) + ((crp > 10) & (albumin < 35))
    return {
        "albumin": albumin,
        "crp": crp,
        "nlr": nlr,
        "haemoglobin": np.clip(haemoglobin, 55, 190),
        "mgps": mgps,
    }


def outcome(
    truth: Mapping[str, Floats], given: Parameters, rng: np.random.Generator
) -> dict[str, Floats]:
    """Follow-up in months and whether it ended with death."""
    log_ratio = (
        given["low_smi"] * truth["low_smi"]
        + given["mgps"] * (truth["mgps"] > 0)
        + given["nlr_above_4"] * (truth["nlr"] > 4)
        + given["per_stage"] * (truth["stage"] - 2.5)
        + given["per_age_decade"] * truth["decades"]
        + given["per_wasting"] * truth["wasting"]
        + given["cachexia"] * truth["cachexia"]
    )
    n = len(log_ratio)
    death = rng.exponential(given["median_months"] / np.log(2), n) * np.exp(-log_ratio)
    first, last = given["censored_months"]
    censored = rng.uniform(first, last, n)
    return {"months": np.minimum(death, censored), "died": death <= censored}


def recorded(truth: Mapping[str, Floats], given: Parameters, rng: np.random.Generator) -> Cohort:
    """What the record shows: measured with error, in part missing."""
    n = len(truth["age"])
    values, errors = measured(truth, given, rng)
    observed = np.ones((n, len(FEATURES)), dtype=bool)
    later = given["per_stage_labs"] * (truth["stage"] - 2.5)
    for modality in MODALITIES:
        share = given["modality_missing"][modality]
        logit = np.log(share / (1 - share)) + (later if modality == "labs" else 0.0)
        gone = rng.random(n) < 1 / (1 + np.exp(-logit))
        columns = [feature.modality == modality for feature in FEATURES]
        observed[np.ix_(gone, columns)] = False
    for name, share in given["feature_missing"].items():
        observed[:, NAMES.index(name)] &= rng.random(n) >= share
    for column, feature in enumerate(FEATURES):
        if feature.modality == "notes":
            said, values[:, column] = spoken_of(truth[feature.name], given, rng)
            observed[:, column] &= said
    return Cohort(
        features=np.where(observed, values, 0.0),
        observed=observed,
        error_sd=np.where(observed, errors, 0.0),
        cachexia=np.asarray(truth["cachexia"], dtype=bool),
        months=truth["months"],
        died=np.asarray(truth["died"], dtype=bool),
    )


def spoken_of(symptom: Floats, given: Parameters, rng: np.random.Generator) -> tuple[Bools, Floats]:
    """Whether a note speaks of a symptom, and what it says."""
    n = len(symptom)
    there = np.asarray(symptom, dtype=bool)
    share = np.where(there, given["mentioned_when_present"], given["mentioned_when_absent"])
    said = rng.random(n) < share
    return said, (there ^ (rng.random(n) < given["misread"])).astype(float)


def measured(
    truth: Mapping[str, Floats], given: Parameters, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """(n, F) recorded values, as the models read them, and the errors they are known to have."""
    n = len(truth["age"])
    values, errors = np.zeros((2, n, len(FEATURES)))
    source = {
        "age_years": truth["age"],
        "sex_male": truth["male"],
        "stage": truth["stage"],
        "bmi_kg_per_m2": truth["bmi"],
        "weight_loss_percent": truth["weight_loss"],
        "muscle_attenuation_hu": truth["attenuation"],
        "smi_cm2_per_m2": truth["smi"],
        "albumin_g_per_dl": truth["albumin"] / 10,
        "crp_mg_per_l": truth["crp"],
        "neutrophil_lymphocyte_ratio": truth["nlr"],
        "haemoglobin_g_per_dl": truth["haemoglobin"] / 10,
    }
    grade_b = rng.random(n) < given["grade_b_share"]
    for column, feature in enumerate(FEATURES):
        if feature.name not in source:
            continue
        value = np.asarray(source[feature.name], dtype=float)
        by_grade = given["error_sd"].get(feature.name)
        if by_grade:
            errors[:, column] = np.where(grade_b, by_grade["B"], by_grade["A"])
            value = value + errors[:, column] * rng.normal(size=n)
        value = np.clip(value, *feature.plausible)
        values[:, column] = np.log(value) if feature.logarithm else value
    return values, errors
