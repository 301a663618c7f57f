"""How far a measurement may be off, told from what can be seen on every slice, and its grade.

Signals of the ensemble lead a regression to an expected Dice; split conformal quantiles over
simulated slices turn that into intervals (Lei 2018, "Distribution-free predictive inference for
regression"). The constants come with the model's weights, in the parameters of its configuration,
and name the weights they were fitted for.
"""

import math
from collections.abc import Mapping
from dataclasses import astuple, dataclass, fields
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from radloom.errors import Unavailable
from services.muscle_seg.muscle import THRESHOLD

COVERAGE = 0.90
"""Nominal coverage of every interval."""

BOUND_A = 0.065
"""Two readers differ by up to 9.9 cm2 at a mean of 156 cm2, 6.3 % (limits of agreement): an A is
bound to be as close as they are."""
BOUND_B = 0.15
"""Beyond, a patient at the median could be told to lie at a cut-off for sarcopenia."""
AGREEMENT_A, AGREEMENT_B = 0.95, 0.90
"""Floors beside the bound: it was fitted on trunks, and what is none disagrees more."""

PREFIX = "grading."
LEAST = 1e-4
"""Keeps the logarithm of a signal that is 0 finite."""

Grade = Literal["A", "B", "C"]


@dataclass(frozen=True)
class Signals:
    """What an ensemble's answer on one slice gives away about its error.

    Attributes:
        disagreement: 1 - agreement of the members' masks.
        variance: Variance of the muscle probability over the members, summed, per pixel of muscle.
        information: Mutual information, nats, summed, per pixel of muscle.
        entropy: Entropy of the mean muscle probability, nats, summed, per pixel of muscle.
        heterogeneity: Spread of the attenuation inside the mask, HU (`texture.py`).
        edgeless: Share of the mask's outline without an edge (`texture.py`).
    """

    disagreement: float
    variance: float
    information: float
    entropy: float
    heterogeneity: float
    edgeless: float

    def vector(self) -> NDArray[np.float64]:
        """Regressors: a constant, and the logarithm of each signal."""
        return np.array([1.0, *(math.log(max(LEAST, value)) for value in astuple(self))])


def signals(
    mean: NDArray[np.float32],
    variance: NDArray[np.float32],
    information: NDArray[np.float32],
    *,
    agreement: float,
    texture: tuple[float, float],
) -> Signals:
    """Signals of one answer, on the network's grid.

    Args:
        mean: (256, 256) muscle probability.
        variance: (256, 256) its variance over the members.
        information: (256, 256) mutual information, nats.
        agreement: Mean pairwise Dice of the members' masks.
        texture: `heterogeneity_hu` and `edgeless_share` of the mask.
    """
    area = max(1.0, float((mean > THRESHOLD).sum()))
    p = np.clip(mean.astype(np.float64), 1e-6, 1 - 1e-6)
    entropy = -(p * np.log(p) + (1 - p) * np.log(1 - p))
    return Signals(
        disagreement=1 - agreement,
        variance=float(variance.sum()) / area,
        information=float(information.sum()) / area,
        entropy=float(entropy.sum()) / area,
        heterogeneity=texture[0],
        edgeless=texture[1],
    )


@dataclass(frozen=True)
class Grading:
    """Constants fitted for one set of weights by `python -m training.grading`.

    Attributes:
        coefficients: Of `Signals.vector`, for the logarithm of the Dice that is missing.
        area: Conformal quantile of the relative area error over the missing Dice.
        attenuation: Of the error of the mean attenuation, HU, over the missing Dice.
        low_attenuation: Of the error of the low-attenuation share over the missing Dice.
        subcutaneous: Of the error of that area over its doubt.
        visceral: As for `subcutaneous`.
    """

    coefficients: tuple[float, ...]
    area: float
    attenuation: float
    low_attenuation: float
    subcutaneous: float
    visceral: float

    @classmethod
    def of(cls, parameters: Mapping[str, str], sha256: str) -> "Grading":
        """The constants that a model brings.

        Args:
            parameters: Of the model's configuration.
            sha256: Digest of the weights that will answer.

        Raises:
            Unavailable: The model brings none, or those of other weights or signals: it must not
                be used before `python -m training.grading` has been run on it.
        """
        coefficients = parameters.get(f"{PREFIX}coefficients", "").split(",")
        if parameters.get(f"{PREFIX}weights") != sha256 or len(coefficients) != 1 + len(
            fields(Signals)
        ):
            raise Unavailable(
                f"the muscle model with weights {sha256[:12]} has no grading fitted for them;"
                " run `python -m training.grading` on its repository",
                dependency="model:muscle_ensemble",
            )
        numbers = {
            name: float(parameters[PREFIX + name])
            for name in ("area", "attenuation", "low_attenuation", "subcutaneous", "visceral")
        }
        return cls(coefficients=tuple(float(text) for text in coefficients), **numbers)

    def parameters(self, sha256: str) -> dict[str, str]:
        """The constants as `of` reads them."""
        numbers = {
            name: f"{getattr(self, name):.6g}"
            for name in ("area", "attenuation", "low_attenuation", "subcutaneous", "visceral")
        }
        written = ",".join(f"{value:.6g}" for value in self.coefficients)
        told = {"weights": sha256, "coefficients": written} | numbers
        return {PREFIX + name: value for name, value in told.items()}

    def missing_dice(self, seen: Signals) -> float:
        """1 - the Dice with the true mask that the signals lead to expect, 0.002 to 1."""
        told = float(np.dot(self.coefficients, seen.vector()))
        return float(np.clip(math.exp(min(told, 0.0)), 0.002, 1.0))

    def bound(self, seen: Signals) -> float:
        """Bound on the error of the area, relative to the area measured."""
        return self.area * self.missing_dice(seen)


def grade(bound: float, agreement: float, *, doubtful: bool) -> Grade:
    """A, B (review) or C (no number).

    Args:
        bound: On the relative error of the area.
        agreement: Of the members.
        doubtful: Whether any remark says that a person should look.
    """
    if bound > BOUND_B or agreement < AGREEMENT_B:
        return "C"
    return "A" if bound <= BOUND_A and agreement >= AGREEMENT_A and not doubtful else "B"


def around(value: float, half: float, low: float = 0.0) -> tuple[float, float]:
    """Interval around a value, cut at the least that is possible."""
    return max(low, value - half), value + half
