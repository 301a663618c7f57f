"""A small structured report: a text, the event that report_structurer makes of it, its document."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from radloom.reports import Report, report_of
from radloom.wire.v1.custodian_service_pb2 import GetDocumentResponse
from radloom.wire.v1.report_structured_pb2 import ReportStructured, StatementOutline, StructureProof
from services.report_structurer.outline import outline
from services.report_structurer.proof import prove
from services.report_structurer.structure import structure
from services.report_structurer.symptoms import symptoms
from tests.publisher.example import STUDY, SUBJECT_KEY

DOCUMENT_ID = "5d0c7c6e-0000-5000-8000-000000000001"
TEXT = (
    "EXAM: CT abdomen.\r\nTECHNIQUE: Portal venous phase.  \r\nCOMPARISON: None.\n\n"
    "FINDINGS: A 3.2 x 2.1 cm hypodense mass in the right lobe of the liver, 45 HU.\n"
    "No ascites. The spleen may be enlarged. Müde Gefäße, µ-calcification; the rest is "
    "inconclusive.\n\n"
    "IMPRESSION:\n1. Hepatic mass, suspicious for metastasis.\n2. No ascites.\n"
)


@dataclass(frozen=True)
class Written:
    """A document and the event that says what is in it."""

    event: ReportStructured
    document: GetDocumentResponse

    @property
    def report(self) -> Report:
        """What both say together."""
        return report_of(self.event, self.document)


def document(text: str = TEXT, *, study: str = STUDY, **changed: str) -> GetDocumentResponse:
    """The document as ingest hands it out."""
    content = text.encode()
    made = GetDocumentResponse(
        document_id=DOCUMENT_ID,
        subject_key=SUBJECT_KEY,
        content_type="text/plain; charset=utf-8",
        content=content,
        sha256=sha256(content).hexdigest(),
        study_instance_uid=study,
    )
    for name, value in changed.items():
        setattr(made, name, value)
    return made


def identified(
    event: ReportStructured, of: GetDocumentResponse, *, version: int = 1, seconds: int = 0
) -> Written:
    """The event with identifiers and time."""
    event.document_id, event.subject_key = of.document_id, of.subject_key
    event.document_sha256, event.study_instance_uid = of.sha256, of.study_instance_uid
    event.result_id = f"0aa1b2c3-0000-4000-8000-0000000000{version:02d}"
    event.structured_at.FromSeconds(1_790_000_000 + version + seconds)
    return Written(event, of)


def written(text: str = TEXT, *, version: int = 1, study: str = STUDY, **changed: str) -> Written:
    """A text as report_structurer reads it."""
    report = structure(text)
    event = outline(report, prove(report), symptoms(text))
    return identified(event, document(text, study=study, **changed), version=version)


def cut(
    text: str, spans: Sequence[tuple[int, int]], *, version: int = 1, study: str = STUDY
) -> Written:
    """A text cut into statements at the places given, by an engine that reads nothing in them."""
    parts = ("findings", "impression", "technique")
    event = ReportStructured(
        statements=[
            StatementOutline(
                id=number,
                start=start,
                end=end,
                part=parts[number % 7 % 3],
                polarity="none",
                certainty="certain",
                temporality="current",
            )
            for number, (start, end) in enumerate(spans)
        ],
        proof=StructureProof(
            coverage=1, engine="scissors", engine_sha256="ab" * 32, template="none 1"
        ),
    )
    return identified(event, document(text, study=study), version=version)
