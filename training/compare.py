"""Two model repositories on the same slices, and on the sample study, as one Markdown table.

    python -m training.compare triton_models OTHER --set held-out=valid.npz --set second=second.npz

Sets are files of `training.simulate` or `training.second_scanner`. Nothing here is tuned on.
"""

import argparse
from pathlib import Path

import numpy as np

from radloom.dicom.volume import Volume
from services.muscle_seg.muscle import AGREEMENT_A, AGREEMENT_B, Muscle, dice, measure
from services.muscle_seg.slices import body_mask, place, to_grid, to_source
from training.judge import run, score, summary
from training.real_volume import SAMPLE_L3_SLICE, sample_volume
from training.sample_reference import reference

HEADER = """| set | n | model | Dice, mean / 5th percentile | area error, median / p90 / bias | \
agreement with Dice / error | grade A / B / C |
|---|---|---|---|---|---|---|
"""
ROW = (
    "| {set} | {n} | {model} | {dice_mean:.3f} / {dice_p5:.3f} "
    "| {area_error_median:.1%} / {area_error_p90:.1%} / {area_bias:+.1%} "
    "| {agreement_dice_rho:.2f} / {agreement_error_rho:.2f} "
    "| {grade_a:.0%} / {grade_b:.0%} / {grade_c:.0%} |\n"
)


def table(models: dict[str, Path], sets: dict[str, Path], most: int) -> str:
    """One row per set and model; at most `most` slices of each set, the first."""
    lines = HEADER
    for name, path in sets.items():
        stored = np.load(path)
        hu, labels = stored["i"][:most], stored["l"][:most]
        for model, repository in models.items():
            scores = summary(score(weights(repository), hu, labels))
            lines += ROW.format(set=name, model=model, **scores)
    return lines


def weights(repository: Path) -> Path:
    """File of the ensemble's graph."""
    return repository / "muscle_ensemble" / "1" / "model.onnx"


def on_slice(repository: Path, volume: Volume, k: int) -> Muscle:
    """The ensemble's measure of slice `k`, by the steps of `services/muscle_seg`."""
    hu, spacing = volume.hu[k], volume.spacing_mm[1:]
    at = place(body_mask(hu, spacing), spacing)
    made = run(weights(repository), "hu", to_grid(hu, at)[None, None])
    members = np.stack([to_source(each, at) for each in made["members"][0]])
    return measure(hu, to_source(made["mean"][0, 1], at), members, spacing, 1.0)


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


def document(models: dict[str, Path], sets: dict[str, Path], sample: Path, most: int) -> str:
    """Both tables with what they mean."""
    return (
        "# Segmentation networks compared\n\n"
        "Written by `python -m training.compare`. Muscle masks after the clean-up of\n"
        "`services/muscle_seg/muscle.py`. Grade A is an agreement of "
        f"{AGREEMENT_A:.2f}, B of {AGREEMENT_B:.2f}. Simulated slices describe the simulators,\n"
        "not patients.\n\n" + table(models, sets, most) + "\n" + sample_table(models, sample)
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("old", type=Path)
    parser.add_argument("new", type=Path)
    parser.add_argument("--set", action="append", default=[], help="NAME=FILE.npz")
    parser.add_argument("--most", type=int, default=10_000, help="slices of each set")
    parser.add_argument("--sample", type=Path, default=Path("samples/ct_torso"))
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    named = dict(each.split("=", 1) for each in given.set)
    given.out.write_text(
        document(
            {"old": given.old, "new": given.new},
            {name: Path(path) for name, path in named.items()},
            given.sample,
            given.most,
        )
    )
