"""The impression against the findings: what nothing supports, and what is left out."""

import re
from collections.abc import Iterator

from services.report_structurer.checks.alert import Alert, alert
from services.report_structurer.checks.reading import (
    FINDINGS,
    IMPRESSION,
    Reading,
    Said,
    heads_in,
    places,
    words_of,
)
from services.report_structurer.lexicon import load

SUPPORT = 0.25
"""Share of an impression's words of content that the rest of the report must have."""
MOST = 2
"""Unsupported statements above which the impression is none, but findings under its heading."""
NAMED = 0.4
"""Share of a grave finding's words that the impression must have."""


def contradiction(reading: Reading) -> list[Alert]:
    """Impressions without support, and grave findings without impression."""
    if not reading.complete:
        return []
    if not any(places(s, name) for s in reading.said for name in _IMAGED):
        return []
    unsupported = list(_unsupported(reading))
    if len(unsupported) > MOST:
        unsupported = []
    return [*unsupported, *_unfounded(reading), *_left_out(reading), *_orphaned(reading)]


_IMAGED = ("modalities", "modality_terms", "imaged")
_EXEMPT = re.compile(
    r"\b(?:recommend\w*|consult\w*|referral|correlat\w*|advis\w*|should|consider\w*|discuss\w*|history|known|status"
    r"|prior"
    r"|previous|compared|study|examination|exam|normal|negative|no|not|without|unremarkable"
    r"|intact|patent"
    r"|clear|procedure|biopsy|needle|patient|report|above|see|further|cannot|alternative\w*"
    r"|course|stable|birads|rads|classification|category|specimens?|cores?|marked|utilizing"
    r"|sterile)\b"
)
"""Words of statements that the findings need not support: advice, history, denial, procedure."""
_INFERENCE = re.compile(
    r"\b(?:consistent|compatible|suggest\w*|likely|represent\w*|diagnos\w*|concern\w*"
    r"|suspicious|differential"
    r"|given|possib\w*|probab\w*|favor\w*|may|could|due|related|versus|reflect\w*|secondary)\b"
)
_LEVEL = re.compile(r"\b[CTLS]\d{1,2}\b")


def _unsupported(reading: Reading) -> Iterator[Alert]:
    """Statements of the impression whose descriptive words stand nowhere else."""
    kin: dict[str, list[str]] = load("checks")["kin"]
    others = [s for s in reading.said if s.zone != IMPRESSION]
    known = frozenset(stem for s in others for stem in s.stems)
    regions = {p.value for s in others for name in _REGIONS for p in places(s, name)}
    levels = {m[0] for s in others for m in _LEVEL.finditer(s.statement.text)}
    for said in reading.zone(IMPRESSION):
        if _is_foreign(said, known):
            yield alert("unsupported", (said.statement.start, said.statement.end))
            continue
        if _EXEMPT.search(said.plain) or levels & set(_LEVEL.findall(said.statement.text)):
            continue
        described = _described(said)
        signs = {sign for stem in described for sign in kin.get(stem, ())}
        if len(described) < 3 and known & signs:  # noqa: PLR2004 - a bare diagnosis by its sign
            continue
        share = len(_known(described, known)) / len(described) if described else 1.0
        own = {p.value for p in places(said, "region_terms")}
        foreign = own and regions and not own & regions and share <= FOREIGN
        few = len(described) < 3  # noqa: PLR2004 - of two words none may be known
        if foreign or (len(described) > 1 and share <= (0.0 if few else SUPPORT)):
            yield alert("unsupported", (said.statement.start, said.statement.end))


def _is_foreign(said: Said, known: frozenset[str]) -> bool:
    """Whether a statement shares no word with the rest, whatever it infers or compares with."""
    own = frozenset(w.stem for w in said.words if w.stem) - words_of("degrees") - _COMPARING
    named = heads_in(own) and any(f.kind == "finding" for f in said.statement.facts)
    return (
        bool(named)
        and len(own) >= ALIEN
        and not _known(own, known)
        and not _DENIES.search(said.plain)
    )


def _known(own: frozenset[str], known: frozenset[str]) -> frozenset[str]:
    """Words that the rest has too, in whatever form: septal, septum."""
    roots = {word[:ROOT] for word in known}
    return frozenset(word for word in own if word in known or word[:ROOT] in roots)


