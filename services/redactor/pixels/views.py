"""Views of one image that a detector sees: sizes, local contrast, turned; boxes come back in place.

A network misses small text at natural size, faint text without contrast and text that runs
upwards. Each view costs a pass, about 0.6 CPU-seconds per million pixels, so their size is bounded.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from services.redactor.pixels.detection import Region, ordered

MAX_SCALE = 2.0
VIEW_PIXELS = 1_200_000
"""An enlarged view has at most this many pixels; images near it are not enlarged."""

WORTH_SCALE = 1.2
BAND_PIXELS = 4_000_000
BAND_OVERLAP_PX = 128
"""Larger images go through the network in bands; text is no taller than the overlap."""

OVERVIEW_SIDE_PX = 1536
"""Longest side of the overview of an image seen in bands: for text taller than a band's overlap."""

Kind = Literal["plain", "large", "local", "fine", "turned", "overview"]


@dataclass(frozen=True)
class View:
    """What the detector sees, and where it lies on the image.

    Attributes:
        kind: How it was made.
        pixels: (rows, columns) or (rows, columns, 3) bytes.
        scale: Pixels of the view per pixel of the image.
        top: First row of the image that it shows.
        turned: Turned by 90 degrees counter-clockwise.
    """

    kind: Kind
    pixels: NDArray[np.uint8]
    scale: float = 1.0
    top: int = 0
    turned: bool = False

    def placed(self, region: Region) -> Region:
        """A region of the view in coordinates of the image."""
        corners = region.corners
        if self.turned:
            # A view's row counts the image's columns from the right, its column the rows.
            corners = np.stack([self.pixels.shape[0] - corners[:, 1], corners[:, 0]], axis=1)
        moved = corners / np.float32(self.scale) + np.array([0, self.top], np.float32)
        return Region(ordered(moved.astype(np.float32)), region.probability)


def plain_views(image: NDArray[np.uint8]) -> Iterator[View]:
    """The image as it is; one too large for a pass in bands and as an overview."""
    rows, columns = image.shape[:2]
    if rows * columns <= BAND_PIXELS:
        yield View("plain", image)
        return
    height = max(2 * BAND_OVERLAP_PX, BAND_PIXELS // columns)
    for top in range(0, max(1, rows - BAND_OVERLAP_PX), height - BAND_OVERLAP_PX):
        yield View("plain", image[top : top + height], top=top)
    yield resized("overview", image, OVERVIEW_SIDE_PX / max(rows, columns))


def enlargement(image: NDArray[np.uint8]) -> float:
    """How much an image is worth enlarging, 1.0 for not at all."""
    scale = min(MAX_SCALE, (VIEW_PIXELS / (image.shape[0] * image.shape[1])) ** 0.5)
    return scale if scale >= WORTH_SCALE else 1.0


def resized(kind: Kind, image: NDArray[np.uint8], scale: float) -> View:
    """View at another size."""
    if scale == 1.0:
        return View(kind, image)
    way = cv2.INTER_CUBIC if scale > 1 else cv2.INTER_AREA
    pixels = cv2.resize(np.ascontiguousarray(image), None, fx=scale, fy=scale, interpolation=way)
    return View(kind, np.asarray(pixels, np.uint8), scale)


def turned(image: NDArray[np.uint8]) -> View:
    """View turned counter-clockwise, so that text that runs down runs to the right."""
    return View("turned", np.ascontiguousarray(np.rot90(image)), turned=True)


def views_of(image: NDArray[np.uint8]) -> Iterator[View]:
    """Views of one display level: as it is, enlarged, turned."""
    yield from plain_views(image)
    scale = enlargement(image)
    if scale > 1.0:
        yield resized("large", image, scale)
    if image.shape[0] * image.shape[1] <= BAND_PIXELS:
        yield turned(image)


def contrast_views(kind: Kind, image: NDArray[np.uint8], enlarged: float) -> Iterator[View]:
    """Views of a picture of local contrast, enlarged where the image is small."""
    scale = min(enlarged, enlargement(image))
    for band in plain_views(image):
        if band.kind == "plain":
            made = resized(kind, band.pixels, scale)
            yield replace(made, top=band.top)
