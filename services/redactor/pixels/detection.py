"""Lines of text from a detector's probability map: differentiable binarisation, read backwards.

The detector marks a shrunken core of each line (Liao et al., Real-time Scene Text Detection with
Differentiable Binarization, AAAI 2020, section 3.5). A threshold gives the cores, and each grows
back by area x ratio / perimeter.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from services.redactor.pixels.boxes import Box, in_colour

MULTIPLE = 32
"""The detectors halve an image five times."""

MAX_REGIONS = 1000
MIN_SIDE_PX = 3
"""A core thinner than this is noise of the map, as in the published post-processing."""

MAX_SHARE = 0.35
"""A region over this share of the image is no line of text. Measured: boxes around whole pictures
take 6-14 % of the area for nothing."""


@dataclass(frozen=True)
class DetectionSettings:
    """How a map is read.

    Attributes:
        core_probability: Pixels above it belong to a core.
        line_probability: A core counts if its mean probability reaches this.
        growth: Ratio by which cores grow back; training shrank them at 0.4.
    """

    core_probability: float = 0.2
    line_probability: float = 0.35
    growth: float = 1.8


DETECTION = DetectionSettings()


@dataclass(frozen=True)
class Region:
    """A line of text as found, before it is read.

    Attributes:
        corners: (4, 2) float32, x and y: top left, top right, bottom right, bottom left of the
            text as it is read if it runs to the right; else as the rectangle lies.
        probability: Mean probability of its core, 0..1.
    """

    corners: NDArray[np.float32]
    probability: float

    def box(self, shape: tuple[int, ...]) -> Box:
        """Upright rectangle around it, within a frame of (rows, columns)."""
        low = np.floor(self.corners.min(axis=0)).astype(int)
        high = np.ceil(self.corners.max(axis=0)).astype(int)
        return Box(
            max(0, int(low[0])),
            max(0, int(low[1])),
            min(shape[1], int(high[0])),
            min(shape[0], int(high[1])),
        )


def padded_to_multiple(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Three-channel image whose sides are multiples of 32; the last row and column repeat."""
    rows, columns = (-side % MULTIPLE for side in image.shape[:2])
    planes = image if in_colour(image) else np.repeat(image[:, :, None], 3, axis=2)
    return np.pad(planes, ((0, rows), (0, columns), (0, 0)), mode="edge")


def regions_in(
    probability: NDArray[np.float32], settings: DetectionSettings
) -> tuple[tuple[Region, ...], bool]:
    """Regions of a map (rows, columns), and whether one was too large to be a line of text."""
    cores = (probability > settings.core_probability).astype(np.uint8)
    contours, _ = cv2.findContours(cores, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
    found: list[Region] = []
    too_large = False
    for contour in contours[:MAX_REGIONS]:
        rectangle = cv2.minAreaRect(contour)
        if min(rectangle[1]) < MIN_SIDE_PX:
            continue
        mean = _mean_within(probability, rectangle)
        if mean < settings.line_probability:
            continue
        grown = cv2.boxPoints(_grown(rectangle, settings.growth))
        corners = ordered(np.asarray(grown, np.float32))
        if cv2.contourArea(corners) > MAX_SHARE * probability.size:
            too_large = True
            continue
        found.append(Region(corners, mean))
    return tuple(found), too_large


_Rectangle = tuple[Sequence[float], Sequence[float], float]


def _grown(rectangle: _Rectangle, growth: float) -> _Rectangle:
    centre, (width, height), angle = rectangle
    distance = width * height * growth / max(1e-6, 2 * (width + height))
    return centre, (width + 2 * distance, height + 2 * distance), angle


def _mean_within(probability: NDArray[np.float32], rectangle: _Rectangle) -> float:
    corners = np.asarray(cv2.boxPoints(rectangle), np.float32)
    shape = probability.shape
    box = Region(corners, 0).box(shape)
    if not box.area:
        return 0.0
    mask = np.zeros((box.height, box.width), np.uint8)
    inner = np.rint(corners - (box.left, box.top)).astype(np.int32)
    cv2.fillPoly(mask, [inner], 1)
    values = probability[box.slices()][mask > 0]
    return float(values.mean()) if values.size else 0.0


def ordered(corners: NDArray[np.float32]) -> NDArray[np.float32]:
    """Corners from the top left, clockwise as the eye sees rows grow downwards."""
    by_column = corners[np.argsort(corners[:, 0], kind="stable")]
    left = by_column[:2][np.argsort(by_column[:2, 1], kind="stable")]
    right = by_column[2:][np.argsort(by_column[2:, 1], kind="stable")]
    return np.array([left[0], right[0], right[1], left[1]], np.float32)
