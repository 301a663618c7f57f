"""Moving dates in DA and DT values, whatever precision they have."""

import re
from collections.abc import Callable
from datetime import date

Moved = Callable[[date], date]

_DATE = re.compile(r"(\d{4})\.?(\d{2})\.?(\d{2})")
_DATE_TIME = re.compile(r"(\d{4})(\d{2})?(\d{2})?((?:\d{2}){0,3}(?:\.\d{1,6})?)([+-]\d{4})?")

MIDDLE_MONTH = 7
MIDDLE_DAY = 15
"""A year, or a month, is moved as its middle is: the error is less than half of it."""


def moved_date(text: str, moved: Moved) -> str | None:
    """DA values moved, ranges and several values too; None if one is no date."""
    return _each(text, lambda one: _date(one, moved))


def moved_date_time(text: str, moved: Moved) -> str | None:
    """DT values moved: time of day and zone stay, parts that are missing stay missing."""
    return _each(text, lambda one: _date_time(one, moved), separators=r"\\")


def _each(text: str, move: Callable[[str], str | None], separators: str = r"\\-") -> str | None:
    parts = re.split(f"([{separators}])", text.strip(" \0"))
    results = [part if not part or part in "\\-" else move(part.strip(" ")) for part in parts]
    return None if None in results else "".join(part for part in results if part is not None)


def _date(text: str, moved: Moved) -> str | None:
    match = _DATE.fullmatch(text)
    day = _day(*match.groups()) if match else None
    return None if day is None else moved(day).strftime("%Y%m%d")


def _date_time(text: str, moved: Moved) -> str | None:
    match = _DATE_TIME.fullmatch(text)
    if match is None:
        return None
    year, month, of_month, time, zone = match.groups(default="")
    if time and not of_month:
        return None
    day = _day(year, month or f"{MIDDLE_MONTH}", of_month or f"{MIDDLE_DAY}")
    if day is None:
        return None
    there = moved(day).strftime("%Y%m%d")[: len(year + month + of_month)]
    return f"{there}{time}{zone}"


def _day(year: str, month: str, of_month: str) -> date | None:
    try:
        return date(int(year), int(month), int(of_month))
    except ValueError:
        return None
