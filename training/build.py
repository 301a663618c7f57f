"""Makes every shipped model again: simulate, train, export, measure.

    python -m training.build                      # about 2 h on two cores
    python -m training.build --smoke --out /tmp/x # the same steps in a minute, for nobody's use

Each step leaves a file and is skipped when that file is there, and a member resumes from its
checkpoint, so an interrupted run goes on where it stopped.
"""

import argparse
from dataclasses import dataclass
from pathlib import Path

from training import fit_l3, fit_muscle
from training.export import Calibration, export_ensemble, export_locator
from training.simulate import DataSet, axial_slice, projections

MEMBERS = (("plain", 0), ("residual", 1), ("plain", 2), ("residual", 3))
"""Architecture and the fold that the member leaves out."""


@dataclass(frozen=True)
class Recipe:
    """Sizes of the data sets and lengths of the training; the defaults made what ships."""

    axial: int = 2600
    axial_held_out: int = 300
    volumes: int = 6000
    volumes_held_out: int = 800
    members: tuple[tuple[str, int], ...] = MEMBERS
    member_iterations: int = 1000
    locator_iterations: int = 1500


SMOKE = Recipe(
    axial=12,
    axial_held_out=6,
    volumes=40,
    volumes_held_out=40,
    members=MEMBERS[:2],
    member_iterations=2,
    locator_iterations=3,
)


def build(recipe: Recipe, out: Path, repository: Path, volume: Path, threads: int) -> None:
    """Writes `l3_locator` and `muscle_ensemble` into `repository`, what they are made of to `out`.

    Args:
        recipe: How much of everything.
        out: Folder of data sets, weights and logs.
        repository: Model repository.
        volume: DICOM folder whose first inference becomes the golden one.
        threads: Processor threads.
    """
    sets = {
        name: DataSet(name, make, seed, items).write(out, threads)
        for name, make, seed, items in (
            ("axial_train", axial_slice, 1, recipe.axial),
            ("axial_valid", axial_slice, 2, recipe.axial_held_out),
            ("skeleton_train", projections, 11, recipe.volumes),
            ("skeleton_valid", projections, 12, recipe.volumes_held_out),
        )
    }
    weights = out / "weights"
    weights.mkdir(exist_ok=True)
    for architecture, fold in recipe.members:
        path = weights / f"{architecture}-{fold}.pt"
        if not path.exists():
            data = sets["axial_train"]
            fit_muscle.fit(architecture, fold, data, recipe.member_iterations, path, threads)
    if not (weights / "l3-0.pt").exists():
        path = weights / "l3-0.pt"
        fit_l3.fit(0, sets["skeleton_train"], recipe.locator_iterations, path, threads)
    export_locator(Calibration(weights, sets["skeleton_valid"], repository, volume))
    export_ensemble(Calibration(weights, sets["axial_valid"], repository, volume))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("build/training"))
    parser.add_argument("--repository", type=Path, help="default: triton_models, or OUT/models")
    parser.add_argument("--volume", type=Path, default=Path("samples/ct_torso"))
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--smoke", action="store_true", help="tiny sizes; shows that all steps run")
    given = parser.parse_args()
    models = given.repository or (given.out / "models" if given.smoke else Path("triton_models"))
    build(SMOKE if given.smoke else Recipe(), given.out, models, given.volume, given.threads)
