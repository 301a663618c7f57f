"""Which part of the report a statement belongs to: that of its heading, unless it says otherwise.

Reports are dictated: findings follow the technique without a heading, the technique stands under
FINDINGS, a call to the ward ends the impression.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from services.report_structurer.headings import Heading
from services.report_structurer.terms import Term, terms
from services.report_structurer.words import Token

PLACED_PARTS = frozenset({"findings", "impression"})
"""Parts whose statements belong to organ sections."""

STATED = frozenset({"implied", "hosted", "weak", "around", "normal"})
"""Kinds of findings that make a statement one of findings whatever else it says."""


@dataclass(frozen=True)
class Course:
    """Where in a report a statement stands.

    Attributes:
        before: Part of the statement before; "" for the first.
        part: Part that the last heading began; "" before any.
        heading: The statement's own heading.
        title: Whether it is the report's first line and names an examination.
        findings_follow: Whether a heading of findings is still to come.
    """

    before: str
    part: str
    heading: Heading | None = None
    title: bool = False
    findings_follow: bool = False


def part_of(words: Sequence[Token], found: Sequence[Term], course: Course) -> str:
    """Part of a statement.

    Args:
        words: Its words behind the heading.
        found: Its findings (`terms(words, "findings")`).
        course: Where in the report it stands.
    """
    kinds = {t.meaning.kind for t in terms(words, "guidance")}
    stated = bool({t.meaning.kind for t in found} & STATED)
    if not course.part:
        return _before_any_heading(kinds, course, stated=stated)
    if _is_title(course, stated=stated):
        return "exam"
    if course.part == "communication" or "signature" in kinds:
        return "communication"
    return _by_words(words, kinds, found, course, stated=stated)


def _is_title(course: Course, *, stated: bool) -> bool:
    """Whether a heading only names the examination, "MRI OF THE ABDOMEN: __"."""
    heading = course.heading
    region = heading is not None and heading.within and not heading.sections
    return region and not stated and course.before in {"", "exam"}


def _by_words(
    words: Sequence[Token], kinds: set[str], found: Sequence[Term], course: Course, *, stated: bool
) -> str:
    part = course.part
    if part in PLACED_PARTS and "communication" in kinds and not stated:
        return "communication"
    # A statement with a heading keeps its part, but FINDINGS may begin with the technique, and
    # PROCEDURE tell how it was done.
    told = part == "exam" and any(word.text in {"was", "were"} for word in words)
    free = course.heading is None or part == "findings" or told
    acquired = _tells_of_technique(words, kinds, found, stated=stated)
    if free and acquired and part in {"findings", "indication", "exam"}:
        return "technique"
    compares = "comparison" in kinds and part in {"findings", "technique", "exam", "indication"}
    if free and compares and not found:
        return "comparison"
    if part in PLACED_PARTS or course.heading is not None or course.findings_follow:
        return part
    described = _tells(words, found) and not kinds & {"technique", "comparison", "complaint"}
    return "findings" if described else part


def _tells_of_technique(
    words: Sequence[Token], kinds: set[str], found: Sequence[Term], *, stated: bool
) -> bool:
    bare = not found and not _names_organ(words)
    return ("technique" in kinds and not stated) or ("acquisition" in kinds and bare)


def _before_any_heading(kinds: set[str], course: Course, *, stated: bool) -> str:
    if stated:
        return "findings"
    if course.title:
        return "exam"
    return "technique" if kinds & {"technique", "acquisition"} else "findings"


def _tells(words: Sequence[Token], found: Sequence[Term]) -> bool:
    """Whether a statement describes an organ."""
    kinds = {t.meaning.kind for t in found}
    if kinds & {"implied", "hosted"}:
        return True
    if any(word.text in {"agatston", "percentile"} for word in words):
        return True
    exists = [word.text for word in words[:2]] in (["there", "is"], ["there", "are"])
    return _names_organ(words) and (exists or bool(kinds & {"normal", "general", *STATED}))


def _names_organ(words: Sequence[Token]) -> bool:
    return any(t.meaning.kind == "organ" for t in terms(words, "anatomy"))
