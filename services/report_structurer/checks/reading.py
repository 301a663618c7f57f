"""A structured report read for comparison: what each place says, in stems that places share."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from itertools import pairwise
from math import log

from services.report_structurer.context import Scope, qualities, scopes
from services.report_structurer.lexicon import load
from services.report_structurer.structure import Statement, StructuredReport
from services.report_structurer.words import Phrases, Token, tokens

FRONT, FINDINGS, IMPRESSION = "front", "findings", "impression"
"""Zones: what stands before the findings, the findings, the impression."""

_SKIPPED = frozenset({"communication"})
_NOTE = re.compile(
    r"\s*(?:HX|PMH|SHX|FHX|(?:HISTORY OF PRESENT ILLNESS|PAST MEDICAL HISTORY|CHIEF COMPLAINT"
    r"|REVIEW OF SYSTEMS"
    r"|PHYSICAL EXAM\w*|SOCIAL HISTORY|PREOPERATIVE DIAGNOS[IE]S|ASSESSMENT AND PLAN))\s*:",
    re.IGNORECASE,
)
_HEADED = re.compile(r"\s*(?:findings|discussion|report|results?)\b[^:]{0,30}:", re.IGNORECASE)


@dataclass(frozen=True)
class Word:
    """A word of a statement.

    Attributes:
        text: Lower case.
        stem: What it shares with other forms and synonyms; "" for a word without content.
        start: Offset in the report.
        end: Offset behind it.
    """

    text: str
    stem: str
    start: int
    end: int


@dataclass(frozen=True)
class Said:
    """One statement, read.

    Attributes:
        statement: The statement.
        zone: `front`, `findings` or `impression`.
        words: Its words, numbers and marks.
        governing: What its cues govern.
        headed: Stems and side of the heading that it stands under: "Liver:", "LEFT:".
        levels: Spinal levels that it names, or that its heading does: "L4-L5".
    """

    statement: Statement
    zone: str
    words: tuple[Word, ...]
    governing: tuple[Scope, ...] = field(repr=False)
    headed: frozenset[str] = frozenset()
    levels: frozenset[str] = frozenset()

    @cached_property
    def stems(self) -> frozenset[str]:
        """Stems of its words of content."""
        return frozenset(word.stem for word in self.words if word.stem)

    @cached_property
    def plain(self) -> str:
        """Its words in lower case, one blank between."""
        return " ".join(word.text for word in self.words)

    def denied(self, at: int) -> bool:
        """Whether the word at an offset is denied."""
        return "negated" in qualities(at, self.governing)

    def current(self, at: int) -> bool:
        """Whether the word at an offset is neither past, nor supposed, nor of somebody else."""
        return not {"historical", "hypothetical", "other"} & qualities(at, self.governing)

    def certain(self, at: int) -> bool:
        """Whether the word at an offset is stated as it is now, without doubt."""
        return self.current(at) and "possible" not in qualities(at, self.governing)


@dataclass(frozen=True)
class Reading:
    """A report, read for comparison."""

    report: StructuredReport
    said: tuple[Said, ...]

    def zone(self, name: str) -> tuple[Said, ...]:
        """Statements of one zone."""
        return tuple(s for s in self.said if s.zone == name)

    @cached_property
    def complete(self) -> bool:
        """Whether it has findings and an impression."""
        return bool(self.zone(FINDINGS)) and bool(self.zone(IMPRESSION))

    @cached_property
    def is_note(self) -> bool:
        """Whether it is a clinician's note, which has its findings and plan in other ways."""
        return any(_NOTE.match(s.statement.text) for s in self.said)

    @cached_property
    def weights(self) -> dict[str, float]:
        """How telling a stem is in this report: the rarer, the more."""
        counted = Counter(stem for said in self.said for stem in said.stems)
        return {stem: log(1 + len(self.said) / n) for stem, n in counted.items()}

    def weight(self, stems: frozenset[str]) -> float:
        """Sum of the weights."""
        return sum(self.weights.get(stem, 1.0) for stem in stems)


def read(report: StructuredReport) -> Reading:
    """The statements of a report with zones, stems and cues."""
    return Reading(report, tuple(_said(report)))


def _said(report: StructuredReport) -> Iterator[Said]:
    zones = _zones(report.statements)
    heading, last = "", 0
    for statement, zone in zip(report.statements, zones, strict=True):
        named = _HEADING.match(statement.text)
        if named or "\n" in report.text[last : statement.start]:
            heading = named[1] if named else ""
        last = statement.end
        if statement.part not in _SKIPPED:
            made = tokens(report.text, statement.start, statement.end)
            words = tuple(Word(t.text, stem(t.text), t.start, t.end) for t in made)
            over = heading.lower().split()
            headed = frozenset({stem(word) for word in over} - {""} | set(over) & _SIDES)
            levels = _levels(statement.text) or _levels(heading)
            yield Said(statement, zone, words, _governing(report.text, made), headed, levels)


_SIDES = {"left", "right"}
_HEADING = re.compile(
    r"\s*(?:(?:FINDINGS|Findings|DISCUSSION|IMPRESSION|Impression)\s*:\s*)?(?:[-*•]\s*|\d+\.\s*)?"
    r"([A-Za-z][\w/,&-]*(?: [\w/,&-]+){0,4}):(?=\s)"
)
_LEVEL = re.compile(r"\b([CTLS])(\d{1,2})(?:\s?[-/–]\s?([CTLS])?(\d{1,2}))?\b")


