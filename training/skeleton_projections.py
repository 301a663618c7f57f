"""Simulated skeletons as two projections, with the vertebral level of every row.

Coronal and mid-sagittal maximum projections of a torso: 192 rows of 3 mm, head first; 96 columns
of 4 mm (coronal) and 3 mm (sagittal). Heights are counted in mm above the top of the sacrum.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from training.skeleton_bones import (
    Canvas,
    draw_extras,
    draw_pelvis,
    draw_ribs,
    draw_soft_tissue,
    draw_vertebra,
)
from training.skeleton_spine import NO_DATA_HU, ROW_MM, ROWS, Field, Spine, curve, spine


@dataclass(frozen=True)
class Sample:
    """One simulated volume, projected.

    Attributes:
        projections: (2, 192, 96) HU; -1000 where the volume has no data.
        row: Row of the centre of L3, or -1 when L3 is not fully inside.
        levels: (192,) level of each row counted from L3, -5..9; -100 where there is no data.
    """

    projections: NDArray[np.int16]
    row: float
    levels: NDArray[np.int8]


Coverage = Literal["whole", "short", "chest", "pelvis", "edge"]


def extent(rng: np.random.Generator, of: Spine) -> tuple[float, float]:
    """Lowest and highest height scanned, mm.

    With L3, L3 in a short scan, chest only, pelvis only, or cut close by.
    """
    l3 = float(of.centres[of.l3])
    half = float(of.edges[of.l3 + 1] - of.edges[of.l3]) / 2
    kind: Coverage = rng.choice(
        ["whole", "short", "chest", "pelvis", "edge"], p=[0.38, 0.20, 0.13, 0.13, 0.16]
    )
    if kind == "whole":
        low, high = l3 - rng.uniform(50, 330), l3 + rng.uniform(50, 420)
    elif kind == "short":
        length = rng.uniform(2.2 * half, 280)
        low = l3 - half - rng.uniform(0, length - 2 * half)
        high = low + length
    elif kind == "chest":
        low = l3 + rng.uniform(half, 160)
        high = low + rng.uniform(90, 420)
    elif kind == "pelvis":
        high = l3 - rng.uniform(half, 120)
        low = high - rng.uniform(60, 300)
    else:
        # Cut within a vertebra's height of L3, on either side of "fully inside".
        cut = rng.uniform(-1.5, 2.5) * half
        if rng.random() < 0.5:
            low, high = l3 - cut, l3 + rng.uniform(80, 400)
        else:
            low, high = l3 - rng.uniform(80, 320), l3 + cut
    return low, min(high, low + ROWS * ROW_MM - 6)


def make(rng: np.random.Generator) -> Sample:
    """One simulated volume."""
    of = spine(rng)
    low, high = extent(rng, of)
    covered_rows = int((high - low) / ROW_MM)
    top = int(rng.integers(0, max(1, ROWS - covered_rows)))
    height = np.asarray(high - (np.arange(ROWS) - top + 0.5) * ROW_MM, dtype=np.float64)
    inside = (np.arange(ROWS) >= top) & (np.arange(ROWS) < top + covered_rows)
    c = Canvas(rng, height)
    spine_y = curve(rng, of, c.z)
    c.lean(spine_y, rng.uniform(0.5, 1.2))
    half_width = draw_soft_tissue(c, of, low, high, spine_y)
    bright, body = rng.uniform(350, 900), rng.uniform(180, 500)
    for k in range(len(of.edges) - 1):
        draw_vertebra(c, of, k, spine_y, bright, body)
        draw_ribs(c, of, k, half_width, bright)
    draw_pelvis(c, of, spine_y, bright)
    draw_extras(c, of, bright)
    views = np.stack([finish(rng, view, inside) for view in (c.coronal, c.sagittal)])
    bottom_edge, top_edge = of.edges[of.l3], of.edges[of.l3 + 1]
    covered = low <= bottom_edge and top_edge <= high
    row = top - 0.5 + (high - float(of.centres[of.l3])) / ROW_MM if covered else -1.0
    levels = np.where(inside, of.level_of(height), -100).astype(np.int8)
    return Sample(np.clip(views, -1024, 3071).astype(np.int16), row, levels)


def finish(rng: np.random.Generator, view: Field, inside: NDArray[np.bool_]) -> Field:
    """Blur, noise (a maximum projection only adds), gain, and nothing outside the scan."""
    soft = ndimage.gaussian_filter(view, [rng.uniform(0.3, 1.2), rng.uniform(0.3, 0.9)])
    noisy = soft + rng.uniform(5, 60) * np.abs(rng.standard_normal(soft.shape))
    out = noisy * rng.uniform(0.85, 1.15)
    out[~inside] = NO_DATA_HU
    return np.asarray(out, dtype=np.float64)
