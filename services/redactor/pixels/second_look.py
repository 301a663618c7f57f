"""Paints over what others than the engine read in a copy that it had made."""

import hashlib
from collections.abc import Iterable

from pydicom import Dataset

from services.redactor.pixels.blanking import blank
from services.redactor.pixels.boxes import Box
from services.redactor.pixels.frames import Frames, frames_of
from services.redactor.pixels.reach import activity, reach
from services.redactor.pixels.redaction import declare_derived

PADDING_PX = 4
"""Around what was read, on every side; as in `PixelSettings`."""


def paint_over(ds: Dataset, read: Iterable[tuple[int, Box]]) -> dict[int, list[Box]]:
    """Paints boxes in their frames and in all frames that are equal to those, in place.

    Args:
        ds: Object with file meta information. Pixels, and what describes them, may change.
        read: Frame, counted from 0, and where in it something was read.

    Returns:
        What was painted, by frame; padding included.

    Raises:
        Rejected: The pixels cannot be read here.
    """
    frames = frames_of(ds)
    wanted: dict[int, set[Box]] = {}
    for frame, box in read:
        wanted.setdefault(frame, set()).add(box)
    if frames is None or not wanted:
        return {}
    whole = Box(0, 0, int(ds.Columns), int(ds.Rows))
    made: dict[int, list[Box]] = {}
    for same in _equal(frames):
        found = sorted(set[Box]().union(*(wanted.get(index, set()) for index in same)))
        active = activity(frames.stored(same[0])) if found else None
        boxes = [reach(box, PADDING_PX, active, ()).within(whole) for box in found]
        for index in same if boxes else ():
            frames.change(index, lambda stored, b=boxes: blank(ds, stored, b))  # type: ignore[misc]
            made[index] = boxes
    frames.finish()
    declare_derived(ds)
    return made


def _equal(frames: Frames) -> list[list[int]]:
    """Frames with the same samples, in order of the first of each."""
    same: dict[bytes, list[int]] = {}
    for index in range(frames.count):
        key = hashlib.sha256(frames.stored(index).tobytes()).digest()
        same.setdefault(key, []).append(index)
    return list(same.values())
