"""Headings of a report: where parts, examined regions and organs begin."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from services.report_structurer.lexicon import load
from services.report_structurer.terms import terms
from services.report_structurer.words import spellings, tokens

PARTS = ("exam", "indication", "technique", "comparison", "findings", "impression", "communication")

LONGEST_HEADING, MOST_WORDS = 60, 6
"""Characters and words before a colon that may be a heading."""
MOST_REGION_WORDS = 10
"""Words of a heading that names an examination, "CT OF THE ABDOMEN WITHOUT CONTRAST:"."""
SHORTEST_GLUED = 6
"""Shorter names end many words."""

_WORD = re.compile(r"[^\s:.;,]+")
_SEPARATE = re.compile(r"[\s/&,()-]+")
_ALONE = re.compile(r"^[ \t]*([A-Za-z][A-Za-z /]{2,40}?)[ \t]*[-–]?[ \t]*$", re.MULTILINE)
_SHOUTED = re.compile(r"(?:^|(?<=[.;)\]_\n])|(?<=[.;]\s))([A-Z]{4,}(?: [A-Z]{2,}){0,3})(?=[\s-])")


@dataclass(frozen=True)
class Heading:
    """What a heading begins.

    Attributes:
        part: A part of the report.
        sections: Organ sections that it names.
        within: Whether it stands inside of findings or impression: an organ, or a region examined.
    """

    part: str
    sections: tuple[str, ...] = ()
    within: bool = False


@dataclass(frozen=True)
class Found:
    """A heading in a report: offset of its first character, offset behind its colon."""

    heading: Heading
    start: int
    end: int


@cache
def _headings() -> dict[str, Heading]:
    lists = load("headers")
    known: dict[str, Heading] = {}
    for part in PARTS:
        for phrase in lists.get(part, ()):
            for words in spellings(phrase):
                known.setdefault(" ".join(words), Heading(part))
    for section, phrases in lists["organs"].items():
        for phrase in phrases:
            for words in spellings(phrase):
                known.setdefault(" ".join(words), Heading("findings", (section,), within=True))
    return known


def headings(text: str) -> list[Found]:
    """Headings of a report in the order of the text; none inside another."""
    made = {found.start: found for found in (*_without_colon(text), *_with_colon(text))}
    return [made[start] for start in sorted(made)]


def _with_colon(text: str) -> Iterator[Found]:
    """Headings before a colon; read from the colon backwards, the longest first."""
    colon = text.find(":")
    while colon >= 0:
        found = _heading_before(text, colon)
        if found is not None:
            yield found
        colon = text.find(":", colon + 1)


def _heading_before(text: str, colon: int) -> Found | None:
    first = max(text.rfind("\n", 0, colon) + 1, colon - LONGEST_HEADING)
    every = list(_WORD.finditer(text, first, colon))
    if not every or text[every[-1].end() : colon].strip():
        return None
    for word in every[-MOST_WORDS:]:
        name = " ".join(text[word.start() : colon].lower().split())
        heading = _headings().get(name)
        if heading is not None and _may_begin(text, word.start(), colon, heading):
            apart = Found(heading, word.start(), colon + 1)
            glued = _glued_heading(text, every[-MOST_WORDS:][0].start(), colon)
            return glued if glued is not None and glued.start < apart.start else apart
    glued = _glued_heading(text, every[-MOST_WORDS:][0].start(), colon)
    return glued or _named_heading(text, [word.start() for word in every], colon)


def _may_begin(text: str, start: int, end: int, heading: Heading) -> bool:
    """Capitals stand anywhere; others only where a sentence or line begins."""
    if _begins(text, start):
        return True
    name = text[start:end]
    return name.isupper() and not heading.within and name.lower() not in _names().seldom


def _begins(text: str, start: int) -> bool:
    before = text[:start].rstrip(" \t")
    return not before or before[-1] in "\n.;,:)_•*-"


def _glued_heading(text: str, first: int, colon: int) -> Found | None:
    """A heading in capitals behind a word without a blank: "PELVISCLINICAL HISTORY:"."""
    before = text[first:colon].rstrip()
    if not before.endswith(_shouted()):
        return None
    name = next((n for n in _shouted() if before.endswith(n)), "")
    if not name or before[: -len(name)][-1:].strip() == "":
        return None
    return Found(_headings()[name.lower()], first + len(before) - len(name), colon + 1)


@cache
def _shouted() -> tuple[str, ...]:
    """Names of parts in capitals, the longest first."""
    known = (n.upper() for n, h in _headings().items() if not h.within and len(n) >= SHORTEST_GLUED)
    return tuple(sorted(known, key=len, reverse=True))


def _named_heading(text: str, starts: list[int], colon: int) -> Found | None:
    """A heading made of an examination's or of organs' names alone."""
    for start in starts[-MOST_REGION_WORDS:]:
        if _begins(text, start):
            heading = _region(text[start:colon]) or _organs(text, start, colon)
            if heading is not None:
                return Found(heading, start, colon + 1)
    return None


@dataclass(frozen=True)
class _Names:
    """Words of `headers.yaml` that headings are made of."""

    regions: frozenset[str]
    around: frozenset[str]
    seldom: frozenset[str]


@cache
def _names() -> _Names:
    lists = load("headers")
    return _Names(*(frozenset(lists[name]) for name in ("regions", "around", "seldom")))


def _region(name: str) -> Heading | None:
    """A region examined: "CT PELVIS", "Abdomen"."""
    names = _names()
    words = {word for word in _SEPARATE.split(name.lower()) if word}
    if words & names.regions and words <= names.regions | names.around:
        return Heading("findings", within=True)
    return None


def _organs(text: str, start: int, colon: int) -> Heading | None:
    """Organs, and no other word: "Liver and spleen"."""
    words = tokens(text, start, colon)
    named = [t for t in terms(words, "anatomy") if t.meaning.kind in {"organ", "region"}]
    inside = {k for t in named for k in range(t.first, t.last + 1)}
    rest = {word.text for k, word in enumerate(words) if k not in inside}
    if not named or not rest <= _names().around | {",", "/", "&", "(", ")"}:
        return None
    sections = dict.fromkeys(t.meaning.section for t in named if t.meaning.kind == "organ")
    return Heading("findings", tuple(sections), within=True)


def _without_colon(text: str) -> Iterator[Found]:
    """Headings that stand alone in their line, or in capitals before a sentence."""
    for found in _ALONE.finditer(text):
        heading = _headings().get(" ".join(found[1].lower().split()))
        if heading is not None and (not heading.within or found[1].isupper()):
            yield Found(heading, found.start(1), found.end(1))
    for found in _SHOUTED.finditer(text):
        heading = _headings().get(" ".join(found[1].lower().split()))
        following = text[found.end() :].lstrip(" \t\n-")[:2]
        sentence = following[:1].isupper() and not following.isupper()
        if heading is not None and not heading.within and (sentence or following[:1].isdigit()):
            yield Found(heading, found.start(1), found.end(1))
