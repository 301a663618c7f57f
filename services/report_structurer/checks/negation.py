"""Denied in one place, stated in another: the same finding of the same organ on the same side."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from services.report_structurer.checks.alert import Alert, alert
from services.report_structurer.checks.reading import (
    FINDINGS,
    FRONT,
    IMPRESSION,
    Reading,
    Said,
    Word,
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


def negation(reading: Reading) -> list[Alert]:
    """Findings that one place states and another denies."""
    if not reading.complete:
        return []
    found = mentions(reading)
    return [*_conflicts(reading, found), *_described(reading, found), *_lost(reading, found)]


def mentions(reading: Reading) -> list[Mention]:
    """Findings of the report, stated or denied, in the order of the text."""
    return [m for said in reading.said for m in _mentions(said)]


def _mentions(said: Said) -> Iterator[Mention]:
    if said.zone not in {FINDINGS, IMPRESSION}:
        return
    for k, word in enumerate(said.words):
        heading = said.words[k + 1 : k + 2] and said.words[k + 1].text == ":"
        if heading or word.text == "nodal" or not said.current(word.start):
            continue
        if word.stem in words_of("heads"):
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
    return frozenset(stems - words_of("heads"))


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
    head = next((k for k, w in enumerate(behind) if k > joined and w.stem in words_of("heads")), None)
    return behind if head is None else (*behind[:joined], *behind[head:])


_BEHIND = frozenset({"with", "suggestive", "suggesting", "consistent", "compatible", "measuring", "which", "likely"})
"""Words behind a finding from which on it is described rather than placed."""


def _conflicts(reading: Reading, mentions: Sequence[Mention]) -> Iterator[Alert]:
    by_stem: dict[str, list[Mention]] = {}
    for mention in mentions:
        by_stem.setdefault(mention.stem, []).append(mention)
    told: set[tuple[int, int]] = set()
    for same in by_stem.values():
        for denied in (m for m in same if m.denied):
            for stated in (m for m in same if not m.denied):
                pair = (denied.said.statement.id, stated.said.statement.id)
                if pair not in told and _conflict(reading, denied, stated, same):
                    told.add(pair)
                    rule = "denied_across"
                    yield alert(
                        rule, (denied.start, denied.end), (stated.start, stated.end)
                    )


_DETAIL = re.compile(
    r"(?:\S+ ){0,24}?(?:(?:measuring|measures|spanning) (?:approximately |about |up to )?\d"
    r"|, (?:most )?(?:likely|probably|consistent with|compatible with|(?:with )?(?:the )?largest)\b"
    r"|, (?:more|especially|particularly|predominantly|suggesting|indicating|causing|resulting|leading)\b"
    r"|(?:features|appearance) (?:consistent|compatible|suggestive)|, which (?:may|is|measures))"
)
_SIZED = re.compile(r"\b(?:measuring|measures|spanning|largest)\b")
_BOUND = re.compile(r"\b(?:greater|larger|more|less|over|above|exceed\w*|than|but|although|however)\b")
_POINTING = re.compile(r"(?:the|this|these)\b")


def _described(reading: Reading, mentions: Sequence[Mention]) -> Iterator[Alert]:
    """Denied findings with a size, a likely cause or a further sentence about them."""
    followers = dict(zip(reading.said, reading.said[1:], strict=False))
    stated = {m.said: m.start for m in mentions if not m.denied}
    denied = {m.said: m for m in mentions if m.denied}
    for said in reading.said:
        if said.zone == FRONT:
            continue
        detail = _detail(said)
        after = followers.get(said)
        if detail and stated.get(said, detail[0]) >= detail[0]:
            yield alert("denied_described", detail)
        elif said in stated:
            continue
        elif said in denied and after and _points_back(denied[said], after):
            span = (after.words[0].start, after.words[1].end)
            yield alert("denied_described", (denied[said].start, denied[said].end), span)


_LOST = re.compile(
    r"(?:(?:findings|impression) : |\d+ \. )?(?:there (?:is|are) )?(?:evidence (?:of|for) "
    r"|(?:significant|acute|new|definite|abnormal|suspicious|focal|pathologic|enlarged|other|any|gross) )[^.;:]*\bor\b"
    r"|[^.;:]*\bor\b[^.;:]* (?:identified|seen|observed|detected|noted|evident|appreciated) \.$"
)
_DOUBT = re.compile(
    r"\b(?:may|might|could|possibl\w+|probabl\w+|likely|either|whether|versus|suggest\w*|represent\w*|consistent|if|consider\w*"
    r"|recommend\w*|suspicious for|concern\w*|not|no|without|nor|more or less|with or without|and / or|one or|two or|or more|or less|or so)\b"
)


def _lost(reading: Reading, mentions: Sequence[Mention]) -> Iterator[Alert]:
    """ "Fracture or dislocation is seen": what is stated is joined by "and"; by "or" it was denied."""
    stated = {m.said for m in mentions if not m.denied}
    for said in reading.said:
        if said in stated and _LOST.match(said.plain) and not _DOUBT.search(said.plain):
            yield alert("denial_lost", (said.statement.start, said.statement.end))


FIRST = 25
"""Characters from the beginning within which a denial is that of the whole sentence."""


def _detail(said: Said) -> tuple[int, int] | None:
    """Offsets from a denial to the end of a sentence that describes what it denies."""
    for scope in said.governing:
        whole = scope.start < scope.cue_start or scope.cue_start <= said.words[0].start + FIRST
        if scope.quality == "negated" and whole:
            behind = " ".join(w.text for w in said.words if w.start >= scope.cue_end)
            heads = (w for w in said.words if w.stem in words_of("heads"))
            named = any(scope.start <= w.start < scope.end for w in heads) or _SIZED.search(behind)
            if named and _DETAIL.match(behind) and not _BOUND.search(behind):
                return scope.cue_start, said.statement.end
    return None


def _points_back(one: Mention, after: Said) -> bool:
    """Whether the next sentence speaks of the denied finding as known: "The lesion measures"."""
    if not _POINTING.match(after.plain) or after.zone != one.said.zone:
        return False
    first = after.words[1:4]
    named = any(word.stem == one.stem and not after.denied(word.start) for word in first)
    return named and one.stem not in {"fluid", "air"}


def _conflict(
    reading: Reading, denied: Mention, stated: Mention, same: Sequence[Mention]
) -> bool:
    if denied.said.zone == stated.said.zone or denied.narrowing - stated.narrowing:
        return False
    mixed = any(m.said is denied.said and not m.denied for m in same)
    if _same_words(denied, stated) and not mixed:
        return True
    anywhere = not stated.sides and not stated.site and stated.stem not in words_of("generic")
    if denied.sides and stated.sides != denied.sides and not anywhere:
        return False
    if _alike(reading, denied, stated) < LIKE:
        return False
    shared, least = denied.site & stated.site, min(len(denied.site), len(stated.site))
    if denied.stem in words_of("generic") and len(shared) < min(2, least):
        return False
    counted = Counter(m.denied for m in same)
    if min(counted[True], counted[False]) >= OFTEN and len(denied.site & stated.site) < 2:  # noqa: PLR2004
        return False
    return not any(_explains(reading, denied, stated, other) for other in same)


def _same_words(denied: Mention, stated: Mention) -> bool:
    """Whether two statements differ in the denial alone."""
    one, other = denied.said.stems, stated.said.stems
    return len(one | other) > 1 and len(one & other) >= SAME_WORDS * len(one | other)


SAME_WORDS = 0.75
"""Share of the words of two statements that they share when one repeats the other."""
OFTEN = 2
"""A finding stated and denied this often is told of place by place; more of the place must agree."""
LIKE = 0.5
"""Likeness from which two mentions are of the same place."""


def _explains(reading: Reading, denied: Mention, stated: Mention, other: Mention) -> bool:
    """Whether a third mention shows that the two are different findings of one name."""
    if other is denied or other is stated:
        return False
    if other.denied and other.said.zone == stated.said.zone:
        if other.narrowing & words_of("elsewhere"):
            return False
        likeness = _twins(reading, denied, other)
    elif not other.denied and other.said.zone == denied.said.zone:
        likeness = _twins(reading, stated, other)
    else:
        return False
    return likeness >= max(TWIN, _twins(reading, denied, stated))


TWIN = 0.3
"""Likeness from which two mentions of one polarity may be the same, said twice."""


def _twins(reading: Reading, one: Mention, other: Mention) -> float:
    """How much two mentions are the same said twice, from 0 to 1."""
    if one.sides != other.sides:
        return 0.0
    if not one.site or not other.site:
        return float(one.site == other.site)
    both = reading.weight(one.site & other.site)
    return both / max(reading.weight(one.site), reading.weight(other.site))


_OPPOSED = tuple(
    frozenset(pair)
    for pair in (
        ("medial", "lateral"), ("anterior", "posterior"), ("upper", "lower", "middle"), ("mid", "distal", "proximal"),
        ("superior", "inferior"), ("cervical", "thoracic", "lumbar"), ("extensor", "flexor"), ("extrahepatic", "intrahepatic"),
    )
)  # fmt: skip
"""Words of place of which one does not stand for another."""


def _shares(one: Mention, other: Mention) -> bool:
    return bool(set(one.said.statement.sections) & set(other.said.statement.sections))


def _alike(reading: Reading, one: Mention, other: Mention) -> float:
    """How much two mentions speak of the same place, from 0 to 1."""
    if not one.site or not other.site:
        return 0.6 if _shares(one, other) or one.stem not in words_of("generic") else 0.3
    if any((one.site & pair) - other.site and (other.site & pair) - one.site for pair in _OPPOSED):
        return 0.0
    both = reading.weight(one.site & other.site)
    return both / min(reading.weight(one.site), reading.weight(other.site))