def _levels(text: str) -> frozenset[str]:
    """Spinal levels in one way of writing; T1 and T2 alone are sequences."""
    made: set[str] = set()
    for found in _LEVEL.finditer(text):
        region, number, other, to = found.groups()
        if to:
            made.add(f"{region}{number}-{other or region}{to}")
        elif not (region == "T" and number in {"1", "2"}):
            made.add(region + number)
    return frozenset(made)


_NEW_CLAUSE = frozenset({
    "compatible", "consistent", "suggesting", "likely", "indicating",
    "with", "although", "which", "probably",
})  # fmt: skip
"""Words that end a denial behind a comma: "no fracture, with mild edema"."""


def _governing(text: str, made: Sequence[Token]) -> tuple[Scope, ...]:
    """What cues govern; "non" denies the next word alone: a non-displaced fracture is one."""
    ends = [
        one.start
        for one, behind in pairwise(made)
        if one.text == "," and behind.text in _NEW_CLAUSE
    ]
    kept = [s for s in scopes(made) if text[s.cue_start : s.cue_end].lower() != "non"]
    return tuple(_cut(scope, ends) for scope in kept)


def _cut(scope: Scope, ends: Sequence[int]) -> Scope:
    """A forward denial, up to the first of these ends."""
    if scope.quality != "negated" or scope.start < scope.cue_start:
        return scope
    last = min((end for end in ends if end > scope.cue_end), default=scope.end)
    return replace(scope, end=min(scope.end, last))


def _zones(statements: Sequence[Statement]) -> Iterator[str]:
    """Zone of each statement: by where findings and impression begin, not by its words."""
    headed = next((s.id for s in statements if _HEADED.match(s.text)), None)
    first = headed
    if first is None:
        first = next((s.id for s in statements if s.part == "findings"), len(statements))
    zone = FRONT
    for statement in statements:
        if statement.id == first or (zone == IMPRESSION and statement.part == "findings"):
            zone = FINDINGS
        elif zone == FINDINGS and statement.part == "impression":
            zone = IMPRESSION
        yield zone


@cache
def words_of(name: str) -> frozenset[str]:
    """A list of single words of `lexicons/checks.yaml`."""
    return frozenset(str(word) for word in load("checks")["words"][name])


_DISEASE = re.compile(
    r"[a-z]{2,}(?:itis|oma|megaly|listhesis|malacia|ectasis|pathy|trophy|rrhage|cele|osis)$"
)
_NO_DISEASE = frozenset(
    {"diagnosis", "prognosis", "anastomosis", "apophysis", "osmosis", "stenosis", "lymphadenopathy"}
)


@cache
def is_head(word: str) -> bool:
    """Whether a stem names a finding: a listed one, or one that ends as names of diseases do."""
    return word in words_of("heads") or is_disease(word)


@cache
def is_disease(word: str) -> bool:
    """Whether a stem ends as names of diseases do."""
    return bool(_DISEASE.fullmatch(word)) and word not in _NO_DISEASE


def heads_in(stems: Iterable[str]) -> frozenset[str]:
    """Those that name findings."""
    return frozenset(word for word in stems if is_head(word))


@cache
def phrases(name: str) -> Phrases[str]:
    """Phrases of one list of `lexicons/checks.yaml`, by what they stand for."""
    lists = load("checks")[name]
    pairs = lists.items() if isinstance(lists, dict) else [(name, lists)]
    return Phrases((phrase, str(value)) for value, listed in pairs for phrase in listed)


@dataclass(frozen=True)
class Place:
    """A phrase found in a statement.

    Attributes:
        value: What it stands for.
        start: Offset in the report.
        end: Offset behind it.
        first: Index of its first word.
        last: Index of its last word.
    """

    value: str
    start: int
    end: int
    first: int
    last: int


def places(said: Said, name: str) -> list[Place]:
    """Phrases of one list in a statement, from left to right."""
    words = [Token(word.text, word.start, word.end) for word in said.words]
    return [
        Place(hit.value, words[hit.first].start, words[hit.last].end, hit.first, hit.last)
        for hit in phrases(name).find(words)
    ]


@cache
def _synonyms() -> dict[str, str]:
    return {word: stem for stem, words in load("checks")["synonyms"].items() for word in words}


@cache
def stem(word: str) -> str:
    """What a word shares with its plural and its synonyms; "" without content."""
    if not word.isalpha() and not any(c.isalpha() for c in word):
        return ""
    known = _synonyms().get(word)
    if known is not None:
        return known
    if word in words_of("empty") or len(word) < 2:  # noqa: PLR2004 - single letters name nothing
        return ""
    single = _single(word)
    return _synonyms().get(single, single)


def _single(word: str) -> str:
    for ending, by in (("ies", "y"), ("sses", "ss"), ("xes", "x"), ("ses", "sis")):
        if word.endswith(ending) and len(word) > len(ending) + 2:
            return word[: -len(ending)] + by
    if word.endswith("s") and not word.endswith(("ss", "us", "is")) and len(word) > 3:  # noqa: PLR2004
        return word[:-1]
    return word
