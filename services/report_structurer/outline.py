"""A structured report as it travels: places and codes, none of its words."""

from dataclasses import asdict

from radloom.wire.v1.report_structured_pb2 import (
    ReportStructured,
    StatedMeasurement,
    StatementOutline,
    StructureProof,
    SymptomMention,
)
from services.report_structurer.proof import Proof
from services.report_structurer.structure import Statement, StructuredReport
from services.report_structurer.symptoms import Mention


def outline(report: StructuredReport, proof: Proof, mentions: list[Mention]) -> ReportStructured:
    """The event without identifiers and time."""
    return ReportStructured(
        statements=[_statement(s) for s in report.statements],
        symptoms=[_mention(m) for m in mentions],
        proof=StructureProof(
            coverage=proof.coverage,
            facts_in=proof.facts_in,
            facts_out=proof.facts_out,
            engine=proof.engine,
            engine_sha256=proof.engine_sha256,
            template=proof.template,
            model_digest=proof.model_digest,
            prompt_sha256=proof.prompt_sha256,
            proposals_taken=proof.taken,
            proposals_rejected=len(proof.rejected),
        ),
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
    )


def _mention(mention: Mention) -> SymptomMention:
    said = {name: value for name, value in asdict(mention).items() if value is not None}
    return SymptomMention(**said)
