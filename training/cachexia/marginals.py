"""What the simulated cohort shows, to be held against what was published."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.cachexia.cohort import parameters, true_values
from training.cachexia.survival_metrics import hazard_ratio, kaplan_meier_median

Floats = NDArray[np.float64]


def shown(truth: Mapping[str, Floats]) -> dict[str, float]:
    """Every marginal of `cohort.yaml`, measured on simulated true values."""
    bmi, low = truth["bmi"], np.asarray(truth["low_smi"], dtype=bool)
    months, died = truth["months"], np.asarray(truth["died"], dtype=bool)
    inflamed = truth["mgps"] > 0
    loss = truth["weight_loss"]
    return {
        "male_share": float(np.mean(truth["male"])),
        "cachexia_share": float(np.mean(truth["cachexia"])),
        "weight_cachexia_share": float(np.mean((loss > 5) | ((loss > 2) & (bmi < 20)))),
        "age_median": float(np.median(truth["age"])),
        "bmi_below_20": float(np.mean(bmi < 20)),
        "bmi_20_to_25": float(np.mean((bmi >= 20) & (bmi < 25))),
        "bmi_25_to_30": float(np.mean((bmi >= 25) & (bmi < 30))),
        "bmi_30_up": float(np.mean(bmi >= 30)),
        "bmi_mean": float(np.mean(bmi)),
        "low_smi_share": float(np.mean(low)),
        "low_smi_and_overweight": float(np.mean(low & (bmi >= 25))),
        "mgps_0": float(np.mean(truth["mgps"] == 0)),
        "mgps_1": float(np.mean(truth["mgps"] == 1)),
        "mgps_2": float(np.mean(truth["mgps"] == 2)),
        "median_months_mgps_0": kaplan_meier_median(months[~inflamed], died[~inflamed]),
        "median_months_mgps_1": kaplan_meier_median(
            months[truth["mgps"] == 1], died[truth["mgps"] == 1]
        ),
        "hazard_ratio_mgps": hazard_ratio(inflamed, months, died),
        "hazard_ratio_low_smi": hazard_ratio(low, months, died),
        "hazard_ratio_cachexia": hazard_ratio(
            np.asarray(truth["cachexia"], dtype=bool), months, died
        ),
    }


def truth_of(n: int, seed: int) -> dict[str, Floats]:
    """True values of simulated patients, for the marginals."""
    return true_values(n, parameters()["patient"], np.random.default_rng([seed, 0xCA]))


def limits(marginal: Mapping[str, Any]) -> tuple[float, float]:
    """Smallest and largest value that fits a line of `marginals`."""
    if "range" in marginal:
        low, high = marginal["range"]
        return float(low), float(high)
    value, tolerance = float(marginal["value"]), float(marginal["tolerance"])
    return value - tolerance, value + tolerance
