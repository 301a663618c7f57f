"""Whether anything can still be read in the pixels: other models than the engine's, other views."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from services.redactor.verifier.vocabulary import standard_words

MIN_CHARACTERS = 2
"""Of a word: a single letter or digit says nothing about anybody."""
MIN_CONFIDENCE = 0.5
"""Below it readers see letters in tissue; something known counts at any confidence."""
MIN_STANDARD_LETTERS = 3
LETTERS = frozenset("wl")
"""Window and level, where they stand before a number."""

SAFE_WORDS = """
ap pa lat ll rl rao lao cc mlo lcc rcc lmlo rmlo ml lm xccl sup inf ant post left right head foot
feet cm mm ms sec hz khz mhz kv kvp ma mas kg bpm fps db mi ti tib tis tic fov wl ww wc lt rt st
se im img tr te fl acq axial sagittal coronal supine prone erect portable upright standing pre
post delay res map gain dr frq pwr freq depth sag cor ax thk dfov zoom flair stir dwi adc pd
"""
SAFE = frozenset(SAFE_WORDS.split())
"""Markers, views, units and settings: the verifier's own list, kept small."""
MEASURE = re.compile(
    r"[-+<>~±]?\d{1,3}([.,]\d{1,3})?(cm|mm|ms|s|sec|hz|khz|mhz|kv|kvp|ma|mas|kg|bpm|fps|db|%|°|x)?"
    r"|\d{1,3}x\d{1,3}(mm|cm)?|\d{1,3}/\d{1,3}"
)
"""A number of at most three digits, with or without a unit: no date, no identifier."""
SETTING = re.compile(r"([a-z]{1,5})(\d{1,3}(?:[.,]\d{1,3})?)")
"""A setting and its value that a reader ran together: "kVp120", "TR500TE15"."""
WEIGHTINGS = frozenset({"t1", "t2"})
MONTHS = re.compile(
    r"(?i)(?<![a-z])(jan|feb|mar|apr|may|jun|jul|aug|sep|sept|oct|nov|dec|january|february|march|"
    r"april|june|july|august|september|october|november|december)(?![a-z])"
)
"""With a number beside it a month is a date, though "may" alone is a word of reports."""
LEVELS = (1.0, 99.0)
"""Percentiles that become black and white."""


class Box(Protocol):
    """A rectangle of a frame in pixels; right and bottom are exclusive."""

    @property
    def left(self) -> int:
        """First column."""

    @property
    def top(self) -> int:
        """First row."""

    @property
    def right(self) -> int:
        """One past the last column."""

    @property
    def bottom(self) -> int:
        """One past the last row."""


class Word(Protocol):
    """A word that was read."""

    @property
    def text(self) -> str:
        """What it says."""

    @property
    def confidence(self) -> float:
        """How sure the reader is, 0..1."""

    @property
    def box(self) -> Box:
        """Where it stands in the view."""


ReadWords = Callable[[NDArray[np.uint8]], Sequence[Word]]
"""Words of a grey image, rows x columns; by other models than the engine's."""


@dataclass(frozen=True)
class UnsafeWord:
    """A word that must not be left.

    Attributes:
        is_known: Whether it is, or has in it, an identifier of the study.
        edges: Left, top, right, bottom of where it stands in the frame, pixels.
    """

    is_known: bool
    edges: tuple[int, int, int, int]


def unsafe_words(
    frame: NDArray[Any], read_words: ReadWords, is_known: Callable[[str], bool]
) -> Iterator[UnsafeWord]:
    """Every word that is not safe, once per view that shows it.

    Args:
        frame: Rows x columns, or rows x columns x samples, of any depth.
        read_words: Reads one view.
        is_known: Whether a word is, or has in it, an identifier of the study.
    """
    for view, edges_in_frame in views(frame):
        for word in read_words(view):
            known = is_known(word.text)
            if known or (word.confidence >= MIN_CONFIDENCE and not is_safe(word.text)):
                yield UnsafeWord(known, edges_in_frame(word.box))


Edges = Callable[[Box], tuple[int, int, int, int]]
"""Left, top, right, bottom in the frame of a box in a view."""


def views(frame: NDArray[Any]) -> Iterator[tuple[NDArray[np.uint8], Edges]]:
    """The frame twice as large, and turned by a quarter to either side; each with the way back."""
    grey = grey_levels(frame)
    rows, columns = grey.shape
    large = cv2.resize(grey, None, fx=2.0, fy=2.0, interpolation=cv2.INTER_CUBIC)
    yield (
        large.astype(np.uint8),
        lambda box: (box.left // 2, box.top // 2, -(-box.right // 2), -(-box.bottom // 2)),
    )
    yield (
        np.ascontiguousarray(np.rot90(grey, 1)),
        lambda box: (columns - box.bottom, box.left, columns - box.top, box.right),
    )
    yield (
        np.ascontiguousarray(np.rot90(grey, 3)),
        lambda box: (box.top, rows - box.right, box.bottom, rows - box.left),
    )


def grey_levels(frame: NDArray[Any]) -> NDArray[np.uint8]:
    """A frame as 256 levels of grey, between its darkest and its brightest percent."""
    grey = frame.max(axis=-1) if frame.ndim == 3 else frame  # noqa: PLR2004 - samples last
    levels = grey.astype(np.float32)
    low, high = np.percentile(levels, LEVELS)
    if high <= low:
        low, high = float(levels.min()), float(levels.max())
    scaled = (levels - low) * (255.0 / max(high - low, 1e-6))
    return np.asarray(np.clip(scaled, 0, 255), np.uint8)


def is_safe(text: str) -> bool:
    """Whether every part of what was read is too short to tell, a number, a setting, or a term."""
    if MONTHS.search(text) and any(map(str.isdigit, text)):
        return False
    return all(_is_safe_part(part) for part in re.split(r"[\s:;=,()\[\]|]+", text) if part)


def _is_safe_part(part: str) -> bool:
    word = part.strip(".-_/\\*'\"").lower()
    if sum(map(str.isalnum, word)) < MIN_CHARACTERS or word in SAFE or MEASURE.fullmatch(word):
        return True
    if word in WEIGHTINGS or _is_run_of_settings(word):
        return True
    return len(word) >= MIN_STANDARD_LETTERS and word in standard_words()


def _is_run_of_settings(word: str) -> bool:
    found = list(SETTING.finditer(word))
    end = found[-1].end() if found else 0
    gaps = [match.start() for match in found] != [0, *(match.end() for match in found[:-1])]
    unit = word[end:]
    if not found or gaps or (unit and unit not in SAFE):
        return False
    return all(match[1] in SAFE or match[1] in LETTERS for match in found)
