"""Month and day without a year: "seen 10/21", "will call again 5/2."; fractions stay."""

import re
from collections.abc import Iterator

from services.redactor.spans import Kind
from services.redactor.text.candidates import Candidate
from services.redactor.text.cues import any_of
from services.redactor.text.dates import MONTHS_OF_A_YEAR, calendar_day

SAID = 0.7
"""Behind a word of time."""
NO_FRACTION = 0.55
"""A second number that no scale of twelve or less has, and nothing that measures beside it."""
UNSAID = 0.3

SHORT = re.compile(r"(?<![\w/.,+-])(?<!\d )(?P<a>\d{1,2})/(?P<b>\d{1,2})(?![\w/%+-])(?![.,]\d)")
TIMELY = re.compile(
    rf"(?i)(?<![\w-]){any_of('words_of_time')}[:,]?\s(?:(?:on|about|around|the|at|by|of|again|"
    r"in|is|was|for|scheduled|images?|study|exam|visit|dated)\s)?$"
)
RANGED = re.compile(r"\d{1,2}/\d{1,2}(?:/\d{2,4})?\s?(?:and|to|or|,|&|through|thru|until)\s$")
"""A date that another follows: "between 3/2 and 4/1"."""
SCALED = re.compile(rf"(?i)(?<![\w-]){any_of('scales')}(?![\w-])[^.;\n]{{0,30}}$")
COUNTED = re.compile(rf"(?i)\s?(?:x\s?\d|{any_of('counted')}(?!\w))")


def found_short_dates(text: str) -> Iterator[Candidate]:
    """Months and days without a year in `text`."""
    for match in SHORT.finditer(text):
        if calendar_day(match["a"], match["b"]):
            yield Candidate(*match.span(), Kind.DATE, _score(text, match), "rule:date short")


def _score(text: str, match: "re.Match[str]") -> float:
    before = text[max(0, match.start() - 60) : match.start()]
    if COUNTED.match(text, match.end()) or SCALED.search(before):
        return 0
    if TIMELY.search(before) or RANGED.search(before):
        return SAID
    return NO_FRACTION if max(int(match["a"]), int(match["b"])) > MONTHS_OF_A_YEAR else UNSAID
