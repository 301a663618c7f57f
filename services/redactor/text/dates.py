"""Calendar dates as reports write them, and how to write another day the same way."""

import calendar
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date

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
SHORT = {
    *"jan feb mar apr jun jul aug sep sept oct nov dec ene abr ago okt dez mrz janv févr fevr".split(),
    *"avr juil déc".split(),
}
WEEKDAYS = "monday|tuesday|wednesday|thursday|friday|saturday|sunday"

_MONTH = r"(?P<month>(?:" + "|".join(sorted(MONTHS, key=len, reverse=True)) + r"))(?![^\W\d_])\.?"
_DAY = r"(?P<day>0?[1-9]|[12]\d|3[01])"
_YEAR = r"(?P<year>(?:19|20)\d\d|['’]?\d\d)(?!\d)"
_FULL_YEAR = r"(?P<year>(?:19|20)\d\d|['’]\d\d)(?!\d)"
_TIME = (
    r"(?:(?:T|,?\s{1,2}(?:at\s|@\s?|um\s)?)(?:(?:[01]?\d|2[0-3])[:.][0-5]\d(?::[0-5]\d(?:\.\d+)?)?|(?:[01]\d|2[0-3])[0-5]\d(?=\s?h(?:rs|ours)?\b))"
    r"(?![\d/])(?:\s?[ap]\.?m\b\.?|\s?h(?:rs|ours)?\b)?(?:\s?(?:Z\b|[+-]\d\d:?\d\d|(?:[ECMP][SD]T|UTC|GMT)\b))?)?"
)
_WEEKDAY = rf"(?:(?:{WEEKDAYS}|(?:mon|tues?|wed|thu(?:rs?)?|fri|sat|sun)\b\.?),?\s+(?:the\s+)?)?"

Read = Callable[["re.Match[str]"], "tuple[int, int, int] | None"]


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
        rf"(?<![\w./-]){_WEEKDAY}(?P<a>\d{{1,2}})(?P<gap>\s?)(?P<sep>[-/.])(?P=gap)(?P<b>\d{{1,2}})(?P=gap)(?P=sep)"
        rf"(?P=gap)(?P<c>(?:19|20)\d\d|['’]?\d\d)(?![\w/-])(?!\.\d){_TIME}",
        0.97,
        "numeric",
    ),
    _form(
        "compact",
        rf"(?<![\w./-])(?P<a>(?:19|20)\d\d)(?P<b>0[1-9]|1[0-2])(?P<c>0[1-9]|[12]\d|3[01])"
        rf"(?:T?[0-2]\d[0-5]\d(?:[0-5]\d(?:\.\d+)?)?)?(?![\w./-]|\.\d){_TIME}",
        0.9,
        "ymd",
    ),
    _form(
        "day month year",
        rf"(?<![\w.]){_WEEKDAY}{_DAY}(?:st|nd|rd|th|er|º|\.)?(?:\s+of|\s+de|\s+d['’])?[\s./-]{{0,2}}{_MONTH}"
        rf"(?:[\s,./-]{{0,2}}(?:of\s|de\s|in\s)?)?{_YEAR}{_TIME}",
        0.99,
    ),
    _form(
        "month day year",
        rf"(?<![\w]){_WEEKDAY}{_MONTH}[\s./-]{{0,2}}(?:the\s)?{_DAY}(?:st|nd|rd|th)?(?:,\s{{0,2}}(?:of\s)?|\s(?:of\s)?|[./-])"
        rf"{_YEAR}{_TIME}",
        0.99,
    ),
    _form(
        "year month day",
        rf"(?<![\w/.-])(?P<year>(?:19|20)\d\d)[\s./,-]{{1,2}}{_MONTH}[\s./-]{{1,2}}{_DAY}(?!\d){_TIME}",
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
        rf"(?<![\w]){_WEEKDAY}{_MONTH}[\s-]{{1,2}}(?:the\s)?{_DAY}(?:st|nd|rd|th)?(?![\w%/-])(?!\.\d)(?!\s?(?:mm|cm|x\s?\d))",
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
    _form(
        "month over day",
        r"(?:\b(?:on|dated|from|since|until|of|before|after|exam|study|prior|scan|seen|ct|mri|mr|us|"
        r"pet|radiograph|ultrasound|at|performed|done|comparison:|date:|called|d\.?o\.?s\.?:?|"
        r"through|thru|between|and|to)\s+)(?P<whole>(?P<b>0?[1-9]|1[0-2])[/](?P<c>0?[1-9]|[12]\d|3[01]))"
        r"(?![\w/-])(?!\s?(?:mm|cm|images?|slices?|strength|power|of|on|pain|points?|nodes?|cores?)\b)",
        0.6,
    ),
    _form("weekday", rf"(?<![\w-])(?:{WEEKDAYS})(?![\w-])", 0.7),
    _form(
        "holiday",
        r"(?<!\w)(?:(?:christmas|thanksgiving|independence|memorial|labor|veterans|new\syear['’]?s)"
        r"\s(?:day|eve)|christmas|thanksgiving|easter(?:\s(?:sunday|monday))?|new\syear['’]?s)(?!\w)",
        0.6,
    ),
)


def found_dates(text: str) -> Iterator[Candidate]:
    """Dates of `text`; a time of day that directly follows one belongs to it."""
    for form in FORMS:
        for match in form.pattern.finditer(text):
            if not _possible(form, match, text):
                continue
            start, end = match.span("whole") if form.name == "month over day" else match.span()
            while text[end - 1] in " ,":
                end -= 1
            yield Candidate(start, end, Kind.DATE, form.score, f"rule:date {form.name}")


