"""What bone says about the level found, apart from the model that found it.

Ribs and iliac crests are read by rules, on the volume's bone alone. A rule that cannot tell says
so; none of them moves the level, and one that contradicts it is a reason for a person to look.
Limits are wide: they were set with one real volume in sight.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.muscle_seg.content import BONE_HU, SOLID_HU, Coarse

CREST_BELOW_MM = (20.0, 68.0)
"""The iliac crests reach L4 or the disc below it in most people (Tuffier's line), 36 to 54 mm below
the middle of L3 at 36 mm per vertebra; 45 mm on the sample study."""
RIB_ABOVE_MM = (12.0, 85.0)
"""The lowest ribs hang beside L1 to L2; 45 mm above L3 on the sample study."""
FREE_MM = (55.0, 130.0)
"""Of the flank between ribs and crests; 90 mm on the sample study, 36 mm more or less with a
vertebra more or less."""

CREST_SIDE_MM = 50.0
"""The ilium lies this far or farther beside the spine, and ribs do too."""
CREST_MM2 = 150.0
"""Bone beside the spine in one slice, each side: an ilium, or several ribs."""
LEAST_SLICES = 4
"""Of a run that counts: what is shorter is noise, or contrast in the bowel."""


@dataclass(frozen=True)
class Landmark:
    """A landmark of the skeleton and what it says about the level.

    Attributes:
        name: Stable name.
        z_mm: Height above slice 0; None for a length, or when it was not found.
        agrees: With the level found; None when it says nothing.
        reason: One sentence with the value and what is usual.
    """

    name: str
    z_mm: float | None
    agrees: bool | None
    reason: str


def landmarks(small: Coarse, l3_z_mm: float) -> tuple[Landmark, ...]:
    """Iliac crest, lowest rib and the length of the flank between them.

    Args:
        small: The volume, as `content.coarse` gives it.
        l3_z_mm: Height of L3 above slice 0.
    """
    beside = _beside_spine(small)
    crest, rib = _crest(small, beside, l3_z_mm), _rib(small, beside, l3_z_mm)
    return (crest, rib, _count(crest, rib))


def _spine_x(small: Coarse) -> float:
    """Column that the spine lies at: the centre of all bone within 40 mm of the body's middle."""
    x = np.arange(small.hu.shape[2])
    body = (small.hu > SOLID_HU).sum(axis=(0, 1))
    middle = float((body * x).sum() / max(1, body.sum()))
    near = np.abs(x - middle) * small.spacing_mm[2] < 40.0  # noqa: PLR2004 - mm, half a spine's sway
    bone = (small.hu > BONE_HU).sum(axis=(0, 1)) * near
    return float((bone * x).sum() / bone.sum()) if bone.any() else middle


def _beside_spine(small: Coarse) -> NDArray[np.float64]:
    """Bone well beside the spine in each slice, the lesser of both sides, mm2."""
    x = (np.arange(small.hu.shape[2]) - _spine_x(small)) * small.spacing_mm[2]
    pixel = small.spacing_mm[1] * small.spacing_mm[2]
    bone = small.hu > BONE_HU
    left = bone[:, :, x > CREST_SIDE_MM].sum(axis=(1, 2)) * pixel
    right = bone[:, :, x < -CREST_SIDE_MM].sum(axis=(1, 2)) * pixel
    return np.asarray(np.minimum(left, right), dtype=np.float64)


def _crest(small: Coarse, beside: NDArray[np.float64], l3_z_mm: float) -> Landmark:
    """Top of the run of slices that starts below L3 and holds much bone on both sides."""
    step = small.spacing_mm[0]
    below = int(l3_z_mm // step)
    run = 0
    for k in range(min(below, len(beside) - 1), -1, -1):
        run = run + 1 if beside[k] >= CREST_MM2 else 0
        if run >= LEAST_SLICES:
            top = (k + run - 0.5) * step
            distance = l3_z_mm - top
            agrees = CREST_BELOW_MM[0] <= distance <= CREST_BELOW_MM[1]
            told = f"iliac crests end {distance:.0f} mm below L3, usually {_span(CREST_BELOW_MM)}"
            return Landmark("iliac_crest", top, agrees, told)
    return Landmark("iliac_crest", None, None, "no iliac crest below L3 in the scan")


def _rib(small: Coarse, beside: NDArray[np.float64], l3_z_mm: float) -> Landmark:
    """Lowest slice above L3 from which on bone stays beside the spine."""
    step = small.spacing_mm[0]
    first = int(np.ceil(l3_z_mm / step))
    run = 0
    for k in range(first, len(beside)):
        run = run + 1 if beside[k] > 0 else 0
        if run >= LEAST_SLICES:
            low = (k - run + 1.5) * step
            distance = low - l3_z_mm
            agrees = RIB_ABOVE_MM[0] <= distance <= RIB_ABOVE_MM[1]
            told = f"ribs begin {distance:.0f} mm above L3, usually {_span(RIB_ABOVE_MM)}"
            return Landmark("last_rib", low, agrees, told)
    return Landmark("last_rib", None, None, "no ribs on both sides above L3 in the scan")


def _count(crest: Landmark, rib: Landmark) -> Landmark:
    """Whether five lumbar vertebrae fit between the ribs and the crests."""
    if crest.z_mm is None or rib.z_mm is None:
        return Landmark("lumbar_count", None, None, "ribs and crests are not both in the scan")
    length = rib.z_mm - crest.z_mm
    agrees = FREE_MM[0] <= length <= FREE_MM[1]
    told = f"{length:.0f} mm lie between ribs and iliac crests, usually {_span(FREE_MM)}"
    if not agrees:
        told += f": {4 if length < FREE_MM[0] else 6} lumbar vertebrae?"
    return Landmark("lumbar_count", None, agrees, told)


def _span(limits: tuple[float, float]) -> str:
    return f"{limits[0]:.0f} to {limits[1]:.0f}"
