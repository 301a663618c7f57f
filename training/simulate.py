"""Data sets of simulated anatomy: item k of a set depends on the set's seed and k alone."""

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training import axial_phantom, skeleton_projections
from training.variants import draw_hard

Item = dict[str, NDArray[Any]]


def axial_slice(seed: int, k: int) -> Item:
    """Slice `k` of a set: `i` (256, 256) HU, `l` (256, 256) class of each pixel."""
    hu, labels = axial_phantom.make(np.random.default_rng([seed, k]))
    return {"i": hu, "l": labels}


def hard_axial_slice(seed: int, k: int) -> Item:
    """As `axial_slice`, with more of what networks err on (`variants.draw_hard`)."""
    rng = np.random.default_rng([seed, k])
    hu, labels = axial_phantom.make(rng, draw_hard(rng))
    return {"i": hu, "l": labels}


def projections(seed: int, k: int) -> Item:
    """Projections of volume `k`: `i` (2, 192, 96) HU, `r` row of L3 or -1, `l` (192,) levels."""
    made = skeleton_projections.make(np.random.default_rng([seed, k]))
    return {"i": made.projections, "r": np.float64(made.row), "l": made.levels}  # type: ignore[dict-item] # 0-d


@dataclass(frozen=True)
class DataSet:
    """What a set holds, how many items, and its seed; sets of different seeds share no item."""

    name: str
    make: Callable[[int, int], Item]
    seed: int
    items: int

    def write(self, folder: Path, processes: int = 1) -> Path:
        """Simulates the set unless its file is there; returns the file."""
        path = folder / f"{self.name}.npz"
        if path.exists():
            return path
        folder.mkdir(parents=True, exist_ok=True)
        with ProcessPoolExecutor(processes) as pool:
            made = list(pool.map(partial(self.make, self.seed), range(self.items), chunksize=8))
        half = path.with_suffix(".half.npz")
        np.savez(half, **{key: np.stack([item[key] for item in made]) for key in made[0]})  # type: ignore[arg-type] # stubs lack **kwargs
        half.rename(path)
        return path
