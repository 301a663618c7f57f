"""A structured report as it travels: places and codes, none of its words."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Protocol

from radloom import topics
from radloom.errors import Rejected
from radloom.wire.v1.report_structured_pb2 import (
    FACT_KIND_CATEGORY,
    FACT_KIND_DATE,
    FACT_KIND_FINDING,
    FACT_KIND_IMAGE,
    FACT_KIND_NUMBER,
    FACT_KIND_ORGAN,
    FACT_KIND_SIDE,
    SIDE_BILATERAL,
    SIDE_LEFT,
    SIDE_RIGHT,
    SIDE_UNSPECIFIED,
    CriticalFindingMention,
    ReportAlert,
    ReportStructured,
    StatedFact,
    StatedMeasurement,
    StatementOutline,
    StructureProof,
    SymptomMention,
    TextSpan,
)
from services.report_structurer.facts import Fact
from services.report_structurer.proof import Proof
from services.report_structurer.structure import Statement, StructuredReport
from services.report_structurer.symptoms import Mention

RESERVED_BYTES = 64
"""For the time that is added last."""

KINDS = {
    "number": FACT_KIND_NUMBER,
    "date": FACT_KIND_DATE,
    "image": FACT_KIND_IMAGE,
    "category": FACT_KIND_CATEGORY,
    "side": FACT_KIND_SIDE,
    "finding": FACT_KIND_FINDING,
    "organ": FACT_KIND_ORGAN,
}
SIDES = {"left": SIDE_LEFT, "right": SIDE_RIGHT, "bilateral": SIDE_BILATERAL}


class FoundAlert(Protocol):
    """Something amiss, as the checks report it; its message stays here."""

    @property
    def id(self) -> str:
        """The same for the same alert of the same text."""
        ...

    @property
    def kind(self) -> str:
        """What kind."""
        ...

    @property
    def spans(self) -> Sequence[tuple[int, int]]:
        """Offsets of the places that do not fit together."""
        ...

    @property
    def confidence(self) -> float:
        """0..1."""
        ...


class FoundCritical(Protocol):
    """A finding that somebody must hear of soon."""

    @property
    def finding(self) -> str:
        """Code of ours."""
        ...

    @property
    def severity(self) -> str:
        """How soon."""
        ...

    @property
    def spans(self) -> Sequence[tuple[int, int]]:
        """Offsets of the words that state it."""
        ...

    @property
    def statement_id(self) -> int:
        """Statement that states it."""
        ...

    @property
    def certainty(self) -> str:
        """`certain` or `uncertain`."""
        ...


def outline(
    report: StructuredReport,
    proof: Proof,
    mentions: Sequence[Mention],
    *,
    alerts: Sequence[FoundAlert] = (),
    critical: Sequence[FoundCritical] = (),
    exam_template: str = "",
) -> ReportStructured:
    """The event without identifiers and time."""
    return ReportStructured(
        statements=[_statement(s) for s in report.statements],
        symptoms=[_mention(m) for m in mentions],
        proof=_proof(proof),
        exam_template=exam_template,
        alerts=[_alert(alert) for alert in alerts],
        critical_findings=[_critical(finding) for finding in critical],
    )


def fit(made: ReportStructured) -> None:
    """Makes the event small enough for the bus.

    Facts other than measurements are left out, all of them and with a flag, where they would make
    it too large.

    Raises:
        Rejected: It is too large even so.
    """
    limit = topics.MAX_VALUE_BYTES - RESERVED_BYTES
    if made.ByteSize() > limit:
        for statement in made.statements:
            del statement.facts[:]
        made.facts_left_out = True
    if made.ByteSize() > limit:
        raise Rejected(
            f"{len(made.statements)} statements are more than one message carries; split the "
            "document",
            reason="too_many_statements",
        )


def _proof(proof: Proof) -> StructureProof:
    return StructureProof(
        coverage=proof.coverage,
        facts_in=proof.facts_in,
        facts_out=proof.facts_out,
        engine=proof.engine,
        engine_sha256=proof.engine_sha256,
        template=proof.template,
        prompt_sha256=proof.prompt_sha256,
        rejected_proposals=len(proof.rejected),
    )


def _statement(statement: Statement) -> StatementOutline:
    return StatementOutline(
        id=statement.id,
        start=statement.start,
        end=statement.end,
        part=statement.part,
        sections=statement.sections,
        polarity=statement.polarity,
        certainty=statement.certainty,
        temporality=statement.temporality,
        needs_review=statement.needs_review,
        measurements=[
            StatedMeasurement(value=float(f.value), unit=f.unit, start=f.start, end=f.end)
            for f in statement.facts
            if f.kind == "measurement"
        ],
        facts=_facts(statement.facts),
    )


def _facts(facts: Sequence[Fact]) -> Iterator[StatedFact]:
    for fact in facts:
        if fact.kind == "measurement":
            continue
        yield StatedFact(
            kind=KINDS[fact.kind],
            start=fact.start,
            end=fact.end,
            value=float(fact.value) if fact.kind == "number" else None,
            side=SIDES.get(fact.side, SIDE_UNSPECIFIED),
            negated=fact.polarity == "negated",
            uncertain=fact.certainty == "uncertain",
        )


def _mention(mention: Mention) -> SymptomMention:
    said = {name: value for name, value in asdict(mention).items() if value is not None}
    return SymptomMention(**said)


def _alert(alert: FoundAlert) -> ReportAlert:
    return ReportAlert(
        kind=alert.kind, spans=_spans(alert.spans), confidence=alert.confidence, alert_id=alert.id
    )


def _critical(found: FoundCritical) -> CriticalFindingMention:
    return CriticalFindingMention(
        finding=found.finding,
        severity=found.severity,
        spans=_spans(found.spans),
        statement_id=found.statement_id,
        certainty=found.certainty,
    )


def _spans(spans: Sequence[tuple[int, int]]) -> list[TextSpan]:
    return [TextSpan(start=start, end=end) for start, end in spans]
