"""How wide the interval of a probability must be: calibrated against much larger training sets.

The jackknife error says how much the answer would move with other patients of the same kind. The
factor makes that an interval which covers, for 90 % of patients, the answer that the same recipe
approaches with very many training patients. It says nothing about one patient's outcome, and
nothing about patients of another kind.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from services.cachexia_scorer.conformal import COVERAGE
from training.cachexia.cohort import Cohort, simulate
from training.cachexia.ensemble import Ensemble, answer, train
from training.cachexia.outcomes import Outcome

SMALL, REPEATS = 1_500, 4
LIMIT, LIMIT_FOLDS = 40_000, 2
"""The limit: 27 times the patients; two folds, for its own error is not asked for."""

READERS = 4_000
Bools = NDArray[np.bool_]


def limit_of(used: Bools, outcome: Callable[[Cohort], Outcome], seed: int, n: int) -> Ensemble:
    """The recipe on very many patients."""
    many = simulate(n, seed)
    return train(many, outcome(many), used, seed, folds=LIMIT_FOLDS)


def factor_of(used: Bools, outcome: Callable[[Cohort], Outcome], seed: int, n: int) -> float:
    """Half the interval in jackknife standard errors, over repeated small trainings.

    Args:
        used: (F,) features of the head.
        outcome: What it predicts.
        seed: Seeds from here on are used.
        n: Patients of the limit.
    """
    readers = simulate(READERS, seed)
    limit = answer(limit_of(used, outcome, seed + 1, n), readers).logit
    ratios = []
    for repeat in range(REPEATS):
        few = simulate(SMALL, seed + 2 + repeat)
        small = replace(train(few, outcome(few), used, seed + 2 + repeat), interval_factor=1.0)
        said = answer(small, readers)
        ratios.append(np.abs(said.logit - limit) / said.half)
    return float(np.quantile(np.concatenate(ratios), COVERAGE))


def factor_of_halves(cohort: Cohort, outcome: Outcome, used: Bools, seed: int, folds: int) -> float:
    """The factor where no further patients can be drawn: from two trainings on disjoint halves.

    Their difference has the variance of both together, so it is held against the root of the sum
    of both squared errors. Read on the patients of both halves.
    """
    halves = np.random.default_rng([seed, 0x2]).permutation(len(cohort)) % 2
    said = []
    for half in (0, 1):
        rows = np.flatnonzero(halves == half)
        made = train(cohort.take(rows), outcome.take(rows), used, seed + half, folds=folds)
        said.append(answer(replace(made, interval_factor=1.0), cohort))
    apart = np.abs(said[0].logit - said[1].logit)
    return float(np.quantile(apart / np.hypot(said[0].half, said[1].half), COVERAGE))


def covered(ensemble: Ensemble, limit: Ensemble, readers: Cohort) -> float:
    """Share of patients whose interval holds the answer of the limit."""
    said, ideal = answer(ensemble, readers), answer(limit, readers)
    return float(np.mean(np.abs(said.logit - ideal.logit) <= said.half))
