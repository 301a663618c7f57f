"""From the score of a detector to a probability: isotonic, cautious, small."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Calibration:
    """A step function that rises with the score.

    Attributes:
        scores: Lowest score of each step, rising.
        probabilities: Probability of each step, 0..1, rising, as many.
        items: How many labelled scores it was fitted on; 0 when on none.
    """

    scores: tuple[float, ...]
    probabilities: tuple[float, ...]
    items: int

    def __post_init__(self) -> None:
        if len(self.scores) != len(self.probabilities) or not self.scores:
            raise ValueError("a calibration needs one probability per step and at least one step")
        for name, values in (("scores", self.scores), ("probabilities", self.probabilities)):
            if any(a > b for a, b in pairwise(values)):
                raise ValueError(f"{name} of a calibration must rise")

    def __call__(self, score: float) -> float:
        """Probability at `score`; below the lowest score that was seen, that of the lowest."""
        step = int(np.searchsorted(np.asarray(self.scores), score, side="right")) - 1
        return self.probabilities[max(0, step)]


UNFITTED = Calibration(tuple(i / 100 for i in range(101)), tuple(i / 100 for i in range(101)), 0)
"""Takes a score in 0..1 at its word: what stands in before anything was fitted."""


def fitted(scores: Sequence[float], labels: Sequence[bool]) -> Calibration:
    """Isotonic regression by pooling adjacent violators (Ayer et al., Ann Math Stat 1955;26:641).

    Each step says (hits + 1) / (items + 2), Laplace's rule: a step of few items never claims 0 or
    1. Equal scores share a step.

    Args:
        scores: What the detector said, one per item; any order, any range.
        labels: Whether the item was what the detector looks for.

    Raises:
        ValueError: Nothing to fit on, or not one label per score.
    """
    if len(scores) != len(labels) or not scores:
        raise ValueError("a calibration is fitted on one label per score and at least one score")
    values, inverse = np.unique(np.asarray(scores, float), return_inverse=True)
    hits = np.bincount(inverse, weights=np.asarray(labels, float))
    counts = np.bincount(inverse).astype(float)
    steps: list[tuple[float, float, float]] = []
    for value, hit, count in zip(values, hits, counts, strict=True):
        step = (float(value), float(hit), float(count))
        while steps and _said(steps[-1]) >= _said(step):
            last = steps.pop()
            step = (last[0], last[1] + step[1], last[2] + step[2])
        steps.append(step)
    return Calibration(
        tuple(step[0] for step in steps), tuple(_said(step) for step in steps), len(scores)
    )


def _said(step: tuple[float, float, float]) -> float:
    return (step[1] + 1) / (step[2] + 2)


def calibration_error(
    probabilities: Sequence[float], labels: Sequence[bool], bins: int = 10
) -> float:
    """Expected calibration error, 0..1, over `bins` bins of equal width (Naeini et al., 2015)."""
    said = np.asarray(probabilities, float)
    true = np.asarray(labels, float)
    place: NDArray[np.intp] = np.minimum((said * bins).astype(np.intp), bins - 1)
    gaps = np.abs(
        np.bincount(place, weights=said, minlength=bins)
        - np.bincount(place, weights=true, minlength=bins)
    )
    return float(gaps.sum() / max(1, len(said)))
