"""Sixteen random phantoms as one picture: `python -m training.gallery docs/simulator.png`."""

import argparse
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from training import axial_phantom
from training.axial_canvas import SIDE

WINDOW_HU = (-160.0, 240.0)
COLOURS = np.array(
    [(0, 0, 0), (200, 60, 60), (230, 200, 90), (90, 140, 200), (240, 240, 240)], dtype=np.uint8
)
"""Other, muscle, subcutaneous fat, visceral fat and organs, bone."""
SEED = 2026


def picture(columns: int = 8, rows: int = 2, side: int = 128) -> NDArray[np.uint8]:
    """Grey picture above label map, `columns` by `rows` phantoms, (height, width, 3)."""
    step = SIDE // side
    lines = []
    for row in range(rows):
        made = [
            axial_phantom.make(np.random.default_rng([SEED, row * columns + k]))
            for k in range(columns)
        ]
        low, high = WINDOW_HU
        grey = [np.clip((hu - low) / (high - low), 0, 1)[::step, ::step] for hu, _ in made]
        lines.append(np.stack([np.hstack(grey) * 255] * 3, axis=2).astype(np.uint8))
        lines.append(COLOURS[np.hstack([labels[::step, ::step] for _, labels in made])])
    return np.vstack(lines)


def write(path: Path) -> None:
    """Writes the picture as PNG."""
    Image.fromarray(picture()).quantize(48).save(path, optimize=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("path", type=Path)
    write(parser.parse_args().path)
