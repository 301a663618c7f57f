"""Bones and what is as bright as bone, drawn on the two projections of a simulated skeleton."""

import numpy as np
from numpy.typing import NDArray

from training.skeleton_spine import (
    COLUMNS,
    CORONAL_MM,
    NO_DATA_HU,
    ROWS,
    SAGITTAL_MM,
    Field,
    Spine,
)

CREST_MM = (38.0, 13.0)
"""Mean and spread of the top of the iliac crests above the sacrum. The line that joins them crosses
the fourth lumbar body or the disc below it in most people (Tuffier's line)."""


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
