"""Findings that a report states or denies, each with its place and what narrows its denial."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from services.report_structurer.checks.reading import (
    FINDINGS,
    IMPRESSION,
    Reading,
    Said,
    Word,
    heads_in,
    is_head,
    words_of,
)
from services.report_structurer.context import Scope

_CLAUSE = frozenset(".,;:()")
_SIDES = frozenset({"left", "right"})


@dataclass(frozen=True)
class Mention:
    """A finding that is stated or denied.

    Attributes:
        said: Where it stands.
        stem: The finding.
        start: Offset of its word.
        end: Offset behind it.
        denied: Whether it is denied.
        site: Stems that say where and of what kind.
        sides: `left`, `right`, both or none.
        narrowing: Words that make a denial narrower: "acute", "other".
    """

    said: Said
    stem: str
    start: int
    end: int
    denied: bool
    site: frozenset[str]
    sides: frozenset[str]
    narrowing: frozenset[str]


def mentions(reading: Reading) -> list[Mention]:
    """Findings of the report, stated or denied, in the order of the text."""
    return [m for said in reading.said for m in _mentions(said)]


def _mentions(said: Said) -> Iterator[Mention]:
    if said.zone not in {FINDINGS, IMPRESSION}:
        return
    for k, word in enumerate(said.words):
        heading = said.words[k + 1 : k + 2] and said.words[k + 1].text == ":"
        well = k > 0 and said.words[k - 1].text in {"normal", "unremarkable", "preserved"}
        if heading or well or word.text == "nodal" or not said.current(word.start):
            continue
        if is_head(word.stem):
            denied = said.denied(word.start)
            near = _clause(said, k)
            yield Mention(
                said,
                "mass effect" if _is_effect(said, k) else word.stem,
                word.start,
                word.end,
                denied,
                _site(near) or _site(_ahead(said, word)),
                frozenset({w.text for w in near} & _SIDES),
                _narrowing(said, word, near) if denied else _all_narrowing(said),
            )


def _site(words: Sequence[Word]) -> frozenset[str]:
    """Stems that say where: no finding, no degree, nothing that makes a denial narrower."""
    left_out = words_of("narrowing") | words_of("degrees")
    stems = {w.stem for w in words if w.stem and w.text not in left_out}
    return frozenset(stems - heads_in(stems))


def _cue(said: Said, word: Word) -> Scope | None:
    """The cue that denies a word."""
    scopes = (s for s in said.governing if s.quality == "negated" and s.start <= word.start < s.end)
    return next(scopes, None)


def _ahead(said: Said, word: Word) -> tuple[Word, ...]:
    """Words before a finding and before what denies it: the subject of the sentence."""
    cue = _cue(said, word)
    last = cue.cue_start if cue and cue.cue_end <= word.start else word.start
    return tuple(w for w in said.words if w.end <= last)


def _narrowing(said: Said, word: Word, near: Sequence[Word]) -> frozenset[str]:
    """Words between a denial and what it denies, and words like "remaining" around them."""
    cue = _cue(said, word)
    first = cue.cue_end if cue and cue.cue_end <= word.start else word.start - NARROW
    between = {w.text for w in said.words if first <= w.start < word.start}
    ahead = (w for w in said.words if w.start < word.start)
    around = {w.text for w in (*near, *ahead)} & words_of("elsewhere")
    return frozenset(between & words_of("narrowing") | around)


NARROW = 30
"""Characters before a finding denied behind it in which such words stand."""


def _all_narrowing(said: Said) -> frozenset[str]:
    return frozenset({w.text for w in said.words} & words_of("narrowing"))


def _is_effect(said: Said, k: int) -> bool:
    """Whether a mass is only a mass effect."""
    behind = said.words[k + 1 : k + 2]
    return said.words[k].stem == "mass" and bool(behind) and behind[0].text.startswith("effect")


def _clause(said: Said, k: int) -> tuple[Word, ...]:
    """Words around a finding: up to the next mark, and without what belongs to the next finding.

    A finding that is denied behind it, "a mass in the lobe, round, is not seen", has the sentence.
    """
    cue = _cue(said, said.words[k])
    if cue and cue.cue_start > said.words[k].start:
        return said.words
    first = k
    while first > 0 and said.words[first - 1].text not in _CLAUSE:
        first -= 1
    last = k + 1
    while last < len(said.words) and said.words[last].text not in _CLAUSE | _BEHIND:
        last += 1
    behind = said.words[k + 1 : last]
    return (*said.words[first : k + 1], *_own(behind))


def _own(behind: Sequence[Word]) -> Sequence[Word]:
    """Words behind a finding without those between "or" and the next finding."""
    joined = next((k for k, word in enumerate(behind) if word.text in {"or", "and"}), None)
    if joined is None:
        return behind
    head = next((k for k, w in enumerate(behind) if k > joined and is_head(w.stem)), None)
    return behind if head is None else (*behind[:joined], *behind[head:])


_BEHIND = frozenset(
    {"with", "suggestive", "suggesting", "consistent", "compatible", "measuring", "which", "likely"}
)
"""Words behind a finding from which on it is described rather than placed."""
