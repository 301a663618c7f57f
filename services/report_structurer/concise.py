"""A shorter view of a report: derived, reversible, and dropped where it would say less.

The record keeps the verbatim statement; the view is for reading. Words are left out by lists, and a
rewrite that the guard finds to say anything else is not taken.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from string import ascii_lowercase

from services.report_structurer.edit import Edit
from services.report_structurer.guard import Source
from services.report_structurer.structure import PLACED_PARTS, Statement

_SIZE = re.compile(r"\d+(?:\.\d+)?(?:\s*(?:[x×]|by)\s*\d+(?:\.\d+)?)+\s*(?:mm|cm)\b", re.IGNORECASE)
_TIMES = frozenset("x×")
_ATTACHED = frozenset(",.;:)?!%/")
_MARKS = frozenset(",.;:")


@dataclass(frozen=True)
class ConciseWord:
    """One word of the view and what it stands for.

    Attributes:
        text: The word, with the marks beside it.
        start: Offset of the words of the report that it stands for.
        end: Offset behind them.
    """

    text: str
    start: int
    end: int


@dataclass(frozen=True)
class ConciseStatement:
    """A statement as it may be read.

    Attributes:
        id: The statement.
        text: Shorter text, or the statement's own where shortening would change it.
        shortened: Whether it is shorter.
        refused: Why the shortest text was not taken; "" when it was.
        words: The words of `text` with their places in the report, in order.
    """

    id: int
    text: str
    shortened: bool
    refused: str = ""
    words: tuple[ConciseWord, ...] = ()


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


def concise(statements: Sequence[Statement]) -> ConciseView:
    """Shorter texts of the statements of findings and impression."""
    own = [s for s in statements if s.part in PLACED_PARTS]
    made = tuple(_shorten(s) for s in own)
    return ConciseView(
        made, sum(len(s.text.split()) for s in own), sum(len(m.text.split()) for m in made)
    )


def _shorten(statement: Statement) -> ConciseStatement:
    """The shortest text that the guard takes, or the statement's own."""
    source = Source.of(statement.text)
    words, refused = _shortest(source)
    if not words:
        own = tuple(_verbatim(statement))
        return ConciseStatement(
            statement.id, statement.text, shortened=False, refused=refused, words=own
        )
    at = statement.start
    placed = tuple(ConciseWord(w.text, w.start + at, w.end + at) for w in words)
    return ConciseStatement(
        statement.id, _text(words), shortened=True, refused=refused, words=placed
    )


def _text(words: Sequence[ConciseWord]) -> str:
    return " ".join(word.text for word in words)


KINDS = ("filler", "with", "or", "place", "clause", "colon", "and", "and beside a side")
"""Kinds of edits, from the safest to the boldest."""


def _shortest(source: Source) -> tuple[list[ConciseWord], str]:
    """Words of the text with most edits that the guard takes, and why not all; none when none is.

    Where all together change what is said, they are taken kind by kind, and of a kind that the
    guard refuses those halves, quarters, ... that it does not.
    """
    words = _rewritten(source, source.allowed)
    if _text(words) == source.text:
        return [], ""
    refused = _fault(source, words)
    if not refused:
        return words, ""
    taken: list[Edit] = []
    words = []
    waiting = [[e for e in source.allowed if e.kind == kind] for kind in reversed(KINDS)]
    while waiting:
        group = waiting.pop()
        if not group or len(group) == len(source.allowed):
            waiting += _halves(group)
            continue
        tried = _rewritten(source, [*taken, *group])
        if _fault(source, tried):
            waiting += _halves(group)
        else:
            taken += group
            words = tried
    return words, refused


def _halves(group: list[Edit]) -> list[list[Edit]]:
    """The two halves of what was refused together, the first one last; none of a single edit."""
    middle = len(group) // 2
    return [group[middle:], group[:middle]] if middle else []


def _fault(source: Source, words: Sequence[ConciseWord]) -> str:
    """Why a text is not taken."""
    text = _text(words)
    if not text:
        return "nothing is left"
    return source.difference(text) or ("" if len(text) < len(source.text) else "no shorter")


