"""Makes both models from the simulated cohort: `python -m training.cachexia.build`.

About ten minutes on one core, numpy and scipy only. The same command gives the same files on the
same machine and library versions.
"""

import argparse
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from services.cachexia_scorer.risk import FEATURES, HEADS, read_by
from services.cachexia_scorer.survival import EDGES_MONTHS
from training.cachexia.cards import write_cards
from training.cachexia.cohort import Cohort, simulate
from training.cachexia.ensemble import FOLDS, Ensemble, split_calibrated, train
from training.cachexia.intervals import LIMIT, factor_of
from training.cachexia.outcomes import Outcome, label_outcome, survival_outcome
from training.cachexia.repository import Provenance, Trained, write

TRAIN_SEED, GOLDEN_SEED, CALIBRATION_SEED, INTERVAL_SEED = 1, 2, 4, 1_000
TEST_SEED = 737_373
"""Of the 20,000 test patients of the evaluation; never of training."""

EVERY = np.ones(len(FEATURES), dtype=bool)


@dataclass(frozen=True)
class Recipe:
    """How much of everything.

    Attributes:
        patients: Trained on, risk.
        survival_patients: Trained on, survival: ten intervals each.
        calibration: Further patients for calibration and conformal cuts.
        folds: Folds of each ensemble.
        limit: Patients of the training that intervals are calibrated against; 0 leaves the
            factors at those of the normal distribution.
    """

    patients: int = 12_000
    survival_patients: int = 6_000
    calibration: int = 16_000
    folds: int = FOLDS
    limit: int = LIMIT


SMOKE = Recipe(patients=400, survival_patients=200, calibration=300, folds=2, limit=0)


def label_of(cohort: Cohort) -> Outcome:
    """Cachexia, yes or no."""
    return label_outcome(cohort.cachexia)


def death_of(cohort: Cohort) -> Outcome:
    """Death by interval."""
    return survival_outcome(cohort.months, cohort.died, EDGES_MONTHS)


def head(
    recipe: Recipe,
    patients: int,
    used: NDArray[np.bool_],
    outcome: Callable[[Cohort], Outcome],
    limit_share: float,
) -> Ensemble:
    """Trains one head, interval calibrated."""
    started = time.process_time()
    cohort = simulate(patients, TRAIN_SEED)
    made = train(cohort, outcome(cohort), used, TRAIN_SEED, folds=recipe.folds)
    spared = simulate(recipe.calibration, CALIBRATION_SEED)
    made = split_calibrated(made, spared, outcome(spared))
    if recipe.limit:
        limit = round(recipe.limit * limit_share)
        factor = factor_of(used, outcome, INTERVAL_SEED, limit)
        made = replace(made, interval_factor=factor)
    print(
        f"{used.sum()} features: {time.process_time() - started:.0f} s, "
        f"interval factor {made.interval_factor:.2f}"
    )
    return made


def build(recipe: Recipe, repository: Path) -> Trained:
    """Writes both models with cards into `repository`."""
    trained = Trained(
        {name: head(recipe, recipe.patients, read_by(name), label_of, 1.0) for name in HEADS},
        head(recipe, recipe.survival_patients, EVERY, death_of, 0.25),
        recipe.survival_patients,
    )
    said = Provenance("simulation", "shadow", "not run", recipe.patients)
    digests = write(repository, trained, simulate(64, GOLDEN_SEED), said)
    write_cards(
        repository,
        trained,
        digests,
        (recipe.patients, recipe.survival_patients, recipe.calibration),
    )
    return trained


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repository", type=Path, default=Path("triton_models"))
    parser.add_argument("--smoke", action="store_true", help="tiny sizes; shows that all steps run")
    given = parser.parse_args()
    build(SMOKE if given.smoke else Recipe(), given.repository)
