"""Age in completed years, from a birth date that may be known to the year or the month only."""

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime
from fractions import Fraction

from services.cachexia_scorer.evidence import Evidence
from services.cachexia_scorer.states import Missing, Reading, State

_DATE = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?")  # FHIR date
_DECEMBER = 12

_TURN_YEARS = 70
"""The age at which a criterion (GLIM) changes its cut-off: tells which bound is worth keeping."""


def age(items: Sequence[Evidence], at: datetime) -> State:
    """Completed years; a bound when the birth date leaves two ages possible."""
    if not items:
        return Missing("missing")
    item = max(items, key=lambda i: (i.recorded_at or datetime.min.replace(tzinfo=UTC), i.id))
    bounds = _bounds(item.word)
    if bounds is None:
        return Missing("missing: birth date is no FHIR date")
    youngest, oldest = sorted(_completed_years(born, at.date()) for born in bounds)
    if youngest == oldest:
        return Reading(Fraction(youngest), "a", at, (item.id,))
    limit = f"age {youngest} or {oldest}: birth date is not exact enough"
    if oldest < _TURN_YEARS:
        return Reading(Fraction(oldest), "a", at, (item.id,), "<=", limit)
    return Reading(Fraction(youngest), "a", at, (item.id,), ">=", limit)


def stated_age(items: Sequence[Evidence], at: datetime) -> State:
    """An age that was stated in completed years; a lower bound once the day has passed."""
    stated = [i for i in items if i.value is not None and i.observed_at is not None]
    if not stated:
        return Missing("missing")
    item = max(stated, key=lambda i: (i.observed_at or at, i.id))
    years = item.value or Fraction(0)
    if item.observed_at is not None and item.observed_at.date() == at.date():
        return Reading(years, "a", at, (item.id,))
    limit = f"age {years} or more: stated on an earlier day"
    return Reading(years, "a", at, (item.id,), ">=", limit)


def _bounds(text: str) -> tuple[date, date] | None:
    """First and last day that the birth date can mean."""
    match = _DATE.fullmatch(text)
    if match is None:
        return None
    year, month, day = (int(part) if part else None for part in match.groups())
    try:
        if year is None:
            return None
        if day is not None:
            exact = date(year, month or 1, day)
            return exact, exact
        first = date(year, month or 1, 1)
        last = month or _DECEMBER
        following = date(year + 1, 1, 1) if last == _DECEMBER else date(year, last + 1, 1)
    except ValueError:
        return None
    return first, date.fromordinal(following.toordinal() - 1)


def _completed_years(born: date, today: date) -> int:
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))
