"""What day a date in a text means, and how to write another day the same way."""

import calendar
import re
from datetime import date

from services.redactor.text.dates import (
    FORMS,
    MONTHS,
    MONTHS_OF_A_YEAR,
    Form,
    calendar_day,
    possible,
)

ABBREVIATED = frozenset(name for name in MONTHS if len(name) <= len("sept") and name != "mai")
TWO_DIGITS = 2
FIRST_OF_LAST_CENTURY = 69
"""Years of two digits from it on are of the twentieth century (POSIX strptime %y)."""


def read_date(text: str, *, day_first: bool | None = None) -> date | None:
    """The day that a found date says; None when it says less than a day, or two could be meant.

    Args:
        text: The span of a date.
        day_first: How 03/04/2024 is meant; None when nobody knows.
    """
    found = _form_of(text)
    fields = _fields(*found, day_first=day_first) if found else None
    if fields is None:
        return None
    year, month, day = fields
    try:
        return date(_century(year), month, day)
    except ValueError:
        return None


def says_day_first(text: str) -> bool | None:
    """How a text orders day and month in numbers; None when no date tells, or they disagree."""
    (numeric,) = (form for form in FORMS if form.order == "numeric")
    orders = set()
    for match in numeric.pattern.finditer(text):
        first, second = int(match["a"]), int(match["b"])
        if max(first, second) > MONTHS_OF_A_YEAR and calendar_day(match["a"], match["b"]):
            orders.add(first > second)
    return orders.pop() if len(orders) == 1 else None


def written_like(model: str, old: date, new: date) -> str:
    """`new` written the way `model` writes `old`; ISO 8601 when the way cannot be copied."""
    found = _form_of(model)
    if found is None:
        return new.isoformat()
    form, match = found
    edits = _weekday(model, new)
    groups = match.groupdict()
    if groups.get("month") and groups.get("day"):
        edits.append((*match.span("month"), _month_like(match["month"], new.month)))
        edits.append((*match.span("day"), _number_like(match["day"], new.day)))
        edits.append((*match.span("year"), _year_like(match["year"], new.year)))
    elif groups.get("a") and groups.get("c"):
        values = _numbers(form, match, old, new)
        edits += [(*match.span(g), value) for g, value in zip("abc", values, strict=True)]
    else:
        return new.isoformat()
    for start, end, value in sorted(edits, reverse=True):
        model = model[:start] + value + model[end:]
    return model


def _form_of(text: str) -> "tuple[Form, re.Match[str]] | None":
    for form in FORMS:
        match = form.pattern.fullmatch(text)
        if match is not None and possible(form, match):
            return form, match
    return None


def _fields(
    form: Form, match: "re.Match[str]", *, day_first: bool | None
) -> tuple[str, int, int] | None:
    """Year, month and day as written."""
    groups = match.groupdict()
    if groups.get("month") and groups.get("day") and groups.get("year"):
        return groups["year"], MONTHS[groups["month"].lower()], int(groups["day"])
    if form.order == "ymd":
        return groups["a"], int(groups["b"]), int(groups["c"])
    if form.order != "numeric" or not calendar_day(groups["a"], groups["b"]):
        return None
    first, second = int(groups["a"]), int(groups["b"])
    if first > MONTHS_OF_A_YEAR or first == second:
        return groups["c"], second, first
    if second > MONTHS_OF_A_YEAR or day_first is False:
        return groups["c"], first, second
    return (groups["c"], second, first) if day_first else None


def _century(year: str) -> int:
    digits = year.lstrip("'’")
    if len(digits) > TWO_DIGITS:
        return int(digits)
    return int(digits) + (1900 if int(digits) >= FIRST_OF_LAST_CENTURY else 2000)


def _weekday(model: str, new: date) -> list[tuple[int, int, str]]:
    found = re.match(r"(?i)[a-z]{3,9}(?=\.?,?\s)", model)
    if found is None or found.group().lower() in MONTHS:
        return []
    name = calendar.day_name[new.weekday()]
    full = found.group().lower() in {day.lower() for day in calendar.day_name}
    return [(*found.span(), _cased(found.group(), name if full else name[:3]))]


def _numbers(form: Form, match: "re.Match[str]", old: date, new: date) -> tuple[str, str, str]:
    if form.order == "ymd":
        month, day = _number_like(match["b"], new.month), _number_like(match["c"], new.day)
        return _year_like(match["a"], new.year), month, day
    day_then_month = int(match["a"]) == old.day and int(match["b"]) == old.month
    first, second = (new.day, new.month) if day_then_month else (new.month, new.day)
    return (
        _number_like(match["a"], first),
        _number_like(match["b"], second),
        _year_like(match["c"], new.year),
    )


def _number_like(model: str, value: int) -> str:
    return f"{value:02d}" if len(model) == TWO_DIGITS else str(value)


def _year_like(model: str, year: int) -> str:
    mark = model[: len(model) - len(model.lstrip("'’"))]
    return f"{mark}{year % 100:02d}" if len(model) - len(mark) == TWO_DIGITS else str(year)


def _month_like(model: str, month: int) -> str:
    short = model.lower() in ABBREVIATED and model.lower() not in {"june", "july", "may"}
    return _cased(model, calendar.month_abbr[month] if short else calendar.month_name[month])


def _cased(model: str, word: str) -> str:
    return word.upper() if model.isupper() else word.lower() if model.islower() else word
