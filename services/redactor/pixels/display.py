"""Stored samples as the eye sees them: 8-bit images in which burned-in text shows.

Text may lie at any grey level, also outside the window that a viewer would open with, so a frame
gives several images.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset
from pydicom.pixels.processing import apply_color_lut, convert_color_space

from services.redactor.pixels.boxes import in_colour

BYTE_BITS = 8
MAX_LEVELS = 3
SIMILAR = 0.75
"""Windows that share this much of their span show the same."""


@dataclass(frozen=True)
class Neighbourhood:
    """How far local contrast looks.

    Attributes:
        sigma_px: Radius of the Gaussian that a pixel is compared with.
        flat: Part of the whole range below which contrast stays weak, so that noise of a flat
            background is not raised.
    """

    sigma_px: float
    flat: float


COARSE = Neighbourhood(12.0, 0.012)
"""Wider than a stroke, narrower than an organ."""

FINE = Neighbourhood(6.0, 0.003)
"""Brings out text that nearly has the grey of the anatomy around it, and much noise."""


def levels(ds: Dataset, stored: NDArray[np.generic]) -> tuple[NDArray[np.uint8], ...]:
    """8-bit images of a frame: the most telling window first, others only if they differ.

    Args:
        ds: Describes the samples.
        stored: (rows, columns) or (rows, columns, 3), as stored, RGB if in colour.
    """
    if in_colour(stored):
        return (_eight_bit_colour(ds, stored),)
    if str(ds.get("PhotometricInterpretation", "")).startswith("PALETTE"):
        colours = apply_color_lut(np.asarray(stored), ds)
        shift = BYTE_BITS if colours.dtype.itemsize > 1 else 0
        return ((colours[:, :, :3] >> shift).astype(np.uint8),)
    windows: list[tuple[float, float]] = []
    for window in _windows(ds, stored):
        if all(_overlap(window, other) < SIMILAR for other in windows):
            windows.append(window)
    if not windows:
        return ()
    return tuple(_windowed(stored, *window) for window in windows[:MAX_LEVELS])


def local_contrast(
    stored: NDArray[np.generic], around: Neighbourhood = COARSE
) -> NDArray[np.uint8]:
    """Grey image in which every neighbourhood has the same contrast, whatever its level.

    Computed from the stored samples: 16-bit text that no window shows appears here too.
    """
    plane = stored.max(axis=2) if in_colour(stored) else stored
    values = np.asarray(plane, np.float32)
    mean = cv2.GaussianBlur(values, (0, 0), around.sigma_px)
    square = cv2.GaussianBlur(np.square(values - mean), (0, 0), around.sigma_px)
    span = float(np.ptp(values)) or 1.0
    spread = np.sqrt(square) + span * around.flat
    return np.asarray(np.clip(128 + 50 * (values - mean) / spread, 0, 255), np.uint8)


def _windows(ds: Dataset, stored: NDArray[np.generic]) -> Iterator[tuple[float, float]]:
    low, high = float(stored.min()), float(stored.max())
    if high <= low:
        return
    if int(ds.get("BitsStored", 16)) <= BYTE_BITS:
        yield low, high
    inner_low, inner_high = (
        float(v) for v in np.percentile(stored[::2, ::2].astype(np.float64), (0.5, 99.8))
    )
    if inner_high > inner_low:
        yield inner_low, inner_high
    yield from _voi_windows(ds)
    yield low, high


def _voi_windows(ds: Dataset) -> Iterator[tuple[float, float]]:
    slope = float(ds.get("RescaleSlope", 1) or 1)
    intercept = float(ds.get("RescaleIntercept", 0) or 0)
    centre, width = ds.get("WindowCenter"), ds.get("WindowWidth")
    if centre is None or width is None:
        return
    centre = float(centre if not hasattr(centre, "__len__") else centre[0])
    width = float(width if not hasattr(width, "__len__") else width[0])
    if width >= 1:
        ends = sorted((centre + side * width / 2 - intercept) / slope for side in (-1, 1))
        yield ends[0], ends[1]


def _overlap(one: tuple[float, float], other: tuple[float, float]) -> float:
    shared = min(one[1], other[1]) - max(one[0], other[0])
    whole = max(one[1], other[1]) - min(one[0], other[0])
    return max(0.0, shared) / whole


def _windowed(stored: NDArray[np.generic], low: float, high: float) -> NDArray[np.uint8]:
    scaled = (np.asarray(stored, np.float32) - low) * (255 / max(high - low, 1e-6))
    return np.asarray(np.clip(scaled, 0, 255), np.uint8)


def _eight_bit_colour(ds: Dataset, stored: NDArray[np.generic]) -> NDArray[np.uint8]:
    bits = int(ds.get("BitsStored", 8))
    values = np.asarray(stored, np.int64)
    eight = (values >> max(0, bits - BYTE_BITS)).clip(0, 255).astype(np.uint8)
    if str(ds.get("PhotometricInterpretation", "")).startswith("YBR_FULL"):
        eight = convert_color_space(eight, "YBR_FULL", "RGB").astype(np.uint8)
    return eight
