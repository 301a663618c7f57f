"""Overall survival from the index date: what the discrete-time hazard model says."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.cachexia_scorer.risk import Contribution, Inputs, contributions

MODEL = "cachexia_survival"
"""Name in the model repository."""

EDGES_MONTHS = (0.0, 1.5, 3.0, 4.5, 6.0, 9.0, 12.0, 15.0, 18.0, 24.0, 36.0)
"""Bounds of the intervals, in which the hazard is constant; the model ends with the last."""

HORIZONS_MONTHS = (6.0, 12.0, 24.0)
"""Where survival is reported; all are bounds of intervals, so nothing is interpolated."""

Curve = NDArray[np.float64]


@dataclass(frozen=True)
class AtHorizon:
    """Probability of being alive at `months`, with its 90 % interval over other training sets."""

    months: float
    probability: float
    interval: tuple[float, float]


@dataclass(frozen=True)
class Survival:
    """The model's answer about one patient.

    Attributes:
        horizons: At 6, 12 and 24 months.
        median_months: Where the curve crosses one half; None when it does not within 36 months.
        base_logit: Linear predictor of a patient about whom the observed features say nothing.
        contributions: What each observed feature adds to the linear predictor, in the order of
            `FEATURES`; above 0 speaks for an earlier death.
    """

    horizons: tuple[AtHorizon, ...]
    median_months: float | None
    base_logit: float
    contributions: tuple[Contribution, ...]


def survival(given: Inputs, outputs: Mapping[str, NDArray[np.generic]]) -> Survival | None:
    """What the model says about one patient; None when nothing is known about him.

    Args:
        given: What the model was asked.
        outputs: Its answer: `survival`, `low`, `high` (1, K) at the ends of the intervals,
            `base` (1, 1), `contributions` (1, F).
    """
    known = given.tensors["observed"][0] > 0
    if not known.any():
        return None
    curve, low, high = (
        np.asarray(outputs[name][0], dtype=np.float64) for name in ("survival", "low", "high")
    )
    ends = [EDGES_MONTHS.index(months) - 1 for months in HORIZONS_MONTHS]
    added = np.asarray(outputs["contributions"][0], dtype=np.float64)
    return Survival(
        horizons=tuple(
            AtHorizon(months, float(curve[k]), (float(low[k]), float(high[k])))
            for months, k in zip(HORIZONS_MONTHS, ends, strict=True)
        ),
        median_months=median_months(curve),
        base_logit=float(np.asarray(outputs["base"][0], dtype=np.float64)[0]),
        contributions=contributions(added, known),
    )


def survival_at(curves: Curve, months: Curve) -> Curve:
    """(n,) survival of each patient at his own time, the hazard constant within intervals.

    Args:
        curves: (n, K) survival at the ends of the intervals.
        months: (n,) times; beyond the last interval its end counts.
    """
    logs = np.log(np.clip(np.hstack([np.ones((len(curves), 1)), curves]), 1e-12, 1.0))
    edges = np.array(EDGES_MONTHS)
    at = np.clip(months, 0.0, edges[-1])
    k = np.clip(np.searchsorted(edges, at, side="right") - 1, 0, len(edges) - 2)
    share = (at - edges[k]) / (edges[k + 1] - edges[k])
    rows = np.arange(len(curves))
    between: Curve = np.exp(logs[rows, k] * (1 - share) + logs[rows, k + 1] * share)
    return between


def median_months(curve: Curve) -> float | None:
    """Where a (K,) curve crosses one half; None when it stays above.

    The hazard is constant within an interval, so the logarithm of survival is a straight line.
    """
    logs = np.log(np.clip(np.concatenate([[1.0], curve]), 1e-12, 1.0))
    half = np.log(0.5)
    below = np.flatnonzero(logs <= half)
    if not len(below):
        return None
    k = int(below[0])
    start, end = EDGES_MONTHS[k - 1], EDGES_MONTHS[k]
    return float(start + (end - start) * (half - logs[k - 1]) / (logs[k] - logs[k - 1]))
