"""The threshold that keeps the expected loss of the next item below a bound, whatever the model.

Conformal risk control (Angelopoulos, Bates, Fisch, Lei, Schuster, 2022, arXiv 2208.02814): for
losses in 0..1 that never rise as the threshold falls, the highest threshold whose mean loss on n
calibration items satisfies (n * mean + 1) / (n + 1) <= alpha has an expected loss <= alpha on the
next item, when it is exchangeable with them. That bound holds on average over calibration sets; to
hold for 19 sets of 20, `assured_threshold` asks more: an upper confidence bound of the mean
(Bates, Angelopoulos, Lei, Malik, Jordan, J ACM 2021;68:43, with the bound of their section 3.1.3).
"""

import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

DELTA = 0.05
"""Chance over calibration sets that an assured bound fails: one set in 20."""


def controlled_threshold(
    candidates: Sequence[float], losses: Callable[[float], NDArray[np.float64]], alpha: float
) -> float:
    """Highest of `candidates` whose expected loss is at most `alpha`; -inf when there is none.

    Args:
        candidates: Thresholds to choose from, any order.
        losses: Loss of every calibration item at a threshold, 0..1; must not rise as it falls.
        alpha: Bound, 0..1.
    """
    return _highest(candidates, losses, lambda at: _expected(at) <= alpha)


def assured_threshold(
    candidates: Sequence[float],
    losses: Callable[[float], NDArray[np.float64]],
    alpha: float,
    delta: float = DELTA,
) -> float:
    """As `controlled_threshold`, and for a share 1 - `delta` of all calibration sets.

    The smaller of both thresholds, so each guarantee holds.
    """
    return _highest(
        candidates,
        losses,
        lambda at: _expected(at) <= alpha and _chance(float(at.mean()), len(at), alpha) <= delta,
    )


def assured_bound(losses: NDArray[np.float64], delta: float = DELTA) -> float:
    """Risk that these losses rule out to exceed, for a share 1 - `delta` of all sets of items.

    Args:
        losses: 0..1, one per calibration item, at a threshold that was fixed or is conservative.
        delta: Chance that the bound fails.
    """
    low, high, mean, n = 0.0, 1.0, float(losses.mean()), len(losses)
    for _ in range(40):  # halves the interval: 1e-12 is more than the data can tell
        middle = (low + high) / 2
        low, high = (low, middle) if _chance(mean, n, middle) <= delta else (middle, high)
    return high


def missed_share(scores: Sequence[Sequence[float]], threshold: float) -> NDArray[np.float64]:
    """False-negative rate of each item: share of its identifying candidates below `threshold`.

    Args:
        scores: Score of every identifying span or box of an item, -inf for one never proposed.
        threshold: What is at or above it is redacted.
    """
    return np.array([np.mean([s < threshold for s in item]) if item else 0.0 for item in scores])


def leaked_share(
    risks: Sequence[float], leaks: Sequence[bool], threshold: float
) -> NDArray[np.float64]:
    """1 for each item that would be released, risk below `threshold`, and leaks; else 0."""
    return np.asarray((np.asarray(risks) < threshold) & np.asarray(leaks), dtype=np.float64)


def _highest(
    candidates: Sequence[float],
    losses: Callable[[float], NDArray[np.float64]],
    passes: Callable[[NDArray[np.float64]], bool],
) -> float:
    best = -math.inf
    for threshold in sorted(set(candidates)):
        at = losses(threshold)
        if not len(at) or not passes(at):
            break  # losses only rise from here
        best = threshold
    return best


def _expected(losses: NDArray[np.float64]) -> float:
    return (float(losses.sum()) + 1) / (len(losses) + 1)


def _chance(mean: float, n: int, alpha: float) -> float:
    """Upper bound of the chance of a mean this low when the risk is `alpha` (Hoeffding-Bentkus)."""
    if not 0 < alpha < 1 or mean >= alpha:
        return 1.0
    hoeffding = math.exp(-n * _divergence(mean, alpha))
    return min(hoeffding, math.e * _binomial_cdf(math.ceil(n * mean - 1e-9), n, alpha))


def _divergence(a: float, b: float) -> float:
    first = a * math.log(a / b) if a > 0 else 0.0
    return first + ((1 - a) * math.log((1 - a) / (1 - b)) if a < 1 else 0.0)


def _binomial_cdf(k: int, n: int, p: float) -> float:
    at = [
        math.lgamma(n + 1)
        - math.lgamma(i + 1)
        - math.lgamma(n - i + 1)
        + i * math.log(p)
        + (n - i) * math.log1p(-p)
        for i in range(min(k, n) + 1)
    ]
    return min(1.0, math.fsum(math.exp(x) for x in at))
