"""Numbers that stand for a person, a visit, a device, an account; and ages above 89."""

import re
from collections.abc import Iterator

from services.redactor.spans import Kind
from services.redactor.text.candidates import Candidate
from services.redactor.text.cues import any_of

_LABEL = any_of("number_labels")
_MORE = (
    r"(?:[\s.]*(?:id(?:entifier)?|identification|numbers?|num\b|no\b\.?|nr\b\.?|nbr|\#|code|"
    r"card|account|record|dossier))*"
)

PATTERNS = tuple(
    (name, re.compile(pattern, re.IGNORECASE), score)
    for name, pattern, score in (
        (
            "labelled",
            (
                rf"(?<![\w-]){_LABEL}(?P<more>{_MORE})(?P<sep>[\s.]*(?:\#|:|=|\bis\b|\bwas\b|"
                rf"-)?[\s(]*)"
                r"(?P<value>(?=[\w./-]*\d)[a-z\d]+(?:[-/.]?[a-z\d]+)*)"
            ),
            0.95,
        ),
        (
            "grouped",
            (
                rf"(?<![\w-]){_LABEL}{_MORE}[\s.]*(?:\#|:|=|\bis\b)?\s*"
                r"(?P<value>[a-z]{0,3}\s?\d{2,4}(?:\s\d{2,6}){1,4}(?:\s[a-z])?)(?!\w)"
            ),
            0.9,
        ),
        ("social security", r"(?<![\w-])(?P<value>\d{3}-\d{2}-\d{4})(?![\w-])", 0.98),
        ("spaced", r"(?<![\w.-])(?P<value>\d{3}\s\d{3}\s\d{3,4})(?![\w.-]*\d)", 0.7),
        ("dashed", r"(?<![\w./-])(?P<value>\d{2,6}(?:-\d{2,6}){2,4})(?![\w-])", 0.85),
        (
            "long",
            (
                r"(?<![\w.,/-])(?P<value>\d{6,})(?!\w)(?!\.\d)(?!,\d{3})(?!\s?(?:iu|units?|cells|"
                r"copies|bq|mbq)\b)"
            ),
            0.9,
        ),
        (
            "letters and digits",
            (
                r"(?<![\w.])(?P<value>(?:[a-z]{1,6}[-_/]?\d{5,}|[a-z]{1,6}-\d{2,4}-\d{3,}|"
                r"\d{2,4}[-]?[a-z]{1,4}[-]?\d{4,})"
                r"[a-z]{0,3}(?:[-/.]\w+)?)(?!\w)"
            ),
            0.92,
        ),
        (
            "mixed",
            (
                r"(?<![\w.-])(?P<value>(?=(?:[a-z-]*\d){4})(?=(?:[\d-]*[a-z]){2})[a-z\d]{8,}(?:-"
                r"[a-z\d]+)*)(?!\w)"
            ),
            0.6,
        ),
        (
            "in brackets",
            (
                r"(?<=[^\W\d_][ ,])[(\[]\s?(?:\#|no\.?\s|id:?\s)?(?P<value>(?=(?:[\w/.-]*?\d){5})"
                r"[a-z\d]+(?:[-/.][a-z\d]+)*)\s?[)\]]"
            ),
            0.8,
        ),
        ("hyphened", r"(?<![\w./+-])(?P<value>\d{5,9}-\d{1,4})(?![\w-])(?!\.\d)", 0.8),
        ("check letter", r"(?<![\w./+-])(?P<value>\d{6,12}[a-z]{1,2})(?![\w-])", 0.85),
        (
            "laboratory",
            r"(?<![\w./+-])(?P<value>(?:[a-z]{1,3}-?)?\d{2}-[a-z]{1,3}-?\d{3,}|[a-z]{1,3}-?\d{2}-\d{3,})(?![\w-])",
            0.85,
        ),
        ("uuid", r"(?<!\w)(?P<value>[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12})(?!\w)", 0.99),
        (
            "hash",
            r"(?<!image )(?<!series )(?<!slice )\#\s?(?P<value>\d{4,}|[a-z]{1,3}\d{3,})(?!\w)",
            0.8,
        ),
    )
)
UID = re.compile(r"(?<![\w.])[0-2](?:\.(?:0|[1-9]\d*)){5,}(?![\w]|\.\d)")

