"""The spine of a simulated skeleton, and the grid it is projected on.

Heights are counted in mm above the top of the sacrum.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

ROWS, COLUMNS = 192, 96
ROW_MM, CORONAL_MM, SAGITTAL_MM = 3.0, 4.0, 3.0
NO_DATA_HU = -1000.0

LOWEST, HIGHEST = -5, 9
"""Levels told apart, counted from L3: five below (sacrum and lower) to nine above (T6, higher)."""

BELOW_SACRUM_MM = 35.0
"""One level further down, where there are no vertebrae to count."""

Field = NDArray[np.float64]


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


def curve(rng: np.random.Generator, of: Spine, z: Field) -> Field:
    """Front-back position of the spine at each height: lordosis, then kyphosis, mm."""
    lordosis, kyphosis = rng.uniform(12, 55) * of.scale, rng.uniform(10, 45) * of.scale
    total = float(of.edges[of.lumbar])
    bend = -lordosis * np.sin(np.clip(z / total, -0.6, 1.15) * np.pi * 0.95)
    return rng.normal(10, 15) + bend + kyphosis * np.clip((z - total) / 300, 0, 1.2)
