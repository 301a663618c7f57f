"""What a modality adds: heads trained on the first, the first two, ... modalities."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from services.cachexia_scorer.risk import FEATURES, MODALITIES, Head, read_by
from training.cachexia.cohort import Cohort, simulate
from training.cachexia.ensemble import answer, train
from training.cachexia.metrics import calibration_error, roc_area
from training.cachexia.outcomes import label_outcome

Floats = NDArray[np.float64]

LADDER_SEED = 5_000
"""Training cohorts of the ladder: seeds from here on."""

RUNGS: tuple[tuple[str, ...], ...] = tuple(MODALITIES[: k + 1] for k in range(len(MODALITIES)))


@dataclass(frozen=True)
class Rung:
    """A head that reads some modalities, over repeated training cohorts.

    Attributes:
        modalities: What it reads.
        accuracy: (repeats,) on the test patients.
        area: (repeats,) under the ROC curve.
        ece: (repeats,).
        added: (repeats,) accuracy less that of the rung below on the same cohort; empty on the
            first rung.
    """

    modalities: tuple[str, ...]
    accuracy: Floats
    area: Floats
    ece: Floats
    added: Floats


def climb(head: Head, patients: int, repeats: int, test: Cohort) -> list[Rung]:
    """Trains each rung on `repeats` cohorts of `patients`, and judges it on `test`."""
    rows = np.array(
        [
            [_judged(head, modalities, patients, repeat, test) for modalities in RUNGS]
            for repeat in range(repeats)
        ]
    )  # (repeats, rungs, 3)
    return [
        Rung(
            modalities,
            rows[:, k, 0],
            rows[:, k, 1],
            rows[:, k, 2],
            rows[:, k, 0] - rows[:, k - 1, 0] if k else np.array([]),
        )
        for k, modalities in enumerate(RUNGS)
    ]


def _judged(
    head: Head, modalities: Sequence[str], patients: int, repeat: int, test: Cohort
) -> tuple[float, float, float]:
    used = read_by(head) & np.array([f.modality in modalities for f in FEATURES])
    cohort = simulate(patients, LADDER_SEED + patients + repeat)
    made = train(cohort, label_outcome(cohort.cachexia), used, LADDER_SEED + repeat)
    probability = answer(made, test).probability
    right = float(((probability > 0.5) == test.cachexia).mean())
    area, _ = roc_area(probability, test.cachexia)
    return right, area, calibration_error(probability, test.cachexia)


def mean_interval(values: Floats) -> tuple[float, float, float]:
    """Mean over repeats and the 95 % interval of one further training cohort (t distribution).

    The interval is that of a single training, which is what a site would do, not of the mean.
    """
    mean, n = float(values.mean()), len(values)
    half = float(stats.t.ppf(0.975, n - 1) * values.std(ddof=1) * np.sqrt(1 + 1 / n))
    return mean, mean - half, mean + half
