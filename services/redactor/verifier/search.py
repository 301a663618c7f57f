"""Searches bytes for every spelling of everything known, in one pass."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import ahocorasick
import numpy as np

from services.redactor.verifier.doubts import Reason
from services.redactor.verifier.needles import Needles
from services.redactor.verifier.spellings import (
    CLOSE_BYTES,
    Bounds,
    Spelling,
    closed,
    encodings,
    folded_text,
    spellings,
)

CLOCK = re.compile(rb"(?:[01]\d|2[0-3])(?:[0-5]\d){0,2}\.?\d*(?![\d.])|(?!\d)")
"""What may follow a day within one run of digits: nothing, or a time (PS3.5, DT)."""
CLOCK_BYTES = 16
NOT_ALNUM = bytes(set(range(128)) - set(b"0123456789abcdefghijklmnopqrstuvwxyz"))
CLOSE_DIGITS = 9
"""Digits alone need one more: numbers stand side by side everywhere."""
UID_BYTES = frozenset(b"0123456789.")


@dataclass(frozen=True)
class Hit:
    """A place where a spelling stands.

    Attributes:
        spelling: What was found.
        start: First byte.
        end: One past the last.
    """

    spelling: Spelling
    start: int
    end: int


class Search:
    """Finds what is known about one study.

    Attributes:
        needles: What is known.
    """

    def __init__(self, needles: Needles) -> None:
        self.needles = needles

    def hits(self, content: bytes) -> Iterator[Hit]:
        """Where any spelling stands within its bounds, whatever the case of its letters."""
        lowered = content.lower().decode("latin-1")
        if not len(self._spelled):
            return
        for last, found in self._spelled.iter(lowered):
            for spelling, size, width in found:
                start, end = last + 1 - size, last + 1
                if _is_bounded(spelling, content, start, end, width):
                    yield Hit(spelling, start, end)

    def closed_reasons(self, content: bytes) -> Iterator[Reason]:
        """What is found when everything but letters and digits is left out."""
        if len(self._closed):
            lowered = content.lower().translate(None, NOT_ALNUM).decode("latin-1")
            for _, reason in self._closed.iter(lowered):
                yield reason

    def is_known_word(self, text: str) -> bool:
        """Whether a word that was read from pixels is, or has in it, something known."""
        word = "".join(filter(str.isalnum, folded_text(text).lower()))
        return any(known in word for known in self._words) if word else False

    @cached_property
    def _spelled(self) -> Any:  # noqa: ANN401 - the automaton has no type
        grouped: dict[str, dict[tuple[Spelling, int], int]] = {}
        for spelling in spellings(self.needles):
            for encoded, width in encodings(spelling.text):
                key = encoded.lower().decode("latin-1")
                grouped.setdefault(key, {})[spelling, width] = len(encoded)
        return _automaton(
            (key, tuple((one, size, width) for (one, width), size in found.items()))
            for key, found in grouped.items()
        )

    @cached_property
    def _closed(self) -> Any:  # noqa: ANN401 - the automaton has no type
        found = {}
        for text, reason in closed(self.needles):
            form = "".join(filter(str.isalnum, folded_text(text).lower()))
            shortest = CLOSE_DIGITS if form.isdigit() else CLOSE_BYTES
            if form.isascii() and len(form) >= shortest:
                found[form] = reason
        return _automaton(found.items())

    @cached_property
    def _words(self) -> frozenset[str]:
        words = set()
        for spelling in spellings(self.needles):
            form = "".join(filter(str.isalnum, folded_text(spelling.text).lower()))
            if len(form) >= 4 or spelling.is_word:  # noqa: PLR2004 - shorter ones are in most words
                words.add(form)
        return frozenset(words)


def text_runs(content: bytes, shortest: int) -> bytes:
    """Runs of printable bytes of a binary value, a blank between them, also of every second byte.

    Letters of UTF-16 lie in every second byte, and so may anything written into 16-bit cells.
    """
    cells = np.frombuffer(content, np.uint8)
    parts = []
    for plane in (cells, cells[0::2], cells[1::2]):
        padded = np.zeros(len(plane) + 2, np.int8)
        padded[1:-1] = _PRINTABLE[plane]
        edges = np.flatnonzero(np.diff(padded))
        starts, ends = edges[0::2], edges[1::2]
        is_long = ends - starts >= shortest
        parts += [plane[a:b].tobytes() for a, b in zip(starts[is_long], ends[is_long], strict=True)]
    return b" ".join(parts)


def _printable() -> "np.ndarray[Any, np.dtype[np.int8]]":
    table = np.zeros(256, np.int8)
    table[0x20:0x7F] = 1
    return table


_PRINTABLE = _printable()


def _automaton(words: Iterable[tuple[str, object]]) -> Any:  # noqa: ANN401 - it has no type
    automaton = ahocorasick.Automaton()
    for word, value in words:
        automaton.add_word(word, value)
    if len(automaton):
        automaton.make_automaton()
    return automaton


def _is_bounded(spelling: Spelling, content: bytes, start: int, end: int, width: int) -> bool:
    bounds = spelling.bounds
    if bounds == Bounds.ANYTHING:
        return True
    before, after = _beside(content, start - width, width), _beside(content, end, width)
    if bounds == Bounds.NO_LETTER:
        first, last = _beside(content, start, width), _beside(content, end - width, width)
        return _is_edge(before, first) and _is_edge(last, after)
    if bounds == Bounds.NO_UID:
        return before not in UID_BYTES and not _goes_on_as_uid(content, end, width)
    if bounds == Bounds.DAY:
        clock = content[end : end + CLOCK_BYTES * width]
        clock = clock if width == 1 else clock.replace(b"\0", b"")
        return not _is_digit(before) and before != ord(".") and bool(CLOCK.match(clock))
    if bounds == Bounds.NO_ALNUM:
        return not _is_alnum(before) and not _is_alnum(after)
    is_digit_before = _is_digit(_beside(content, start, width)) and _is_digit(before)
    return not is_digit_before and not (
        _is_digit(_beside(content, end - width, width)) and _is_digit(after)
    )


def _goes_on_as_uid(content: bytes, end: int, width: int) -> bool:
    after, next_one = _beside(content, end, width), _beside(content, end + width, width)
    return _is_digit(after) or (after == ord(".") and _is_digit(next_one))


def _beside(content: bytes, at: int, width: int) -> int:
    """The character at `at`; 0 at either end and where a wide one is no Latin letter."""
    if not 0 <= at <= len(content) - width:
        return 0
    if width == 1:
        return content[at]
    pair = content[at : at + 2]
    return max(pair) if 0 in pair else 0


def _is_digit(character: int) -> bool:
    return 0x30 <= character <= 0x39  # noqa: PLR2004 - ASCII


def _is_letter(character: int) -> bool:
    return 0x41 <= character & 0xDF <= 0x5A  # noqa: PLR2004 - ASCII


def _is_alnum(character: int) -> bool:
    return _is_digit(character) or _is_letter(character)


def _is_edge(left: int, right: int) -> bool:
    """Whether a word ends here: no letter on one side, or a change to capitals."""
    if not _is_letter(left) or not _is_letter(right):
        return True
    return bool(left & 0x20) and not right & 0x20
