"""What happens to each place that looks like text: blanked unless it is known to be harmless."""

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from services.redactor.pixels.boxes import Box
from services.redactor.pixels.harmless import (
    MIN_CONFIDENCE,
    Harmless,
    harmless,
    looks_identifying,
)
from services.redactor.pixels.search import Finding

MIN_READ = 0.5
"""A reading below it is none: textures read as single characters lie below, text above."""

MIN_LETTER = 0.7
"""Below it a second view must have seen the text too; a single character needs both, as textures
read as such."""

MANY_VIEWS = 3
"""What this many views take for text is blanked, read or not."""

MAX_LINE_PX = 96
"""Burned-in lines are 7 to 40 pixels high, with their margin up to 70. What is higher is text only
if it reads as several characters, surely: circles and bones read as single ones."""

SURE_LETTERS = 3
CLEAR_REGION = 0.6
"""One view is enough to keep a harmless word if the detector was this sure of it: what lies below
is often the piece of a longer text."""

INSIDE = 0.7
NEAR_HEIGHTS = 1.2
"""A marker or number this close to blanked text on its line belongs to it."""

Identifies = Callable[[str], bool]
"""Whether a text holds something of the identity of the study."""


class Reason(StrEnum):
    """Why a place was blanked."""

    IDENTITY = "identity"
    """It says something that the header or the record says of the patient."""
    PATTERN = "pattern"
    """It has the form of a date, time, number or title."""
    UNKNOWN = "unknown"
    """It was read and is on no list of harmless words."""
    UNREADABLE = "unreadable"
    """It looks like text to several views and could not be read."""


@dataclass(frozen=True)
class Verdict:
    """What happens to one finding.

    Attributes:
        finding: The place.
        reason: Why it is blanked; None when it is not.
        harmless: Why it stays; None when nothing says so.
    """

    finding: Finding
    reason: Reason | None
    harmless: Harmless | None

    @property
    def noise(self) -> bool:
        """Neither blanked nor kept for a reason: it was hardly text."""
        return self.reason is None and self.harmless is None


def judged(findings: Sequence[Finding], identifies: Identifies) -> tuple[Verdict, ...]:
    """Verdict on each finding of a frame, in their order."""
    first = [_alone(finding, identifies) for finding in findings]
    kept = [v for v in first if v.harmless]
    second = [_without_fragment(verdict, kept) for verdict in first]
    blanked = [v.finding.word.box for v in second if v.reason]
    return tuple(_with_neighbours(verdict, blanked) for verdict in second)


def _alone(finding: Finding, identifies: Identifies) -> Verdict:
    if not _sized_like_text(finding):
        return Verdict(finding, None, None)
    word = finding.word
    read = word.confidence >= MIN_READ and _letters(word.text) > 0
    if read and identifies(word.text):
        return Verdict(finding, Reason.IDENTITY, None)
    sure = word.confidence >= MIN_CONFIDENCE
    clear = len(finding.seen) > 1 or word.probability >= CLEAR_REGION
    why = harmless(word.text) if sure and clear else None
    return Verdict(finding, None, why) if why else Verdict(finding, _reason(finding, read), None)


def _reason(finding: Finding, read: bool) -> Reason | None:  # noqa: FBT001 - what the caller found
    """Why a place without excuse is blanked; None for what is hardly text."""
    word = finding.word
    if read and looks_identifying(word.text):
        return Reason.PATTERN
    again, sure = len(finding.seen) > 1, word.confidence >= MIN_LETTER
    if read and ((_letters(word.text) > 1 and (again or sure)) or (again and sure)):
        return Reason.UNKNOWN
    return Reason.UNREADABLE if len(finding.seen) >= MANY_VIEWS else None


def _sized_like_text(finding: Finding) -> bool:
    word = finding.word
    sure = word.confidence >= MIN_CONFIDENCE and _letters(word.text) >= SURE_LETTERS
    return sure or min(word.box.width, word.box.height) <= MAX_LINE_PX


def _letters(text: str) -> int:
    return sum(c.isalnum() for c in text)


def _without_fragment(verdict: Verdict, kept: Sequence[Verdict]) -> Verdict:
    """A part of a harmless line, found once more on its own, is harmless with it."""
    if verdict.reason not in (Reason.UNKNOWN, Reason.UNREADABLE):
        return verdict
    word = verdict.finding.word
    for other in kept:
        whole = other.finding.word
        inside = word.box.shared(whole.box) >= INSIDE * word.box.area
        smaller = word.box.area < whole.box.area
        if inside and smaller and _looks(word.text) in _looks(whole.text):
            return Verdict(verdict.finding, None, other.harmless)
    return verdict


def _with_neighbours(verdict: Verdict, blanked: Sequence[Box]) -> Verdict:
    if verdict.harmless not in (Harmless.MARKER, Harmless.NUMBER):
        return verdict
    near = any(_on_one_line(verdict.finding.word.box, box) for box in blanked)
    return Verdict(verdict.finding, Reason.UNKNOWN, None) if near else verdict


def _on_one_line(one: Box, other: Box) -> bool:
    """Whether two boxes stand side by side, closer than about a character, in one line."""
    for a, b in ((one, other), (_turned(one), _turned(other))):
        height = min(a.height, b.height)
        beside = min(a.bottom, b.bottom) - max(a.top, b.top)
        gap = max(a.left, b.left) - min(a.right, b.right)
        alike = max(a.height, b.height) <= 2 * height
        if alike and beside > 0.6 * height and gap < NEAR_HEIGHTS * height:
            return True
    return False


def _turned(box: Box) -> Box:
    return Box(box.top, box.left, box.bottom, box.right)


def _looks(text: str) -> str:
    """Letters and digits without what a reader mixes up, for comparing two readings."""
    plain = re.sub(r"[^a-z0-9]", "", unicodedata.normalize("NFKD", text.lower()))
    return plain.translate(str.maketrans("oils", "0115"))
