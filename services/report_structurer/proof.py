"""Proof that a structured report neither lost nor invented anything; it goes with every answer."""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from itertools import pairwise

from radloom.errors import Rejected
from services.report_structurer.concise import ConciseView
from services.report_structurer.facts import READ, Fact, literal_facts
from services.report_structurer.literals import counted, plain
from services.report_structurer.prompt import prompt_sha256
from services.report_structurer.proposals import Advice, Rejection, indicated, reason_fault
from services.report_structurer.rewrites import fault, model_fault
from services.report_structurer.structure import PLACED_PARTS, Statement, StructuredReport

ENGINE = "deterministic"


@dataclass(frozen=True)
class Proof:
    """What was checked.

    Attributes:
        coverage: Share of the characters that are no blanks and lie in exactly one statement; 1.0.
        facts_in: Numbers, units, dates, references and sides of the report as a whole.
        facts_out: Those of its statements; the same ones.
        statements: Number of statements.
        unplaced: Statements of findings and impression without a certain section.
        concise: Texts of the concise view, each judged against its statement again.
        asked: Proposals asked of a language model: statements times tasks.
        taken: Proposals of it that were taken.
        rejected: Proposals of it that were not, and why.
        engine: `deterministic`, or the name of the language model that proposed.
        engine_sha256: Digest of the word lists, which judge in either case.
        model_digest: Digest or revision of the language model as its server tells it; "" without.
        prompt_sha256: Digest of the prompts; "" without language model.
        template: Name and version of the sections used.
    """

    coverage: float
    facts_in: int
    facts_out: int
    statements: int
    unplaced: int
    concise: int
    asked: int
    taken: int
    rejected: tuple[Rejection, ...]
    engine: str
    engine_sha256: str
    model_digest: str
    prompt_sha256: str
    template: str


def prove(
    report: StructuredReport, view: ConciseView | None = None, advice: Advice | None = None
) -> Proof:
    """Checks a structured report against its text.

    Args:
        report: The report as it is returned.
        view: Its concise view, where one is returned.
        advice: What a language model proposed; None when none was asked.

    Raises:
        Rejected: It fails: text outside of statements, statements that differ from the text or
            overlap, a placed statement without section, facts that do not lie in the text, a
            concise text or a reason that says anything else than its statement, a section that a
            model chose against the word lists or without review.
    """
    covered = _coverage(report)
    _require_verbatim(report)
    _require_placed(report.statements)
    _require_cited(report.text, [fact for s in report.statements for fact in s.facts])
    given, kept = _facts_given(report), _facts_kept(report)
    if given != kept:
        raise Rejected(
            f"{(given - kept).total()} facts of the report are in no statement, "
            f"{(kept - given).total()} of a statement not in the report; nothing was returned",
            reason="proof_facts",
        )
    advice = advice or Advice(report, view or ConciseView((), 0, 0))
    if view is not None:
        _require_faithful(report, view, frozenset(advice.rewritten))
    _require_reviewed(report, advice)
    return Proof(
        coverage=covered,
        facts_in=given.total(),
        facts_out=kept.total(),
        statements=len(report.statements),
        unplaced=sum(statement.needs_review for statement in report.statements),
        concise=len(view.statements) if view else 0,
        asked=advice.asked,
        taken=advice.taken,
        rejected=advice.rejected,
        engine=advice.engine.name if advice.engine else ENGINE,
        engine_sha256=lexicons_sha256(),
        model_digest=advice.engine.digest if advice.engine else "",
        prompt_sha256=prompt_sha256() if advice.engine else "",
        template=f"{report.exam.template.id}, {_release()}",
    )


Cited = Counter[tuple[str, int, int]]


def _facts_given(report: StructuredReport) -> Cited:
    """Numbers and sides of the report, read from it as a whole, without knowing statements."""
    found = literal_facts(report.text)
    numeral = {k for start, end in report.numerals for k in range(start, end)}
    return Counter((f.kind, f.start, f.end) for f in found if f.start not in numeral)