def _verbatim(statement: Statement) -> Iterator[ConciseWord]:
    at = 0
    for word in statement.text.split():
        at = statement.text.index(word, at)
        yield ConciseWord(word, statement.start + at, statement.start + at + len(word))
        at += len(word)


def shorter(text: str) -> str:
    """The text with all edits taken; not yet guarded."""
    source = Source.of(text)
    return _text(_rewritten(source, source.allowed))


@dataclass
class _Word:
    """A word of the view while it is put together."""

    text: str
    start: int
    end: int
    is_glued: bool


def _rewritten(source: Source, chosen: Sequence[Edit]) -> list[ConciseWord]:
    """Words of the text that the edits make, with the offsets of what they stand for."""
    made: list[_Word] = []
    for word in _tidied(list(_kept(source, chosen)), source.text):
        if made and word.is_glued:
            made[-1].text += word.text
            made[-1].end = word.end
        else:
            made.append(word)
    _capitalize(made, source.text)
    return [ConciseWord(word.text, word.start, word.end) for word in made]


def _kept(source: Source, chosen: Sequence[Edit]) -> Iterator[_Word]:
    """Words that stay and short forms, each glued to the word before it or not."""
    text, words = source.text, source.words
    by_first = {edit.first: edit for edit in chosen}
    at, behind = 0, 0
    adjacent = False
    while at < len(words):
        edit = by_first.get(at)
        last = edit.last if edit else at
        start, end = words[at].start, words[last].end
        gap = text[behind:start]
        if edit is None:
            joined = adjacent and bool(at) and not gap.strip(" \t\r\n-–‐‑") and not _has_blank(gap)
            mark = text[start] in _ATTACHED and not _is_decimal(text, start)
            said = (gap if joined else "") + text[start:end]
            yield _Word(said, start, end, joined or (mark and not adjacent))
        elif edit.short:
            for k, part in enumerate(edit.short.split()):
                yield _Word(part, start, end, k == 0 and part in _ATTACHED)
        adjacent = edit is None
        at, behind = last + 1, end


def _has_blank(gap: str) -> bool:
    return any(char.isspace() for char in gap)


def _is_decimal(text: str, at: int) -> bool:
    return text[at] == "." and text[at + 1 : at + 2].isdigit()


def _tidied(words: list[_Word], text: str) -> list[_Word]:
    """Marks as a typist would leave them: none at the start, none twice, none before a stop."""
    made: list[_Word] = []
    sizes = [found.span() for found in _SIZE.finditer(text)]
    glue = False
    for word in words:
        if word.text in _MARKS:
            if not made or made[-1].text in {"(", "/", "x"}:
                continue
            if made[-1].text in _MARKS:
                if word.text in ".;" or made[-1].text == ",":
                    keep = word.text if word.text != "," else made[-1].text
                    made[-1] = _with_text(made[-1], keep)
                continue
            word.is_glued = word.is_glued or not text[word.end : word.end + 1].isdigit()
        elif glue or (made and word.text in _TIMES and _lies_in(word, sizes)):
            word.is_glued = True
        glue = word.is_glued and word.text in {"/", *_TIMES}
        made.append(word)
    return made


def _lies_in(word: _Word, spans: Sequence[tuple[int, int]]) -> bool:
    return any(start <= word.start < end for start, end in spans)


def _with_text(word: _Word, text: str) -> _Word:
    """The word with another text."""
    return _Word(text, word.start, word.end, word.is_glued)


def _capitalize(made: list[_Word], text: str) -> None:
    """The first letter as large as before, also behind a heading or a numeral."""
    if not text[:1].isupper() and not text[:1].isdigit():
        return
    for k, word in enumerate(made):
        if word.text[0] in ascii_lowercase and "/" not in word.text[:3]:
            word.text = word.text[0].upper() + word.text[1:]
        is_numeral = k == 0 and word.text[:-1].isdigit()
        is_heading = word.text.endswith(":") and word.text[:-1].replace("-", "").isupper()
        if not is_numeral and not is_heading:
            return
