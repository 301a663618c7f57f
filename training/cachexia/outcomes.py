"""What a head predicts: a label, or death in each of several intervals."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Outcome:
    """What is predicted.

    Attributes:
        event: (n, K) 1 where the event falls into the interval; K = 1 for a label.
        at_risk: (n, K) 1 where the patient was at risk in the interval.
    """

    event: Floats
    at_risk: Floats

    def take(self, rows: NDArray[np.generic]) -> "Outcome":
        """These patients only."""
        return Outcome(self.event[rows], self.at_risk[rows])


def label_outcome(label: Bools) -> Outcome:
    """A yes/no outcome."""
    return Outcome(label[:, None].astype(float), np.ones((len(label), 1)))


def survival_outcome(months: Floats, died: Bools, edges: Sequence[float]) -> Outcome:
    """Person-intervals of a discrete-time hazard.

    A patient censored within an interval counts as at risk for the share of it that he was seen.
    """
    start, end = np.array(edges[:-1]), np.array(edges[1:])
    at_risk = np.clip((months[:, None] - start) / (end - start), 0.0, 1.0)
    inside = (months[:, None] > start) & (months[:, None] <= end)
    event = (inside & died[:, None]).astype(float)
    return Outcome(event, np.where(event > 0, 1.0, at_risk))
