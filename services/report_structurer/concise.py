"""A shorter view of a report: derived, reversible, and dropped where it would say less.

The record keeps the verbatim statement; the view is for reading. Words are left out by lists, and a
rewrite that the guard finds to say anything else is not taken.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from services.report_structurer.guard import difference
from services.report_structurer.lexicon import load
from services.report_structurer.structure import PLACED_PARTS, Statement
from services.report_structurer.words import Hit, Phrases, tokens


@dataclass(frozen=True)
class ConciseStatement:
    """A statement as it may be read.

    Attributes:
        id: The statement.
        text: Shorter text, or the statement's own where shortening would change it.
        shortened: Whether it is shorter.
        refused: Why the shorter text was not taken; "" when it was.
    """

    id: int
    text: str
    shortened: bool
    refused: str = ""


@dataclass(frozen=True)
class ConciseView:
    """The findings and impression of a report, shortened.

    Attributes:
        statements: In order.
        words_in: Words of the statements.
        words_out: Words of the view.
    """

    statements: tuple[ConciseStatement, ...]
    words_in: int
    words_out: int


@cache
def _phrases() -> Phrases[str]:
    lists = load("concise")
    replaced = ((phrase, short) for short, many in lists["replace"].items() for phrase in many)
    return Phrases([*replaced, *((phrase, "") for phrase in lists["drop"])])


def concise(statements: Sequence[Statement]) -> ConciseView:
    """Shorter texts of the statements of findings and impression."""
    own = [s for s in statements if s.part in PLACED_PARTS]
    made = tuple(_shorten(s) for s in own)
    return ConciseView(
        made, sum(len(s.text.split()) for s in own), sum(len(m.text.split()) for m in made)
    )


def _shorten(statement: Statement) -> ConciseStatement:
    text = statement.text
    short = shorter(text)
    refused = difference(text, short) if short != text else ""
    if refused or len(short) >= len(text):
        return ConciseStatement(statement.id, text, shortened=False, refused=refused)
    return ConciseStatement(statement.id, short, shortened=True)


def shorter(text: str) -> str:
    """The text without what the lists leave out; not yet guarded."""
    words = tokens(text)
    pieces: list[str] = []
    at = 0
    for hit in _phrases().find(words):
        pieces += [text[at : words[hit.first].start], _short(hit)]
        at = words[hit.last].end
    return _tidy("".join([*pieces, text[at:]]), text)


def _short(hit: Hit[str]) -> str:
    """What stands for a phrase; a colon only after what it explains."""
    return "" if hit.value == ":" and hit.first == 0 else hit.value


def _tidy(short: str, text: str) -> str:
    """Blanks and marks as a typist would leave them, the first letter as large as before."""
    plain = re.sub(r"\s+", " ", short).strip()
    plain = re.sub(r"\s+([,.;:])", r"\1", plain)
    plain = re.sub(r"^[,;:.\s]+", "", plain)
    plain = re.sub(r"([,;:])[,;:]+", r"\1", plain)
    plain = re.sub(r",\s*\.", ".", plain)
    first = re.search(r"(?:^|^[A-Z][A-Z /]*: )(\d{1,2}[.)]\s?)?([a-z])", plain)
    if first and text[:1].isupper():
        plain = plain[: first.start(2)] + first[2].upper() + plain[first.end() :]
    return plain
