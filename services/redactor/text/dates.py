"""Calendar dates as reports write them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from services.redactor.spans import Kind
from services.redactor.text.candidates import Candidate

MONTHS: dict[str, int] = {
    name: number
    for number, names in enumerate(
        (
            "january jan januar janvier janv enero ene gennaio janeiro januari",
            "february feb februar février fevrier févr fevr febrero febbraio fevereiro februari",
            "march mar märz maerz mars marzo março maart mrz",
            "april apr avril avr abril aprile abr",
            "may mai mayo maggio maio mei",
            "june jun juni juin junio giugno junho",
            "july jul juli juillet juil julio luglio julho",
            "august aug août aout agosto augustus ago",
            "september sept sep septembre septiembre settembre setembro",
            "october oct oktober okt octobre octubre ottobre outubro",
            "november nov novembre noviembre novembro",
            "december dec dezember dez décembre decembre déc diciembre dicembre dezembro",
        ),
        1,
    )
    for name in names.split()
}
WEEKDAYS = "monday|tuesday|wednesday|thursday|friday|saturday|sunday"

_MONTH = r"(?P<month>(?:" + "|".join(sorted(MONTHS, key=len, reverse=True)) + r"))(?![^\W\d_])\.?"
_DAY = r"(?P<day>0?[1-9]|[12]\d|3[01])"
_YEAR = r"(?P<year>(?:19|20)\d\d|['’]?\d\d)(?!\d)"
_FULL_YEAR = r"(?P<year>(?:19|20)\d\d|['’]\d\d)(?!\d)"
_TIME = (
    r"(?:(?:T|,?\s{1,2}(?:at\s|@\s?|um\s)?)(?:(?:[01]?\d|"
    r"2[0-3])[:.][0-5]\d(?::[0-5]\d(?:\.\d+)?)?|(?:[01]\d|2[0-3])[0-5]\d(?=\s?h(?:rs|ours)?\b))"
    r"(?![\d/])(?:\s?[ap]\.?m\b\.?|\s?h(?:rs|ours)?\b)?(?:\s?(?:Z\b|[+-]\d\d:?\d\d|"
    r"(?:[ECMP][SD]T|UTC|GMT)\b))?)?"
)
_WEEKDAY = rf"(?:(?:{WEEKDAYS}|(?:mon|tues?|wed|thu(?:rs?)?|fri|sat|sun)\b\.?),?\s+(?:the\s+)?)?"


@dataclass(frozen=True)
class Form:
    """One way to write a date.

    Attributes:
        name: Says which.
        pattern: Finds it.
        order: Groups of numbers in order: "ymd", "dmy", "mdy"; "" reads the named groups.
        score: How sure a match is.
    """

    name: str
    pattern: "re.Pattern[str]"
    order: str
    score: float


def _form(name: str, pattern: str, score: float, order: str = "") -> Form:
    return Form(name, re.compile(pattern, re.IGNORECASE), order, score)


FORMS = (
    _form(
        "iso",
        rf"(?<![\w./-]){_WEEKDAY}(?P<a>(?:1[89]|2[01])\d\d)(?P<sep>[-/.])(?P<b>\d{{1,2}})(?P=sep)"
        rf"(?P<c>\d{{1,2}})(?!\d)(?![-/]\d){_TIME}",
        0.99,
        "ymd",
    ),
    _form(
        "numeric",
        rf"(?<![\w./-]){_WEEKDAY}(?P<a>\d{{1,2}})(?P<gap>\s?)(?P<sep>[-/.])(?P=gap)(?P<b>"
        rf"\d{{1,2}})(?P=gap)(?P=sep)"
        rf"(?P=gap)(?P<c>(?:19|20)\d\d|['’]?\d\d)(?![\w/-])(?!\.\d){_TIME}",
        0.97,
        "numeric",
    ),
    _form(
        "compact",
        rf"(?<![\w./-])(?P<a>(?:19|20)\d\d)(?P<b>0[1-9]|1[0-2])(?P<c>0[1-9]|[12]\d|3[01])"
        rf"(?:T?[0-2]\d[0-5]\d(?:[0-5]\d(?:\.\d+)?)?)?(?![\w/-])(?!\.\d){_TIME}",
        0.92,
        "ymd",
    ),
    _form(
        "day month year",
        rf"(?<![\w.]){_WEEKDAY}{_DAY}(?:st|nd|rd|th|er|º|\.)?(?:\s+of|\s+de|"
        rf"\s+d['’])?[\s./-]{{0,2}}{_MONTH}"
        rf"(?:[\s,./-]{{0,2}}(?:of\s|de\s|in\s)?)?{_YEAR}{_TIME}",
        0.99,
    ),
    _form(
        "month day year",
        rf"(?<![\w]){_WEEKDAY}{_MONTH}[\s./-]{{0,2}}(?:the\s)?{_DAY}(?:st|nd|rd|"
        rf"th)?(?:,\s{{0,2}}(?:of\s)?|\s(?:of\s)?|[./-])"
        rf"{_YEAR}{_TIME}",
        0.99,
    ),
    _form(
        "year month day",
        rf"(?<![\w/.-])(?P<year>(?:19|20)\d\d)[\s./,-]{{1,2}}{_MONTH}[\s./-]{{1,2}}{_DAY}(?!\d"
        rf"){_TIME}",
        0.99,
    ),
    _form(
        "month year",
        rf"(?<![\w]){_MONTH}(?:,?\s(?:of\s|de\s)?|[-/,])\s?{_FULL_YEAR}",
        0.97,
    ),
    _form(
        "short month year", rf"(?<![\w])(?P<short>){_MONTH}[-/]['’]?(?P<year>\d\d)(?![\w/-])", 0.8
    ),
    _form(
        "day month",
        rf"(?<![\w.]){_WEEKDAY}{_DAY}(?:st|nd|rd|th)?(?:\s+of)?[\s-]{{1,2}}{_MONTH}(?![-/]?\d)",
        0.9,
    ),
    _form(
        "month day",
        rf"(?<![\w]){_WEEKDAY}{_MONTH}[\s-]{{1,2}}(?:the\s)?{_DAY}(?:st|nd|rd|"
        rf"th)?(?![\w%/-])(?!\.\d)(?!\s?(?:mm|cm|x\s?\d))",
        0.85,
    ),
    _form(
        "month in year", r"(?<![\w./-])(?P<b>0?[1-9]|1[0-2])[/-](?P<a>(?:19|20)\d\d)(?![\w/-])", 0.9
    ),
    _form(
        "year then month",
        r"(?<![\w./-])(?P<a>(?:19|20)\d\d)[/-](?P<b>0[1-9]|1[0-2])(?![\w/-])",
        0.85,
    ),
    _form("weekday", rf"(?<![\w-])(?:{WEEKDAYS})(?![\w-])", 0.7),
    _form(
        "holiday",
        r"(?<!\w)(?:(?:christmas|thanksgiving|independence|memorial|labor|veterans|new\syear['’]?s)"
        r"\s(?:day|eve)|christmas|thanksgiving|easter(?:\s(?:sunday|monday))?|"
        r"new\syear['’]?s)(?!\w)",
        0.6,
    ),
)


def found_dates(text: str) -> Iterator[Candidate]:
    """Dates of `text`; a time of day that directly follows one belongs to it."""
    for form in FORMS:
        for match in form.pattern.finditer(text):
            if not possible(form, match):
                continue
            start, end = match.span()
            while text[end - 1] in " ,":
                end -= 1
            yield Candidate(start, end, Kind.DATE, form.score, f"rule:date {form.name}")


MONTHS_OF_A_YEAR = 12
LONGEST_MONTH = 31
FULL_MONTHS = frozenset(MONTHS) - {name for name in MONTHS if len(name) <= len("march")}
"""Months that a small letter does not make a word: "may 2" and "mar 4" are prose."""


def possible(form: Form, match: "re.Match[str]") -> bool:
    """Whether what looks like a date can be one."""
    groups = match.groupdict()
    month = groups.get("month")
    if month is not None and form.name in {"day month", "month day"}:
        return not month.islower() or month in FULL_MONTHS
    if form.order == "numeric":
        return calendar_day(groups["a"], groups["b"]) or _year_first(groups)
    return form.order != "ymd" or calendar_day(groups["b"], groups["c"])


def calendar_day(first: str, second: str) -> bool:
    """Whether two numbers can be a day and a month, in either order."""
    low, high = sorted((int(first), int(second)))
    return 1 <= low <= MONTHS_OF_A_YEAR and high <= LONGEST_MONTH


def _year_first(groups: dict[str, str]) -> bool:
    """ISO 8601 with a year of two digits: 24-10-28."""
    last = groups["c"].lstrip("'’")
    short = len(groups["a"]) == len(last) == len("24")
    return short and calendar_day(groups["b"], last)