ROOT = 5
"""Letters by which two forms of one word agree."""
ALIEN = 3
"""Words of content, all unknown, from which a statement is another report's."""
_COMPARING = frozenset(
    {"compared", "prior", "previous", "examination", "study", "improved", "mri", "ct"}
)
_DENIES = re.compile(
    r"\b(?:no|not|without|recommend\w*|correlat\w*|advis\w*|history|exclude\w*|risk|needle|biopsy"
    r"|consult\w*|referral|procedure|differential|related|reflect\w*|sequela\w*)\b"
)
_REGIONS = ("regions", "region_terms")
FOREIGN = 0.34
"""Share of known words up to which a statement about another part of the body has no support."""


def _described(said: Said) -> frozenset[str]:
    """Stems of what is described, without what is inferred from it; empty when nothing is found."""
    if not any(fact.kind in {"finding", "organ"} for fact in said.statement.facts):
        return frozenset()
    inference = _INFERENCE.search(said.statement.text.lower())
    last = said.statement.start + inference.start() if inference else said.statement.end
    stems = {w.stem for w in said.words if w.stem and w.end <= last}
    return frozenset(stems - words_of("degrees"))


def _unfounded(reading: Reading) -> Iterator[Alert]:
    """Findings of the impression of which the findings tell neither by name nor by sign."""
    kin: dict[str, list[str]] = load("checks")["kin"]
    found = [w for s in reading.zone(FINDINGS) for w in s.words]
    stated = {w.stem for s in reading.zone(FINDINGS) for w in s.words if not s.denied(w.start)}
    named = {word.stem for word in found}
    told: set[str] = set()
    for said in reading.zone(IMPRESSION):
        if _ADVISES.search(said.plain):
            continue
        for word in said.words:
            signs = kin.get(word.stem)
            if signs is None or word.stem in told or said.denied(word.start):
                continue
            if word.stem in named or stated & set(signs) or not said.certain(word.start):
                continue
            told.add(word.stem)
            yield alert("head_unsupported", (word.start, word.end))


_ADVISES = re.compile(
    r"\b(?:recommend\w*|history|status|known|evaluat\w*|exclude\w*|rule|if|risk|cannot)\b"
)
_PAST = re.compile(
    r"\b(?:old|healed|chronic|remote|prior|previous|status post|history|repair|resolved"
    r"|unchanged|stable|treated|mural|to suggest|course of)\b"
)


def _left_out(reading: Reading) -> Iterator[Alert]:
    closing = [w for s in reading.zone(IMPRESSION) for w in s.words if not s.denied(w.start)]
    said_there = frozenset(word.stem for word in closing if word.stem)
    for said in reading.zone(FINDINGS):
        if _PAST.search(said.plain):
            continue
        for k, word in enumerate(said.words):
            heading = said.words[k + 1 : k + 2] and said.words[k + 1].text == ":"
            named = word.stem in words_of("grave") and word.text != "hemorrhagic" and not heading
            if not named or said.denied(word.start):
                continue
            if k + 1 < len(said.words) and said.words[k + 1].text.startswith("effect"):
                continue
            site = said.stems - words_of("degrees") - {word.stem}
            share = reading.weight(site & said_there) / reading.weight(site) if site else 1.0
            growths = words_of("growths")
            there = said_there & (growths if word.stem in growths else {word.stem})
            if not there and share < NAMED:
                yield alert("left_out", (word.start, word.end))
            break


_POINTING = re.compile(
    r"(?:(?:impressions?|conclusions?) : )?(?:1 \. )?"
    r"(?:(?:the|this) (?:mass|lesion|nodule|tumou?r|fracture|aneurysm|collection|cyst|thrombus)"
    r" (?:is|are|results?|likely|most|may|could|causes|demonstrates|measures|appears)\b"
    r"|this (?:could|may) represent)"
)


def _orphaned(reading: Reading) -> Iterator[Alert]:
    """An impression that begins with "The mass is", as if a sentence before were lost."""
    first = next((s for s in reading.zone(IMPRESSION) if len(s.words) > HEADING), None)
    if first is not None and _POINTING.match(first.plain):
        yield alert("beginning_lost", (first.statement.start, first.statement.end))


HEADING = 2
"""Words and marks of a statement that is only a heading."""
