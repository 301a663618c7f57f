"""Shapes that only names have: "J. Smith", "Smith, John", "van der Berg", "AM/asn"."""

import re
from collections.abc import Iterator

from services.redactor.lexicon import MEDICAL_ENDS, folded, lists
from services.redactor.spans import Kind
from services.redactor.text.candidates import Candidate
from services.redactor.text.name_cues import (
    CLASSES,
    FORMAL,
    INITIAL_NAME,
    INITIALS,
    INITIALS_ONLY,
    NOT_NAMES,
    PARTICLE_NAME,
    TRAILING_INITIAL,
)
from services.redactor.text.surroundings import SHORTEST_NAME, Surroundings, known_name

PROJECTIONS = frozenset({"a/p", "ap/pa", "pa/lat", "ap/lat"})
"""Views of a radiograph, no initials."""


def found_shapes(text: str, around: Surroundings) -> Iterator[Candidate]:
    """Names that their shape gives away."""
    yield from _initials(text)
    yield from _with_initial(text, around)
    yield from _with_particle(text)
    yield from _last_first(text)


def _initials(text: str) -> Iterator[Candidate]:
    for pattern in INITIALS:
        for match in pattern.finditer(text):
            key = folded(match["it"]).replace(".", "")
            word = pattern is INITIALS_ONLY and len(key) > SHORTEST_NAME and lists().ordinary(key)
            if key not in PROJECTIONS and key not in NOT_NAMES and not word:
                yield Candidate(*match.span("it"), Kind.NAME, 0.9, "rule:initials")


def _with_initial(text: str, around: Surroundings) -> Iterator[Candidate]:
    known = lists()
    for match in INITIAL_NAME.finditer(text):
        key = folded(re.split(r"[ .-]", match["it"])[-1])
        if key in known.kept or key in NOT_NAMES:
            continue
        before = re.search(r"([\w-]+)[ -]$", text[: match.start()])
        classed = before is not None and folded(before[1].split("-")[-1]) in CLASSES | known.eponyms
        at = around.at_end.get(match.end())
        term = at is not None and around.eponym(at)
        score = 0.2 if classed or term else 0.9 if known_name(key) else 0.3
        yield Candidate(*match.span("it"), Kind.NAME, score, "names:initial")
    for match in TRAILING_INITIAL.finditer(text):
        key = folded(match["it"].split()[0])
        if known.name(key) and key not in known.common and key not in NOT_NAMES:
            yield Candidate(*match.span("it"), Kind.NAME, 0.8, "names:initial")


def _with_particle(text: str) -> Iterator[Candidate]:
    known = lists()
    for match in PARTICLE_NAME.finditer(text):
        key = folded(match["name"].split("-")[0])
        given = folded(match["given"] or "") in known.given and known.name(key)
        term = key in known.eponyms or MEDICAL_ENDS.search(key)
        if not term and (given or not known.ordinary(key)):
            yield Candidate(*match.span(), Kind.NAME, 0.8, "names:particle")


def _last_first(text: str) -> Iterator[Candidate]:
    known = lists()
    for match in FORMAL.finditer(text):
        last = folded(match["last"].split(" ")[-1])
        first = folded(re.split(r"[ .]", match["first"])[0])
        if {last, first} & NOT_NAMES or first not in known.given or not known_name(last):
            continue
        plain = (last in known.common) + (first in known.common)
        before = text[: match.start()].rstrip(" ")
        field = (not before or before[-1] in ":|\n") and last in known.surnames
        score = (0.92, 0.75, 0.55 if field else 0.3)[plain]
        yield Candidate(*match.span(), Kind.NAME, score, "names:last, first")
