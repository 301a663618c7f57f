"""Organs, findings and guidance words found in a statement."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Literal, NamedTuple

from services.report_structurer.lexicon import load
from services.report_structurer.words import Phrases, Token

Lexicon = Literal["anatomy", "findings", "guidance", "node_regions"]


@dataclass(frozen=True)
class Meaning:
    """What a phrase of the lexicons stands for; `section` is "" when it names none."""

    kind: str
    section: str = ""


class Term(NamedTuple):
    """A phrase found.

    Attributes:
        meaning: What it stands for.
        start: Offset of its first character.
        end: Offset behind its last.
        first: Index of its first word.
        last: Index of its last word.
    """

    meaning: Meaning
    start: int
    end: int
    first: int
    last: int


def _anatomy() -> Iterator[tuple[str, Meaning]]:
    lists = load("anatomy")
    for phrase in lists["examination"]:
        yield phrase, Meaning("examination")
    for section, phrases in lists["sections"].items():
        for phrase in phrases:
            yield phrase, Meaning("organ", section)
    for section, phrases in lists["aside"].items():
        for phrase in phrases:
            yield phrase, Meaning("aside", section)
    for phrase in lists["regions"]:
        yield phrase, Meaning("region", "general_other")
    for phrase in lists["landmark"]:
        yield phrase, Meaning("landmark")


def _findings() -> Iterator[tuple[str, Meaning]]:
    lists = load("findings")
    for kind in ("implied", "hosted", "weak", "around"):
        for section, phrases in lists[kind].items():
            for phrase in phrases:
                yield phrase, Meaning(kind, section)
    for kind in ("normal", "general"):
        for phrase in lists[kind]:
            yield phrase, Meaning(kind)


@cache
def _phrases(name: str) -> Phrases[Meaning]:
    if name == "anatomy":
        return Phrases(_anatomy())
    if name == "findings":
        return Phrases(_findings())
    if name == "node_regions":
        return Phrases((phrase, Meaning("region")) for phrase in load("anatomy")[name])
    lists = load("guidance")
    return Phrases(
        (p, Meaning(kind))
        for kind in lists
        if kind not in {"version", "words"}
        for p in lists[kind]
    )


def terms(words: Sequence[Token], lexicon: Lexicon) -> tuple[Term, ...]:
    """Phrases of one lexicon in a statement, from left to right."""
    return _terms(tuple(words), lexicon)


@lru_cache(maxsize=8)
def _terms(words: tuple[Token, ...], lexicon: Lexicon) -> tuple[Term, ...]:
    """As `terms`; several rules ask for the same statement one after the other."""
    return tuple(
        Term(hit.value, words[hit.first].start, words[hit.last].end, hit.first, hit.last)
        for hit in _phrases(lexicon).find(words)
    )
