"""Places in a text that may say who somebody is."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class Kind(StrEnum):
    """What an identifying span is."""

    NAME = "NAME"
    """A person, whoever it is: patient, physician, relative."""
    DATE = "DATE"
    """A calendar date or a time of day that belongs to one."""
    ID = "ID"
    """A number or code of a patient, visit, order, device or account."""
    LOC = "LOC"
    """An address, a place below the state, an institution, a department."""
    PHONE = "PHONE"
    EMAIL = "EMAIL"
    """An e-mail address, URL, or network name."""
    AGE = "AGE"
    """An age of 90 years or more."""
    UID = "UID"
    """A DICOM unique identifier."""


@dataclass(frozen=True)
class Span:
    """One place in a text, and what stands there now.

    Attributes:
        start: First character, counted from 0 in the text before redaction.
        end: One past the last character.
        kind: What it is.
        confidence: Calibrated probability that it identifies somebody, 0..1.
        replacement: What the redacted text has in its place.
        reason: Which part found it: "identity", "rule:phone", "names", "tagger". Never its words.
    """

    start: int
    end: int
    kind: Kind
    confidence: float
    replacement: str
    reason: str


@dataclass(frozen=True)
class RedactedText:
    """A text without its identifying spans.

    Attributes:
        text: What may leave.
        spans: What was replaced, ordered, without overlap.
        probability_missed: Calibrated probability that an identifying span is left, 0..1.
    """

    text: str
    spans: tuple[Span, ...]
    probability_missed: float


class RedactText(Protocol):
    """Redacts one text of one known subject."""

    def __call__(self, text: str, /) -> RedactedText:
        """Text without identifying spans; the rest is untouched, character by character."""
        ...


def replaced(text: str, spans: Iterable[Span]) -> str:
    """`text` with every span replaced; spans are ordered and do not overlap.

    Raises:
        ValueError: A span lies outside the text, or overlaps the one before.
    """
    parts: list[str] = []
    position = 0
    for span in spans:
        if not position <= span.start < span.end <= len(text):
            raise ValueError(f"span {span.start}..{span.end} overlaps or leaves the text")
        parts += [text[position : span.start], span.replacement]
        position = span.end
    return "".join([*parts, text[position:]])
