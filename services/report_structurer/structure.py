"""A report as statements with part, sections, polarity and facts: nothing lost, nothing added."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.report_structurer.assign import SECTIONS, Before, Placement, place
from services.report_structurer.context import Quality, Scope, qualities, scopes
from services.report_structurer.facts import Fact, facts, literal_facts, temporality
from services.report_structurer.lexicon import single_words
from services.report_structurer.segment import Piece, pieces
from services.report_structurer.terms import Term, terms
from services.report_structurer.words import Token, tokens

PLACED_PARTS = frozenset({"findings", "impression"})
"""Parts whose statements belong to organ sections."""


@dataclass(frozen=True)
class Statement:
    """One statement of a report.

    Attributes:
        id: Number within the report, from 0.
        start: Offset of its first character in the report.
        end: Offset behind its last.
        text: The characters between.
        part: `findings`, `impression`, ... (`segment.PARTS`).
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
    """

    text: str
    statements: tuple[Statement, ...]
    sections: dict[str, tuple[int, ...]]
    numerals: tuple[tuple[int, int], ...] = ()


def structure(text: str) -> StructuredReport:
    """Statements of a report, each with its part, organ sections and facts."""
    made: list[Statement] = []
    numerals: list[tuple[int, int]] = []
    part, before = "", Before()
    literal = literal_facts(text)
    whole = [(fact.start, fact.end) for fact in literal]
    for piece in (p for p in pieces(text, whole) if not p.blank):
        words = tokens(text, piece.body, piece.end)
        if piece.heading is not None:
            fresh = piece.heading.part != part or bool(piece.heading.section)
            # Organs headed inside the impression stay in it.
            kept = part == "impression" and piece.heading.section
            part = part if kept else piece.heading.part
            before = Before((), piece.heading.section) if fresh else before
        own = _part_of(words, part, piece, first=not made)
        inside = [fact for fact in literal if piece.start <= fact.start < piece.end]
        reading = _Reading(text, piece, words, [f for f in inside if not _is_numeral(f, piece)])
        statement = _statement(len(made), reading, own, before)
        made.append(statement)
        numerals += [piece.numeral] if piece.numeral else []
        if own in PLACED_PARTS:
            part = part or own
            if statement.rule != "none":
                before = Before(statement.sections, before.heading)
    sections = {name: tuple(s.id for s in made if name in s.sections) for name in SECTIONS}
    return StructuredReport(text, tuple(made), sections, tuple(numerals))


def _part_of(words: Sequence[Token], part: str, piece: Piece, *, first: bool) -> str:
    """Part of a statement: that of its heading, unless its words tell of another."""
    kinds = {t.meaning.kind for t in terms(words, "guidance")}
    stated = {t.meaning.kind for t in terms(words, "findings")} & {"implied", "weak", "normal"}
    if not part:
        examined = any(word.text in single_words("modalities") for word in words)
        return "exam" if first and examined and not stated else "findings"
    if "exam" in kinds and piece.heading is not None:
        return "exam"
    if part in {"findings", "indication"} and "technique" in kinds and not stated:
        return "technique"
    if part in PLACED_PARTS and "communication" in kinds and not stated:
        return "communication"
    return part


@dataclass(frozen=True)
class _Reading:
    """One statement as it is read: the report, where it lies, its words and literal facts."""

    text: str
    piece: Piece
    words: Sequence[Token]
    literal: Sequence[Fact]


def _statement(number: int, reading: _Reading, part: str, before: Before) -> Statement:
    text, piece, words = reading.text, reading.piece, reading.words
    found = terms(words, "findings")
    governing = scopes(words)
    placed = part in PLACED_PARTS
    placement = place(words, found, before) if placed else Placement((), "")
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
        facts=facts(text, reading.literal, found, terms(words, "anatomy"), governing),
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
