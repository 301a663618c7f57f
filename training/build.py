"""Makes every shipped model again: simulate, train, export, measure.

    python -m training.build                      # about 1 h 30 min of one core
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
from training.fit_muscle import ARCHITECTURES, FOLDS, Course
from training.simulate import DataSet, axial_slice, projections
from training.warm_start import members

MEMBERS = tuple((name, fold) for fold in range(FOLDS) for name in ARCHITECTURES)
"""Architecture and the fold that the member leaves out, in the order of training: a run that is
cut short holds both architectures."""


AFRESH = Course(1000)
"""How a member is trained from nothing."""
FURTHER = Course(160, batch=4, learning_rate=5e-4, seed=7)
"""How members of an earlier ensemble are trained on."""


@dataclass(frozen=True)
class Recipe:
    """Sizes of the data sets and lengths of the training; the defaults made what ships."""

    axial: int = 2000
    axial_held_out: int = 240
    volumes: int = 6000
    volumes_held_out: int = 800
    members: tuple[tuple[str, int], ...] = MEMBERS
    course: Course = AFRESH
    locator_iterations: int = 1500


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
    axial_held_out=6,
    volumes=40,
    volumes_held_out=40,
    members=MEMBERS[:2],
    course=Course(2),
    locator_iterations=3,
)


def build_muscle(recipe: Recipe, out: Path, given: Placement) -> None:
    """Writes `muscle_ensemble`.

    Args:
        recipe: How much of everything.
        out: Folder of data sets, weights and logs.
        given: Where it goes, and the volume whose first inference becomes the golden one.
    """
    train = DataSet("axial_train", axial_slice, 21, recipe.axial).write(out, given.threads)
    valid = DataSet("axial_valid", axial_slice, 22, recipe.axial_held_out).write(out, given.threads)
    weights = out / "weights"
    weights.mkdir(exist_ok=True)
    for architecture, fold in recipe.members:
        path = weights / f"{architecture}-{fold}.pt"
        if not path.exists():
            course = replace(recipe.course, threads=given.threads)
            fit_muscle.fit(architecture, fold, train, path, course)
    export_ensemble(Calibration(weights, valid, given.repository, given.volume))


def build_locator(recipe: Recipe, out: Path, given: Placement) -> None:
    """Writes `l3_locator`; arguments as `build_muscle`."""
    train = DataSet("skeleton_train", projections, 11, recipe.volumes)
    valid = DataSet("skeleton_valid", projections, 12, recipe.volumes_held_out)
    weights = out / "weights"
    path, data = weights / "l3-0.pt", train.write(out, given.threads)
    weights.mkdir(exist_ok=True)
    if not path.exists():
        fit_l3.fit(0, data, recipe.locator_iterations, path, given.threads)
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
    if chosen.start:
        held = members(chosen.start)
        known = tuple(each for each in MEMBERS if "-".join(map(str, each)) in held)
        sizes = replace(sizes, course=replace(FURTHER, start=chosen.start), members=known)
    sizes = replace(sizes, members=sizes.members[: chosen.members])
    for name in [chosen.only] if chosen.only else MODELS:
        MODELS[name](sizes, chosen.out, Placement(models, chosen.volume, chosen.threads))
