"""Cleaning of short free text: words that say what was imaged stay, everything else goes."""

import re
from collections.abc import Callable
from functools import cache
from importlib.resources import files

from services.redactor.spans import Kind, RedactText

_PIECE = re.compile(r"[0-9]+(?:[.,][0-9]+)?|[^\W0-9_]+")
"""Letters, or digits with at most one decimal mark, of a word."""

_RECORD = re.compile(r"[ac-eg-jl-su-wyz][0-9]{3,}|[0-9]{3,}[a-ce-gi-jnoq-rw-z]")
"""A letter and three digits or more, as record numbers are; "b800", "x512", "120k" are not."""

_HUMP = re.compile(r"[A-Z]{3,}(?![a-z])|[A-Z][a-z]{2,}")
"""A part of a keyword ("ImagePositionPatient")."""

_WORD = re.compile(r"[^\W_]+(?:(?<=\d)[.,](?=\d)[^\W_]+)*")

_NUMBERED = re.compile(r"\d+(?:[-/:]\d+)+|\d+(?:\.\d+){2,}")
"""Digits joined as in dates, telephone numbers and versions."""

_KERNEL = re.compile(r"[A-Za-z]{1,2}\d{1,2}[a-z]{0,2}")
"""Convolution kernels ("B30f", "Br40d"), weightings ("T2"), vertebrae ("L4"), filters ("FC51")."""

LONGEST_NUMBER = 3
"""Digits of a number that no record is kept under; longer ones only as `_setting`."""

DIGITS_OF_A_RECORD = 6
"""Digits joined by marks from which on they are a date, a telephone number, a record."""

_EDGES = " \t_-^/\\,;:.&+*=|<>#"


@cache
def words() -> frozenset[str]:
    """Words that a descriptor may keep, in lower case."""
    return frozenset(_data("descriptor_words.txt"))


@cache
def coded_strings() -> frozenset[str]:
    """Values of CS attributes that the standard or a maker defines."""
    return frozenset(_data("coded_strings.txt"))


@cache
def coded_words() -> frozenset[str]:
    """Words of those values: makers join them anew."""
    return frozenset(word for value in coded_strings() for word in re.split("[ _]", value))


class Descriptors:
    """Cleans the descriptors of one study, each different one once.

    Args:
        redact_text: Knows the subject: finds names that are words, too ("White", "Long").
        keep_dates: Whether dates that `redact_text` moved may stay.
    """

    def __init__(self, redact_text: RedactText, *, keep_dates: bool) -> None:
        self._redact_text = redact_text
        self._kept = {Kind.UID, Kind.DATE} if keep_dates else {Kind.UID}
        self._known: dict[str, str] = {}

    def clean(self, text: str) -> str:
        """`text` without words that may name somebody; unchanged if it has none."""
        known = self._known.get(text)
        if known is None:
            known = self._known[text] = self._cleaned(text)
        return known

    def _cleaned(self, text: str) -> str:
        spans = self._redact_text(text).spans
        parts, position = [], 0
        for span in spans:
            parts.append(technical(text[position : span.start]))
            parts.append(span.replacement if span.kind in self._kept else " ")
            position = span.end
        result = "".join([*parts, technical(text[position:])])
        return text if result == text else _tidy(result)


def technical(text: str) -> str:
    """`text` with every word that is not on the list replaced by a space."""
    text = _NUMBERED.sub(lambda found: _unless(_is_record, found.group()), text)
    return _WORD.sub(
        lambda found: _unless(lambda word: not is_technical(word), found.group()), text
    )


def is_technical(word: str) -> bool:
    """Whether one word is a term, a number with few digits, or both ("T2FLAIR", "5mm")."""
    lower = word.lower()
    if lower in words() or (len(word) == 1 and word.isascii()) or _KERNEL.fullmatch(word):
        return True
    pieces = _PIECE.findall(lower)
    if _RECORD.fullmatch(lower):
        return False
    if "".join(pieces) == lower and all(_piece(piece, pieces) for piece in pieces):
        return True
    humps = _HUMP.findall(word)
    return "".join(humps) == word and all(hump.lower() in words() for hump in humps)


def is_coded(value: str) -> bool:
    """Whether a value of a CS attribute is a defined string or made of technical words."""
    if value in coded_strings() or (len(value) <= 2 and value.isalnum()):  # noqa: PLR2004 - "HF"
        return True
    parts = [word for word in re.split(r"[ _]+", value) if word]
    return all(word in coded_words() or is_technical(word) for word in parts)


def _piece(piece: str, pieces: list[str]) -> bool:
    if not piece[0].isascii() or piece[0].isalpha():
        return piece in words() or (len(piece) == 1 and piece.isascii())
    whole = re.split("[.,]", piece)[0]
    return len(whole) <= LONGEST_NUMBER or _setting(int(whole), alone=len(pieces) == 1)


def _setting(number: int, *, alone: bool) -> bool:
    """Whether a number of four digits is a setting (b-value 1000, matrix 1024) and no year."""
    is_year = alone and 1850 <= number <= 2150  # noqa: PLR2004 - years of the living
    return number < 10_000 and not is_year and (number % 50 == 0 or number % 512 == 0)  # noqa: PLR2004


def _is_record(text: str) -> bool:
    return sum(character.isdigit() for character in text) >= DIGITS_OF_A_RECORD


def _unless(drop: Callable[[str], bool], word: str) -> str:
    return " " if drop(word) else word


def _tidy(text: str) -> str:
    text = re.sub(r"[(\[{<]\s*[)\]}>]", " ", text)
    text = re.sub(r"([_^-])\s+(?=[_^-])", "", text)
    text = re.sub(r"(?:^|(?<=\s))[^\w\s]+(?=\s|$)", " ", text)
    return re.sub(r"\s+", " ", text).strip(_EDGES)


def _data(name: str) -> list[str]:
    return (files(__package__) / "data" / name).read_text().split("\n")
