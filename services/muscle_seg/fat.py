"""Adipose tissue in the slice, under the skin and inside the wall."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SUBCUTANEOUS, VISCERAL = 2, 3
"""Classes of the ensemble (`training/axial_canvas.py`)."""
SAT_HU = (-190, -30)
VAT_HU = (-150, -50)
"""Ranges of the tissue definitions in use at L3 (TomoVision, "Segment", sarcopenia course)."""
SURE = 0.9
"""A class probability between 0.1 and 0.9 is in doubt."""


@dataclass(frozen=True)
class Fat:
    """One kind of adipose tissue in a slice.

    Attributes:
        mask: (rows, columns) on the source's pixels.
        area_cm2: Area of the mask.
        doubt_cm2: What the interval scales with: area in doubt, 2 % of the area, half a cm2.
    """

    mask: NDArray[np.bool_]
    area_cm2: float
    doubt_cm2: float


def subcutaneous(
    hu: NDArray[np.int16], classes: NDArray[np.float32], spacing_mm: tuple[float, float]
) -> Fat:
    """Subcutaneous adipose tissue.

    Args:
        hu: (rows, columns) Hounsfield units of the source slice.
        classes: (5, rows, columns) class probabilities on the source's pixels.
        spacing_mm: Row and column distance.
    """
    return _fat(hu, classes, SUBCUTANEOUS, SAT_HU, spacing_mm)


def visceral(
    hu: NDArray[np.int16], classes: NDArray[np.float32], spacing_mm: tuple[float, float]
) -> Fat:
    """Visceral adipose tissue; arguments as `subcutaneous`."""
    return _fat(hu, classes, VISCERAL, VAT_HU, spacing_mm)


def _fat(
    hu: NDArray[np.int16],
    classes: NDArray[np.float32],
    label: int,
    limits: tuple[int, int],
    spacing_mm: tuple[float, float],
) -> Fat:
    fatty = (hu >= limits[0]) & (hu <= limits[1])
    mask = (classes.argmax(axis=0) == label) & fatty
    unsure = (classes[label] > 1 - SURE) & (classes[label] < SURE) & fatty
    pixel_cm2 = spacing_mm[0] * spacing_mm[1] / 100
    area = float(mask.sum()) * pixel_cm2
    return Fat(mask, area, float(unsure.sum()) * pixel_cm2 + 0.02 * area + 0.5)
