"""What the command line and the HTTP door print: plain values, ready for JSON."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from services.report_structurer.checks import Alert, check
from services.report_structurer.concise import ConciseView, concise
from services.report_structurer.critical import CriticalFinding, critical
from services.report_structurer.exams import Exam, chosen
from services.report_structurer.facts import Fact
from services.report_structurer.proof import Proof, prove
from services.report_structurer.proposals import Advice, Adviser, Reason, advised
from services.report_structurer.structure import Statement, StructuredReport, structure
from services.report_structurer.symptoms import symptoms

LABEL = "model-generated, not part of the record"


@dataclass(frozen=True)
class Proven:
    """A report whose structure passed its proof."""

    report: StructuredReport
    view: ConciseView
    reasons: tuple[Reason, ...]
    proof: Proof


def proven(
    text: str, adviser: Adviser | None = None, *, exam: str = "", templates: Path | None = None
) -> Proven:
    """A report structured by the word lists, and by what a language model may add to them.

    Args:
        text: The report.
        adviser: The model; None leaves it to the word lists.
        exam: Name of the template to show it by; "" lets the report say.
        templates: Folder of a site's own templates.

    Raises:
        Rejected: The result fails its own proof, or no template has the name.
    """
    template = chosen(exam, templates) if exam else None
    report = structure(text, template, templates=templates)
    view = concise(report.statements)
    advice = advised(report, view, adviser) if adviser else Advice(report, view)
    proof = prove(advice.report, advice.view, advice)
    return Proven(advice.report, advice.view, advice.reasons, proof)


def structured(
    text: str, adviser: Adviser | None = None, *, exam: str = "", templates: Path | None = None
) -> dict[str, Any]:
    """A report as statements, sections, concise view and proof; see `proven`.

    Raises:
        Rejected: The result fails its own proof, or no template has the name.
    """
    return answer(proven(text, adviser, exam=exam, templates=templates))


def answer(made: Proven) -> dict[str, Any]:
    """What the doors print of a proven report; reasons only where a model gave any."""
    view = made.view
    plain: dict[str, Any] = {
        "exam": _exam(made.report.exam),
        "statements": [_statement(s) for s in made.report.statements],
        "sections": _sections(made.report),
        "concise": {
            "statements": [{"id": s.id, "text": s.text} for s in view.statements],
            "words_in": view.words_in,
            "words_out": view.words_out,
        },
        "critical": [_critical(finding) for finding in critical(made.report)],
        "proof": asdict(made.proof),
    }
    if made.reasons:
        reasons = [asdict(reason) for reason in made.reasons]
        plain["reasons"] = {"label": LABEL, "statements": reasons}
    return plain


def alerts(text: str) -> dict[str, Any]:
    """What disagrees within a report, or cannot be."""
    return {"alerts": [alerted(alert) for alert in check(structure(text))]}


def alerted(alert: Alert) -> dict[str, Any]:
    """One alert; by its id it can be dismissed."""
    return {
        "id": alert.id,
        "kind": alert.kind,
        "message": alert.message,
        "spans": [list(span) for span in alert.spans],
        "confidence": alert.confidence,
    }


def mentions(text: str) -> dict[str, Any]:
    """Symptoms that a text speaks of."""
    return {"mentions": [asdict(mention) for mention in symptoms(text)]}


def _sections(report: StructuredReport) -> list[dict[str, Any]]:
    """Every section, expected ones first; one not mentioned is never called normal."""
    template = report.exam.template
    return [
        {
            "name": name,
            "state": "reported" if report.sections[name] else "not_mentioned",
            "statement_ids": list(report.sections[name]),
            "expected": name in template.sections,
        }
        for name in template.order
    ]


def _exam(exam: Exam) -> dict[str, Any]:
    return {
        "name": exam.template.name,
        "title": exam.template.title,
        "spans": [list(span) for span in exam.spans],
        "needs_review": exam.needs_review,
    }


def _critical(found: CriticalFinding) -> dict[str, Any]:
    return asdict(found) | {"spans": [list(span) for span in found.spans]}


def _statement(statement: Statement) -> dict[str, Any]:
    return {
        "id": statement.id,
        "start": statement.start,
        "end": statement.end,
        "text": statement.text,
        "part": statement.part,
        "sections": list(statement.sections),
        "polarity": statement.polarity,
        "certainty": statement.certainty,
        "temporality": statement.temporality,
        "facts": [_fact(fact) for fact in statement.facts],
        "needs_review": statement.needs_review,
        "placed_by": {"rule": statement.rule, "spans": [list(s) for s in statement.evidence]},
    }


def _fact(fact: Fact) -> dict[str, Any]:
    # A share, "1/3", is a count that is no number.
    measured = fact.kind in {"measurement", "number"} or (
        fact.kind == "count" and fact.value.isdigit()
    )
    return {
        "kind": fact.kind,
        "value": float(fact.value) if measured else fact.value,
        "unit": fact.unit or None,
        "side": fact.side or None,
        "start": fact.start,
        "end": fact.end,
        "polarity": fact.polarity or None,
        "certainty": fact.certainty or None,
    }
