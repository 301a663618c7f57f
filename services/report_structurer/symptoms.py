"""Symptoms that the cachexia scorer reads: who has them, since when, and how much weight."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from services.report_structurer.context import Scope, qualities, scopes
from services.report_structurer.lexicon import load
from services.report_structurer.segment import pieces
from services.report_structurer.words import Phrases, Token, tokens

DAYS = {"d": 1.0, "w": 7.0, "m": 30.4375, "y": 365.25}
"""By the first letter of the unit."""
_COUNT = {
    "a": 1, "an": 1, "one": 1, "two": 2, "couple": 2, "three": 3, "four": 4, "five": 5, "six": 6,
    "seven": 7, "eight": 8, "nine": 9, "ten": 10, "twelve": 12, "fifteen": 15, "twenty": 20,
    "thirty": 30, "forty": 40, "fifty": 50,
}  # fmt: skip
_N = rf"\d+(?:\.\d+)?|{'|'.join(_COUNT)}"
_UNIT = r"pounds?|lbs?\b\.?|#|kilograms?|kilos?|kgs?\b|%|percent\b"
_AMOUNT = re.compile(rf"\b({_N})(?:\s*(?:-|–|to|or)\s*({_N}))?\s*-?\s*({_UNIT})", re.IGNORECASE)
_FROM_TO = re.compile(
    rf"\bfrom\s+(\d+(?:\.\d+)?)\s*(?:{_UNIT})?\s*(?:down\s+)?to\s+(\d+(?:\.\d+)?)\s*({_UNIT})",
    re.IGNORECASE,
)
_LOST = re.compile(
    rf"\b(?:lost|lose|loses|losing|dropped|down|loss of|weight loss of)\s+"
    rf"(?:(?:about|approximately|around|almost|nearly|some|over|up to|more than|at least|roughly"
    rf"|another|an additional|greater than|by|maybe|probably|close to|well over)\s+)*"
    rf"(?:{_N})(?:\s*(?:-|–|to|or)\s*(?:{_N}))?\s*-?\s*(?:{_UNIT})",
    re.IGNORECASE,
)
_INTERVAL = re.compile(
    rf"\b(?:over|in|during|for|within|across)\s+(?:about\s+|approximately\s+)?(?:the\s+|a\s+)?"
    rf"(?:period of\s+|course of\s+(?:the\s+)?)?(?:(?:last|past|previous|preceding|prior)\s+)?"
    rf"(?:(?P<n>{_N})(?:\s*(?:-|–|to)\s*(?P<m>{_N}))?\s+(?:of\s+)?)?(?P<unit>day|week|wk|month|mo|year|yr)(?:s|'s)?\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Mention:
    """One mention of a symptom.

    Attributes:
        symptom: `weight_loss`, `appetite_loss`, `fatigue`, ... (`lexicons/symptoms.yaml`).
        status: `present`, `absent`, `historical`, or `other`: intended, focal, of somebody else, a
            warning.
        start: Offset of its first character in the text.
        end: Offset behind its last.
        value: Weight lost; None where not said.
        unit: `lb`, `kg` or `%` of the weight.
        interval_days: Days within which; None where not said.
    """

    symptom: str
    status: str
    start: int
    end: int
    value: float | None = None
    unit: str | None = None
    interval_days: int | None = None


@dataclass(frozen=True)
class _Named:
    symptom: str
    is_absence: bool
    start: int
    end: int


@cache
def _symptoms() -> Phrases[tuple[str, bool]]:
    lists = load("symptoms")
    return Phrases(
        (phrase, (symptom, kind == "absent"))
        for kind in ("absent", "present")
        for symptom, phrases in lists[kind].items()
        for phrase in phrases
    )


@cache
def _cues(name: str) -> Phrases[bool]:
    return Phrases((phrase, True) for phrase in load("symptoms")[name])


def symptoms(text: str) -> list[Mention]:
    """Mentions in the order of the text; of the same symptom in one sentence one per status."""
    found: list[Mention] = []
    for piece in pieces(text):
        if not piece.blank:
            found.extend(_in_sentence(text, piece.start, piece.end))
    return found


def _in_sentence(text: str, start: int, end: int) -> Iterator[Mention]:
    words = tokens(text, start, end)
    governing = scopes(words)
    said: dict[tuple[str, str], Mention] = {}
    for named in _named(text, words, start, end):
        status = _status(named, words, governing)
        mention = Mention(named.symptom, status, named.start, named.end)
        if named.symptom == "weight_loss" and status in {"present", "historical"}:
            mention = _with_amount(mention, text, start, end)
        known = said.get((named.symptom, status))
        if known is None or (known.value is None and mention.value is not None):
            said[named.symptom, status] = mention
    yield from sorted(said.values(), key=lambda mention: mention.start)


def _named(text: str, words: Sequence[Token], start: int, end: int) -> list[_Named]:
    """Phrases of the lists, and weights lost: "lost 10 pounds"."""
    made = [
        _Named(hit.value[0], hit.value[1], words[hit.first].start, words[hit.last].end)
        for hit in _symptoms().find(words)
    ]
    for lost in _LOST.finditer(text, start, end):
        if not any(
            n.symptom == "weight_loss" and n.start < lost.end() and lost.start() < n.end
            for n in made
        ):
            made.append(_Named("weight_loss", is_absence=False, start=lost.start(), end=lost.end()))
    return sorted(made, key=lambda named: named.start)


def _status(named: _Named, words: Sequence[Token], governing: Sequence[Scope]) -> str:
    said = qualities(named.start, governing)
    if "other" in said:
        return "other"
    if named.is_absence != ("negated" in said):
        return "absent"
    if named.symptom == "weight_loss" and _cues("intended").find(words):
        return "other"
    if named.symptom == "weakness" and _cues("focal").find(words):
        return "other"
    if "hypothetical" in said or _is_unstated(named, words):
        return "other"
    return "historical" if "historical" in said else "present"


def _is_unstated(named: _Named, words: Sequence[Token]) -> bool:
    """Whether a drug, a warning or a risk is spoken of just before."""
    before = [word for word in words if word.end <= named.start][-UNSTATED_REACH:]
    return bool(_cues("unstated").find(before))


UNSTATED_REACH = 6
"""Words before a symptom in which a warning or a drug counts."""


def _with_amount(mention: Mention, text: str, start: int, end: int) -> Mention:
    value, unit = _amount(mention, text, start, end)
    days = _interval_days(text, start, end)
    return Mention(mention.symptom, mention.status, mention.start, mention.end, value, unit, days)


def _amount(mention: Mention, text: str, start: int, end: int) -> tuple[float | None, str | None]:
    """Weight lost: a difference of two weights, or the amount nearest to the mention."""
    span = _FROM_TO.search(text, start, end)
    if span and float(span[1]) > float(span[2]):
        return round(float(span[1]) - float(span[2]), 2), _unit(span[3])
    found = [m for m in _AMOUNT.finditer(text, start, end) if not _is_weight(text, m)]
    if not found:
        return None, None
    near = min(found, key=lambda m: max(m.start() - mention.end, mention.start - m.end(), 0))
    return _number(near[1]), _unit(near[3])


_WEIGHT_BEFORE = re.compile(
    r"(?:weigh(?:s|ed|t)?(?: is| was| of)?|now|currently|gain(?:ed)?(?: of| about)?|ago at)\s*$",
    re.IGNORECASE,
)


def _is_weight(text: str, amount: re.Match[str]) -> bool:
    """Whether the pounds are what somebody weighs or gained, not what was lost."""
    before = text[max(0, amount.start() - 25) : amount.start()]
    after = text[amount.end() : amount.end() + 14].lower()
    return bool(_WEIGHT_BEFORE.search(before)) or "gain" in after


def _interval_days(text: str, start: int, end: int) -> int | None:
    found = _INTERVAL.search(text, start, end)
    if found is None:
        return None
    count = _number(found["m"] or found["n"] or "1")
    return round(count * DAYS[found["unit"][0].lower()])


def _number(word: str) -> float:
    plain = word.lower()
    return float(_COUNT[plain]) if plain in _COUNT else float(plain)


def _unit(word: str) -> str:
    plain = word.lower()
    if plain.startswith("k"):
        return "kg"
    return "%" if plain in {"%", "percent"} else "lb"