VAGUE = re.compile(
    r"(?i)^(?:case|group|unit|exam(?:ination)?|study|report|model|ref|hospital|device|order|lot|"
    r"visit|plan|station|scanner|implant|trial|subject|document|doc|card|id|sn|dl|fin|acc|vehicle|"
    r"reference|req(?:uest)?|ins\.?|lic\.?|job|chi|ur|urn|pid|conf|series)"
)
"""Labels that are words of prose too: a short number behind them is one of the report's own."""

LONG_NUMBER = 5
"""Digits from which on a number behind any label is no number of images or series."""
SHORT_NUMBER = 3

MEASURED = re.compile(
    r"(?i)^[ \t]?(?:mm|cm|ml|mg|mcg|g|kg|hu|images?|slices?|series|days?|weeks?|months?|years?|"
    r"yrs?|"
    r"hours?|minutes?|min|sec|kvp?|mas?|mgy|mci|mbq|french|fr|gauge|mhz|tesla|t|cc|patients|"
    r"cases)\b|^[ \t]?(?:%|x\s?\d|/\d)"
)
AGE = re.compile(
    r"(?i)(?<![\w.,/-])(?P<age>9\d|1[0-2]\d|09\dY)(?=\s?-?\s?(?:y(?:ea)?rs?\b|y\.?\s?/?\s?o\b|y\b|"
    r"year|yo\b|jahre|ans\b|años|anni|anos)|\s?(?-i:[MF])\b)"
    r"|(?:\b(?:aged?|age\sof|alter|âge|edad)\s?(?:is|was|of|:|=)?\s?)(?P<named>9\d|1[0-2]\d|"
    r"0?9\dY?)(?![\w.])"
)
SPELLED_AGE = re.compile(
    r"(?i)\b(?:ninety(?:[\s-](?:one|two|three|four|five|six|seven|eight|nine))?|(?:one\s)?hundred"
    r"(?:[\s-]and)?(?:[\s-](?:one|two|three|four|five|six|seven|eight|"
    r"nine))?)(?=[\s-]years?[\s-]old)"
    r"|\b(?:nonagenarian|centenarian)\b|\b(?:in\s(?:his|her|their)\s)(?:mid[\s-]|late[\s-]|"
    r"early[\s-])?nineties\b"
)


def found_numbers(text: str) -> Iterator[Candidate]:
    """Numbers and codes of `text` that stand for somebody or something of theirs."""
    for match in UID.finditer(text):
        yield Candidate(*match.span(), Kind.UID, 0.95, "rule:uid")
    for name, pattern, score in PATTERNS:
        for match in pattern.finditer(text):
            sure = _sure(name, match, text) * score
            if sure:
                yield Candidate(*match.span("value"), Kind.ID, sure, f"rule:{name}")


def _sure(name: str, match: "re.Match[str]", text: str) -> float:
    """How sure what a pattern found is no number of the report's own, 0..1."""
    value = match["value"]
    if MEASURED.match(text[match.end("value") :]):
        return 0
    digits = sum(c.isdigit() for c in value)
    if name == "mixed":
        # "3mm5mm" is measured twice.
        return float(not re.fullmatch(r"(?i)(?:\d+[a-z]{1,6})+", value) or digits > LONG_NUMBER)
    if name != "labelled" or digits >= LONG_NUMBER:
        return 1
    vague = VAGUE.match(match.group()) is not None
    numbered = bool(match["more"].strip()) or "#" in match["sep"]
    if vague:
        return float(numbered and digits >= SHORT_NUMBER)
    said = numbered or re.search(r"[:=]|is|was", match["sep"]) is not None
    return 1 if digits >= SHORT_NUMBER else 0.55 if said and digits > 1 else 0


def found_ages(text: str) -> Iterator[Candidate]:
    """Ages of 90 years and more (45 CFR 164.514(b)(2)(i)(C))."""
    for match in AGE.finditer(text):
        group = "age" if match["age"] else "named"
        yield Candidate(*match.span(group), Kind.AGE, 0.95, "rule:age")
    for match in SPELLED_AGE.finditer(text):
        yield Candidate(*match.span(), Kind.AGE, 0.95, "rule:age spelled")
