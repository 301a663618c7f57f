"""Simulated skeletons as two projections, with the vertebral level of every row.

Coronal and mid-sagittal maximum projections of a torso: 192 rows of 3 mm, head first; 96 columns
of 4 mm (coronal) and 3 mm (sagittal). Heights are counted in mm above the top of the sacrum.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

ROWS, COLUMNS = 192, 96
ROW_MM, CORONAL_MM, SAGITTAL_MM = 3.0, 4.0, 3.0
NO_DATA_HU = -1000.0

LOWEST, HIGHEST = -5, 9
"""Levels told apart, counted from L3: five below (sacrum and lower) to nine above (T6, higher)."""

CREST_MM = (38.0, 13.0)
"""Mean and spread of the top of the iliac crests above the sacrum. The line that joins them crosses
the fourth lumbar body or the disc below it in most people (Tuffier's line)."""

BELOW_SACRUM_MM = 35.0
"""One level further down, where there are no vertebrae to count."""

Field = NDArray[np.float64]


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


@dataclass(frozen=True)
class Spine:
    """Vertebrae from the sacrum upwards.

    Attributes:
        edges: Lower edge of each vertebra and the top of the last, mm.
        lumbar: Number of lumbar vertebrae, 4, 5 or 6.
        scale: Size relative to an average adult.
    """

    edges: Field
    lumbar: int
    scale: float

    @property
    def centres(self) -> Field:
        """Middle of each vertebra, mm."""
        return (self.edges[:-1] + self.edges[1:]) / 2

    @property
    def l3(self) -> int:
        """Index of L3, counted down from the first lumbar vertebra as readers do."""
        return self.lumbar - 3

    def level_of(self, height: Field) -> NDArray[np.int8]:
        """Level counted from L3 at each height, limited to the levels told apart."""
        index = np.searchsorted(self.edges, height, side="right") - 1
        below = np.floor(height / BELOW_SACRUM_MM)
        index = np.where(height < 0, below, index)
        return np.clip(index - self.l3, LOWEST, HIGHEST).astype(np.int8)


def spine(rng: np.random.Generator) -> Spine:
    """A spine of usual proportions; 4 or 6 lumbar vertebrae in 6 %."""
    scale = rng.uniform(0.84, 1.14)
    lumbar = 5 if rng.random() < 0.94 else int(rng.choice([4, 6]))
    heights = [rng.normal(37, 1.5) * scale for _ in range(lumbar)]
    heights += [(29 - 0.75 * k) * scale * rng.normal(1, 0.03) for k in range(12)]
    heights += [18 * scale] * 7
    return Spine(np.cumsum([0.0, *heights]), lumbar, scale)


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


class Canvas:
    """Both projections while bones are drawn on them; brightness only grows.

    Attributes:
        z: Height of every pixel, mm.
        along: The same in the sagittal view measured along the spine: end plates stand square to
            it, so they lean where it bends.
    """

    def __init__(self, rng: np.random.Generator, height: Field) -> None:
        ones = np.ones((1, COLUMNS))
        columns = np.arange(COLUMNS)[None] - COLUMNS / 2 + 0.5
        self.rng = rng
        self.z = height[:, None] * ones
        self.x_plain = columns * CORONAL_MM + 0 * self.z
        sway = rng.normal(0, 6) * np.sin(self.z / rng.uniform(120, 300) + rng.uniform(0, 6))
        self.x = self.x_plain - sway - rng.normal(0, 8)
        self.y = columns * SAGITTAL_MM + 0 * self.z
        self.along = self.z
        self.coronal = np.full((ROWS, COLUMNS), NO_DATA_HU)
        self.sagittal = np.full((ROWS, COLUMNS), NO_DATA_HU)

    def lean(self, spine_y: Field, part: float) -> None:
        """Measures heights of the sagittal view along a spine, wholly (1) or partly."""
        slope = np.gradient(spine_y[:, 0], self.z[:, 0])[:, None]
        off = np.clip(self.y - spine_y, -45, 45)
        self.along = self.z + part * np.clip(slope, -0.9, 0.9) * off

    def front(self, where: NDArray[np.bool_], hu: float) -> None:
        """Draws on the coronal view."""
        self.coronal[where] = np.maximum(self.coronal[where], hu)

    def side(self, where: NDArray[np.bool_], hu: float) -> None:
        """Draws on the sagittal view."""
        self.sagittal[where] = np.maximum(self.sagittal[where], hu)


def draw_soft_tissue(c: Canvas, of: Spine, low: float, high: float, spine_y: Field) -> float:
    """Trunk, contrast in gut and kidneys, aorta; returns the half width of the trunk, mm."""
    rng = c.rng
    half_width = rng.uniform(130, 200) * of.scale
    trunk = np.abs(c.x) < half_width * (1 + 0.08 * np.sin(c.z / 150 + rng.uniform(0, 6)))
    c.coronal[trunk] = rng.uniform(40, 90)
    c.sagittal[np.abs(c.y + 20) < rng.uniform(90, 150)] = rng.uniform(30, 70)
    for _ in range(rng.integers(0, 12)):
        z, x, r = rng.uniform(low, high), rng.uniform(-0.7, 0.7) * half_width, rng.uniform(8, 40)
        c.front(np.hypot((c.z - z) / rng.uniform(0.6, 1.6), c.x - x) < r, rng.uniform(80, 420))
    for _ in range(rng.integers(0, 6)):
        z, y, r = rng.uniform(low, high), rng.uniform(-130, -20), rng.uniform(6, 30)
        c.side(np.hypot(c.z - z, c.y - y) < r, rng.uniform(60, 400))
    if rng.random() < 0.6:
        near = np.abs(c.y - (spine_y - 28 * of.scale)) < rng.uniform(7, 11)
        c.side(near & (c.z > -20), rng.uniform(60, 380))
    return half_width


def draw_vertebra(c: Canvas, of: Spine, k: int, spine_y: Field, bright: float, body: float) -> None:
    """Body, end plates, pedicles, processes of vertebra `k` in both views."""
    rng, scale = c.rng, of.scale
    low, high = of.edges[k], of.edges[k + 1]
    height, z = high - low, (low + high) / 2
    lumbar = k < of.lumbar
    gap = height * rng.uniform(0.16, 0.27)
    inside, plate = disc_to_disc(c.z, low + gap / 2, high - gap / 2)
    half = (24 if lumbar else max(12.0, 19 - 0.4 * (k - of.lumbar))) * scale
    c.front(inside & (np.abs(c.x) < half), body + 60 * rng.standard_normal())
    c.front(plate & (np.abs(c.x) < half + 2), bright * 0.9)
    c.front((np.abs(c.z - z - 2) < 5) & (np.abs(np.abs(c.x) - 13 * scale) < 4), bright)
    c.front((np.abs(c.z - z + height * 0.25) < height * 0.28) & (np.abs(c.x) < 5), bright * 0.95)
    if lumbar:
        reach = rng.uniform(34, 50) * scale
        level = np.abs(c.z - z - rng.uniform(-3, 3)) < 4
        c.front(level & (np.abs(c.x) < reach), bright * rng.uniform(0.45, 0.8))
    depth = (17 if lumbar else 14) * scale
    off = np.abs(c.y - spine_y)
    inside, plate = disc_to_disc(c.along, low + gap / 2, high - gap / 2)
    c.side(inside & (off < depth), body)
    c.side(plate & (off < depth + 1), bright * 0.85)
    c.side(inside & (np.abs(off - depth) < 3), bright * 0.7)
    behind = spine_y + depth + rng.uniform(26, 38) * scale
    drop = height * (0.30 if lumbar else 0.45)
    tip = (np.abs(c.along - z + drop) < height * 0.30) & (np.abs(c.y - behind) < 14 * scale)
    c.side(tip, bright * 0.9)


def disc_to_disc(z: Field, low: float, high: float) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Where a vertebral body is, and its end plates."""
    inside = (z > low) & (z < high)
    return inside, inside & ((z < low + 4) | (z > high - 4))


def draw_ribs(c: Canvas, of: Spine, k: int, half_width: float, bright: float) -> None:
    """Rib pair of thoracic vertebra `k`; the last two end free."""
    rng, scale = c.rng, of.scale
    number = 12 - (k - of.lumbar)
    if not 1 <= number <= 12 or rng.random() > 0.985:
        return
    z = of.centres[k]
    free = {12: rng.uniform(35, 140), 11: rng.uniform(90, 170)}
    length = free.get(number, 1e3) * scale
    edge = min(half_width * 0.9, 145 * scale)
    slope = rng.uniform(0.25, 0.75) * (1.3 if number < 10 else 1)
    across = np.abs(c.x)
    line = z + 4 - slope * np.clip(across - 20, 0, None)
    thickness = rng.uniform(3.5, 6)
    seen = (across > 12) & (across < min(length, edge))
    c.front(seen & (np.abs(c.z - line) < thickness), bright * rng.uniform(0.5, 1))
    if number <= 10:
        front = z - rng.uniform(60, 110) * scale + 0.35 * (edge - across)
        reach = (across > edge * rng.uniform(0.45, 0.7)) & (across < edge)
        c.front(reach & (np.abs(c.z - front) < 4), bright * rng.uniform(0.4, 0.8))


def draw_pelvis(c: Canvas, of: Spine, spine_y: Field, bright: float) -> None:
    """Sacrum, iliac wings, hips, femora, pubis."""
    rng, s = c.rng, of.scale
    sacrum = (c.z < -2) & (c.z > -105 * s)
    c.front(sacrum & (np.abs(c.x) < 50 * s + 0.35 * c.z), bright * rng.uniform(0.5, 0.9))
    crest = rng.normal(*CREST_MM) * s
    x = np.abs(c.x)
    wing = np.hypot(x - 78 * s, (c.z - (crest - 55 * s)) / 1.05)
    inside = (wing < 58 * s) & (c.z < crest) & (c.z > -110 * s) & (x > 38 * s)
    c.front(inside, bright * rng.uniform(0.5, 0.95))
    c.front(inside & (wing > 50 * s), bright)
    c.front(np.hypot(x - 95 * s, c.z + 135 * s) < 27 * s, bright)
    shaft = np.abs(x - rng.uniform(95, 120) * s) < 16 * s
    c.front(shaft & (c.z < -140 * s), bright * rng.uniform(0.6, 1))
    c.front(np.abs(np.hypot(x - 45 * s, c.z + 165 * s) - 26 * s) < 8, bright * 0.9)
    line = spine_y + np.clip(-c.z, 0, None) * rng.uniform(0.35, 1.0)
    depth = np.clip(17 * s + 0.1 * c.z, 5, 30)
    off = np.abs(c.y - line)
    junctions = draw_sacral_segments(c, s, line, bright)
    sacrum = (c.along < -2) & (c.z > -105 * s) & ~junctions
    c.side(sacrum & (off < depth), bright * rng.uniform(0.45, 0.8))
    c.side(sacrum & (np.abs(off - depth) < 3), bright)
    if rng.random() < 0.5:
        y, z = -rng.uniform(60, 95), -rng.uniform(90, 120) * s
        c.side(np.hypot(c.z - z, c.y - y) < rng.uniform(12, 22), bright * 0.8)


def draw_sacral_segments(c: Canvas, s: float, line: Field, bright: float) -> NDArray[np.bool_]:
    """End plates left between the sacral vertebrae: the first looks much like a lumbar body.

    Returns:
        What is left of the discs between them, in the sagittal view; often nothing.
    """
    rng, low = c.rng, -2.0 * s
    seen = rng.uniform(0.2, 1.0)
    junctions = np.zeros(c.z.shape, dtype=bool)
    for k in range(4):
        height = rng.uniform(24, 31) * (1 - 0.1 * k) * s
        edges = [low, low - height]
        for edge in edges:
            off = np.abs(c.y - line)
            c.side((np.abs(c.along - edge) < 3) & (off < (17 - 3 * k) * s), bright * seen)
            c.front((np.abs(c.z - edge) < 3) & (np.abs(c.x) < (26 - 3 * k) * s), bright * seen)
        spinous = (np.abs(c.z - low + height / 2) < height * 0.3) & (np.abs(c.x) < 5)
        c.front(spinous, bright * seen)
        disc = rng.uniform(1, 7) * s
        if rng.random() < 0.7 - 0.2 * k:
            junctions |= (c.along < low - height) & (c.along > low - height - disc)
        low -= height + disc
        seen *= rng.uniform(0.4, 0.9)
    return junctions


def draw_extras(c: Canvas, of: Spine, bright: float) -> None:
    """Arms, table, screws: whatever else is bright."""
    rng = c.rng
    if rng.random() < 0.25:
        for side in (-1, 1):
            arm = np.abs(c.x_plain - side * rng.uniform(150, 185)) < rng.uniform(8, 13)
            c.front(arm, bright)
    if rng.random() < 0.3:
        c.side(np.abs(c.y - rng.uniform(110, 140)) < 2, 200)
    if rng.random() < 0.15:
        z = rng.choice(of.centres)
        level = np.abs(c.z - z) < rng.uniform(10, 45)
        c.front(level & (np.abs(np.abs(c.x) - 14) < 4), 2500)


def curve(rng: np.random.Generator, of: Spine, z: Field) -> Field:
    """Front-back position of the spine at each height: lordosis, then kyphosis, mm."""
    lordosis, kyphosis = rng.uniform(12, 55) * of.scale, rng.uniform(10, 45) * of.scale
    total = float(of.edges[of.lumbar])
    bend = -lordosis * np.sin(np.clip(z / total, -0.6, 1.15) * np.pi * 0.95)
    return rng.normal(10, 15) + bend + kyphosis * np.clip((z - total) / 300, 0, 1.2)


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
