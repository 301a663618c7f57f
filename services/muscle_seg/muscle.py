"""From probabilities to the muscle mask, and from the mask to the measures."""

from dataclasses import dataclass
from itertools import combinations
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from services.muscle_seg.slices import MUSCLE_HU_MAX, MUSCLE_HU_MIN

THRESHOLD = 0.5
BONE_HU = 160.0
BONE_BLUR_MM = 1.5
BONE_MARGIN_MM = 1.5
"""Partial volume around cortical bone looks like muscle; it is left out."""
ISLAND_MM2 = 60.0
"""Smaller pieces are noise: the smallest muscle of the level, the rectus of a wasted patient,
is several times larger."""

INTERVAL_COVERAGE = 0.90
AGREEMENT_A, AGREEMENT_B = 0.95, 0.90
"""First cut of the grades (docs/decisions/muscle-grades.md): below B no number is published."""

Grade = Literal["A", "B", "C"]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Muscle:
    """Skeletal muscle in one slice.

    Attributes:
        mask: (rows, columns) on the source's pixels.
        area_cm2: Area of the mask.
        interval_cm2: 90 % interval of the area.
        mean_hu: Mean attenuation inside the mask, HU.
        agreement: Mean pairwise Dice of the members' masks, 0..1.
        grade: A, B (review) or C (not to be published).
    """

    mask: Mask
    area_cm2: float
    interval_cm2: tuple[float, float]
    mean_hu: float
    agreement: float
    grade: Grade


def measure(
    hu: NDArray[np.int16],
    mean: NDArray[np.float32],
    members: NDArray[np.float32],
    spacing_mm: tuple[float, float],
    area_interval_factor: float,
) -> Muscle:
    """Measures a slice.

    Args:
        hu: (rows, columns) Hounsfield units of the source slice.
        mean: (rows, columns) muscle probability of the ensemble on the source's pixels.
        members: (m, rows, columns) muscle probability of each member, m >= 2.
        spacing_mm: Row and column distance.
        area_interval_factor: Calibrated: half the relative 90 % interval per unit of spread
            (`relative_spread`); comes with the model.

    Raises:
        ValueError: Fewer than two members, or shapes that differ.
    """
    if len(members) < 2 or members.shape[1:] != hu.shape or mean.shape != hu.shape:  # noqa: PLR2004
        raise ValueError(f"need two or more members of shape {hu.shape}; got {members.shape}")
    mask = clean(mean > THRESHOLD, hu, spacing_mm)
    masks = [clean(member > THRESHOLD, hu, spacing_mm) for member in members]
    pixel_cm2 = spacing_mm[0] * spacing_mm[1] / 100
    area = float(mask.sum()) * pixel_cm2
    half = area_interval_factor * relative_spread(masks)
    agree = agreement(masks)
    return Muscle(
        mask=mask,
        area_cm2=area,
        interval_cm2=(area * max(0.0, 1 - half), area * (1 + half)),
        mean_hu=float(hu[mask].mean()) if mask.any() else float("nan"),
        agreement=agree,
        grade="A" if agree >= AGREEMENT_A else "B" if agree >= AGREEMENT_B else "C",
    )


def clean(candidate: Mask, hu: NDArray[np.int16], spacing_mm: tuple[float, float]) -> Mask:
    """Muscle-like pixels of a candidate mask, away from bone, without specks."""
    sigma = [BONE_BLUR_MM / s / 2 for s in spacing_mm]
    bone = ndimage.gaussian_filter(hu.astype(np.float32), sigma) > BONE_HU
    if bone.any():
        bone = ndimage.distance_transform_edt(~bone, sampling=spacing_mm) < BONE_MARGIN_MM
    muscle = candidate & (hu >= MUSCLE_HU_MIN) & (hu <= MUSCLE_HU_MAX) & ~bone
    pieces, count = ndimage.label(muscle)
    if count == 0:
        return muscle
    sizes = np.bincount(pieces.ravel()) * spacing_mm[0] * spacing_mm[1]
    sizes[0] = 0
    return np.asarray(sizes[pieces] >= ISLAND_MM2, dtype=bool)


def dice(a: Mask, b: Mask) -> float:
    """Dice overlap of two masks, 0..1; 1 when both are empty."""
    total = int(a.sum()) + int(b.sum())
    return 1.0 if total == 0 else 2 * int((a & b).sum()) / total


def agreement(masks: list[Mask]) -> float:
    """Mean pairwise Dice; 0 when no member found muscle, for that is no agreement on muscle."""
    if not any(mask.any() for mask in masks):
        return 0.0
    return float(np.mean([dice(a, b) for a, b in combinations(masks, 2)]))


def relative_spread(masks: list[Mask]) -> float:
    """Disagreement that the interval of the area scales with: 1 - agreement, at least 0.01."""
    return max(0.01, 1 - agreement(masks))
