"""The shipped models on patients of another kind than they were trained on."""

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from services.cachexia_scorer.risk import FEATURES, NAMES
from training.cachexia.cohort import Cohort, parameters, simulate

SHIFT_SEED = 900_000
PATIENTS = 20_000


@dataclass(frozen=True)
class Shift:
    """One shifted test cohort.

    Attributes:
        name: What is different.
        cohort: Patients as the service would give them to the model: values outside the plausible
            range are missing.
    """

    name: str
    cohort: Cohort


def shifts(test: Cohort) -> list[Shift]:
    """Every shift, the unshifted cohort first."""
    return [
        Shift("none", test),
        *(
            Shift(f"prevalence {share:.2f} ({source})", with_prevalence(test, share))
            for share, source in (
                (0.50, "Mitsunaga 2020"),
                (0.77, "Cardoso 2020"),
                (0.836, "Hou 2022"),
            )
        ),
        Shift("albumin in g/L read as g/dL", slipped(test, "albumin_g_per_dl", 10.0)),
        Shift("albumin tenfold too small", slipped(test, "albumin_g_per_dl", 0.1)),
        Shift("CRP in mg/dL read as mg/L", slipped(test, "crp_mg_per_l", 0.1)),
        Shift("CRP tenfold too large", slipped(test, "crp_mg_per_l", 10.0)),
        Shift("haemoglobin in mmol/L read as g/dL", slipped(test, "haemoglobin_g_per_dl", 0.6206)),
        Shift("older, stage IV only", site(_older)),
        Shift("BMI 3 kg/m2 lower, SMI 4 cm2/m2 lower", site(_leaner)),
        Shift("attenuation 8 HU higher (contrast phase)", offset(test, "muscle_attenuation_hu", 8)),
        Shift("notes name absent symptoms as often as present", site(_thorough_notes)),
        Shift("notes misread in 15 %", site(_misread)),
        Shift("inflammation unrelated to wasting", site(_other_biology)),
    ]


def site(change: Callable[[dict[str, Any]], None]) -> Cohort:
    """A cohort of a site whose marginals differ."""
    given = copy.deepcopy(parameters())
    change(given)
    return simulate(PATIENTS, SHIFT_SEED, given)


def with_prevalence(cohort: Cohort, share: float) -> Cohort:
    """As many patients of one label left out as the share of cachexia asks for."""
    ill, well = np.flatnonzero(cohort.cachexia), np.flatnonzero(~cohort.cachexia)
    keep_well = min(len(well), round(len(ill) * (1 - share) / share))
    keep_ill = min(len(ill), round(keep_well * share / (1 - share)))
    return cohort.take(np.sort(np.concatenate([ill[:keep_ill], well[:keep_well]])))


def slipped(cohort: Cohort, name: str, factor: float) -> Cohort:
    """A value in a wrong unit in every patient; implausible ones become missing."""
    column = NAMES.index(name)
    feature = FEATURES[column]
    values = cohort.features.copy()
    plain = np.exp(values[:, column]) if feature.logarithm else values[:, column]
    plain = plain * factor
    low, high = feature.plausible
    observed = cohort.observed.copy()
    observed[:, column] &= (plain >= low) & (plain <= high)
    plain = np.clip(plain, max(low, 1e-6), high)
    new = np.log(plain) if feature.logarithm else plain
    values[:, column] = np.where(observed[:, column], new, 0.0)
    return replace(cohort, features=values, observed=observed)


def offset(cohort: Cohort, name: str, amount: float) -> Cohort:
    """A constant added to a value that the models read as it is."""
    column = NAMES.index(name)
    values = cohort.features.copy()
    values[:, column] += np.where(cohort.observed[:, column], amount, 0.0)
    return replace(cohort, features=values)


def _older(given: dict[str, Any]) -> None:
    given["patient"]["age"]["mean"] = 73.0
    given["patient"]["stage"]["shares"] = [0.0, 0.0, 0.0, 1.0]


def _leaner(given: dict[str, Any]) -> None:
    patient: Mapping[str, Any] = given["patient"]
    patient["bmi"]["mean"] -= 3.0
    for sex in ("male", "female"):
        patient["smi"][sex] -= 1.0  # the lower BMI takes the other 3


def _thorough_notes(given: dict[str, Any]) -> None:
    given["record"]["mentioned_when_absent"] = given["record"]["mentioned_when_present"]


def _misread(given: dict[str, Any]) -> None:
    given["record"]["misread"] = 0.15


def _other_biology(given: dict[str, Any]) -> None:
    given["patient"]["inflammation"] = {"per_wasting": 0.0, "sd": 1.0}
