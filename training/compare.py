"""Model repositories on the same slices, and on the sample study, as Markdown tables.

    python -m training.compare shipped=triton_models new=OTHER --set held-out@22=A.npz --out X.md

Sets are files of `training.simulate` or `training.second_scanner`. Nothing here is tuned on.
"""

import argparse
from dataclasses import Field, dataclass, fields
from pathlib import Path

import numpy as np

from radloom.dicom.volume import Volume
from services.muscle_seg.grading import AGREEMENT_A, AGREEMENT_B
from services.muscle_seg.muscle import Muscle, dice, measure
from services.muscle_seg.slices import body_mask, place, to_grid, to_source
from training.judge import Scores, run, score, summary
from training.l3_crops import crop_table
from training.real_volume import SAMPLE_L3_SLICE, sample_volume
from training.sample_reference import reference
from training.variants import Variants, draw

HEADER = """| set | n | model | Dice, mean / 5th percentile | area error, median / p90 / bias | \
agreement with Dice / error | grade A / B / C |
|---|---|---|---|---|---|---|
"""
LEAST_OF_A_VARIANT = 8
"""Fewer slices than this say nothing about a variant."""
ROW = (
    "| {set} | {n} | {model} | {dice_mean:.3f} / {dice_p5:.3f} "
    "| {area_error_median:.1%} / {area_error_p90:.1%} / {area_bias:+.1%} "
    "| {agreement_dice_rho:.2f} / {agreement_error_rho:.2f} "
    "| {grade_a:.0%} / {grade_b:.0%} / {grade_c:.0%} |\n"
)


@dataclass(frozen=True)
class Set:
    """Slices to compare on.

    Attributes:
        name: As the table shows it.
        path: File of `training.simulate` or `training.second_scanner`.
        seed: The set's seed when its variants are to be told apart.
    """

    name: str
    path: Path
    seed: int | None

    @classmethod
    def parse(cls, text: str) -> "Set":
        """From NAME=FILE or NAME@SEED=FILE."""
        name, path = text.split("=", 1)
        name, _, seed = name.partition("@")
        return cls(name, Path(path), int(seed) if seed else None)


def table(models: dict[str, Path], sets: list[Set], most: int) -> str:
    """One row per set and model; at most `most` slices of each set, the first."""
    lines, details = HEADER, ""
    for each in sets:
        stored = np.load(each.path)
        hu, labels = stored["i"][:most], stored["l"][:most]
        made = {name: score(weights(path), hu, labels) for name, path in models.items()}
        for model, scores in made.items():
            lines += ROW.format(set=each.name, model=model, **summary(scores))
        if each.seed is not None:
            details += variant_table(each.name, each.seed, made)
    return lines + details


def variant_table(name: str, seed: int, made: dict[str, Scores]) -> str:
    """Mean Dice and median area error of the slices that have a variant, rare ones apart."""
    n = len(next(iter(made.values())).dice)
    drawn = [draw(np.random.default_rng([seed, k])) for k in range(n)]
    lines = f"\n{name}, slices with a variant: mean Dice / median area error\n\n"
    lines += f"| variant | n | {' | '.join(made)} |\n|---|---|{'---|' * len(made)}\n"
    for variant in (None, *fields(Variants)):
        has = np.array([variant is None or present(variant, each) for each in drawn])
        if has.sum() >= LEAST_OF_A_VARIANT:
            cells = [
                f"{s.dice[has].mean():.3f} / {np.median(np.abs(s.error[has])):.1%}"
                for s in made.values()
            ]
            title = variant.name if variant else "all"
            lines += f"| {title} | {has.sum()} | {' | '.join(cells)} |\n"
    return lines


def present(variant: Field[float], of: Variants) -> bool:
    """Whether a drawn variant differs from the ordinary case."""
    return bool(getattr(of, variant.name) != variant.default)


def weights(repository: Path) -> Path:
    """File of the ensemble's graph."""
    return repository / "muscle_ensemble" / "1" / "model.onnx"


def on_slice(repository: Path, volume: Volume, k: int) -> Muscle:
    """The ensemble's measure of slice `k`, by the steps of `services/muscle_seg`."""
    hu, spacing = volume.hu[k], volume.spacing_mm[1:]
    at = place(body_mask(hu, spacing), spacing)
    made = run(weights(repository), "hu", to_grid(hu, at)[None, None])
    members = np.stack([to_source(each, at) for each in made["members"][0]])
    return measure(hu, to_source(made["mean"][0, 1], at), members, spacing)


def sample_table(models: dict[str, Path], folder: Path) -> str:
    """Muscle at L3 of the sample against the engineering reference, and two slices beside it."""
    volume = sample_volume(folder)
    drawn = reference(volume.hu[SAMPLE_L3_SLICE])
    pixel_cm2 = volume.spacing_mm[1] * volume.spacing_mm[2] / 100
    lines = (
        "The sample study has no expert's mask. At its L3, slice "
        f"{SAMPLE_L3_SLICE}, an engineering reference of\n"
        f"{drawn.sum() * pixel_cm2:.1f} cm2 (`training/sample_reference.py`): "
        "one reading, no clinician, and not unseen.\n\n"
        "| slice | model | area cm2 | HU | agreement | Dice / area error against the reference |\n"
        "|---|---|---|---|---|---|\n"
    )
    for k in (SAMPLE_L3_SLICE - 2, SAMPLE_L3_SLICE, SAMPLE_L3_SLICE + 2):
        for name, path in models.items():
            got = on_slice(path, volume, k)
            error = got.mask.sum() / drawn.sum() - 1
            against = f"{dice(got.mask, drawn):.3f} / {error:+.1%}"
            lines += (
                f"| {k} | {name} | {got.area_cm2:.1f} | {got.mean_hu:.1f} | {got.agreement:.3f} "
                f"| {against if k == SAMPLE_L3_SLICE else ''} |\n"
            )
    return lines


def document(models: dict[str, Path], sets: list[Set], sample: Path, most: int) -> str:
    """All tables with what they mean."""
    return (
        "# Segmentation networks\n\n"
        "Written by `python -m training.compare`. Muscle masks after the clean-up of\n"
        "`services/muscle_seg/muscle.py`. Grade A is an agreement of "
        f"{AGREEMENT_A:.2f},\nB of {AGREEMENT_B:.2f}. Simulated slices describe the simulators, "
        "not patients. Bias is the median of the\nsigned area error.\n\n"
        + table(models, sets, most)
        + "\n"
        + sample_table(models, sample)
        + "\n"
        + crop_table(models, sample)
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("models", nargs="+", help="NAME=FOLDER of a model repository")
    parser.add_argument(
        "--set", action="append", default=[], help="NAME=FILE.npz or NAME@SEED=FILE.npz"
    )
    parser.add_argument("--most", type=int, default=10_000, help="slices of each set")
    parser.add_argument("--sample", type=Path, default=Path("samples/ct_torso"))
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    given.out.write_text(
        document(
            {name: Path(path) for name, path in (each.split("=", 1) for each in given.models)},
            [Set.parse(each) for each in given.set],
            given.sample,
            given.most,
        )
    )