def _possible(form: Form, match: "re.Match[str]", text: str) -> bool:
    groups = match.groupdict()
    month = groups.get("month")
    if month is not None:
        return _is_month(form, month, match, text)
    if form.order == "numeric":
        return _calendar(groups["a"], groups["b"]) or _two_digit_year_first(groups)
    if form.order == "ymd":
        return _calendar(groups["b"], groups["c"])
    return True


def _is_month(form: Form, month: str, match: "re.Match[str]", text: str) -> bool:
    name = month.lower()
    # "may 2" of prose, "mar" of a marker: without a year only a capital says month.
    if form.name in {"day month", "month day"} and month.islower():
        return name in {"january", "february", "april", "june", "july", "september"} | {
            "august",
            "october",
            "november",
            "december",
        }
    del match, text
    return True


def _calendar(first: str, second: str) -> bool:
    a, b = int(first), int(second)
    return min(a, b) >= 1 and min(a, b) <= 12 and max(a, b) <= 31  # noqa: PLR2004


def _two_digit_year_first(groups: dict[str, str]) -> bool:
    year_last = groups["c"].lstrip("'’")
    return len(groups["a"]) == len(year_last) == 2 and _calendar(groups["b"], year_last)  # noqa: PLR2004


def read_date(text: str, day_first: bool | None = None) -> date | None:
    """The day that a found date says; None when it says less than a day, or two could be meant.

    Args:
        text: The span of a date.
        day_first: How 03/04/2024 is meant; None when nobody knows.
    """
    for form in FORMS:
        match = form.pattern.fullmatch(text)
        if match and _possible(form, match, text):
            fields = _fields(form, match, day_first)
            if fields is None:
                return None
            year, month, day = fields
            try:
                return date(_century(year), month, day)
            except ValueError:
                return None
    return None


def _fields(
    form: Form, match: "re.Match[str]", day_first: bool | None
) -> tuple[str, int, int] | None:
    groups = match.groupdict()
    if groups.get("month") and groups.get("day") and groups.get("year"):
        return groups["year"], MONTHS[groups["month"].lower()], int(groups["day"])
    if form.order == "ymd":
        return groups["a"], int(groups["b"]), int(groups["c"])
    if form.order == "numeric" and _calendar(groups["a"], groups["b"]):
        a, b = int(groups["a"]), int(groups["b"])
        if a == b or a > 12:  # noqa: PLR2004 - months
            return groups["c"], b, a
        if b > 12:  # noqa: PLR2004 - months
            return groups["c"], a, b
        if day_first is not None:
            return (groups["c"], b, a) if day_first else (groups["c"], a, b)
    return None


def _century(year: str) -> int:
    digits = year.lstrip("'’")
    if len(digits) > 2:  # noqa: PLR2004 - a full year
        return int(digits)
    # POSIX.1: 69..99 are of the twentieth century.
    return int(digits) + (1900 if int(digits) >= 69 else 2000)  # noqa: PLR2004


def written_like(model: str, old: date, new: date, day_first: bool | None = None) -> str:
    """`new` written the way `model` writes `old`; ISO 8601 when the way cannot be copied."""
    for form in FORMS:
        match = form.pattern.fullmatch(model)
        if match is None or not _possible(form, match, model):
            continue
        fields = _fields(form, match, day_first)
        if fields is None:
            break
        return _rewritten(form, match, model, old, new)
    return new.isoformat()


def _rewritten(form: Form, match: "re.Match[str]", model: str, old: date, new: date) -> str:
    edits: list[tuple[int, int, str]] = []
    weekday = re.match(r"(?i)[a-z]{3,9}(?=\.?,?\s)", model)
    if weekday and weekday.group().lower() not in MONTHS:
        name = calendar.day_name[new.weekday()]
        edits.append((*weekday.span(), name if len(weekday.group()) > 5 else name[:3]))  # noqa: PLR2004
    if match.groupdict().get("month"):
        edits.append((*match.span("month"), _month_like(match["month"], new.month)))
        edits.append((*match.span("day"), _number_like(match["day"], new.day)))
        edits.append((*match.span("year"), _year_like(match["year"], new.year)))
    else:
        values = _numbers(form, match, old, new)
        edits += [(*match.span(g), v) for g, v in zip("abc", values, strict=True)]
    for start, end, replacement in sorted(edits, reverse=True):
        model = model[:start] + replacement + model[end:]
    return model


def _numbers(form: Form, match: "re.Match[str]", old: date, new: date) -> tuple[str, str, str]:
    if form.order == "ymd":
        return (
            _year_like(match["a"], new.year),
            _number_like(match["b"], new.month),
            _number_like(match["c"], new.day),
        )
    day_then_month = int(match["a"]) == old.day and int(match["b"]) == old.month
    first, second = (new.day, new.month) if day_then_month else (new.month, new.day)
    return (
        _number_like(match["a"], first),
        _number_like(match["b"], second),
        _year_like(match["c"], new.year),
    )


def _number_like(model: str, value: int) -> str:
    padded = len(model) == 2 and model.startswith("0")  # noqa: PLR2004
    return f"{value:02d}" if padded or len(model) == 2 else str(value)  # noqa: PLR2004


def _year_like(model: str, year: int) -> str:
    mark = model[: len(model) - len(model.lstrip("'’"))]
    return f"{mark}{year % 100:02d}" if len(model) - len(mark) == 2 else str(year)  # noqa: PLR2004


def _month_like(model: str, month: int) -> str:
    name = calendar.month_name[month]
    if model.lower() in SHORT or (model.lower() == "may" and False):
        name = calendar.month_abbr[month]
    return name.upper() if model.isupper() else name.lower() if model.islower() else name
