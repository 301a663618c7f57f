"""A radiology report as it is told to others: SR and FHIR both say what one `Report` says.

The words come from the document, the places from the event; what does not fit together is refused.
Statements and the blanks between them are the text: nothing is lost, whichever way it goes out.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation

from radloom import codes
from radloom.codes import Code
from radloom.errors import Rejected
from radloom.identifiers import derived_uid
from radloom.results import Algorithm
from radloom.texts import shown, text_of
from radloom.wire.v1.custodian_service_pb2 import GetDocumentResponse
from radloom.wire.v1.report_structured_pb2 import (
    ReportStructured,
    StatedMeasurement,
    StatementOutline,
    StructureProof,
)

ALGORITHM_NAME = "radloom report structurer"


@dataclass(frozen=True)
class Quantity:
    """A measured value as the report states it.

    Attributes:
        name: What was measured.
        value: As written.
        unit: UCUM.
    """

    name: Code
    value: Decimal
    unit: Code


@dataclass(frozen=True)
class ReportStatement:
    """One statement, verbatim.

    Attributes:
        start: Offset of its first character in the document, in Unicode code points.
        text: The statement.
        before: Blanks between the statement before, or the start, and this one.
        after: Blanks behind it; of the last statement only.
        part: Key of `codes.REPORT_HEADINGS`.
        sections: Keys of `codes.ORGAN_SECTIONS`.
        polarity: "affirmed", "negated", "mixed" or "none".
        certainty: Key of `codes.CERTAINTIES`.
        temporality: Key of `codes.TEMPORALITIES`.
        needs_review: Its placement is uncertain.
        is_critical: Somebody must hear of it soon.
        quantities: Measurements whose unit says what was measured.
    """

    start: int
    text: str
    before: str
    after: str
    part: str
    sections: tuple[str, ...]
    polarity: str
    certainty: str
    temporality: str
    needs_review: bool
    is_critical: bool
    quantities: tuple[Quantity, ...]

    @property
    def end(self) -> int:
        """Offset behind its last character."""
        return self.start + len(self.text)

    @property
    def sites(self) -> tuple[Code, ...]:
        """Organs that it is about."""
        found = (codes.ORGAN_SECTIONS[section] for section in self.sections)
        return tuple(code for code in found if code not in codes.NO_SITES)

    @property
    def meaning(self) -> tuple[tuple[Code, Code], ...]:
        """What was read in it: concept and value."""
        organs = [codes.ORGAN_SECTIONS[section] for section in self.sections]
        read = [
            (codes.ORGAN_SECTION if organ in codes.NO_SITES else codes.FINDING_SITE, organ)
            for organ in organs
        ]
        if self.polarity != "none":
            read += [
                (codes.POLARITY, codes.POLARITIES[self.polarity]),
                (codes.CERTAINTY, codes.CERTAINTIES[self.certainty]),
                (codes.TEMPORALITY, codes.TEMPORALITIES[self.temporality]),
            ]
        return tuple(read)

    @property
    def name(self) -> str:
        """The same for the same place of the same document, whatever was read there."""
        return f"statement {self.start}-{self.end}"


@dataclass(frozen=True)
class Report:
    """A structured report with its words.

    Attributes:
        document_id: Identifier that ingest gave the document.
        result_id: As in ReportStructured.
        named_study: Study Instance UID that the document names; empty when it names none.
        accession_number: Accession Number that it names; empty when it names none.
        kind: LOINC code of the document.
        authored_at: When it was written, FHIR instant; empty when unknown.
        source_identifier: System and value of its own identifier at its source.
        statements: In order.
        algorithm: What structured it.
        made_at: When it was structured, UTC, whole seconds.
    """

    document_id: str
    result_id: str
    named_study: str
    accession_number: str
    kind: Code
    authored_at: str
    source_identifier: tuple[str, str]
    statements: tuple[ReportStatement, ...]
    algorithm: Algorithm
    made_at: datetime

    @property
    def text(self) -> str:
        """The document."""
        return "".join(f"{s.before}{s.text}{s.after}" for s in self.statements)

    @property
    def study_instance_uid(self) -> str:
        """Study to file the report under."""
        return self.named_study or study_of_document(self.document_id)

    def identifier(self, part: str) -> str:
        """UID of a part of the report, the same for every structuring of the document."""
        return derived_uid("report", self.document_id, part)

    def said_in(self, part: str) -> str:
        """Statements of a part in one line each, as they can be shown."""
        return "\n".join(shown(s.text) for s in self.statements if s.part == part)


def study_of_document(document_id: str) -> str:
    """Study Instance UID for a document that names no study.

    An SR cannot be without one. It derives from the document, so that every structuring of the
    document lies in the same study, which holds nothing else.
    """
    return derived_uid("study of document", document_id)


# ---------------------------------------------------------------- from event and document


def report_of(event: ReportStructured, document: GetDocumentResponse) -> Report:
    """The report that the event describes, with the words of the document.

    Raises:
        Rejected: They contradict each other, or the event names what no code is known for.
    """
    digest = hashlib.sha256(document.content).hexdigest()
    for name, told, held in (
        ("digest", event.document_sha256, digest),
        ("identifier", event.document_id, document.document_id),
        ("subject", event.subject_key, document.subject_key),
        ("study", event.study_instance_uid, document.study_instance_uid),
    ):
        if told != held:
            raise Rejected(f"event and document differ in {name}", reason="contradiction")
    if not event.statements:
        raise Rejected("the document has no statement; nothing to tell", reason="empty_document")
    text = text_of(document.content, document.content_type)
    return Report(
        document_id=event.document_id,
        result_id=event.result_id,
        named_study=document.study_instance_uid,
        accession_number=document.accession_number,
        kind=_kind(document),
        authored_at=document.authored_at,
        source_identifier=(document.identifier_system, document.identifier_value),
        statements=tuple(_statements(event, text)),
        algorithm=_algorithm(event.proof),
        made_at=event.structured_at.ToDatetime(UTC).replace(microsecond=0),
    )


def _kind(document: GetDocumentResponse) -> Code:
    if not document.type_code:
        return codes.DIAGNOSTIC_IMAGING_REPORT
    return Code(document.type_code, "LN", document.type_display or document.type_code)


def _algorithm(proof: StructureProof) -> Algorithm:
    if not proof.engine_sha256:
        raise Rejected("the event does not say what made it", reason="no_provenance")
    parameters = [f"{proof.engine} sha256={proof.engine_sha256}", f"template {proof.template}"]
    if proof.prompt_sha256:
        parameters.append(f"model {proof.model} prompt sha256={proof.prompt_sha256}")
    version = proof.template.rpartition(" ")[2]
    return Algorithm(ALGORITHM_NAME, f"{version}+{proof.engine_sha256[:16]}", tuple(parameters))


def _statements(event: ReportStructured, text: str) -> Iterator[ReportStatement]:
    critical = {finding.statement_id for finding in event.critical_findings}
    at, last = 0, len(event.statements) - 1
    for index, outline in enumerate(event.statements):
        before = text[at : outline.start]
        ordered = at <= outline.start < outline.end <= len(text)
        if not ordered or before.strip():
            raise Rejected(
                f"statement {index} at {outline.start}..{outline.end} behind {at} of {len(text)} "
                "characters; expected blanks alone between statements",
                reason="contradiction",
            )
        at = outline.end
        after = text[at:] if index == last else ""
        if after.strip():
            raise Rejected("text behind the last statement", reason="contradiction")
        yield _statement(outline, text, before, after, is_critical=outline.id in critical)


def _statement(
    outline: StatementOutline, text: str, before: str, after: str, *, is_critical: bool
) -> ReportStatement:
    for name, value, known in (
        ("part", outline.part, codes.REPORT_HEADINGS),
        ("polarity", outline.polarity, {"none", *codes.POLARITIES}),
        ("certainty", outline.certainty, codes.CERTAINTIES),
        ("temporality", outline.temporality, codes.TEMPORALITIES),
        *(("section", section, codes.ORGAN_SECTIONS) for section in outline.sections),
    ):
        if value not in known:
            raise Rejected(
                f"{name} {value[:40]!r} of statement {outline.id}; expected one of "
                f"{', '.join(sorted(known))}",
                reason="unknown_code",
            )
    return ReportStatement(
        start=outline.start,
        text=text[outline.start : outline.end],
        before=before,
        after=after,
        part=outline.part,
        sections=tuple(outline.sections),
        polarity=outline.polarity,
        certainty=outline.certainty,
        temporality=outline.temporality,
        needs_review=outline.needs_review,
        is_critical=is_critical,
        quantities=tuple(_quantities(outline, text)),
    )


def _quantities(outline: StatementOutline, text: str) -> Iterator[Quantity]:
    for stated in outline.measurements:
        value = _as_written(stated, text)
        if not outline.start <= stated.start < stated.end <= outline.end:
            raise Rejected(
                f"a measurement outside of its statement {outline.id}", reason="contradiction"
            )
        if stated.unit in codes.STATED_QUANTITIES:
            name, unit = codes.STATED_QUANTITIES[stated.unit]
            yield Quantity(name, value, unit)


def _as_written(stated: StatedMeasurement, text: str) -> Decimal:
    """The number in the text, which must be that of the event."""
    try:
        written = Decimal(text[stated.start : stated.end])
    except InvalidOperation:
        written = Decimal("NaN")
    if float(written) != stated.value:
        raise Rejected(
            f"the number at {stated.start} differs between event and document",
            reason="contradiction",
        )
    return written
