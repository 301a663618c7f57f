"""What a statement says about words in it: denied, possible, past, or about somebody else.

Cues govern words after or before them up to a stop, after NegEx (Chapman 2001) and ConText
(Harkema 2009). The cues are data: `lexicons/context.yaml`.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

from services.report_structurer.lexicon import load
from services.report_structurer.words import Hit, Phrases, Token

Quality = Literal["negated", "possible", "historical", "hypothetical", "other"]

_YEAR = re.compile(r"(?:19|20)\d\d")
_CONJUNCTIONS = frozenset({",", "and", "but", ";"})
_VERBS = frozenset(
    {"is", "are", "was", "were", "has", "have", "had", "shows", "demonstrates", "appears", "appear",
     "contains", "measures", "remains", "remain", "reveals", "reports", "complains", "denies"}
)  # fmt: skip
_DETERMINERS = frozenset({"the", "his", "her", "this", "these", "both"})
CLAUSE_REACH = 7
"""Words behind "and the" among which a verb makes a clause of its own."""
SHORT_REACH = 3
"""Words before a cue of the direction `previous` that it governs at most."""


@dataclass(frozen=True)
class Cue:
    """Kind of a cue: a `Quality`, `ended`, `pseudo` or `stop`; and its side, or which stop."""

    kind: str
    direction: str


@dataclass(frozen=True)
class Scope:
    """Words that a cue governs.

    Attributes:
        quality: What it says of them.
        start: Offset of the first character governed.
        end: Offset behind the last.
        cue_start: Offset of the cue.
        cue_end: Offset behind it.
    """

    quality: Quality
    start: int
    end: int
    cue_start: int
    cue_end: int


@cache
def _cues() -> Phrases[Cue]:
    rules = load("context")
    # Pseudo cues first: of two readings of the same words the harmless one stands.
    names = sorted((n for n in rules if n != "version"), key=lambda name: name != "pseudo")
    return Phrases(
        (phrase, Cue(*name.partition("_")[::2])) for name in names for phrase in rules[name]
    )


def scopes(words: Sequence[Token]) -> list[Scope]:
    """What the cues of one sentence govern."""
    if not words:
        return []
    first, last = words[0].start, words[-1].end
    marked = [Token("«", first, first), *map(_plain, words), Token("»", last, last)]
    return list(_scopes(marked, _cues().find(marked)))


_ENDED: tuple[Quality, Quality] = ("negated", "historical")
"""What is over was there, and is not there now."""


def _plain(word: Token) -> Token:
    """A year and an apostrophe as the cues write them, any other word as it is."""
    if len(word.text) == len("2019") and _YEAR.fullmatch(word.text):
        return Token("yyyy", word.start, word.end)
    return Token(word.text.replace("’", "'"), word.start, word.end) if "’" in word.text else word


def _scopes(words: Sequence[Token], hits: Sequence[Hit[Cue]]) -> Iterator[Scope]:
    clauses = _clauses(words)
    for hit in hits:
        cue = hit.value
        if cue.kind in {"pseudo", "stop"}:
            continue
        reach = _governed(hit, words, hits, clauses)
        if reach is None:
            continue
        for quality in _ENDED if cue.kind == "ended" else (cue.kind,):
            yield Scope(
                quality,  # type: ignore[arg-type] # every kind but these is a quality
                words[reach[0]].start,
                words[reach[1]].end,
                words[hit.first].start,
                words[hit.last].end,
            )


def _governed(
    hit: Hit[Cue], words: Sequence[Token], hits: Sequence[Hit[Cue]], clauses: Sequence[int]
) -> tuple[int, int] | None:
    """Indices of the first and last word that a cue governs; None when there is none."""
    direction = hit.value.direction
    if direction == "inside":
        return hit.first, hit.last
    if direction in {"forward", "next"}:
        first, last = hit.last + 1, _forward_end(hit, words, hits, clauses)
        last = min(first, last) if direction == "next" else last
    else:
        first, last = _backward_start(hit, words, hits), hit.first - 1
        if direction in {"previous", "around"}:
            first = max(first, hit.first - SHORT_REACH)
        if hit.value == Cue("historical", "previous"):
            commas = (k + 1 for k in range(first, hit.first) if words[k].text == ",")
            first = max(commas, default=first)
        if direction == "around":
            last = _forward_end(hit, words, hits, clauses)
    return (first, last) if first <= last else None


def _forward_end(
    hit: Hit[Cue], words: Sequence[Token], hits: Sequence[Hit[Cue]], clauses: Sequence[int]
) -> int:
    end = len(words) - 2  # before the mark of the end
    behind = [other for other in hits if other.first > hit.last]
    for other in behind:
        if _ends(hit.value.kind, other, words):
            end = min(end, other.first - 1)
            break
    if hit.value.kind in _LONG:
        return end
    return min(end, min((k - 1 for k in clauses if k > hit.last), default=end))


_LONG = frozenset({"hypothetical", "other"})
"""Qualities that colons and lists do not end."""


def _ends(kind: str, other: Hit[Cue], words: Sequence[Token]) -> bool:
    """Whether what a cue of this kind governs ends before another cue."""
    stop = other.value
    if stop.kind == "stop":
        if stop.direction == "unlisted":
            return kind in {"negated", "possible"} and not _goes_on(words, other.last)
        return stop.direction == "all" or kind not in _LONG
    if stop.direction != "forward":
        return False
    if kind in {"possible", "historical"}:
        return stop.kind == "negated"
    return (
        kind == "negated"
        and stop.kind in {"possible", "historical"}
        and words[other.first - 1].text == ","
        and not _goes_on(words, other.last)
    )


def _goes_on(words: Sequence[Token], first: int) -> bool:
    """Whether "or" or "nor" goes on with a list."""
    return any(word.text in {"or", "nor", "/"} for word in words[first:])


def _backward_start(hit: Hit[Cue], words: Sequence[Token], hits: Sequence[Hit[Cue]]) -> int:
    """Behind the last stop, and in the same clause: "there is fluid, air is not seen"."""
    first, verb = 1, False
    for other in hits:
        cue = other.value
        if cue.kind == "stop" and cue.direction != "forward" and other.last < hit.first:
            first = other.last + 1
            verb = any(word.text in _VERBS for word in words[other.first : first])
    relative = words[hit.first].text in {"which", "that"}  # of all that its clause names
    if relative or hit.value.kind not in {"negated", "possible", "ended"}:
        return first
    start = first
    for k in range(first, hit.first):
        verb = verb or words[k].text in _VERBS
        if verb and words[k].text in _CONJUNCTIONS:
            start = k + 1
    return start


def _clauses(words: Sequence[Token]) -> list[int]:
    """Conjunctions that begin a clause of its own: "no mass, and the heart is large"."""
    return [
        k
        for k, word in enumerate(words[:-1])
        if word.text in _CONJUNCTIONS
        and words[k + 1].text in _DETERMINERS
        and _has_verb(words[k + 2 : k + 2 + CLAUSE_REACH])
    ]


def _has_verb(words: Sequence[Token]) -> bool:
    """Whether a verb stands before the next conjunction."""
    for word in words:
        if word.text in _CONJUNCTIONS:
            return False
        if word.text in _VERBS:
            return True
    return False


def qualities(start: int, governing: Sequence[Scope]) -> set[Quality]:
    """What is said of the words that begin at `start`."""
    return {scope.quality for scope in governing if scope.start <= start < scope.end}


def has_ended(start: int, governing: Sequence[Scope]) -> bool:
    """Whether the words that begin at `start` are denied only as something that is over."""
    here = [scope for scope in governing if scope.start <= start < scope.end]
    over = {scope.cue_start for scope in here if scope.quality == "historical"}
    denials = {scope.cue_start for scope in here if scope.quality == "negated"}
    return bool(denials) and denials <= over
