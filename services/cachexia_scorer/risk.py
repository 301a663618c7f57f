"""Risk of cachexia: which features the models read, and what their answers say.

The feature vector is one table, `FEATURES`, for every model of this service. A missing feature is
a state of its own, never a zero: `observed` is 0 there, and the models add nothing for it.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from services.cachexia_scorer.conformal import PredictionSet, prediction_set

MODEL = "cachexia_risk"
"""Name in the model repository."""

Modality = Literal["clinical", "imaging", "labs", "notes"]
MODALITIES: tuple[Modality, ...] = ("clinical", "imaging", "labs", "notes")
"""Bit k of a missingness pattern says that modality k was observed."""

Head = Literal["early", "full"]
HEADS: tuple[Head, ...] = ("early", "full")
Mode = Literal["shadow", "active"]
Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Feature:
    """One column of the feature vector.

    Attributes:
        name: Key of the value; the unit is its suffix.
        modality: Encoder that reads it.
        unit: UCUM code.
        plausible: Smallest and largest value a patient can have; a value outside is a slip of unit
            or device and counts as missing. Wider than any reference range.
        logarithm: The models read the natural logarithm.
        defines: It is part of the definition of cachexia (Fearon 2011: weight loss, BMI, muscle
            mass) or a note's word for it, so the early head must not see it.
    """

    name: str
    modality: Modality
    unit: str
    plausible: tuple[float, float]
    logarithm: bool = False
    defines: bool = False


def _symptom(name: str, *, defines: bool = False) -> Feature:
    return Feature(f"symptom_{name}", "notes", "1", (0.0, 1.0), defines=defines)


FEATURES: tuple[Feature, ...] = (
    Feature("age_years", "clinical", "a", (18.0, 110.0)),
    Feature("sex_male", "clinical", "1", (0.0, 1.0)),
    Feature("stage", "clinical", "1", (1.0, 4.0)),
    Feature("bmi_kg_per_m2", "clinical", "kg/m2", (10.0, 80.0), defines=True),
    Feature("weight_loss_percent", "clinical", "%", (-30.0, 60.0), defines=True),
    Feature("muscle_attenuation_hu", "imaging", "[hnsf'U]", (-30.0, 100.0)),
    Feature("smi_cm2_per_m2", "imaging", "cm2/m2", (15.0, 120.0), defines=True),
    Feature("albumin_g_per_dl", "labs", "g/dL", (0.5, 7.0)),
    Feature("crp_mg_per_l", "labs", "mg/L", (0.05, 600.0), logarithm=True),
    Feature("neutrophil_lymphocyte_ratio", "labs", "1", (0.1, 100.0), logarithm=True),
    Feature("haemoglobin_g_per_dl", "labs", "g/dL", (2.0, 25.0)),
    _symptom("appetite_loss"),
    _symptom("fatigue"),
    _symptom("weakness"),
    _symptom("nausea_vomiting"),
    _symptom("early_satiety"),
    _symptom("dysphagia"),
    _symptom("weight_loss", defines=True),
    _symptom("malnutrition", defines=True),
    _symptom("wasting", defines=True),
)
"""Symptoms: 1 said to be present, 0 said to be absent, missing when no report speaks of them.
Stage: I to IV as 1 to 4. Sex: 1 male, 0 female, as administrative data give it."""

NAMES: tuple[str, ...] = tuple(feature.name for feature in FEATURES)

NEVER_READ = ("weight_loss_percent",)
"""No risk head reads the recorded weight loss: with it the rule panel decides, exactly."""


def read_by(head: Head) -> NDArray[np.bool_]:
    """(F,) features that a head reads."""
    return np.array([_reads(head, feature) for feature in FEATURES])


def _reads(head: Head, feature: Feature) -> bool:
    if head == "early":
        return not feature.defines
    return feature.name not in NEVER_READ


@dataclass(frozen=True)
class Value:
    """A known feature.

    Attributes:
        value: In the unit of its column.
        error_sd: Standard deviation of the measurement error, same unit; the models trust a value
            by var / (var + error_sd^2), var over patients. 0 where none is known.
    """

    value: float
    error_sd: float = 0.0


@dataclass(frozen=True)
class Inputs:
    """One patient as the models read it.

    Attributes:
        tensors: `features`, `observed` and `error_sd`, each (1, F) float32.
        implausible: Names of values outside their plausible range; they count as missing.
    """

    tensors: Mapping[str, Floats]
    implausible: tuple[str, ...]


def inputs(values: Mapping[str, Value]) -> Inputs:
    """The feature vector of what is known about a patient; what is not named is missing.

    Raises:
        ValueError: A name that no column has, or an error that is negative or not finite.
    """
    unknown = sorted(set(values) - set(NAMES))
    if unknown:
        raise ValueError(f"unknown feature {unknown[0]!r}; expected one of {', '.join(NAMES)}")
    row = np.zeros((3, 1, len(FEATURES)), dtype=np.float32)
    implausible = []
    for column, feature in enumerate(FEATURES):
        given = values.get(feature.name)
        if given is None:
            continue
        if not (math.isfinite(given.error_sd) and given.error_sd >= 0):
            raise ValueError(f"{feature.name}: error_sd is {given.error_sd}, expected 0 or more")
        low, high = feature.plausible
        if not low <= given.value <= high:
            implausible.append(feature.name)
            continue
        value = math.log(given.value) if feature.logarithm else given.value
        row[:, 0, column] = (value, 1.0, given.error_sd)
    features, observed, error_sd = row
    tensors = {"features": features, "observed": observed, "error_sd": error_sd}
    return Inputs(tensors, tuple(implausible))


def observed_modalities(given: Inputs, head: Head) -> tuple[Modality, ...]:
    """Modalities of which the head knows at least one feature."""
    known = (given.tensors["observed"][0] > 0) & read_by(head)
    return tuple(
        modality
        for modality in MODALITIES
        if any(k and f.modality == modality for k, f in zip(known, FEATURES, strict=True))
    )


@dataclass(frozen=True)
class Contribution:
    """What one feature adds to the logit; above 0 speaks for cachexia.

    Attributes:
        feature: Name in `FEATURES`.
        modality: Its modality.
        logit: What it adds.
        known: False for a symptom that the notes were read for and do not speak of: that is a
            state too, and says something.
    """

    feature: str
    modality: Modality
    logit: float
    known: bool = True


@dataclass(frozen=True)
class Risk:
    """A head's answer.

    Attributes:
        head: "early" reads nothing that defines cachexia; "full" reads BMI, SMI and a note's
            words for wasting too, but never the recorded weight loss.
        probability: Calibrated for the modalities that were observed.
        interval: What the probability could be had the model been trained on other patients of
            the same kind, 90 %; it does not say how sure this patient's outcome is.
        prediction_set: Conformal set; "unsure" when both labels stay possible.
        base_logit: Logit of a patient about whom the observed features say nothing. With all
            contributions it sums to the logit of the probability.
        contributions: Features that were observed, and symptoms that the notes are silent about,
            in the order of `FEATURES`.
        modalities: Modalities that were observed.
    """

    head: Head
    probability: float
    interval: tuple[float, float]
    prediction_set: PredictionSet
    base_logit: float
    contributions: tuple[Contribution, ...]
    modalities: tuple[Modality, ...]

    def of_modality(self, modality: Modality) -> float:
        """What a modality adds to the logit."""
        return math.fsum(c.logit for c in self.contributions if c.modality == modality)


def risk(given: Inputs, outputs: Mapping[str, NDArray[np.generic]], head: Head) -> Risk | None:
    """What a head says about one patient; None when nothing that it reads is known.

    Args:
        given: What the model was asked.
        outputs: Its answer to `given.tensors`.
        head: Which head's answer.
    """
    modalities = observed_modalities(given, head)
    if not modalities:
        return None
    answer = {
        name: np.asarray(outputs[f"{head}_{name}"][0], dtype=np.float64)
        for name in ("probability", "interval", "base", "contributions", "cuts")
    }
    probability = float(answer["probability"][0])
    low, high = (float(bound) for bound in answer["interval"])
    used = (given.tensors["observed"][0] > 0) & read_by(head)
    return Risk(
        head=head,
        probability=probability,
        interval=(low, high),
        prediction_set=prediction_set(probability, *(float(cut) for cut in answer["cuts"])),
        base_logit=float(answer["base"][0]),
        contributions=contributions(answer["contributions"], used),
        modalities=modalities,
    )


def contributions(
    logits: NDArray[np.float64], known: NDArray[np.bool_]
) -> tuple[Contribution, ...]:
    """What each feature adds: those known, and those whose absence adds something."""
    return tuple(
        Contribution(feature.name, feature.modality, float(logit), bool(seen))
        for feature, logit, seen in zip(FEATURES, logits, known, strict=True)
        if seen or logit != 0
    )


def mode_of(parameters: Mapping[str, str]) -> Mode:
    """Whether a model's answers may leave the desk, by the parameters of its configuration.

    Active only when a site trained it and its gate passed; in every other case shadow.
    """
    active = (
        parameters.get("mode") == "active"
        and parameters.get("training_provenance") == "site"
        and parameters.get("gate") == "passed"
    )
    return "active" if active else "shadow"
