"""What a sentence says of appetite, energy, swallowing, strength and weight around other words.

Lists of phrases hold words that stand side by side. These patterns leave a gap: "his appetite has
been especially poor", "two bites and she is full", "weight 71 kg, which is unchanged".
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from services.report_structurer.phrasings import PATTERNS, Kind


class State(NamedTuple):
    """A symptom, or its opposite, said around other words.

    Attributes:
        symptom: As in `lexicons/symptoms.yaml`.
        kind: What is said of it.
        start: Offset of the first character.
        end: Offset behind the last.
    """

    symptom: str
    kind: Kind
    start: int
    end: int


_COMPILED = tuple((s, k, re.compile(p, re.IGNORECASE)) for s, k, p in PATTERNS)
_OF_CHANGE = {"appetite": "appetite_loss", "weight": "weight_loss", "energy": "fatigue"}
_CHANGED = re.compile(
    r"\b(?:no|without|denie[sd]|denying|not|any)\b[^.;:]{0,25}?\bchanges?\s+in\b[^.;:]{0,120}",
    re.IGNORECASE,
)
_NOUN = re.compile(r"\b(?:appetite|weight|energy)\b(?!\s+(?:loss|gain))", re.IGNORECASE)
_HINTS = {
    "appetite_loss": ("appetit", "eat", "ate", "food", "meal", "intake", "hungry"),
    "fatigue": ("energy", "stamina", "vigor", "tire", "get up"),
    "weakness": ("strength", "power"),
    "dysphagia": ("swallow", "stuck", "stick", "stuck", "down", "cough", "chok", "hang", "hung",
                  "caught", "catch", "lodg", "only"),
    "nausea_vomiting": ("down", "stomach", "&", "+"),
    "early_satiety": ("full", "stuff", "sati", "sated", "fill"),
    "malnutrition": ("nutrition",),
    "wasting": ("mass", "bulk"),
    "weight_loss": ("weight", "wt", "gain", "put", "up "),
}  # fmt: skip
"""Every pattern of a symptom holds one of these."""


def states(text: str, start: int, end: int) -> Iterator[State]:
    """What a sentence says with gaps, in no order; places may overlap."""
    small = text[start:end].lower()
    hinted = {s for s, hints in _HINTS.items() if any(hint in small for hint in hints)}
    if not hinted:
        return
    for symptom, kind, pattern in _COMPILED:
        if symptom not in hinted:
            continue
        for found in pattern.finditer(text, start, end):
            yield State(symptom, kind, *found.span())
    if "change" not in small:
        return
    for changed in _CHANGED.finditer(text, start, end):
        for noun in _NOUN.finditer(text, *changed.span()):
            yield State(_OF_CHANGE[noun[0].lower()], "denied", *noun.span())
