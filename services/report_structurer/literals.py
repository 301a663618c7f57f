"""What stands in a report as such: sizes, counts, dates, references, categories, levels, sides.

Read from the text alone, without knowing its statements: the proof counts these facts in the whole
report and in the statements, and both must be the same.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache

from services.report_structurer.lexicon import load

_NUMBER = r"(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.\d+)?"
_TIMES = r"\s*(?:[x×*]|by)\s*(?!10\s*\^?\s*[-–]\s*\d)"  # not "984 x10 -3 mm2/s"
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
_DATE = re.compile(r"\b(?:\d{1,2}[/-]\d{1,2}[/-]\d{2,4}|\d{4}-\d{2}-\d{2})\b")
_MONTH_FIRST = re.compile(rf"\b{_MONTH}\s+\d{{1,2}}(?:st|nd|rd|th)?,?\s+\d{{4}}\b", re.IGNORECASE)
_DAY_FIRST = re.compile(rf"\b\d{{1,2}}\s+{_MONTH}\s+\d{{4}}\b", re.IGNORECASE)
_TIME = re.compile(
    r"\b(?:\d{1,2}:[0-5]\d(?!\d)(?::[0-5]\d)?(?:\s*[aApP]\.?[mM]\b\.?)?"
    r"|\d{1,2}\s*[aApP]\.?[mM]\b\.?|[0-2]\d[0-5]\d\s*(?:[Hh]rs|[Hh]ours|h)\b)"
)
_IMAGE = re.compile(
    r"\b(?:image|images|series|img|slice|im|se|ser)\.?\s*(?:no\.?|number|#)?\s*#?(\d+)"
    r"(?:\s*[-/–]\s*#?\d+)*",
    re.IGNORECASE,
)
_CATEGORY = re.compile(
    r"\b(?:(?:bi|li|lung|ti|pi|o|c|cad|ni|st)[- ]?rads(?:\s*(?:v\.?\s?\d(?:\.\d)?|version\s+\S+"
    r"|category|score|classification|assessment|of|is|=|:))*\s*:?\s*(?:[0-6][a-cx]?\b|m\b|tiv\b)"
    r"|lr-(?:[1-5]|m|tr|tiv)\b|bosniak(?:\s+(?:category|class|type|grade))?\s+(?:iv|iii|iif|ii|i|2f|[1-4])\b"
    r"|(?:deauville|fleischner|gleason)(?:\s+(?:score|category|grade|of))*\s+\d(?:\s*\+\s*\d)?\b)",
    re.IGNORECASE,
)
_TNM = re.compile(r"\b[cpyr]{0,2}T(?:[0-4][a-d]?|is|x)\s?N[0-3x][a-c]?(?:\s?M[01x][a-c]?)?\b")
_SCORE = re.compile(
    rf"\b(suv(?:\s?max|\s?mean|\s?peak)?|agatston(?:\s+calcium)?\s+score|calcium\s+score|t-score"
    rf"|z-score)\s*(?:of|is|was|calculated|to|be|=|:|\s)*\s*(-?{_NUMBER})(?![\w.]*\d)(?!\s*%)",
    re.IGNORECASE,
)
_LEVEL = re.compile(
    r"\b(?:[CLS]\s?\d{1,2}|T\s?(?:[3-9]|1[0-2])|T\s?[12](?=\s?[-/–]\s?[TL]?\d|\s+(?:vertebra|level"
    r"|compression|fracture|body|spinous)))(?:\s?[-/–]\s?[CTLS]?\s?\d{1,2}(?!\s*(?:mm|cm|\.\d)))*\b"
)
_SIDE = re.compile(
    r"\b(left|right|bilateral(?:ly)?|both|(?:l|r)(?:ul|ll|ml|lq|uq)|rml|rt|lt)\b", re.IGNORECASE
)
_ANY_NUMBER = re.compile(rf"(?<![\w.]){_NUMBER}(?![\w])")

_COUNTS = {
    "two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7", "eight": "8",
    "nine": "9", "ten": "10", "eleven": "11", "twelve": "12", "a dozen": "12", "one": "1",
}  # fmt: skip
_SHARES = {
    "half": "1/2", "third": "1/3", "two thirds": "2/3", "quarter": "1/4", "fourth": "1/4",
    "three quarters": "3/4", "three fourths": "3/4",
}  # fmt: skip
_SHARE = re.compile(r"\b(?:half|third|quarter|fourth)(?=\s+of\b)", re.IGNORECASE)
_COUNT = re.compile(
    r"\b((?:one|a)[- ](?:half|third|quarter|fourth)(?=\s+of\b)|two[- ]thirds"
    r"|three[- ](?:quarters|fourths)|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve"
    r"|a dozen|one(?!\s+(?:of|or|may|can|could|is|was|would|should|another|side|third|half"
    r"|quarter)\b))\b",
    re.IGNORECASE,
)

UNITS = {
    "mm": "mm", "millimeter": "mm", "millimetre": "mm", "cm": "cm", "centimeter": "cm",
    "centimetre": "cm", "inch": "[in_i]", "inches": "[in_i]", "ml": "mL", "cc": "mL",
    "cm3": "mL", "cm^3": "mL", "cubic centimeter": "mL", "liter": "L", "litre": "L",
    "mm2": "mm2", "mm^2": "mm2", "cm2": "cm2", "cm^2": "cm2", "sq cm": "cm2", "%": "%",
    "percent": "%", "hu": "[hnsf'U]", "hounsfield unit": "[hnsf'U]", "kg": "kg", "g": "g",
    "gram": "g", "mg": "mg", "milligram": "mg", "mcg": "ug", "lb": "[lb_av]", "pound": "[lb_av]",
    "second": "s", "sec": "s", "minute": "min", "hour": "h", "day": "d", "week": "wk",
    "month": "mo", "year": "a", "mmhg": "mm[Hg]", "degree": "deg", "mgy": "mGy",
    "mgycm": "mGy.cm", "mgy-cm": "mGy.cm", "mgy*cm": "mGy.cm", "mgy·cm": "mGy.cm", "msv": "mSv",
    "mci": "mCi", "tesla": "T", "bpm": "/min", "beats/min": "/min", "cm/s": "cm/s",
    "cm/sec": "cm/s", "m/s": "m/s", "m/sec": "m/s", "ml/s": "mL/s", "ml/sec": "mL/s",
    "mg/dl": "mg/dL", "french": "[Ch]",
}  # fmt: skip
"""UCUM codes of the units that reports use; a cubic centimetre is a millilitre."""
_WORD = re.compile(r"[A-Za-z]+")
_DIGIT = re.compile(r"\d")
_MONTHS = frozenset(re.findall("[a-z]{3}", _MONTH))
_UNIT_NAMES = (
    re.escape(name) + ("s?" if name[-1].isalpha() and len(name) > 1 else "")
    for name in sorted(UNITS, key=len, reverse=True)
)
_UNIT = f"(?:{'|'.join(_UNIT_NAMES)})"
_MEASURED = re.compile(
    rf"(?<![\w.])({_NUMBER}(?:\s*(?:{_UNIT})?{_TIMES}{_NUMBER})*(?:\s?(?:-|–|to)\s?{_NUMBER})?)"
    rf"\s*-?\s*({_UNIT})(?![a-z\d^]|/[a-z]|\s?2\s?/\s?s)",
    re.IGNORECASE,
)
_AXIS = re.compile(rf"({_NUMBER})\s*-?\s*({_UNIT}(?![a-z]))?", re.IGNORECASE)
_RANGE = re.compile(rf"(?:-|–|to)\s?{_NUMBER}$", re.IGNORECASE)
_MILLIMETRES = {"mm": 1.0, "cm": 10.0, "m": 1000.0, "[in_i]": 25.4}
"""Millimetres of a unit of length."""


@dataclass(frozen=True)
class Fact:
    """One fact.

    Attributes:
        kind: `measurement`, `number`, `count`, `date`, `time`, `image`, `category`, `level`,
            `agent`, `side`, `finding`, `organ`, `recommendation`.
        value: A number as written, a count or share in digits, or the words in lower case.
        start: Offset of its first character in the report.
        end: Offset behind its last.
        unit: UCUM code of a measurement; "" for others.
        side: `left`, `right`, `bilateral` or "".
        polarity: Of a finding: `affirmed` or `negated`; "" for others.
        certainty: Of a finding: `certain` or `uncertain`; "" for others.
        axis: Which axis of a size a measurement is, from 1; 0 for others.
        axes: Axes of that size.
        interval: When a recommendation is due, as number and UCUM code, "6-12 mo"; or "".
    """

    kind: str
    value: str
    start: int
    end: int
    unit: str = ""
    side: str = ""
    polarity: str = ""
    certainty: str = ""
    axis: int = 0
    axes: int = 0
    interval: str = ""

    def meaning(self) -> tuple[str, str, str, str, str, str]:
        """The fact without its place; rewrites keep these."""
        return self.kind, self.value, self.unit, self.side, self.polarity, self.certainty

    @property
    def millimetres(self) -> float | None:
        """A length in millimetres; None for anything else."""
        scale = _MILLIMETRES.get(self.unit)
        return float(self.value) * scale if self.kind == "measurement" and scale else None


def ucum(unit: str) -> str:
    """UCUM code of a unit as written; as written when there is none."""
    plain = " ".join(unit.lower().split())
    return UNITS.get(plain) or UNITS.get(plain.removesuffix("s")) or unit


def side_of(word: str) -> str:
    """`left`, `right` or `bilateral` for a word that names a side."""
    plain = word.lower()
    if plain.startswith(("bilateral", "both")):
        return "bilateral"
    return "left" if plain.startswith("l") else "right"


def counted(words: str) -> str:
    """A number word in digits, "two" as "2", "a third" as "1/3"; "" for other words."""
    plain = " ".join(words.lower().replace("-", " ").split())
    bare = plain.removeprefix("one ").removeprefix("a ")
    return _COUNTS.get(plain) or _SHARES.get(plain) or _SHARES.get(bare) or ""


def plain(number: str) -> str:
    """A number as written without the commas between its thousands, "2,500" as "2500"."""
    return number.replace(",", "")


def literal_facts(text: str) -> list[Fact]:
    """Facts that stand in a report as such, in the order of the text; none overlap but sides."""
    begun = _begun(text)
    sides = (Fact("side", side_of(m[1]), *m.span(), side=side_of(m[1])) for m in begun["side"])
    return sorted([*_numbers(text, begun), *sides], key=place)


def place(fact: Fact) -> tuple[int, int, str]:
    """Sorts facts as they stand in the text."""
    return fact.start, fact.end, fact.kind


_Begun = dict[str, list[re.Match[str]]]
_BEGUN = ("side", "share", "count", "image", "category", "score", "agent", "date")


@cache
def _first_words() -> dict[str, tuple[str, re.Pattern[str]]]:
    """What a phrase may be that begins with a word: its kind and pattern."""
    agents = [str(name) for name in load("headers")["agents"]]
    agent = re.compile(
        rf"\b(?:{'|'.join(map(re.escape, agents))})(?:[- ]?\d{{3}}\b)?", re.IGNORECASE
    )
    patterns = {
        "side": _SIDE,
        "share": _SHARE,
        "count": _COUNT,
        "image": _IMAGE,
        "category": _CATEGORY,
        "score": _SCORE,
    }
    lists = load("headers")["first_words"]
    first = {word: (kind, pattern) for kind, pattern in patterns.items() for word in lists[kind]}
    return first | {re.split(r"\W", name)[0]: ("agent", agent) for name in agents}


def _begun(text: str) -> _Begun:
    """Phrases that begin with one of the first words, by kind."""
    first = _first_words()
    found: _Begun = {kind: [] for kind in _BEGUN}
    for word in _WORD.finditer(text):
        plain = word[0].lower()
        if plain in first:
            kind, pattern = first[plain]
            phrase = pattern.match(text, word.start())
            if phrase is not None:
                found[kind].append(phrase)
        elif plain[:3] in _MONTHS:
            phrase = _MONTH_FIRST.match(text, word.start())
            day = _DAY_FIRST.search(text, max(0, word.start() - 4), word.end() + 6)
            found["date"] += [date for date in (phrase, day) if date is not None]
    return found


def _numbers(text: str, begun: _Begun) -> Iterator[Fact]:
    """Everything with digits or number words, the more specific first."""
    taken: set[int] = set()

    def free(among: Iterable[re.Match[str]]) -> Iterator[re.Match[str]]:
        for found in among:
            if taken.isdisjoint(range(*found.span())):
                taken.update(range(*found.span()))
                yield found

    if _DIGIT.search(text):
        yield from _with_digits(text, begun, free)
    for found in free(begun["agent"]):
        yield Fact("agent", " ".join(found[0].lower().split()), *found.span())
    for found in free([*begun["count"], *begun["share"]]):
        yield Fact("count", counted(found[0]), *found.span())
    if _DIGIT.search(text):
        for found in free(_ANY_NUMBER.finditer(text)):
            yield Fact("number", plain(found[0]), *found.span())


_Free = Callable[[Iterable[re.Match[str]]], Iterator[re.Match[str]]]


def _with_digits(text: str, begun: _Begun, free: _Free) -> Iterator[Fact]:
    named = (
        ("date", _DATE.finditer(text)),
        ("date", begun["date"]),
        ("time", _TIME.finditer(text)),
        ("image", begun["image"]),
        ("category", [*begun["category"], *_TNM.finditer(text)]),
        ("agent", begun["agent"]),
        ("level", _LEVEL.finditer(text)),
    )
    for kind, among in named:
        for found in free(among):
            yield Fact(kind, " ".join(found[0].lower().split()), *found.span())
    for found in free(begun["score"]):
        yield _score(found)
    for found in free(_MEASURED.finditer(text)):
        yield from _measured(found)


def _score(found: re.Match[str]) -> Fact:
    """A score as stated, its name as an annotated UCUM unit, "{SUV}"."""
    name = " ".join(found[1].split())
    unit = "Agatston" if "calcium" in name.lower() or "agatston" in name.lower() else name
    return Fact(
        "measurement", plain(found[2]), *found.span(2), unit="{" + unit.replace(" ", "") + "}"
    )


def _measured(found: re.Match[str]) -> Iterator[Fact]:
    """Axes of a size; both ends of a range."""
    axes = list(_AXIS.finditer(found.string, *found.span()))
    span = _RANGE.search(found[1]) is not None
    unit = ucum(found[2])
    for number, axis in enumerate(axes, start=1):
        own = ucum(axis[2]) if axis[2] else unit
        at = (0, 0) if span or len(axes) == 1 else (number, len(axes))
        yield Fact("measurement", plain(axis[1]), *axis.span(1), unit=own, axis=at[0], axes=at[1])
