"""Conformal sets: which labels a calibrated model cannot exclude.

Mondrian split conformal prediction (Vovk, Gammerman and Shafer 2005, section 4.5), one category
per label and missingness pattern: among patients who have the label and of whom the same
modalities were observed, the label is in the set with the nominal probability, whatever the model.
"""

import math
from typing import Literal

import numpy as np
from numpy.typing import NDArray

COVERAGE = 0.90
"""Nominal probability that the true label is in the set."""

PredictionSet = Literal["cachexia", "not", "unsure"]


def cut_of(probabilities: NDArray[np.float64], coverage: float = COVERAGE) -> float:
    """Probability of a label from which it enters the set.

    The k-th smallest probability that calibration patients with the label were given it,
    k = floor((1 - coverage) (n + 1)); 0, so that the label always enters, when n is too small for
    any cut to have the coverage.

    Args:
        probabilities: (n,) probability of the label, of patients who have it.
        coverage: Nominal coverage, 0..1.
    """
    k = math.floor((1 - coverage) * (len(probabilities) + 1) + 1e-9)
    return float(np.sort(probabilities)[k - 1]) if k >= 1 else 0.0


def prediction_set(probability: float, cut_cachexia: float, cut_not: float) -> PredictionSet:
    """The conformal set of one patient.

    "unsure" when both labels enter. When neither does, the model has seen no patient like this
    one: that is "unsure" too, which can only raise the coverage.

    Args:
        probability: Of cachexia.
        cut_cachexia: Cut of the label, see `cut_of`.
        cut_not: Cut of the other label, on 1 - probability.
    """
    cachexia = probability >= cut_cachexia
    absent = 1 - probability >= cut_not
    if cachexia == absent:
        return "unsure"
    return "cachexia" if cachexia else "not"
