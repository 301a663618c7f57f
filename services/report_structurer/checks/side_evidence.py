"""Sides against what else tells of the same: its size, or the other half of the sentence."""

import re
from collections.abc import Iterator

from services.report_structurer.checks.alert import Alert, Span, alert
from services.report_structurer.checks.reading import FINDINGS, IMPRESSION, Reading
from services.report_structurer.checks.sizes import Size, sizes

_SIDE = re.compile(r"(?<!to the )(?<!to )(?<!-)\b(left|right)\b(?!-| to )", re.IGNORECASE)
BEHIND = 60
"""Characters behind a size in which the side of what it measures may stand."""


def side_evidence(reading: Reading) -> list[Alert]:
    """One measurement with two sides, one side twice in a list of both, a lobe's wrong segment."""
    return [*_by_size(reading), *_listed(reading), *_segments(reading)]


_LIVER = re.compile(
    r"\b(left|right) (?:hepatic lobe|lobe of the liver|liver lobe)[^.;]{0,40}"
    r"(?:\.[^.;]{0,40})?\bsegments? ([2-8]|ii|iii|iva?b?|vi{0,3}|viii)\b",
    re.IGNORECASE,
)
_LEFT_SEGMENTS = frozenset({"2", "3", "4", "ii", "iii", "iv", "iva", "ivb"})
"""Segments of the left lobe of the liver after Couinaud (1957)."""


def _segments(reading: Reading) -> Iterator[Alert]:
    """A segment of the liver in the lobe on the other side."""
    for found in _LIVER.finditer(reading.report.text):
        side = "left" if found[2].lower() in _LEFT_SEGMENTS else "right"
        if found[1].lower() != side:
            yield alert("side_impossible", found.span(1), found.span(2))


def _by_size(reading: Reading) -> Iterator[Alert]:
    """A size that stands once in findings and once in impression, there with another side."""
    measured = [s for s in sizes(reading) if s.mm and not s.earlier]
    for one in (s for s in measured if s.said.zone == IMPRESSION):
        same = [s for s in measured if s is not one and _repeats(one, s)]
        if len(same) != 1 or same[0].said.zone != FINDINGS:
            continue
        own, other = _side(reading, one), _side(reading, same[0])
        shifted = any("shift" in s.about for s in (one, same[0]))
        if not shifted and own and other and own[0] != other[0] and one.about & same[0].about:
            yield alert("side_of_size", own[1], other[1])


def _repeats(one: Size, other: Size) -> bool:
    return one.mm == other.mm or (
        max(one.mm) == max(other.mm) and 1 in {len(one.mm), len(other.mm)}
    )


def _side(reading: Reading, size: Size) -> tuple[str, Span] | None:
    """The last side before a size, else the first behind it; none behind another size."""
    text, said = reading.report.text, size.said.statement
    before = list(_SIDE.finditer(text, said.start, size.start))
    if before and not re.search(r"\d\s?(?:mm|cm)\b|;", text[before[-1].end() : size.start]):
        return before[-1][1].lower(), before[-1].span()
    behind = _SIDE.search(text, size.end, min(said.end, size.end + BEHIND))
    if behind and not re.search(r"\d\s?(?:mm|cm)\b|[;.,]", text[size.end : behind.start()]):
        return behind[1].lower(), behind.span()
    return None


_ONE_BY_ONE = re.compile(
    r"\bon the (left|right)(?: side)?,? and (?:[\w.-]+ ){1,6}?on the (\1)\b"
    r"|\bthe largest (left|right) ((?:[\w-]+ ){1,6}?)measures [^;]{1,40}?the largest (\3) \4",
    re.IGNORECASE,
)


def _listed(reading: Reading) -> Iterator[Alert]:
    """One side twice: "complete on the right side and partial on the right side"."""
    for found in _ONE_BY_ONE.finditer(reading.report.text):
        first, second = (1, 2) if found[1] else (3, 5)
        yield alert("side_repeated", found.span(first), found.span(second))
