"""Dates that cannot be, comparisons denied or ahead, changes in opposite directions."""

import datetime as dt
import re
from collections.abc import Iterator

from services.report_structurer.checks.alert import Alert, Span, alert
from services.report_structurer.checks.reading import (
    FINDINGS,
    IMPRESSION,
    Place,
    Reading,
    Said,
    places,
    words_of,
)

_DATE = re.compile(r"(?<![\d./])(\d{1,4})([/.-])(\d{1,2})\2(\d{2,4})\b(?!/)")
_MONTH = re.compile(
    r"\b(january|february|march|april|may|june|july|august|september|october|november|december)"
    r"\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})\b",
    re.IGNORECASE,
)
_MONTHS = (
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)


def date(reading: Reading) -> list[Alert]:
    """Impossible dates, comparisons that are later than the examination or said not to exist."""
    return [*_impossible(reading), *_later(reading), *_compared(reading), *_changes(reading)]


def _read(year: int, month: int, day: int) -> dt.date | None:
    year += 2000 if year < 50 else 1900 if year < 100 else 0  # noqa: PLR2004 - two-digit years
    try:
        return dt.date(year, month, day)
    except ValueError:
        return None


def _days(text: str) -> Iterator[tuple[Span, list[dt.date]]]:
    """Dates as written, with every day they may mean; none for what is no day."""
    for found in _DATE.finditer(text):
        first, second, third = int(found[1]), int(found[3]), int(found[4])
        if len(found[1]) == 4:  # noqa: PLR2004 - the year comes first
            orders = [(first, second, third)]
        elif (found[2] == "." and len(found[4]) < 4) or len(found[1]) == 3 or len(found[4]) == 3:  # noqa: PLR2004
            continue
        else:
            orders = [(third, first, second), (third, second, first)]
        yield found.span(), [d for d in (_read(*order) for order in orders) if d]
    for found in _MONTH.finditer(text):
        day = _read(int(found[3]), _MONTHS.index(found[1].lower()) + 1, int(found[2]))
        yield found.span(), [day] if day else []


def _impossible(reading: Reading) -> Iterator[Alert]:
    for span, days in _days(reading.report.text):
        if not days:
            yield alert("date_impossible", span)


_EXAMINED = re.compile(
    r"(?:exam(?:ination)? date|date of (?:exam(?:ination)?|study|service)|study date"
    r"|current (?:examination|study|exam)|present (?:examination|study)|performed on)\W*(?:is "
    r"|of |from |dated )*$",
    re.IGNORECASE,
)


def _later(reading: Reading) -> Iterator[Alert]:
    """Comparisons dated after the examination, whichever way the dates are read."""
    text = reading.report.text
    examined: tuple[Span, list[dt.date]] | None = None
    compared: list[tuple[Span, list[dt.date]]] = []
    for span, days in _days(text):
        if days and _EXAMINED.search(text[max(0, span[0] - 60) : span[0]]):
            examined = examined or (span, days)
        elif days and _part(reading, span[0]) == "comparison":
            compared.append((span, days))
    for span, days in compared:
        if examined and all(d > e for d in days for e in examined[1]):
            yield alert("comparison_later", examined[0], span)


def _part(reading: Reading, at: int) -> str:
    return next(
        (s.statement.part for s in reading.said if s.statement.start <= at < s.statement.end), ""
    )


_NONE = re.compile(
    r"^\s*comparisons?\s*:\s*(?:none|nil|no\b(?! significant)|not available|n/?a\b"
    r"|there are no)|\bno (?:prior|previous|relevant|comparison)[a-z ]*(?:stud|exam|ct|mri|imag"
    r"|prior|available|comparison)|^\s*comparisons?\s*:\s*no\b",
    re.IGNORECASE,
)
_COMPARES = re.compile(
    r"\b(?:compar(?:ed|ison) (?:to|with|is made)|interval (?:increase|decrease|change"
    r"|development|enlargement|growth|progression|resolution|improvement|worsening)"
    r"|(?:unchanged|since|from|to|on|than) (?:the |a )?(?:prior|previous|last)|(?:prior"
    r"|previous) (?:study|exam|examination|ct|mri|scan|imaging|studies)"
    r"|previously (?:\d|seen|noted|described|measured|identified|demonstrated)|unchanged)\b"
)
_NOT_IMAGED = re.compile(
    r"\bcompared (?:to|with) (?:the )?(?:contralateral|left|right|other|opposite|normal"
    r"|adjacent|patient)|\b(?:history|surgery|fracture|trauma|recommend\w*|follow)\b"
    r"|\bno (?:prior|previous|comparison)|not available|(?:for|without) comparison|advis\w*"
    r"|absence of|correlat\w*"
)


def _compared(reading: Reading) -> Iterator[Alert]:
    """No comparison at hand, and yet compared."""
    denied = next(
        (
            s
            for s in reading.said
            if s.statement.part == "comparison" and _NONE.search(s.statement.text)
        ),
        None,
    )
    if denied is None:
        denied = next(
            (
                s
                for s in reading.said
                if s.zone == "front"
                and re.match(r"\s*comparisons?\s*:\s*no", s.statement.text, re.IGNORECASE)
            ),
            None,
        )
    if denied is None or any(
        s.statement.part == "comparison" and _days_in(s) for s in reading.said
    ):
        return
    for said in (*reading.zone(FINDINGS), *reading.zone(IMPRESSION)):
        found = _COMPARES.search(said.plain)
        if found and not _NOT_IMAGED.search(said.plain):
            yield alert(
                "comparison_denied",
                (denied.statement.start, denied.statement.end),
                (said.statement.start, said.statement.end),
            )
            return


def _days_in(said: Said) -> bool:
    return any(True for _ in _days(said.statement.text))


def _changes(reading: Reading) -> Iterator[Alert]:
    """An increase in the findings that the impression calls a decrease, or stable."""
    found = [
        (s, p)
        for s in reading.zone(FINDINGS)
        for p in places(s, "changes")
        if not s.denied(p.start)
    ]
    closing = [
        (s, p)
        for s in reading.zone(IMPRESSION)
        for p in places(s, "changes")
        if not s.denied(p.start)
    ]
    for said, place in closing:
        own = _about(said, place)
        likeness = [(_alike(reading, own, _about(s, p)), s, p) for s, p in found]
        best = max((a for a, _, _ in likeness), default=0.0)
        near = [(a, p) for a, _, p in likeness if a >= max(LIKE, best * 0.9)]
        if near and all(p.value != place.value for _, p in near):
            other = max(near, key=lambda pair: pair[0])[1]
            yield alert("change_differs", (place.start, place.end), (other.start, other.end))


LIKE = 0.6


REACH = 6
"""Words of content on either side of a change that say what changed."""


def _about(said: Said, place: Place) -> frozenset[str]:
    telling = [w for w in said.words if w.stem and w.text not in words_of("degrees")]
    before = [w.stem for w in telling if w.end <= place.start][-REACH:]
    behind = [w.stem for w in telling if w.start >= place.end][:REACH]
    return frozenset({*before, *behind} - words_of("change_words"))


def _alike(reading: Reading, one: frozenset[str], other: frozenset[str]) -> float:
    if len(one) < 2 or len(other) < 2:  # noqa: PLR2004 - one word in common is chance
        return 0.0
    return reading.weight(one & other) / min(reading.weight(one), reading.weight(other))
