"""Dates as people write them."""

from collections.abc import Callable
from datetime import date, timedelta
from random import Random
from typing import Final

MONTHS: Final = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip

FORMS: Final[tuple[Callable[[date], str], ...]] = (
    lambda d: f"{d:%m/%d/%Y}",
    lambda d: f"{d.month}/{d.day}/{d:%y}",
    lambda d: f"{d:%d.%m.%Y}",
    lambda d: f"{d:%d.%m.%y}",
    lambda d: f"{d:%Y-%m-%d}",
    lambda d: f"{d:%Y/%m/%d}",
    lambda d: f"{d:%Y.%m.%d}",
    lambda d: f"{d:%Y%m%d}",
    lambda d: f"{d:%m-%d-%Y}",
    lambda d: f"{d:%d}-{MONTHS[d.month - 1][:3]}-{d:%Y}",
    lambda d: f"{d:%d}-{MONTHS[d.month - 1][:3].upper()}-{d:%y}",
    lambda d: f"{d:%d}{MONTHS[d.month - 1][:3].upper()}{d:%Y}",
    lambda d: f"{d.day} {MONTHS[d.month - 1]} {d:%Y}",
    lambda d: f"{d.day} {MONTHS[d.month - 1][:3]} {d:%Y}",
    lambda d: f"{MONTHS[d.month - 1]} {d.day}, {d:%Y}",
    lambda d: f"{MONTHS[d.month - 1][:3]}. {d.day}, {d:%Y}",
    lambda d: f"{MONTHS[d.month - 1]} {ordinal(d.day)}, {d:%Y}",
    lambda d: f"{ordinal(d.day)} of {MONTHS[d.month - 1]} {d:%Y}",
    lambda d: f"{MONTHS[d.month - 1].upper()} {d.day} {d:%Y}",
)

PARTIAL: Final[tuple[Callable[[date], str], ...]] = (
    lambda d: f"{MONTHS[d.month - 1]} {d.day}",
    lambda d: f"{d.day} {MONTHS[d.month - 1][:3]}",
    lambda d: f"{MONTHS[d.month - 1]} {d:%Y}",
    lambda d: f"{d.month}/{d.day}",
    lambda d: f"{d:%m/%Y}",
    lambda d: f"{MONTHS[d.month - 1][:3]} {ordinal(d.day)}",
)
"""Without a year or without a day."""


def day(rng: Random, first: int = 2005, last: int = 2025) -> date:
    """A day of one of the years."""
    return date(first, 1, 1) + timedelta(days=rng.randrange((last - first + 1) * 365))


def ordinal(number: int) -> str:
    """1st, 2nd, 3rd, 4th."""
    ending = (
        "th" if 10 <= number % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    )
    return f"{number}{ending}"
