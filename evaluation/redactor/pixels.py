"""Which burnt-in labels an output still shows, and what it lost besides."""

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from evaluation.redactor.burning import Burnt, Label
from evaluation.redactor.headers import parsed

COVERED: Final = 0.8
"""Share of a box that must be gone."""
PADDING_PX: Final = 6
Planes = NDArray[np.int64]


@dataclass
class PixelScore:
    """Counts over images.

    Attributes:
        images, failed: Images, and those that the tool ended on with an error.
        held: Images that the tool sent to review.
        boxes, covered: Identifying labels in images with an output, and those gone.
        readable, readable_covered: The same of the readable ones.
        safe, safe_kept: Labels that may stay, and those that did.
        leaking: Released images with a label left.
        excess: Share of the area that went outside all padded labels, per image.
        left: Labels that stayed, as (image, format, label); for development seeds only.
        seconds: Processor time.
    """

    images: int = 0
    failed: int = 0
    held: int = 0
    boxes: int = 0
    covered: int = 0
    readable: int = 0
    readable_covered: int = 0
    safe: int = 0
    safe_kept: int = 0
    leaking: int = 0
    excess: list[float] = field(default_factory=list)
    left: list[tuple[str, str, Label]] = field(default_factory=list)
    seconds: float = 0.0

    def add(self, image: Burnt, output: bytes | None, *, held: bool = False) -> bool:
        """Counts one image; whether an identifying label is left in the output."""
        self.images += 1
        self.held += held
        if output is None:
            self.failed += 1
            return False
        before, after = planes(image.content), planes(output)
        if before is None or after is None or before.shape != after.shape:
            self.failed += 1
            return False
        gone = blanked(before, after)
        leaks = False
        for label in image.labels:
            share = coverage(gone, label)
            if label.identifying:
                leaks |= not self._identifying(image, label, share)
            else:
                self.safe += 1
                self.safe_kept += share < 1 - COVERED
        self.excess.append(excess_area(before != after, image.labels))
        self.leaking += leaks and not held
        return leaks

    def _identifying(self, image: Burnt, label: Label, share: float) -> bool:
        covered = share >= COVERED
        self.boxes += 1
        self.covered += covered
        if label.readable:
            self.readable += 1
            self.readable_covered += covered
        if not covered:
            self.left.append((image.name, image.format, label))
        return covered


def scored(
    images: Sequence[Burnt], tool: Callable[[Burnt], tuple[bytes | None, bool]]
) -> PixelScore:
    """Counts of one tool: its output and whether it would be held."""
    score = PixelScore()
    for image in images:
        output, held = tool(image)
        score.add(image, output, held=held)
    return score


def planes(content: bytes) -> Planes | None:
    """Pixels as frames x rows x columns, samples of a pixel packed into one number."""
    ds = parsed(content)
    if ds is None:
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        array = np.asarray(ds.pixel_array, np.int64)
    if ds.SamplesPerPixel == 3:
        array = (array[..., 0] << 32) + (array[..., 1] << 16) + array[..., 2]
    return array.reshape(-1, ds.Rows, ds.Columns)


def blanked(before: Planes, after: Planes) -> NDArray[np.bool_]:
    """Pixels that changed, and those that have the colour of most that changed beside them."""
    changed: NDArray[np.bool_] = before != after
    gone = changed.copy()
    for frame in range(len(before)):
        values, counts = np.unique(after[frame][changed[frame]], return_counts=True)
        for value in values[counts >= 0.05 * max(1, counts.sum())]:
            gone[frame] |= after[frame] == value
    return gone


def coverage(gone: NDArray[np.bool_], label: Label) -> float:
    """Share of a label's box that is gone, in the frame where least is."""
    left, top, right, bottom = label.box
    frames = range(len(gone)) if label.frame < 0 else (label.frame,)
    return min(float(gone[frame, top:bottom, left:right].mean()) for frame in frames)


def excess_area(changed: NDArray[np.bool_], labels: Sequence[Label]) -> float:
    """Share of the area that changed outside all labels, each padded by 6 pixels."""
    outside = changed.copy()
    for label in labels:
        left, top, right, bottom = label.box
        frames = slice(None) if label.frame < 0 else slice(label.frame, label.frame + 1)
        outside[
            frames,
            max(0, top - PADDING_PX) : bottom + PADDING_PX,
            max(0, left - PADDING_PX) : right + PADDING_PX,
        ] = False
    return float(outside.mean())
