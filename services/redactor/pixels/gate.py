"""Which frames need reading: a fast look for anything built like text.

Only slices of tomographs as acquired may pass unread; whatever a person, a scanner or a workstation
may have written on is read in any case.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset
from pydicom.uid import (
    UID,
    CTImageStorage,
    EnhancedCTImageStorage,
    EnhancedMRImageStorage,
    EnhancedPETImageStorage,
    LegacyConvertedEnhancedCTImageStorage,
    LegacyConvertedEnhancedMRImageStorage,
    LegacyConvertedEnhancedPETImageStorage,
    MRImageStorage,
    NuclearMedicineImageStorage,
    ParametricMapStorage,
    PositronEmissionTomographyImageStorage,
    RTDoseStorage,
    SegmentationStorage,
)

from services.redactor.pixels.boxes import in_colour

SLICES = frozenset(
    {
        CTImageStorage,
        EnhancedCTImageStorage,
        EnhancedMRImageStorage,
        EnhancedPETImageStorage,
        LegacyConvertedEnhancedCTImageStorage,
        LegacyConvertedEnhancedMRImageStorage,
        LegacyConvertedEnhancedPETImageStorage,
        MRImageStorage,
        NuclearMedicineImageStorage,
        ParametricMapStorage,
        PositronEmissionTomographyImageStorage,
        RTDoseStorage,
        SegmentationStorage,
    }
)
"""Classes whose frames are computed from detector data, without a screen in between."""

DRAWN_ON = ("SECONDARY", "SCREEN SAVE", "SCREENSHOT", "REFORMATTED", "PROJECTION IMAGE", "VOLUME")
"""Values of Image Type of frames that went through a workstation."""


SMALL_PRINT_PX = 16
MAX_LENGTHS = 40
"""Characters of small print touch: their edges then are one component, long and low."""


@dataclass(frozen=True)
class GateSettings:
    """What counts as built like text.

    Attributes:
        min_height_px: Smallest component that may be a character.
        max_height_px: Largest.
        min_row: Components of one height in one row, close together, that make a line.
    """

    min_height_px: int = 4
    max_height_px: int = 64
    min_row: int = 3


def must_be_read(ds: Dataset) -> bool:
    """Whether an object is of a kind that is read whatever its pixels look like."""
    if UID(str(ds.get("SOPClassUID", ""))) not in SLICES:
        return True
    if str(ds.get("BurnedInAnnotation", "")).upper() == "YES":
        return True
    kinds = ds.get("ImageType") or []
    values = [str(v).upper() for v in ([kinds] if isinstance(kinds, str) else kinds)]
    return any(mark in value for value in values for mark in DRAWN_ON)


def text_like(image: NDArray[np.uint8], settings: GateSettings | None = None) -> bool:
    """Whether an 8-bit image holds a row (or column) of components built like characters."""
    chosen = settings or GateSettings()
    grey = image.max(axis=2) if in_colour(image) else image
    gradient = cv2.morphologyEx(grey, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
    if not gradient.any():
        return False
    level, _ = cv2.threshold(gradient, 0, 255, cv2.THRESH_OTSU)
    edges = (gradient > max(level, 8)).astype(np.uint8)
    _, _, statistics, _ = cv2.connectedComponentsWithStats(edges, connectivity=8)
    boxes = statistics[1:, :4].astype(np.int64)
    return _has_row(boxes, chosen) or _has_row(boxes[:, [1, 0, 3, 2]], chosen)


def _has_row(boxes: NDArray[np.int64], chosen: GateSettings) -> bool:
    """Whether enough boxes (left, top, width, height) of one height stand in one row."""
    height, width = boxes[:, 3], boxes[:, 2]
    sized = (height >= chosen.min_height_px) & (height <= chosen.max_height_px)
    single = boxes[sized & (width > 1) & (width <= 2 * height)]
    wide = boxes[sized & (width > 2 * height) & (width < MAX_LENGTHS * height)]
    # Characters may touch: their edges then are one component, long and of even height.
    if len(wide) and _filled_rows(wide):
        return True
    if len(single) < chosen.min_row:
        return False
    order = np.lexsort((single[:, 0], single[:, 1] + single[:, 3]))
    single = single[order]
    bottom, tall = single[:, 1] + single[:, 3], single[:, 3]
    for start in range(len(single) - chosen.min_row + 1):
        last = int(np.searchsorted(bottom, bottom[start] + max(1, tall[start] // 6), "right"))
        row = single[start:last]
        alike = row[np.abs(row[:, 3] - tall[start]) <= max(1, tall[start] // 4)]
        if len(alike) >= chosen.min_row and _close(alike, int(tall[start]), chosen.min_row):
            return True
    return False


def _close(row: NDArray[np.int64], height: int, wanted: int) -> bool:
    """Whether enough boxes follow each other with gaps of less than a height."""
    row = row[np.argsort(row[:, 0], kind="stable")]
    gaps = row[1:, 0] - (row[:-1, 0] + row[:-1, 2])
    run = 1
    for gap in gaps:
        run = run + 1 if gap <= height else 1
        if run >= wanted:
            return True
    return False


def _filled_rows(wide: NDArray[np.int64]) -> bool:
    """Long components no taller than a line of small print."""
    return bool((wide[:, 3] <= SMALL_PRINT_PX).any())
