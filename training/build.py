"""Makes every shipped model again: simulate, train, export, measure.

    python -m training.build                      # about 1 h 30 min of one quiet core
    python -m training.build --only muscle --start triton_models/muscle_ensemble  # train on
    python -m training.build --smoke --out /tmp/x # the same steps in a minute, for nobody's use

Each step leaves a file and is skipped when that file is there, and a member resumes from its
checkpoint, so an interrupted run goes on where it stopped.
"""

import argparse
from dataclasses import dataclass, replace
from pathlib import Path

from training import fit_l3, fit_muscle
from training.export import Calibration, export_ensemble, export_locator
from training.fit_muscle import Course
from training.simulate import DataSet, axial_slice, hard_axial_slice, projections
from training.warm_start import members

MEMBERS: dict[tuple[str, int], str | None] = {
    ("plain", 0): None,
    ("residual", 1): None,
    ("plain", 2): None,
    ("residual", 3): None,
    ("plain", 1): "plain-0",
    ("residual", 0): "residual-1",
    ("plain", 3): "plain-2",
    ("residual", 2): "residual-3",
    ("plain", 4): "plain-0",
    ("residual", 4): "residual-1",
}
"""Architecture and the fold that the member leaves out, in the order of training, with the member
that it branches from. Four are trained from nothing; the others go on from one of them at a high
learning rate on other slices, at a fifth of the cost (Garipov 2018). A run that is cut short holds
both architectures."""


AFRESH = Course(1600, batch=4)
"""How a member is trained from nothing."""
BRANCHED = Course(280, batch=4, seed=3)
"""How a member is trained on from another."""
FURTHER = Course(600, batch=4, seed=3)
"""How members of an earlier ensemble are trained on."""


@dataclass(frozen=True)
class Recipe:
    """Sizes of the data sets and lengths of the training; the defaults made what ships.

    With one difference: folds 0 and 1 of the shipped L3 locator took 900 iterations.
    """

    axial: int = 2000
    axial_hard: int = 1200
    axial_held_out: int = 240
    volumes: int = 9000
    volumes_held_out: int = 1200
    members: int = len(MEMBERS)
    afresh: Course = AFRESH
    branched: Course = BRANCHED
    start: Path | None = None
    locator_folds: int = fit_l3.FOLDS
    locator_iterations: int = 600


@dataclass(frozen=True)
class Placement:
    """Where the models go and what with.

    Attributes:
        repository: Model repository.
        volume: DICOM folder whose first inference becomes the golden one.
        threads: Processor threads.
    """

    repository: Path
    volume: Path
    threads: int


SMOKE = Recipe(
    axial=12,
    axial_hard=8,
    axial_held_out=6,
    volumes=40,
    volumes_held_out=40,
    members=2,
    afresh=Course(2),
    branched=Course(2),
    locator_folds=2,
    locator_iterations=3,
)


def build_muscle(recipe: Recipe, out: Path, given: Placement) -> None:
    """Writes `muscle_ensemble`.

    Args:
        recipe: How much of everything.
        out: Folder of data sets, weights and logs.
        given: Where it goes, and the volume whose first inference becomes the golden one.
    """
    train = [
        DataSet("axial_train", axial_slice, 21, recipe.axial).write(out, given.threads),
        DataSet("axial_hard", hard_axial_slice, 23, recipe.axial_hard).write(out, given.threads),
    ]
    valid = DataSet("axial_valid", axial_slice, 22, recipe.axial_held_out).write(out, given.threads)
    weights = out / "weights"
    weights.mkdir(exist_ok=True)
    for architecture, fold in tuple(MEMBERS)[: recipe.members]:
        path = weights / f"{architecture}-{fold}.pt"
        if not path.exists():
            course = replace(
                course_of((architecture, fold), recipe, weights), threads=given.threads
            )
            fit_muscle.fit(architecture, fold, train, path, course)
    export_ensemble(Calibration(weights, valid, given.repository, given.volume))


def course_of(member: tuple[str, int], recipe: Recipe, weights: Path) -> Course:
    """How a member is trained: on from an earlier ensemble, from another member, or afresh."""
    if recipe.start and "-".join(map(str, member)) in members(recipe.start):
        return replace(FURTHER, start=recipe.start)
    branch = MEMBERS[member]
    return replace(recipe.branched, start=weights / f"{branch}.pt") if branch else recipe.afresh


def build_locator(recipe: Recipe, out: Path, given: Placement) -> None:
    """Writes `l3_locator`; arguments as `build_muscle`."""
    train = DataSet("skeleton_train", projections, 11, recipe.volumes)
    valid = DataSet("skeleton_valid", projections, 12, recipe.volumes_held_out)
    weights, data = out / "weights", train.write(out, given.threads)
    weights.mkdir(exist_ok=True)
    for fold in range(recipe.locator_folds):
        path = weights / f"l3-{fold}.pt"
        if not path.exists():
            fit_l3.fit(fold, data, recipe.locator_iterations, path, given.threads)
    held_out = valid.write(out, given.threads)
    export_locator(Calibration(weights, held_out, given.repository, given.volume))


MODELS = {"l3": build_locator, "muscle": build_muscle}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("build/training"))
    parser.add_argument("--repository", type=Path, help="default: triton_models, or OUT/models")
    parser.add_argument("--volume", type=Path, default=Path("samples/ct_torso"))
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--only", choices=MODELS, help="default: both models")
    parser.add_argument("--members", type=int, help="only the first of the ensemble's ten")
    parser.add_argument("--start", type=Path, help="model folder whose members are trained on")
    parser.add_argument("--smoke", action="store_true", help="tiny sizes; shows that all steps run")
    chosen = parser.parse_args()
    models = chosen.repository or (chosen.out / "models" if chosen.smoke else Path("triton_models"))
    sizes = SMOKE if chosen.smoke else Recipe()
    sizes = replace(sizes, start=chosen.start, members=chosen.members or sizes.members)
    for name in [chosen.only] if chosen.only else MODELS:
        MODELS[name](sizes, chosen.out, Placement(models, chosen.volume, chosen.threads))
