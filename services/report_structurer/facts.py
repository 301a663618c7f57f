"""Facts of a statement: what must survive every rewrite, each with its place in the text."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from services.report_structurer.context import Quality, Scope, qualities
from services.report_structurer.terms import Term

_NUMBER = r"\d+(?:\.\d+)?"
_UNIT = (
    r"(?:mm|cm|millimet(?:er|re)s?|centimet(?:er|re)s?|ml|cc|cm3|cm2|mm2|hu|kg|lbs?|pounds?"
    r"|mgy(?:[-*·]cm)?|msv|%|percent|degrees?|weeks?|days?|months?|years?|hours?|mmhg|mg|g)"
)
_MEASURED = re.compile(
    rf"(?<![\w.])({_NUMBER})((?:\s*(?:[x×]|by)\s*{_NUMBER})*)\s*-?\s*({_UNIT})(?![a-z])",
    re.IGNORECASE,
)
_AXIS = re.compile(_NUMBER)
_ANY_NUMBER = re.compile(rf"(?<![\w.]){_NUMBER}(?![\w])")
_DATE = re.compile(r"\b(?:\d{1,2}[/-]\d{1,2}[/-]\d{2,4}|\d{4}-\d{2}-\d{2})\b")
_IMAGE = re.compile(
    r"\b(?:image|images|series|img|slice)\s*(?:no\.?|number|#)?\s*#?(\d+)", re.IGNORECASE
)
_CATEGORY = re.compile(
    r"\b((?:bi|li|lung|ti|pi|o|c)-?\s?rads)(?:\s*(?:category|score|version \S+))?"
    r"\s*:?\s*([0-6][a-cx]?|m|tiv)\b",
    re.IGNORECASE,
)
_SIDE = re.compile(
    r"\b(left|right|bilateral(?:ly)?|both|(?:l|r)(?:ul|ll|ml|lq|uq)|rml)\b(?!\s+(?:and|or)\s+(?:left|right))",
    re.IGNORECASE,
)
_WORDS = {
    w: n
    for n, w in enumerate(
        ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]
    )
}

UNITS = {
    "mm": "mm", "millimeter": "mm", "millimetre": "mm", "cm": "cm", "centimeter": "cm",
    "centimetre": "cm", "ml": "mL", "cc": "mL", "cm3": "mL", "%": "%", "percent": "%",
    "hu": "[hnsf'U]", "kg": "kg", "lb": "[lb_av]", "pound": "[lb_av]", "day": "d", "week": "wk",
    "month": "mo", "year": "a", "hour": "h", "mmhg": "mm[Hg]", "degree": "deg",
}  # fmt: skip
"""UCUM codes of the units that reports use; a cubic centimetre is a millilitre."""


@dataclass(frozen=True)
class Fact:
    """One fact.

    Attributes:
        kind: `measurement`, `number`, `date`, `image`, `category`, `side`, `finding`, `organ`.
        value: A number as written, or the word in lower case.
        start: Offset of its first character in the report.
        end: Offset behind its last.
        unit: UCUM code of a measurement; "" for others.
        side: `left`, `right`, `bilateral` or "".
        polarity: Of a finding: `affirmed` or `negated`; "" for others.
        certainty: Of a finding: `certain` or `uncertain`; "" for others.
    """

    kind: str
    value: str
    start: int
    end: int
    unit: str = ""
    side: str = ""
    polarity: str = ""
    certainty: str = ""

    def meaning(self) -> tuple[str, str, str, str, str, str]:
        """The fact without its place; rewrites keep these."""
        return self.kind, self.value, self.unit, self.side, self.polarity, self.certainty


def ucum(unit: str) -> str:
    """UCUM code of a unit as written; as written when there is none."""
    plain = unit.lower()
    return UNITS.get(plain) or UNITS.get(plain.rstrip("s")) or unit


def side_of(word: str) -> str:
    """`left`, `right` or `bilateral` for a word that names a side."""
    plain = word.lower()
    if plain.startswith(("bilateral", "both")):
        return "bilateral"
    return "left" if plain.startswith("l") else "right"


def literal_facts(text: str) -> list[Fact]:
    """Numbers, dates, references, categories and sides of a report: what stands in it as such."""
    sides = (
        Fact("side", side_of(m[1]), m.start(), m.end(), side=side_of(m[1]))
        for m in _SIDE.finditer(text)
    )
    return sorted([*_numbers(text), *sides], key=_place)


def facts(
    text: str,
    literal: Sequence[Fact],
    found: Sequence[Term],
    organs: Sequence[Term],
    governing: Sequence[Scope],
) -> tuple[Fact, ...]:
    """Facts of a statement, in the order of the text.

    Args:
        text: The report.
        literal: Those of `literal_facts` that lie in the statement.
        found: Its findings.
        organs: Its organs.
        governing: What its cues govern.
    """
    sides = [fact for fact in literal if fact.kind == "side"]
    made = list(literal)
    made += [
        _finding(text, term, sides, governing) for term in found if term.meaning.kind != "normal"
    ]
    made += [
        Fact("organ", t.meaning.section, t.start, t.end, side=_nearest(t, sides, text))
        for t in organs
        if t.meaning.kind == "organ"
    ]
    return tuple(sorted(made, key=_place))


def _place(fact: Fact) -> tuple[int, int, str]:
    return fact.start, fact.end, fact.kind


def _finding(text: str, term: Term, sides: Sequence[Fact], governing: Sequence[Scope]) -> Fact:
    said = qualities(term.start, governing)
    return Fact(
        "finding",
        " ".join(text[term.start : term.end].lower().split()),
        term.start,
        term.end,
        side=_nearest(term, sides, text),
        polarity="negated" if "negated" in said else "affirmed",
        certainty="uncertain" if "possible" in said else "certain",
    )


_CLAUSE = re.compile(
    r"[;.]|,\s+(?:and|but|with|while)\b|\b(?:and|but|while|whereas)\b", re.IGNORECASE
)


def _nearest(term: Term, sides: Sequence[Fact], text: str) -> str:
    """Side named nearest to a term in its clause; before it rather than behind."""
    best, distance = "", 10_000
    for side in sides:
        before = side.end <= term.start
        gap = text[side.end : term.start] if before else text[term.end : side.start]
        if side.start < term.end and term.start < side.end:
            return side.value
        away = len(gap) + (0 if before else 5) + (200 if _CLAUSE.search(gap) else 0)
        if away < distance and away < REACH:
            best, distance = side.value, away
    return best


REACH = 80
"""Characters between a side and the word that it belongs to."""


def _numbers(text: str) -> Iterator[Fact]:
    """Measurements, dates, image references, categories and the numbers that are left."""
    taken: list[tuple[int, int]] = []

    def free(found: re.Match[str]) -> bool:
        return all(found.end() <= a or b <= found.start() for a, b in taken)

    for kind, pattern in (("date", _DATE), ("image", _IMAGE), ("category", _CATEGORY)):
        for found in pattern.finditer(text):
            if free(found):
                taken.append(found.span())
                yield Fact(kind, " ".join(found[0].lower().split()), *found.span())
    for found in _MEASURED.finditer(text):
        if free(found):
            taken.append(found.span())
            for axis in _AXIS.finditer(text, found.start(), found.end(2)):
                yield Fact("measurement", axis[0], *axis.span(), unit=ucum(found[3]))
    for found in _ANY_NUMBER.finditer(text):
        if free(found):
            yield Fact("number", found[0], *found.span())


def temporality(said: Sequence[set[Quality]]) -> str:
    """`historical` or `hypothetical` when every finding is, else `current`."""
    if said and all("hypothetical" in one for one in said):
        return "hypothetical"
    if said and all("historical" in one for one in said):
        return "historical"
    return "current"
