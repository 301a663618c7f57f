"""How good a survival model is: concordance, Brier score, calibration; and Cox for one covariate.

Written from the papers: the library with all of them (scikit-survival) is GPL-3. Checked against
hand-worked examples in tests/training/test_survival_metrics.py and, once, against lifelines.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


def kaplan_meier(months: Floats, died: Bools) -> tuple[Floats, Floats]:
    """Kaplan and Meier 1958: times of events and survival just after each."""
    times, deaths = np.unique(months[died], return_counts=True)
    at_risk = len(months) - np.searchsorted(np.sort(months), times, side="left")
    return times, np.asarray(np.cumprod(1 - deaths / at_risk), dtype=np.float64)


def step_at(times: Floats, values: Floats, at: Floats, *, before: bool = False) -> Floats:
    """Value of a right-continuous survival curve at `at`, or just before it."""
    k = np.searchsorted(times, at, side="left" if before else "right")
    return np.concatenate([[1.0], values])[k]


def kaplan_meier_median(months: Floats, died: Bools) -> float:
    """First time at which survival is one half or less; infinite when there is none."""
    times, survival = kaplan_meier(months, died)
    below = np.flatnonzero(survival <= 0.5)
    return float(times[below[0]]) if len(below) else float("inf")


def concordance(risk: Floats, months: Floats, died: Bools) -> float:
    """Harrell's C (1982): share of comparable pairs in which the earlier death has more risk.

    Comparable: the shorter follow-up ended with death. Equal risks count one half.
    """
    order = np.lexsort((~died, months))
    risk, months, died = risk[order], months[order], died[order]
    won = compared = 0.0
    for i in np.flatnonzero(died):
        later = slice(np.searchsorted(months, months[i], side="right"), None)
        same_time = (months == months[i]) & ~died if months[i] in months[~died] else None
        others = risk[later] if same_time is None else np.append(risk[later], risk[same_time])
        won += float((risk[i] > others).sum()) + 0.5 * float((risk[i] == others).sum())
        compared += len(others)
    return won / compared if compared else float("nan")


def brier(survival: Floats, at_months: float, months: Floats, died: Bools) -> float:
    """Brier score at one time, weighted by the inverse probability of censoring (Graf 1999).

    Args:
        survival: (n,) predicted probability of being alive at `at_months`.
        at_months: The time.
        months: (n,) follow-up.
        died: (n,) whether it ended with death.
    """
    times, uncensored = kaplan_meier(months, ~died)
    dead = (months <= at_months) & died
    alive = months > at_months
    before = step_at(times, uncensored, months, before=True)
    now = float(step_at(times, uncensored, np.array([at_months]))[0])
    weight = np.where(dead, 1 / np.maximum(before, 1e-12), 0.0) + alive / max(now, 1e-12)
    return float(np.mean(weight * (alive - survival) ** 2))


@dataclass(frozen=True)
class DCalibration:
    """Haider 2020: whether predicted survival at the own time of death is uniform.

    Attributes:
        counts: (bins,) patients per bin of survival, from 0 to 1; the censored are spread.
        statistic: Pearson's chi-squared against equal counts.
        p_value: With bins - 1 degrees of freedom; small means not calibrated.
        largest_gap: Largest difference of a bin's share from 1 / bins: the size of the
            miscalibration, which, unlike the p-value, does not depend on n.
    """

    counts: Floats
    statistic: float
    p_value: float
    largest_gap: float


def d_calibration(survival: Floats, died: Bools, bins: int = 10) -> DCalibration:
    """D-calibration of (n,) survival predicted at each patient's own time (Haider 2020, 3.5)."""
    edges = np.linspace(0, 1, bins + 1)
    counts = np.zeros(bins)
    s = np.clip(survival, 1e-9, 1.0)
    home = np.clip(np.ceil(s * bins).astype(int) - 1, 0, bins - 1)
    np.add.at(counts, home[died], 1.0)
    for value, k in zip(s[~died], home[~died], strict=True):
        counts[k] += (value - edges[k]) / value
        counts[:k] += (1 / bins) / value
    expected = len(s) / bins
    statistic = float(((counts - expected) ** 2 / expected).sum())
    gap = float(np.abs(counts / len(s) - 1 / bins).max())
    return DCalibration(counts, statistic, float(stats.chi2.sf(statistic, bins - 1)), gap)


def hazard_ratio(group: Bools, months: Floats, died: Bools) -> float:
    """Hazard ratio of a group by Cox's partial likelihood (1972), Breslow's ties."""
    order = np.argsort(-months, kind="stable")
    inside, time, event = group[order], months[order], died[order]
    # Those at risk at a death: everyone whose follow-up is at least as long.
    last = np.searchsorted(-time, -time, side="right") - 1
    with_it = np.cumsum(inside)[last][event].astype(float)
    without = np.cumsum(~inside)[last][event].astype(float)
    beta = 0.0
    for _ in range(50):
        share = with_it * np.exp(beta) / (with_it * np.exp(beta) + without)
        step = (inside[event].sum() - share.sum()) / (share * (1 - share)).sum()
        beta += float(np.clip(step, -1, 1))
        if abs(step) < 1e-9:
            break
    return float(np.exp(beta))
