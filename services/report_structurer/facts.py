"""Facts of a statement: what must survive every rewrite, each with its place in the text."""

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from services.report_structurer.context import Quality, Scope, qualities, scopes
from services.report_structurer.lexicon import load
from services.report_structurer.literals import UNITS, Fact, literal_facts, place, side_of, ucum
from services.report_structurer.terms import Term, terms
from services.report_structurer.words import Token, tokens

__all__ = [
    "READ",
    "UNITS",
    "Fact",
    "Sentence",
    "facts",
    "literal_facts",
    "read",
    "side_of",
    "temporality",
    "ucum",
]

READ = frozenset({"finding", "organ", "recommendation"})
"""Kinds that are read from the words of a statement; all others stand in the text as such."""


@dataclass(frozen=True)
class Sentence:
    """A statement as it was read.

    Attributes:
        text: What the offsets count in: the report, or the statement alone.
        words: Its words.
        literal: Those of `literal_facts` that lie in it.
        found: Its findings.
        organs: Its organs.
        governing: What its cues govern.
    """

    text: str
    words: Sequence[Token]
    literal: Sequence[Fact]
    found: Sequence[Term]
    organs: Sequence[Term]
    governing: Sequence[Scope]


def read(text: str) -> Sentence:
    """A statement that stands alone."""
    words = tokens(text)
    return Sentence(
        text,
        words,
        literal_facts(text),
        terms(words, "findings"),
        terms(words, "anatomy"),
        scopes(words),
    )


def facts(said: Sentence) -> tuple[Fact, ...]:
    """Facts of a statement, in the order of the text."""
    sides = [fact for fact in said.literal if fact.kind == "side"]
    weights = _weights(said.words) if sides else ()
    made = list(said.literal)
    stated = (term for term in said.found if term.meaning.kind != "normal")
    made += [_finding(said, term, _nearest(said, term, sides, weights)) for term in stated]
    for term in said.organs:
        if term.meaning.kind == "organ":
            side = _nearest(said, term, sides, weights)
            made.append(Fact("organ", term.meaning.section, term.start, term.end, side=side))
    return tuple(sorted(made, key=place))


def _finding(said: Sentence, term: Term, side: str) -> Fact:
    of_it = qualities(term.start, said.governing)
    return Fact(
        "finding",
        " ".join(said.text[term.start : term.end].lower().split()),
        term.start,
        term.end,
        side=side,
        polarity="negated" if "negated" in of_it else "affirmed",
        certainty="uncertain" if "possible" in of_it else "certain",
    )


_CLAUSE = re.compile(
    r"[;.]|,\s+(?:and|but|with|while)\b|\b(?:and|but|while|whereas)\b", re.IGNORECASE
)


def _nearest(
    said: Sentence, term: Term, sides: Sequence[Fact], weights: Sequence[tuple[int, int]]
) -> str:
    """Side named nearest to a term in its clause; before it rather than behind."""
    best, distance = "", REACH
    for side in sides:
        if side.start < term.end and term.start < side.end:
            return side.value
        before = side.end <= term.start
        start, end = (side.end, term.start) if before else (term.end, side.start)
        away = _weight(weights, start, end) + (0 if before else BEHIND)
        if away < distance and not _CLAUSE.search(said.text, start, end):
            best, distance = side.value, away
    return best


REACH = 48
"""Letters of content between a side and the word that it belongs to."""
BEHIND = 3
"""Letters that a side behind its word is farther away."""


def _weights(words: Sequence[Token]) -> list[tuple[int, int]]:
    """Where each word begins, and the letters of content before it.

    Words that a shorter text may leave out or write otherwise weigh nothing, so that leaving them
    out brings no side nearer to a word that it does not belong to.
    """
    weightless, sum_before = _weightless(), 0
    made: list[tuple[int, int]] = []
    for word in words:
        made.append((word.start, sum_before))
        if word.text[0].isalnum() and word.text not in weightless:
            sum_before += len(word.text)
    return [*made, (words[-1].end if words else 0, sum_before)]


def _weight(weights: Sequence[tuple[int, int]], start: int, end: int) -> int:
    """Letters of content between two offsets that no word crosses."""
    last = len(weights) - 1
    first = min(bisect_left(weights, (start, 0)), last)
    return weights[min(bisect_left(weights, (end, 0)), last)][1] - weights[first][1]


@cache
def _weightless() -> frozenset[str]:
    """Words of the phrases and short forms of `concise.yaml`."""
    lists = load("concise")
    many = [*lists["drop"], *lists["replace"], *(p for ps in lists["replace"].values() for p in ps)]
    many += [lists["participles"], lists["possessives"], lists["subjects"]]
    many += ["and or by x level levels has have of in within with"]
    return frozenset(word for phrase in many for word in _WORD.findall(phrase))


_WORD = re.compile(r"[a-z]+")


def temporality(said: Sequence[set[Quality]]) -> str:
    """`historical` or `hypothetical` when every finding is, else `current`."""
    if said and all("hypothetical" in one for one in said):
        return "hypothetical"
    if said and all("historical" in one for one in said):
        return "historical"
    return "current"
