"""What a language model proposes for a report, and what of it is taken.

The model answers with statement ids, section names and shorter texts, and each is judged by rules:
whatever it says, no statement is lost, and no text stands that says anything else than its source.
Its order of work is Conciseness, then Structure (Hartsock et al. 2024, arXiv 2411.05042).
"""

import json
import string
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from radloom.errors import Rejected, Unavailable
from services.report_structurer.assign import SECTIONS
from services.report_structurer.concise import ConciseStatement, ConciseView
from services.report_structurer.context import scopes
from services.report_structurer.prompt import (
    MAX_REASON,
    UNSURE,
    Question,
    Task,
    questions,
    repaired,
)
from services.report_structurer.rewrites import model_fault, stated
from services.report_structurer.structure import Statement, StructuredReport
from services.report_structurer.terms import terms
from services.report_structurer.words import tokens

REPAIRS = 2
"""Further calls after an answer that cannot be read."""
READABLE = frozenset(string.ascii_letters + " .,;:()/-'\"")
"""Characters of a reason: no digits, so no numbers."""


@dataclass(frozen=True)
class Engine:
    """The model that answers: its name, and its digest or revision as the server tells it."""

    name: str
    digest: str


@dataclass(frozen=True)
class Adviser:
    """A language model as the proposals see it.

    Attributes:
        describe: Tells who answers; raises `Unavailable` or `Rejected`.
        ask: Text of the model's answer; raises `Unavailable` or `Rejected`.
        context_tokens: Length of its context.
    """

    describe: Callable[[], Engine]
    ask: Callable[[Question], str]
    context_tokens: int


@dataclass(frozen=True)
class Rejection:
    """A proposal of a language model that was not taken.

    Attributes:
        statement_id: What it was about; None for an answer that could not be read, or none at all.
        task: `section`, `rewrite`, `reason`, or `describe` when no model was there to ask.
        reason: Why not, in words of ours; never the proposal's text.
    """

    statement_id: int | None
    task: str
    reason: str


@dataclass(frozen=True)
class Reason:
    """Why a statement needs review, in the model's words; not part of the record."""

    id: int
    text: str


@dataclass(frozen=True)
class Advice:
    """What a model's proposals made of a report.

    Attributes:
        report: With the sections that were taken.
        view: With the shorter texts that were taken.
        engine: Who answered; None when nobody did.
        rewritten: Statements whose concise text is the model's.
        reasons: Reasons that were taken.
        rejected: Everything that was not.
        asked: Proposals asked for: statements times tasks.
        taken: Proposals taken.
    """

    report: StructuredReport
    view: ConciseView
    engine: Engine | None = None
    rewritten: tuple[int, ...] = ()
    reasons: tuple[Reason, ...] = ()
    rejected: tuple[Rejection, ...] = ()
    asked: int = 0
    taken: int = 0


def advised(report: StructuredReport, view: ConciseView, adviser: Adviser) -> Advice:
    """The report and its concise view with those proposals of a model that pass every rule.

    Args:
        report: As the word lists structure it.
        view: As the word lists shorten it.
        adviser: The model.
    """
    try:
        engine = adviser.describe()
    except (Unavailable, Rejected) as error:
        return Advice(report, view, rejected=(Rejection(None, "describe", str(error)),))
    talk = _Talk(adviser)
    view, rewritten = _shortened(report, view, talk)
    report = _placed(report, view, talk)
    reasons = _explained(report, talk)
    rejected = tuple(talk.rejected)
    return Advice(report, view, engine, rewritten, reasons, rejected, talk.asked, talk.taken)


class UnreadableError(Exception):
    """An answer that is not what was asked for; the text is ours and holds none of it."""


def read(question: Question, text: str) -> dict[int, str]:
    """Values of an answer by statement id.

    Raises:
        UnreadableError: It is no JSON object with exactly the ids asked for and texts as values,
            or a section is none.
    """
    if len(text) > question.max_tokens * 2:  # an answer in ASCII escapes is longer than its text
        raise UnreadableError("it is too long")
    try:
        answer = json.loads(text, object_pairs_hook=_without_twins, strict=False)
    except (ValueError, RecursionError):
        raise UnreadableError("it is not JSON" if text.strip() else "it is empty") from None
    if not isinstance(answer, dict):
        raise UnreadableError("it is no JSON object")
    values = {number: answer[str(number)] for number in question.ids if str(number) in answer}
    if len(answer) > len(values):
        raise UnreadableError(f"{len(answer) - len(values)} of its keys are no ids of items")
    if len(values) < len(question.ids):
        raise UnreadableError(f"{len(question.ids) - len(values)} ids are missing")
    if not all(isinstance(value, str) for value in values.values()):
        raise UnreadableError("a value is no text")
    if question.task == "section" and not set(values.values()) <= {*SECTIONS, UNSURE}:
        raise UnreadableError("a value is none of the sections")
    return values


def _without_twins(pairs: Sequence[tuple[str, object]]) -> dict[str, object]:
    made = dict(pairs)
    if len(made) < len(pairs):
        raise UnreadableError("it has a key twice")
    return made


