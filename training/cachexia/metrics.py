"""How good a risk model is: accuracy, ranking, calibration, coverage; each with its interval."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats
from scipy.special import expit

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

Interval = tuple[float, float]
Z_95 = 1.959964
ECE_BINS = 10


def wilson(successes: int, n: int) -> Interval:
    """95 % interval of a proportion (Wilson 1927)."""
    if n == 0:
        return 0.0, 1.0
    p, z2 = successes / n, Z_95**2
    middle = p + z2 / (2 * n)
    half = Z_95 * np.sqrt(p * (1 - p) / n + z2 / (4 * n * n))
    return float((middle - half) / (1 + z2 / n)), float((middle + half) / (1 + z2 / n))


def calibration_error(probability: Floats, label: Bools, bins: int = ECE_BINS) -> float:
    """Expected calibration error over bins of equal width (Naeini 2015); not debiased."""
    home = np.clip((probability * bins).astype(int), 0, bins - 1)
    count = np.bincount(home, minlength=bins)
    gap = np.bincount(home, weights=probability - label, minlength=bins)
    return float(np.abs(gap).sum() / max(1, count.sum()))


def roc_area(score: Floats, label: Bools) -> tuple[float, Interval]:
    """Area under the ROC curve with its 95 % interval (DeLong 1988).

    Raises:
        ValueError: One of the classes is empty.
    """
    positive, negative = score[label], score[~label]
    m, n = len(positive), len(negative)
    if not (m and n):
        raise ValueError("the area under the ROC curve needs patients of both classes")
    every = stats.rankdata(np.concatenate([positive, negative]))
    among_positive = (every[:m] - stats.rankdata(positive)) / n
    among_negative = 1 - (every[m:] - stats.rankdata(negative)) / m
    area = float(among_positive.mean())
    variance = among_positive.var(ddof=1) / m if m > 1 else 0.25
    variance += among_negative.var(ddof=1) / n if n > 1 else 0.25
    half = Z_95 * float(np.sqrt(variance))
    return area, (max(0.0, area - half), min(1.0, area + half))


@dataclass(frozen=True)
class Calibration:
    """Logistic recalibration of predictions (Cox 1958; Van Calster 2019).

    Attributes:
        slope: 1 is ideal; below 1 the predictions are too extreme.
        slope_interval: 95 %, Wald.
        intercept: With the slope fixed at 1 (calibration in the large); 0 is ideal.
        intercept_interval: 95 %, Wald.
    """

    slope: float
    slope_interval: Interval
    intercept: float
    intercept_interval: Interval


def calibration(probability: Floats, label: Bools) -> Calibration:
    """Slope and intercept of observed labels against predicted logits."""
    p = np.clip(probability, 1e-6, 1 - 1e-6)
    logit = np.log(p / (1 - p))
    slope, slope_error = _newton(np.stack([logit, np.ones_like(logit)]), label, np.zeros(len(p)))
    intercept, intercept_error = _newton(np.ones((1, len(p))), label, logit)
    return Calibration(
        slope, around(slope, slope_error), intercept, around(intercept, intercept_error)
    )


def around(value: float, error: float) -> Interval:
    """95 % interval of a value with a standard error."""
    return value - Z_95 * error, value + Z_95 * error


def _newton(design: Floats, label: Bools, offset: Floats) -> tuple[float, float]:
    """First coefficient of a logistic regression, and its standard error."""
    at = np.zeros(len(design))
    hessian = np.eye(len(design))
    for _ in range(50):
        p = expit(at @ design + offset)
        hessian = (design * (p * (1 - p))) @ design.T + 1e-9 * np.eye(len(design))
        step = np.linalg.solve(hessian, design @ (label - p))
        at = at + np.clip(step, -5, 5)
        if np.abs(step).max() < 1e-10:
            break
    return float(at[0]), float(np.sqrt(np.linalg.inv(hessian)[0, 0]))


@dataclass(frozen=True)
class Judgement:
    """A model on patients that it has not seen.

    Attributes:
        n: Patients.
        events: Of them with the label.
        accuracy: At probability 0.5.
        accuracy_interval: 95 %, Wilson.
        area: Under the ROC curve.
        area_interval: 95 %, DeLong.
        ece: Expected calibration error.
        brier: Mean squared error of the probability.
        calibration: Slope and intercept.
    """

    n: int
    events: int
    accuracy: float
    accuracy_interval: Interval
    area: float
    area_interval: Interval
    ece: float
    brier: float
    calibration: Calibration


def judge(probability: Floats, label: Bools) -> Judgement:
    """All of it at once."""
    right = int(((probability > 0.5) == label).sum())
    area, area_interval = roc_area(probability, label)
    return Judgement(
        n=len(label),
        events=int(label.sum()),
        accuracy=right / len(label),
        accuracy_interval=wilson(right, len(label)),
        area=area,
        area_interval=area_interval,
        ece=calibration_error(probability, label),
        brier=float(np.mean((probability - label) ** 2)),
        calibration=calibration(probability, label),
    )


def reliability(
    probability: Floats, label: Bools, bins: int = ECE_BINS
) -> list[tuple[float, float, int]]:
    """Calibration curve in bins of equal size: mean prediction, observed share, patients."""
    order = np.argsort(probability, kind="stable")
    return [
        (float(probability[part].mean()), float(label[part].mean()), len(part))
        for part in np.array_split(order, bins)
        if len(part)
    ]
