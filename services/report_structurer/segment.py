"""Cuts a report into statements; every character lies in exactly one piece."""

import re
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from services.report_structurer.headings import Found, Heading, headings
from services.report_structurer.lexicon import single_words

_ENDS = re.compile(r"[.!?]+[\"')\]]*")
_NUMERAL = re.compile(r"\(?(\d{1,2})[.)](?!\d)")
_WORD_BEFORE = re.compile(r"([A-Za-z.]+)\.$")
_LINE_GOES_ON = re.compile(
    r"(?:[,(/:-]|\b(?:the|a|an|of|and|or|with|in|to|for|at|on|is|are|was|were|be|no|by|from|as|than))$",
    re.IGNORECASE,
)
_BULLET = re.compile(r"[-*•–]\s|\(?\d{1,2}[.)]")
_CAPITALS = re.compile(r"[A-Z][A-Z0-9 /&,()-]{1,50}:")
_TITLE_BEFORE = re.compile(r"\b(?:[Dd]rs?|M[rs]s?|by)\.?\s+(?:[A-Z]\.\s*)?$")
_AFTER_HEADING = " \t\r\n-–—,"
SHORTEST_LAST = 4
"""Letters of a word that ends a sentence though the next begins in lower case."""
_INLINE_NUMERAL = re.compile(r"(?:(?<=[\s:,])|(?<=[a-z)][.;]))\(?(\d{1,2})[.)]\s*(?=[A-Z])")


@dataclass(frozen=True)
class Piece:
    """A statement with its heading and numeral, or the blanks between two.

    Attributes:
        start: Offset of the first character.
        end: Offset behind the last.
        body: Offset behind heading and list numeral; equals `end` in a bare heading.
        numeral: Offsets of a list numeral; None without.
        heading: What the piece begins, when it carries a heading.
        blank: Whether it holds blanks alone.
    """

    start: int
    end: int
    body: int
    numeral: tuple[int, int] | None = None
    heading: Heading | None = None
    blank: bool = False


def pieces(text: str, whole: Sequence[tuple[int, int]] = ()) -> list[Piece]:
    """Statements and the blanks between them, in order; joined they are the text.

    Args:
        text: The report.
        whole: Offsets of what is never cut, as numbers with their units.
    """
    found = {one.start: one for one in headings(text)}
    inside = {k for start, end in whole for k in range(start + 1, end)}
    starts = sorted(({*found, *_starts(text)} - inside) | ({0} if text else set()))
    made: list[Piece] = []
    for start, end in pairwise([*starts, len(text)]):
        made.extend(_trimmed(text, start, end, found))
    return made


def _trimmed(text: str, start: int, end: int, found: dict[int, Found]) -> Iterator[Piece]:
    """The statement between two cuts, and the blanks around it."""
    inner = text[start:end]
    left = len(inner) - len(inner.lstrip())
    right = len(inner.rstrip())
    if left == len(inner):
        yield Piece(start, end, end, blank=True)
        return
    if left:
        yield Piece(start, start + left, start + left, blank=True)
    yield _statement(text, start + left, start + right, found.get(start + left))
    if right < len(inner):
        yield Piece(start + right, end, end, blank=True)


def _statement(text: str, start: int, end: int, found: Found | None) -> Piece:
    capitals = _CAPITALS.match(text, start, end)
    heading = found.heading if found else None
    body = found.end if found else capitals.end() if capitals else start
    body = _skip(text, body, end, _AFTER_HEADING if found else "")
    numeral = _NUMERAL.match(text, body, end)
    if numeral:
        body = _skip(text, numeral.end(), end)
    return Piece(start, end, body, numeral.span() if numeral else None, heading)


def _skip(text: str, at: int, end: int, also: str = "") -> int:
    while at < end and (text[at].isspace() or text[at] in also):
        at += 1
    return at


def _starts(text: str) -> Iterator[int]:
    """Offsets that a piece begins at, beside headings."""
    items = list(_inline_numerals(text))
    yield from _after_sentences(text, {item.end(1) for item in items})
    yield from _after_lines(text)
    yield from (i.start() for i in items if text[: i.start()].rstrip(_AFTER_HEADING)[-1:] != ":")


def _after_sentences(text: str, numerals: Container[int]) -> Iterator[int]:
    for found in _ENDS.finditer(text):
        end = found.end()
        if end >= len(text) or found.start() in numerals or _is_numeral(text, found.start()):
            continue
        if text[end] == "," and text[end:].lstrip(" ,")[:1].isupper():
            yield end + 1  # transcriptions have commas for line ends
            continue
        glued = not text[end].isspace()
        if glued and not _glued_sentence(text, found.start(), end):
            continue
        following = text[_skip(text, end, len(text)) :][:1]
        word = _WORD_BEFORE.search(text, max(0, end - 16), end)
        if not glued and word and _goes_on(text, word, following):
            continue
        if not glued and following.islower() and (word is None or len(word[1]) < SHORTEST_LAST):
            continue
        yield end


def _goes_on(text: str, word: re.Match[str], following: str) -> bool:
    """Whether the stop after a word ends an abbreviation: "Dr. Who", "No. 3", "J. Doe"."""
    plain = word[1].lower()
    if plain in single_words("titles"):
        return True
    if plain in single_words("abbreviations"):
        return following.islower() or (following.isdigit() and plain != "etc")
    initial = len(plain) == 1 and word[1].isupper()
    return initial and bool(_TITLE_BEFORE.search(text, max(0, word.start() - 12), word.start()))


def _is_numeral(text: str, dot: int) -> bool:
    """Whether the dot belongs to a list numeral, "2." after a blank, a colon or a full stop."""
    first = dot
    while first > 0 and text[first - 1].isdigit():
        first -= 1
    if not 1 <= dot - first <= 2:  # noqa: PLR2004 - numerals have one or two digits
        return False
    before = text[:first].rstrip(" \t")
    return not before or before[-1] in ".:\n,;" or before.endswith(")")


def _glued_sentence(text: str, dot: int, end: int) -> bool:
    """Whether a sentence follows without a blank: "opacity.The", "__.HISTORY"."""
    before, after = text[dot - 1 : dot], text[end : end + 2]
    capital = after[:1].isupper() and (after[1:].islower() or after.isupper())
    ends = before.islower() or before in {"_", ")", "%"} or (before.isdigit() and after.istitle())
    return capital and ends and len(after) > 1


def _after_lines(text: str) -> Iterator[int]:
    at = text.find("\n")
    while at >= 0:
        line = text[text.rfind("\n", 0, at) + 1 : at].rstrip()
        following = text[at + 1 :].lstrip(" \t\r")[:60]
        new = following[:1].isupper() or following[:1] == "\n" or bool(_BULLET.match(following))
        if new and not _LINE_GOES_ON.search(line):
            yield at + 1
        at = text.find("\n", at + 1)


def _inline_numerals(text: str) -> Iterator[re.Match[str]]:
    """Items "1. ... 2. ..." of one line, as long as they count up by one."""
    expected = 0
    for found in _INLINE_NUMERAL.finditer(text):
        number = int(found[1])
        if number in {1, expected}:
            expected = number + 1
            yield found
