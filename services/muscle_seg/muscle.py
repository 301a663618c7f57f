"""From probabilities to the muscle mask, and from the mask to the measures."""

from dataclasses import dataclass
from itertools import combinations

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
LOW_ATTENUATION_HU = (-29, 29)
"""Muscle with fat in it; 30 to 150 HU is muscle of normal attenuation (Kim 2021, Korean Journal of
Radiology, doi 10.3348/kjr.2020.0914)."""

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Muscle:
    """Skeletal muscle in one slice.

    Attributes:
        mask: (rows, columns) on the source's pixels.
        area_cm2: Area of the mask.
        mean_hu: Mean attenuation inside the mask, HU; not a number when it is empty.
        low_attenuation: Share of the mask with -29 to 29 HU, 0..1.
        agreement: Mean pairwise Dice of the members' masks, 0..1.
        votes: (rows, columns) share of members that call a pixel muscle, 0..1.
    """

    mask: Mask
    area_cm2: float
    mean_hu: float
    low_attenuation: float
    agreement: float
    votes: NDArray[np.float32]


def measure(
    hu: NDArray[np.int16],
    mean: NDArray[np.float32],
    members: NDArray[np.float32],
    spacing_mm: tuple[float, float],
) -> Muscle:
    """Measures a slice.

    Args:
        hu: (rows, columns) Hounsfield units of the source slice.
        mean: (rows, columns) muscle probability of the ensemble on the source's pixels.
        members: (m, rows, columns) muscle probability of each member, m >= 2.
        spacing_mm: Row and column distance.

    Raises:
        ValueError: Fewer than two members, or shapes that differ.
    """
    if len(members) < 2 or members.shape[1:] != hu.shape or mean.shape != hu.shape:  # noqa: PLR2004
        raise ValueError(f"need two or more members of shape {hu.shape}; got {members.shape}")
    like = muscle_like(hu, spacing_mm)
    mask = without_specks((mean > THRESHOLD) & like, spacing_mm)
    masks = [without_specks((member > THRESHOLD) & like, spacing_mm) for member in members]
    inside = hu[mask]
    low, high = LOW_ATTENUATION_HU
    return Muscle(
        mask=mask,
        area_cm2=float(mask.sum()) * spacing_mm[0] * spacing_mm[1] / 100,
        mean_hu=float(inside.mean()) if inside.size else float("nan"),
        low_attenuation=float(((inside >= low) & (inside <= high)).mean()) if inside.size else 0.0,
        agreement=agreement(masks),
        votes=np.mean(masks, axis=0, dtype=np.float32),
    )


def clean(candidate: Mask, hu: NDArray[np.int16], spacing_mm: tuple[float, float]) -> Mask:
    """Muscle-like pixels of a candidate mask, away from bone, without specks."""
    return without_specks(candidate & muscle_like(hu, spacing_mm), spacing_mm)


def muscle_like(hu: NDArray[np.int16], spacing_mm: tuple[float, float]) -> Mask:
    """Pixels with the attenuation of muscle, away from bone."""
    sigma = [BONE_BLUR_MM / s / 2 for s in spacing_mm]
    bone = ndimage.gaussian_filter(hu.astype(np.float32), sigma) > BONE_HU
    if bone.any():
        bone = ndimage.distance_transform_edt(~bone, sampling=spacing_mm) < BONE_MARGIN_MM
    return np.asarray((hu >= MUSCLE_HU_MIN) & (hu <= MUSCLE_HU_MAX) & ~bone, dtype=bool)


def without_specks(muscle: Mask, spacing_mm: tuple[float, float]) -> Mask:
    """The mask without pieces too small to be a muscle."""
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