@dataclass
class _Talk:
    """Asks, and keeps account. After `Unavailable` nothing more is asked about this report."""

    adviser: Adviser
    rejected: list[Rejection] = field(default_factory=list)
    asked: int = 0
    taken: int = 0
    silent: bool = False

    def answers(self, task: Task, texts: Mapping[int, str]) -> Iterator[tuple[int, str]]:
        """Proposals by statement id."""
        for question in questions(task, texts, self.adviser.context_tokens):
            if self.silent:
                return
            self.asked += len(question.ids)
            yield from self._answer(question).items()

    def refuse(self, number: int | None, task: Task, reason: str) -> None:
        self.rejected.append(Rejection(number, task, reason))

    def _answer(self, question: Question) -> dict[int, str]:
        asked = question
        for _ in range(1 + REPAIRS):
            try:
                return read(asked, self.adviser.ask(asked))
            except UnreadableError as unreadable:
                self.refuse(None, question.task, str(unreadable))
                asked = repaired(question, str(unreadable))
            except Rejected as error:
                self.refuse(None, question.task, str(error))
                return {}
            except Unavailable as error:
                self.refuse(None, question.task, str(error))
                self.silent = True
                return {}
        return {}


def _shortened(
    report: StructuredReport, view: ConciseView, talk: _Talk
) -> tuple[ConciseView, tuple[int, ...]]:
    """Texts of the model where they pass every rule and beat the word lists, and whose they are."""
    sources = {s.id: report.statements[s.id].text for s in view.statements}
    texts = {shown.id: shown for shown in view.statements}
    rewritten: list[int] = []
    for number, text in talk.answers("rewrite", sources):
        source, shown = sources[number], texts[number]
        if text.strip() in {"", source}:
            continue
        reason = model_fault(source, text.strip()) or _not_shorter(text, source, shown)
        if reason:
            talk.refuse(number, "rewrite", reason)
            continue
        talk.taken += 1
        rewritten.append(number)
        texts[number] = replace(shown, text=text.strip(), shortened=True, refused="")
    words = sum(len(shown.text.split()) for shown in texts.values())
    made = replace(view, statements=tuple(texts.values()), words_out=words)
    return made, tuple(rewritten)


def _not_shorter(text: str, source: str, shown: ConciseStatement) -> str:
    words = len(text.split())
    if words >= len(source.split()):
        return "no fewer words than the source"
    return "no shorter than by the word lists" if words >= len(shown.text.split()) else ""


def _placed(report: StructuredReport, view: ConciseView, talk: _Talk) -> StructuredReport:
    """Sections of the model where the word lists have none; such a statement stays for review."""
    uncertain = {s.id: s for s in report.statements if s.needs_review and s.sections}
    texts = {shown.id: shown.text for shown in view.statements if shown.id in uncertain}
    made = list(report.statements)
    for number, section in talk.answers("section", texts):
        statement = made[number]
        if section in {UNSURE, *statement.sections}:
            continue
        if indicated(statement):
            talk.refuse(number, "section", "the word lists say otherwise; it stays for review")
            continue
        talk.taken += 1
        made[number] = replace(statement, sections=(section,), rule="model", evidence=())
    sections = {name: tuple(s.id for s in made if name in s.sections) for name in SECTIONS}
    return replace(report, statements=tuple(made), sections=sections)


def indicated(statement: Statement) -> set[str]:
    """Sections that the word lists find any sign of in a statement, or before it."""
    words = tokens(statement.text)
    named = {t.meaning.section for t in (*terms(words, "anatomy"), *terms(words, "findings"))}
    before = set(statement.sections) if statement.rule == "antecedent" else set()
    return (named | before) - {"", "general_other"}


def _explained(report: StructuredReport, talk: _Talk) -> tuple[Reason, ...]:
    uncertain = {s.id: s.text for s in report.statements if s.needs_review}
    made: list[Reason] = []
    for number, text in talk.answers("reason", uncertain):
        plain = text.strip()
        reason = reason_fault(uncertain[number], plain)
        if reason:
            talk.refuse(number, "reason", reason)
        elif plain:
            talk.taken += 1
            made.append(Reason(number, plain))
    return tuple(made)


def reason_fault(source: str, reason: str) -> str:
    """Why a reason may not be shown, in words of ours; "" when it may.

    It states nothing that the statement does not: no number, side, finding, organ, denial or doubt.
    """
    if len(reason) > MAX_REASON:
        return f"more than {MAX_REASON} characters"
    if set(reason) - READABLE:
        return "characters that no reason needs"
    said, given = stated(reason), {fact.meaning() for fact in stated(source)}
    if any(fact.meaning() not in given for fact in said):
        return "it states what the statement does not"
    cues = {scope.quality for scope in scopes(tokens(reason))}
    if cues - {scope.quality for scope in scopes(tokens(source))}:
        return "it denies or doubts what the statement does not"
    return ""
