"""Spinal levels, grades, categories and counts: what the impression names otherwise."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from services.report_structurer.checks.alert import Alert, alert
from services.report_structurer.checks.reading import (
    FINDINGS,
    IMPRESSION,
    Reading,
    Said,
    is_head,
    words_of,
)

_LEVEL = re.compile(
    r"\b([CTLS])(\d{1,2})(?:\s?[-/–]\s?([CTLS])?(\d{1,2}))?\b(?!\s*(?:-?weighted|hyper|hypo"
    r"|signal|iso))"
)
_THROUGH = re.compile(r"\s*(?:through|to)\s*$")
_ORDER = {"C": 0, "T": 7, "L": 19, "S": 24}
"""Vertebrae before the first of each region."""
_LAST = {"C": 8, "T": 12, "L": 6, "S": 5}


@dataclass(frozen=True)
class _Level:
    said: Said
    first: int
    last: int
    start: int
    end: int


def labels(reading: Reading) -> list[Alert]:
    """Levels, grades and counts of the impression that the findings do not give."""
    return [*_levels(reading), *_moved(reading), *_grades(reading), *_counts(reading)]


def _level(said: Said, found: re.Match[str]) -> _Level | None:
    region, first = found[1], int(found[2])
    if not 1 <= first <= _LAST[region] or (region == "T" and first < 3 and not found[4]):  # noqa: PLR2004 - T1, T2 are sequences
        return None
    start = _ORDER[region] + first
    other = found[3] or region
    last = _ORDER[other] + int(found[4]) if found[4] else start
    if other == region and last < start:
        last = _ORDER["S"] + 1 if region == "L" else _ORDER["T"] + int(found[4])
    return _Level(said, start, last, *(k + said.statement.start for k in found.span()))


def _of(reading: Reading, zone: str) -> list[_Level]:
    made: list[_Level] = []
    for said in reading.zone(zone):
        matches = list(_LEVEL.finditer(said.statement.text))
        for k, found in enumerate(matches):
            level = _level(said, found)
            if level is None:
                continue
            before = said.statement.text[matches[k - 1].end() : found.start()] if k else ""
            if made and k and _THROUGH.fullmatch(before):
                level = _Level(said, made[-1].first, level.last, made[-1].start, level.end)
                made.pop()
            made.append(level)
    return made


def _levels(reading: Reading) -> Iterator[Alert]:
    found, closing = _of(reading, FINDINGS), _of(reading, IMPRESSION)
    if not found:
        return
    for one in closing:
        if any(_covers(other, one) or _covers(one, other) for other in found):
            continue
        other = max(found, key=lambda level: reading.weight(level.said.stems & one.said.stems))
        yield alert("level_differs", (one.start, one.end), (other.start, other.end))


def _moved(reading: Reading) -> Iterator[Alert]:
    """A finding that findings and impression give at one level each, and not at the same."""
    found, closing = _by_finding(reading, FINDINGS), _by_finding(reading, IMPRESSION)
    for name, said in closing.items():
        other = found.get(name)
        if said is None or other is None or said.levels & other.levels:
            continue
        if len(said.levels) != 1 or len(other.levels) != 1 or not _one_kind(said, other):
            continue
        places = ((s.statement.start, s.statement.end) for s in (said, other))
        yield alert("level_differs", *places)


def _one_kind(one: Said, other: Said) -> bool:
    """Whether both name a vertebra, or both a disc space."""
    return {"-" in level for level in one.levels} == {"-" in level for level in other.levels}


def _by_finding(reading: Reading, zone: str) -> dict[str, Said | None]:
    """The one statement with a level that states a finding; None when several state it."""
    made: dict[str, Said | None] = {}
    for said in reading.zone(zone):
        stated = {w.stem for w in said.words if is_head(w.stem) and not said.denied(w.start)}
        for name in stated:
            made[name] = None if name in made or not said.levels else said
    return made


def _covers(wide: _Level, narrow: _Level) -> bool:
    if wide.first == wide.last:
        return narrow.first == wide.first == narrow.last
    return wide.first <= narrow.first and narrow.last <= wide.last


_GRADE = re.compile(
    r"\b(grade|type|stage|segment|(?:pi|bi|li|ti|o|lung)-?\s?rads(?: v\d)?(?: category"
    r"| score)?(?: of)?|fazekas|bosniak(?: category)?)"
    r"\s*:?\s*([0-6][a-c]?|iv[ab]?|vi{0,3}|i{1,3}|viii)\b",
    re.IGNORECASE,
)
_ROMAN = {"i": "1", "ii": "2", "iii": "3", "iv": "4", "v": "5", "vi": "6", "vii": "7", "viii": "8"}


def _graded(reading: Reading, zone: str) -> list[tuple[str, str, Said, int, int]]:
    made = []
    for said in reading.zone(zone):
        for found in _GRADE.finditer(said.statement.text):
            name = (
                re.sub(r"[^a-z]", "", found[1].lower()).replace("category", "").replace("score", "")
            )
            value = _ROMAN.get(found[2].lower(), found[2].lower())
            at = said.statement.start
            made.append((name, value, said, at + found.start(), at + found.end()))
    return made


def _grades(reading: Reading) -> Iterator[Alert]:
    found, closing = _graded(reading, FINDINGS), _graded(reading, IMPRESSION)
    for name, value, said, start, end in closing:
        same = [f for f in found if f[0] == name]
        if same and all(f[1] != value for f in same):
            other = max(same, key=lambda f: reading.weight(f[2].stems & said.stems))
            yield alert("grade_differs", (start, end), other[3:])


_NUMBERS = {
    "one": 1,
    "single": 1,
    "solitary": 1,
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "seven": 7,
    "eight": 8,
}
COUNTED_REACH = 4
"""Words behind a count in which stands what is counted."""


def _counted(reading: Reading, zone: str) -> list[tuple[str, int, Said, int, int]]:
    made = []
    for said in reading.zone(zone):
        for k, word in enumerate(said.words):
            count = _NUMBERS.get(word.text)
            if count is None:
                continue
            for behind in said.words[k + 1 : k + 1 + COUNTED_REACH]:
                if behind.stem in words_of("counted"):
                    made.append((behind.stem, count, said, word.start, word.end))
                    break
    return made


def _counts(reading: Reading) -> Iterator[Alert]:
    found, closing = _counted(reading, FINDINGS), _counted(reading, IMPRESSION)
    for name, count, _, start, end in closing:
        same = [f for f in found if f[0] == name]
        if same and count > 1 and all(f[1] != count for f in same) and len(same) == 1:
            yield alert("count_differs", (start, end), same[0][3:])