def _facts_kept(report: StructuredReport) -> Cited:
    """Numbers and sides of the statements that a reader of the sections and parts finds."""
    placed = {number for ids in report.sections.values() for number in ids}
    read = [s for s in report.statements if s.id in placed or not s.sections]
    counted = (f for s in read for f in s.facts if f.kind not in READ)
    return Counter((f.kind, f.start, f.end) for f in counted)


def _coverage(report: StructuredReport) -> float:
    apart = [report.text[s.start : s.end] for s in report.statements]
    overlap = any(b.start < a.end for a, b in pairwise(report.statements))
    ink = len("".join(report.text.split()))
    held = sum(len("".join(part.split())) for part in apart)
    covered = 0.0 if overlap else held / ink if ink else 1.0
    if covered < 1:
        raise Rejected(
            f"statements cover {covered:.4f} of the report, expected 1; nothing was returned",
            reason="proof_coverage",
        )
    return covered


def _require_verbatim(report: StructuredReport) -> None:
    for statement in report.statements:
        if statement.text != report.text[statement.start : statement.end]:
            raise Rejected(
                f"statement {statement.id} differs from the report; nothing was returned",
                reason="proof_verbatim",
            )


def _require_placed(statements: Sequence[Statement]) -> None:
    for statement in statements:
        bare = statement.rule == "heading"  # nothing follows it
        if statement.part in PLACED_PARTS and not statement.sections and not bare:
            raise Rejected(
                f"statement {statement.id} has no section; nothing was returned",
                reason="proof_placement",
            )


def _require_faithful(
    report: StructuredReport, view: ConciseView, rewritten: frozenset[int]
) -> None:
    """Every text of the view says what its statement says, whoever wrote it; none is left out."""
    read = [s.id for s in report.statements if s.part in PLACED_PARTS]
    if [shown.id for shown in view.statements] != read:
        raise Rejected(
            "the concise view has other statements than the report; nothing was returned",
            reason="proof_concise",
        )
    for shown in view.statements:
        source = report.statements[shown.id].text
        judge = model_fault if shown.id in rewritten else fault
        wrong = judge(source, shown.text) if shown.text != source else ""
        if wrong:
            raise Rejected(
                f"the concise text of statement {shown.id} is not its own ({wrong}); nothing was "
                "returned",
                reason="proof_concise",
            )


def _require_reviewed(report: StructuredReport, advice: Advice) -> None:
    """What a model said is marked: its sections by review, its reasons by the statements' facts."""
    chosen = [s for s in report.statements if s.rule == "model"]
    if any(not s.needs_review or indicated(s) for s in chosen):
        raise Rejected(
            "a section that a model chose is not marked for review; nothing was returned",
            reason="proof_review",
        )
    if any(reason_fault(report.statements[r.id].text, r.text) for r in advice.reasons):
        raise Rejected(
            "a reason says more than its statement; nothing was returned", reason="proof_reason"
        )


def _require_cited(text: str, facts: Sequence[Fact]) -> None:
    for fact in facts:
        cited = text[fact.start : fact.end]
        if not cited or _told(cited).get(fact.kind, fact.value) != fact.value:
            raise Rejected(
                f"a {fact.kind} at {fact.start} is not in the report; nothing was returned",
                reason="proof_fact",
            )


def _told(cited: str) -> dict[str, str]:
    """What the cited text says, for the kinds of facts that have a value of their own."""
    number = plain(cited)
    return {"measurement": number, "number": number, "count": counted(cited)}


@cache
def _release() -> str:
    return f"radloom {version('radloom')}"


@cache
def lexicons_sha256() -> str:
    """Digest of the word lists: what the deterministic engine is made of."""
    digest = hashlib.sha256()
    folder = files(__package__) / "lexicons"
    for name in sorted(entry.name for entry in folder.iterdir()):
        digest.update(name.encode() + b"\0" + (folder / name).read_bytes() + b"\0")
    return digest.hexdigest()
