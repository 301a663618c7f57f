"""How far around a found word the paint goes: over its faint continuation, not over its neighbours.

Text often crosses from a flat background onto anatomy of nearly its own grey. There a detector ends
the line early, though stored values still tell the rest.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from services.redactor.pixels.boxes import Box, in_colour

CONTINUED_HEIGHTS = 1.2
"""How far paint follows a line beyond its end, in heights of the line: one or two characters."""

MAX_CONTINUED_PX = 32
ACTIVE = 0.003
"""Mean difference between neighbouring pixels, as a part of the range of the frame, above which
something may continue: a flat background has less, text of a contrast of 0.05 more."""

INK = 0.25
"""Rows and columns at the edge of a box with less than this part of its strongest activity hold no
stroke of it: detectors draw boxes a third higher than the text."""

MAX_TRIM = 0.25
"""No side gives up more than this part of the box."""

LONG_RATIO = 1.3
"""A box this much longer than high has a direction to follow."""


def activity(stored: NDArray[np.generic]) -> NDArray[np.float32]:
    """Difference of each pixel of a frame to its neighbours, as a part of the frame's range."""
    plane = np.asarray(stored.max(axis=2) if in_colour(stored) else stored, np.float32)
    span = float(np.ptp(plane)) or 1.0
    made = np.zeros_like(plane)
    made[:, 1:] += np.abs(np.diff(plane, axis=1))
    made[1:] += np.abs(np.diff(plane, axis=0))
    return made / (2 * span)


def reach(
    box: Box, padding_px: int, active: NDArray[np.float32] | None, kept: Sequence[Box]
) -> Box:
    """Box to paint for a word.

    Args:
        box: Where the word was found.
        padding_px: Added on every side, except over words that stay.
        active: See `activity`, (rows, columns); None: lines are not followed.
        kept: Words that stay.
    """
    shape = active.shape if active is not None else (1 << 30, 1 << 30)
    made = box if active is None else _continued(_tight(box, active), active, kept)
    return _padded(made, padding_px, shape, kept)


def _tight(box: Box, active: NDArray[np.float32]) -> Box:
    """The box without margins in which nothing is drawn."""
    inside = active[box.slices()]
    if not inside.size:
        return box
    limit = INK * float(np.percentile(inside, 98))
    most = round(MAX_TRIM * min(inside.shape))
    top, bottom = _margins(inside.max(axis=1) <= limit, most)
    left, right = _margins(inside.max(axis=0) <= limit, most)
    return Box(box.left + left, box.top + top, box.right - right, box.bottom - bottom)


def _margins(empty: NDArray[np.bool_], most: int) -> tuple[int, int]:
    """How many empty places stand before the first full one and after the last, at most `most`."""
    full = np.flatnonzero(~empty)
    if not full.size:
        return 0, 0
    return min(most, int(full[0])), min(most, len(empty) - 1 - int(full[-1]))


def _continued(box: Box, active: NDArray[np.float32], kept: Sequence[Box]) -> Box:
    thick = min(box.width, box.height)
    step = min(MAX_CONTINUED_PX, round(CONTINUED_HEIGHTS * thick))
    if max(box.width, box.height) < LONG_RATIO * thick:
        return box
    rows, columns = active.shape
    if box.width >= box.height:
        ends = (
            Box(max(0, box.left - step), box.top, box.left, box.bottom),
            Box(box.right, box.top, min(columns, box.right + step), box.bottom),
        )
    else:
        ends = (
            Box(box.left, max(0, box.top - step), box.right, box.top),
            Box(box.left, box.bottom, box.right, min(rows, box.bottom + step)),
        )
    for end in ends:
        free = not any(end.shared(other) for other in kept)
        if end.area and free and float(active[end.slices()].mean()) > ACTIVE:
            box = box.around(end)
    return box


def _padded(box: Box, padding_px: int, shape: Sequence[int], kept: Sequence[Box]) -> Box:
    """Padded side by side; a side that would paint over a kept word stays where it is."""
    wide = box.padded(padding_px, shape)
    near = [other for other in kept if wide.shared(other) and not box.shared(other)]
    sides = (
        (Box(wide.left, wide.top, box.left, wide.bottom), "left"),
        (Box(wide.left, wide.top, wide.right, box.top), "top"),
        (Box(box.right, wide.top, wide.right, wide.bottom), "right"),
        (Box(wide.left, box.bottom, wide.right, wide.bottom), "bottom"),
    )
    open_sides = {
        name: getattr(wide, name)
        if not any(strip.shared(other) for other in near)
        else getattr(box, name)
        for strip, name in sides
    }
    return Box(**open_sides)
