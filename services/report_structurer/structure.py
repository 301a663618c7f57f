"""A report as statements with part, sections, polarity and facts: nothing lost, nothing added."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from services.report_structurer.assign import SECTIONS, Before, Placement, place
from services.report_structurer.context import Quality, Scope, qualities, scopes
from services.report_structurer.exams import Exam, Template, generic, recognised, usually
from services.report_structurer.facts import Fact, Sentence, facts, literal_facts, temporality
from services.report_structurer.lexicon import single_words
from services.report_structurer.parts import PLACED_PARTS, Course, part_of
from services.report_structurer.recommendations import recommendations
from services.report_structurer.segment import Piece, pieces
from services.report_structurer.terms import Term, terms
from services.report_structurer.words import Token, tokens

__all__ = ["PLACED_PARTS", "Statement", "StructuredReport", "structure"]


@dataclass(frozen=True)
class Statement:
    """One statement of a report.

    Attributes:
        id: Number within the report, from 0.
        start: Offset of its first character in the report.
        end: Offset behind its last.
        text: The characters between.
        part: `findings`, `impression`, ... (`headings.PARTS`).
        sections: Organ sections; empty outside findings and impression.
        polarity: `affirmed`, `negated`, `mixed`, or `none` when it states no finding.
        certainty: `certain` or `uncertain`.
        temporality: `current`, `historical` or `hypothetical`.
        facts: What it says, each with offsets.
        needs_review: Its placement is uncertain.
        rule: What placed it (`assign.Placement`).
        evidence: Offsets of the words that placed it.
    """

    id: int
    start: int
    end: int
    text: str
    part: str
    sections: tuple[str, ...]
    polarity: str
    certainty: str
    temporality: str
    facts: tuple[Fact, ...]
    needs_review: bool
    rule: str
    evidence: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class StructuredReport:
    """A report cut into statements.

    Attributes:
        text: The report.
        statements: In order; between them lie blanks alone.
        sections: Statement ids by organ section; a section without any is not mentioned.
        numerals: Offsets of numbers that only count the items of a list.
        exam: What examination it is of, and the template that shows it.
    """

    text: str
    statements: tuple[Statement, ...]
    sections: dict[str, tuple[int, ...]]
    numerals: tuple[tuple[int, int], ...] = ()
    exam: Exam = field(default_factory=generic)


def structure(
    text: str, template: Template | None = None, *, templates: Path | None = None
) -> StructuredReport:
    """Statements of a report, each with its part, organ sections and facts.

    Args:
        text: The report.
        template: That of its examination; None lets the report say.
        templates: Folder of a site's own templates.
    """
    made: list[Statement] = []
    literal = literal_facts(text)
    cut = [p for p in pieces(text, [(fact.start, fact.end) for fact in literal]) if not p.blank]
    last = max((k for k, p in enumerate(cut) if _begins_findings(p)), default=-1)
    exam = Exam(template) if template else recognised(text, cut, templates)
    own, part, before = "", "", Before()
    for number, piece in enumerate(cut):
        words = tokens(text, piece.body, piece.end)
        found = terms(words, "findings")
        now, before = _headed(piece, part, before)
        title = number == 0 and _examines(text, piece)
        own = part_of(words, found, Course(own, now, piece.heading, title, number < last))
        inside = [f for f in literal if piece.start <= f.start < piece.end]
        inside = [f for f in inside if not _is_numeral(f, piece)]
        statement = _statement(
            number, _Reading(text, piece, words, found, inside, exam.template), own, before
        )
        made.append(statement)
        part = own if own in PLACED_PARTS or _is_region(piece) else now
        if own in PLACED_PARTS and statement.rule not in {"none", "whole"}:
            before = replace(before, sections=statement.sections)
    sections = {name: tuple(s.id for s in made if name in s.sections) for name in SECTIONS}
    numerals = tuple(piece.numeral for piece in cut if piece.numeral is not None)
    return StructuredReport(text, tuple(made), sections, numerals, exam)


def _examines(text: str, piece: Piece) -> bool:
    """Whether a line names an examination."""
    named = {word.text for word in tokens(text, piece.start, piece.end)}
    return not named.isdisjoint(single_words("modalities"))


def _is_region(piece: Piece) -> bool:
    heading = piece.heading
    return heading is not None and heading.within and not heading.sections


def _begins_findings(piece: Piece) -> bool:
    heading = piece.heading
    return heading is not None and heading.part == "findings" and not heading.within


def _headed(piece: Piece, part: str, before: Before) -> tuple[str, Before]:
    """Part and antecedent behind a piece's heading."""
    heading = piece.heading
    if heading is None:
        return part, before
    # Organs headed inside the impression stay in it.
    now = part if part == "impression" and heading.within else heading.part
    return now, Before((), heading.sections, now == "impression")


@dataclass(frozen=True)
class _Reading:
    """One statement as it is read: its place in the report, words, findings, facts, template."""

    text: str
    piece: Piece
    words: Sequence[Token]
    found: Sequence[Term]
    literal: Sequence[Fact]
    template: Template


def _statement(number: int, reading: _Reading, part: str, before: Before) -> Statement:
    text, piece, words, found = reading.text, reading.piece, reading.words, reading.found
    governing, organs = scopes(words), terms(words, "anatomy")
    placed = part in PLACED_PARTS
    placement = place(words, found, before) if placed else Placement((), "")
    if placement.rule == "none":
        placement = usually(reading.template, words) or placement
    said = [qualities(t.start, governing) for t in found if t.meaning.kind != "normal"]
    return Statement(
        id=number,
        start=piece.start,
        end=piece.end,
        text=text[piece.start : piece.end],
        part=part,
        sections=placement.sections,
        polarity=_polarity(found, governing),
        certainty="uncertain" if any("possible" in one for one in said) else "certain",
        temporality=temporality(said),
        facts=(
            *facts(Sentence(text, words, reading.literal, found, organs, governing)),
            *(recommendations(text, words, reading.literal) if placed else ()),
        ),
        needs_review=placement.needs_review,
        rule=placement.rule,
        evidence=placement.evidence,
    )


def _is_numeral(fact: Fact, piece: Piece) -> bool:
    """Whether a number only counts the items of a list."""
    return piece.numeral is not None and piece.numeral[0] <= fact.start < piece.numeral[1]


def _polarity(found: Sequence[Term], governing: Sequence[Scope]) -> str:
    """What is affirmed or denied; "normal" denies, "not normal" affirms."""
    signs = {_sign(term, qualities(term.start, governing)) for term in found}
    if signs == {"affirmed", "negated"}:
        return "mixed"
    return signs.pop() if signs else "none"


def _sign(term: Term, said: set[Quality]) -> str:
    return "affirmed" if (term.meaning.kind == "normal") == ("negated" in said) else "negated"
