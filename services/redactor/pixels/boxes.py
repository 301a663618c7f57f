"""Rectangles of a frame, and what they share."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

PLANE_AXES = 2


def in_colour(image: NDArray[np.generic]) -> bool:
    """Whether an image is (rows, columns, samples), not one plane (rows, columns)."""
    return image.ndim > PLANE_AXES


@dataclass(frozen=True, order=True)
class Box:
    """Upright rectangle in pixels of one frame; right and bottom are one past the last pixel."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        """Columns."""
        return max(0, self.right - self.left)

    @property
    def height(self) -> int:
        """Rows."""
        return max(0, self.bottom - self.top)

    @property
    def area(self) -> int:
        """Pixels inside."""
        return self.width * self.height

    def shared(self, other: "Box") -> int:
        """Pixels that both hold."""
        width = min(self.right, other.right) - max(self.left, other.left)
        height = min(self.bottom, other.bottom) - max(self.top, other.top)
        return max(0, width) * max(0, height)

    def around(self, other: "Box") -> "Box":
        """Smallest rectangle that holds both."""
        return Box(
            min(self.left, other.left),
            min(self.top, other.top),
            max(self.right, other.right),
            max(self.bottom, other.bottom),
        )

    def padded(self, pixels: int, shape: Sequence[int]) -> "Box":
        """Larger by `pixels` on every side, within a frame of (rows, columns)."""
        return Box(
            max(0, self.left - pixels),
            max(0, self.top - pixels),
            min(shape[1], self.right + pixels),
            min(shape[0], self.bottom + pixels),
        )

    def within(self, other: "Box") -> "Box":
        """What both hold."""
        left, top = max(self.left, other.left), max(self.top, other.top)
        right, bottom = min(self.right, other.right), min(self.bottom, other.bottom)
        return Box(left, top, max(left, right), max(top, bottom))

    def slices(self) -> tuple[slice, slice]:
        """Rows and columns, for indexing a frame."""
        return slice(self.top, self.bottom), slice(self.left, self.right)


def painted(boxes: Iterable[Box], shape: Sequence[int]) -> NDArray[np.bool_]:
    """Mask (rows, columns) that is true inside any of the boxes."""
    mask = np.zeros(tuple(shape[:2]), bool)
    for box in boxes:
        mask[box.slices()] = True
    return mask


def covered(box: Box, mask: NDArray[np.bool_]) -> float:
    """Share of a rectangle that a mask holds, 0..1; an empty one is held."""
    inside = mask[box.slices()]
    return float(inside.mean()) if inside.size else 1.0
