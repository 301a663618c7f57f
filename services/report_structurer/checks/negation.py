"""Denied in one place, stated in another: the same finding of the same organ on the same side."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from services.report_structurer.checks.alert import Alert, alert
from services.report_structurer.checks.mentions import Mention, mentions
from services.report_structurer.checks.reading import Reading, Said, is_disease, words_of


def negation(reading: Reading) -> list[Alert]:
    """Findings that one place states and another denies."""
    return list(_conflicts(reading, mentions(reading))) if reading.complete else []


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
                    yield alert(rule, (denied.start, denied.end), (stated.start, stated.end))


def _conflict(reading: Reading, denied: Mention, stated: Mention, same: Sequence[Mention]) -> bool:
    """Whether two mentions of one name are of one finding, stated here and denied there."""
    apart = denied.said.zone == stated.said.zone or _other_level(denied.said, stated.said)
    if apart or denied.narrowing - stated.narrowing:
        return False
    mixed = any(m.said is denied.said and not m.denied for m in same)
    if _same_words(denied, stated) and not mixed:
        return True
    if len(same) == 2 and not mixed and _is_disease(denied, stated):  # noqa: PLR2004 - one denies, one states
        return True
    if not _same_side(denied, stated) or _alike(reading, denied, stated) < LIKE:
        return False
    if len(denied.site & stated.site) < _needed(denied, stated, same):
        return False
    return not any(_explains(reading, denied, stated, other) for other in same)


def _alternative(stated: Mention) -> bool:
    """Whether a disease is only considered."""
    return bool(_CONSIDERED.search(stated.said.plain))


_CONSIDERED = re.compile(
    r"\b(?:suspected|suspicion|clinical(?:ly)?|diagnosis|correlat\w*|history|may|could|exclude\w*)\b"
)


def _is_disease(denied: Mention, stated: Mention) -> bool:
    """Whether both name one disease, which is hardly in two places of one report."""
    narrow = denied.site - stated.site and stated.site - denied.site
    certain = stated.said.certain(stated.start) and not _alternative(stated)
    return certain and is_disease(denied.stem) and _same_side(denied, stated) and not narrow


def _other_level(one: Said, other: Said) -> bool:
    """Whether two statements are about different levels of the spine."""
    for pairs in (True, False):
        own, theirs = (
            {level for level in said.levels if ("-" in level) == pairs} for said in (one, other)
        )
        if own and theirs:
            return not own & theirs
    return False


def _same_side(denied: Mention, stated: Mention) -> bool:
    anywhere = not stated.sides and not stated.site and stated.stem not in words_of("generic")
    return not denied.sides or stated.sides == denied.sides or anywhere


def _needed(denied: Mention, stated: Mention, same: Sequence[Mention]) -> int:
    """Words of place that must agree: more for a finding that is told of place by place."""
    counted = Counter(m.denied for m in same)
    if min(counted[True], counted[False]) >= OFTEN:
        return 2
    if denied.stem in words_of("generic"):
        return min(2, len(denied.site), len(stated.site))
    return 0


def _same_words(denied: Mention, stated: Mention) -> bool:
    """Whether two statements differ in the denial alone."""
    one, other = denied.said.stems, stated.said.stems
    return len(one | other) > 1 and len(one & other) >= SAME_WORDS * len(one | other)


SAME_WORDS = 0.75
"""Share of the words of two statements that they share when one repeats the other."""
OFTEN = 2
"""A finding stated and denied this often is told of place by place: more of it must agree."""
LIKE = 0.5
"""Likeness from which two mentions are of the same place."""


def _explains(reading: Reading, denied: Mention, stated: Mention, other: Mention) -> bool:
    """Whether a third mention shows that the two are different findings of one name."""
    if other is denied or other is stated:
        return False
    shared = denied.site & stated.site
    if shared and not shared & other.site:
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
        ("medial", "lateral"), ("anterior", "posterior"), ("upper", "lower", "middle"),
        ("mid", "distal", "proximal"), ("superior", "inferior"), ("extensor", "flexor"),
        ("cervical", "thoracic", "lumbar"), ("extrahepatic", "intrahepatic"),
    )
)  # fmt: skip
"""Words of place of which one does not stand for another."""


def _shares(one: Mention, other: Mention) -> bool:
    return bool(set(one.said.statement.sections) & set(other.said.statement.sections))


def _alike(reading: Reading, one: Mention, other: Mention) -> float:
    """How much two mentions speak of the same place, from 0 to 1."""
    if not one.site or not other.site:
        same = bool(one.narrowing & other.narrowing) and one.site == other.site
        return 0.6 if same or _shares(one, other) or one.stem not in words_of("generic") else 0.3
    if any((one.site & pair) - other.site and (other.site & pair) - one.site for pair in _OPPOSED):
        return 0.0
    both = reading.weight(one.site & other.site)
    return both / min(reading.weight(one.site), reading.weight(other.site))
