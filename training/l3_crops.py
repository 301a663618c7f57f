"""The L3 locator on the sample study: whole, mirrored, padded with air, and every crop in z.

One patient, who was looked at while the simulator was made: it shows what breaks, not how often.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from radloom.dicom.volume import Volume
from services.muscle_seg.projections import Projections, project
from training.judge import run
from training.real_volume import SAMPLE_L3_BODY, sample_volume

AIR_HU = -1024
LEAST_SLICES, STEP = 40, 4
"""Shortest crop (120 mm at the sample's 3 mm) and the distance of its ends."""
PADS = (4, 10, 20, 40, 60)
NEAR_ROWS = 3
NEAR_MM = 10.0


@dataclass(frozen=True)
class Case:
    """A variation of the volume.

    Attributes:
        kind: Row of the table.
        hu: (slices, rows, columns).
        first: Slice of the original that its slice 0 is; negative below padding.
    """

    kind: str
    hu: NDArray[np.int16]
    first: int = 0


@dataclass(frozen=True)
class Found:
    """The locator's answer to one case.

    Attributes:
        kind: Row of the table.
        covered: Probability that L3 is wholly inside.
        error_mm: Signed distance from the centre of the body of L3, up positive.
    """

    kind: str
    covered: float
    error_mm: float


def cases(hu: NDArray[np.int16]) -> Iterator[Case]:
    """All variations."""
    low, high = SAMPLE_L3_BODY
    yield Case("whole", hu)
    yield Case("mirrored", hu[:, :, ::-1])
    for pad in PADS:
        air = np.full((pad, *hu.shape[1:]), AIR_HU, dtype=np.int16)
        yield Case("padded with air", np.concatenate([hu, air]))
        yield Case("padded with air", np.concatenate([air, hu]), -pad)
    for first in range(0, len(hu) - LEAST_SLICES + 1, STEP):
        for last in range(first + LEAST_SLICES, len(hu) + 1, STEP):
            inside = first <= low and high < last
            outside = last <= low or first > high
            kind = "crop with L3" if inside else "crop without L3" if outside else "crop through L3"
            yield Case(kind, hu[first:last], first)


def answers(model: Path, seen: list[tuple[Case, Projections]], slice_mm: float) -> list[Found]:
    """What a locator answers to every case: its window that is surest to hold L3."""
    windows = [views.windows for _, views in seen]
    made = run(model, "projections", np.concatenate(windows))
    ends = np.cumsum([len(each) for each in windows])[:-1]
    rows, covered = (np.split(made[key], ends) for key in ("rows", "covered"))
    told = []
    for (case, views), row, sure in zip(seen, rows, covered, strict=True):
        window = int(np.argmax(sure[:, 0]))
        truth_mm = float(np.mean(SAMPLE_L3_BODY) - case.first) * slice_mm
        error_mm = height(views, window, row[window]) - truth_mm
        told.append(Found(case.kind, float(sure[window, 0]), error_mm))
    return told


def height(views: Projections, window: int, rows: NDArray[np.float32]) -> float:
    """Height of the mean row around the peak, mm."""
    at = np.arange(len(rows))
    near = rows * (np.abs(at - int(rows.argmax())) <= NEAR_ROWS)
    return views.z_mm(window, float((near * at).sum() / near.sum()))


def crop_table(models: Mapping[str, Path], folder: Path) -> str:
    """Per kind and model: how often within 10 mm, and how sure that L3 is covered."""
    volume: Volume = sample_volume(folder)
    low, high = SAMPLE_L3_BODY
    lines = (
        f"L3 on the sample study, whose body spans slices {low} to {high}: whole, mirrored, padded "
        f"with air,\nand every crop of at least {LEAST_SLICES} slices whose ends are multiples of "
        f"{STEP}. One patient, not unseen.\n\n"
        "| volume | n | model | within 10 mm / median error / worst | "
        "P(covered), 10th / 50th / 90th percentile |\n|---|---|---|---|---|\n"
    )
    seen = [(case, project(case.hu, volume.spacing_mm)) for case in cases(volume.hu)]
    told = {
        name: answers(path / "l3_locator" / "1" / "model.onnx", seen, volume.spacing_mm[0])
        for name, path in models.items()
    }
    for kind in dict.fromkeys(case.kind for case, _ in seen):
        for name, made in told.items():
            lines += line(name, [each for each in made if each.kind == kind])
    return lines


def line(model: str, told: list[Found]) -> str:
    """One line of the table; where L3 is cut or missing there is no error to give."""
    kind = told[0].kind
    levels = np.quantile([each.covered for each in told], [0.1, 0.5, 0.9])
    covered = " / ".join(f"{level:.2f}" for level in levels)
    error = np.array([each.error_mm for each in told])
    said = (
        f"{(np.abs(error) <= NEAR_MM).mean():.0%} / {np.median(error):+.0f} mm / "
        f"{error[np.argmax(np.abs(error))]:+.0f} mm"
    )
    known = kind not in ("crop without L3", "crop through L3")
    return f"| {kind} | {len(told)} | {model} | {said if known else ''} | {covered} |\n"
