"""What stands beside names of people, and shapes that only names have."""

import re
from dataclasses import dataclass

from services.redactor.text.cues import any_of, words_in

NOT_NAMES = words_in("not_names")
PARTICLES = words_in("particles")
SUFFIXES = frozenset({"jr", "sr", "ii", "iii", "iv", "esq"})
CLASSES = words_in("classes")
"""Words that a single letter belongs to: "Child-Pugh B. Small hernia"."""

_CAPITAL = "A-Z\u00c0-\u00de"
_SMALL = "a-z\u00df-\u00ff"
_NAME = rf"[{_CAPITAL}][\w'’-]"
_PREFIXES = "van|von|de|der|den|das|dos|da|di|du|del|la|le|ter|ten"

CREDENTIAL = any_of("credentials")
_TITLE = any_of("titles")
_LINKS = rf"(?:\s{any_of('links')})*"

TITLES = re.compile(
    rf"(?<![\w.-])(?:{_TITLE}|(?i:dr|mr|mrs|ms|prof))(?![^\W\d_])\.?"
    rf"(?:\s{_TITLE}(?![^\W\d_])\.?)*(?=\s?[^\W\d_])\s{{0,2}}"
)
LABELS = re.compile(
    rf"(?i)(?<![\w-]){any_of('labels', 'roles')}(?:\([sS]\))?(?:\sname)?"
    r"\s?(?:\((?:last,?\sfirst|print(?:ed)?|s)\))?\s?(?::|=|\t|-{1,2}>?\s|\bis\b|\|)\s*"
)
TOLD = re.compile(rf"(?i)(?<![\w-]){any_of('told')}{_LINKS}\s(?:to|with|by)\s")
VERBS = re.compile(rf"(?i)(?<![\w-]){any_of('verbs')}{_LINKS}\s")
ROLES = re.compile(
    rf"(?i)(?<![\w-]){any_of('roles')}(?:\s(?:on\scall|on-call|of\srecord|is|was|named))?"
    r",?\s{1,2}(?=[^\W\d_])"
)
RELATIVES = re.compile(
    rf"(?i)(?<![\w-]){any_of('relatives')}(?:'s\sname\sis|\s(?:is|named|called|of|to|at|\())?"
    r"[,:(]?\s{1,2}"
)
BY = re.compile(rf"(?i)(?<![\w-]){any_of('prepositions')}\s*:?\s")


@dataclass(frozen=True)
class Cue:
    """What announces a name.

    Attributes:
        pattern: Ends where the name would begin.
        reason: Says which.
        strong: Whether even a word of the language is a name there.
        score: How sure a name behind it is.
    """

    pattern: "re.Pattern[str]"
    reason: str
    strong: bool
    score: float


CUES = (
    Cue(TITLES, "title", strong=True, score=0.95),
    Cue(LABELS, "label", strong=True, score=0.93),
    Cue(TOLD, "told", strong=True, score=0.85),
    Cue(VERBS, "verb", strong=False, score=0.85),
    Cue(ROLES, "role", strong=False, score=0.85),
    Cue(RELATIVES, "relative", strong=False, score=0.85),
    Cue(BY, "preposition", strong=False, score=0.7),
)

VAGUE_LABEL = re.compile(rf"(?i){any_of('vague_labels')}\b(?!\sby)|.*\bis\s*$")
"""Labels that more than names stand behind."""

CREDENTIALS = re.compile(rf"(?:,\s?|\s)\(?{CREDENTIAL}(?![\w])")
ACTS = re.compile(rf"\s{any_of('acts')}(?!\w)")
"""What only people do or is only done to people."""

FORMAL = re.compile(
    rf"(?<![\w.])(?P<last>(?:(?:{_PREFIXES}|{_PREFIXES.upper()})\s){{0,2}}[^\W\d_a-z][\w'’-]+"
    r"(?:\s[^\W\d_a-z][\w'’-]+)?),\s?"
    r"(?P<first>[^\W\d_a-z][\w'’-]*\.?(?:\s[A-Z]\b\.?)?)(?![\w'’])"
)
""" "Last, First" and "VAN DER LAST, FIRST M."."""

_SIGNED = (
    r"transcri\w+|typ(?:ed|ist)|dictat\w+|signed|initials?|read|tech\w*|scribe|operator|reader|"
    r"entered"
)
INITIALS_ONLY = re.compile(
    rf"(?i:\b(?:{_SIGNED}|radiologist|attending|resident|interpreted|performed)(?:\sby)?)"
    r"(?:\s?[:=]|\s(?i:by))\s*(?P<it>(?:[A-Z]\.?){2,4})(?![\w/])"
)
"""Of one person, behind a word that says so."""

INITIALS = (
    re.compile(
        rf"(?i:\b(?:{_SIGNED}|by|job|d|t|dd|dt|sec(?:retary)?))(?i:\sby)?\s?[:#/=-]\s*"
        r"(?P<it>[A-Za-z]{2,4}\s?[/:]\s?[A-Za-z]{2,4}(?:\s?[/:]\s?[A-Za-z]{2,4})?)(?![\w/])"
    ),
    re.compile(
        r"(?<![\w/:.-])(?P<it>[^\W\d_a-z]{2,4}\s?/\s?[a-z]{2,4}|[A-Z]{2,3}:[a-z]{2,3}(?=\s*$))"
        r"(?![\w/:.-])"
    ),
    re.compile(r"(?m)^\s*(?P<it>[A-Za-z]{2,3}[/:][A-Za-z]{2,4})\s*$"),
    INITIALS_ONLY,
)
"""Of who dictated and who typed: "AM/asn"."""

INITIAL_NAME = re.compile(
    rf"(?<![\w.])(?P<it>(?:[{_CAPITAL}]\.[ -]?){{1,3}}{_NAME}*[{_SMALL}][\w'’-]*(?:-[A-Z][\w'’-]+"
    rf")?)"
)
TRAILING_INITIAL = re.compile(rf"(?<![\w.])(?P<it>{_NAME}{{2,}}\s[A-Z]\.)(?=\s[a-z]|,|\s?$|\n)")
PARTICLE_NAME = re.compile(
    rf"(?<![\w-])(?:(?P<given>{_NAME}+)\s)?"
    r"(?:van|von|de|der|den|die|das|dos|da|di|du|del|della|ter|ten|zu|zum|bin|ibn|el|al|af|av)"
    rf"(?:\s(?:der|den|de|la|los|las|het|'t))*\s(?P<name>{_NAME}+)"
)
SUFFIX = re.compile(r",?\s(?:Jr|Sr|II|III|IV|JR|SR)\b\.?")
NUMERAL = re.compile(r"[IVX]{1,4}[a-dA-D]?")
"""Stages, segments, types; "Ivan" is none."""
