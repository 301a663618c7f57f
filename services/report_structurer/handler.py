"""Structures the reports that ingest took in."""

from dataclasses import dataclass

from opentelemetry import trace

from radloom import texts
from radloom.errors import Rejected
from radloom.identifiers import derived_uuid
from radloom.ports import Clock, Custodian, Reaction
from radloom.wire.v1.custodian_service_pb2 import GetDocumentResponse
from radloom.wire.v1.document_received_pb2 import DocumentReceived
from radloom.wire.v1.report_structured_pb2 import ReportStructured
from radloom.wire.v1.report_structurer_service_pb2 import StructureRequest, StructureResponse
from services.report_structurer import tables
from services.report_structurer.answers import structured
from services.report_structurer.outline import fit, outline
from services.report_structurer.proof import prove
from services.report_structurer.structure import structure
from services.report_structurer.symptoms import symptoms

MAX_CHARACTERS = 40_000
"""Five times the longest text of the corpora this was measured on. Nine such texts, joined up to
40,000 characters, made events of 33 to 51 KB with every fact; the bus carries 64 KiB."""

tracer = trace.get_tracer("services.report_structurer")


@dataclass(frozen=True)
class ReportStructurer:
    """Handler of `document.received`, and behind `ReportStructurerService`.

    Attributes:
        custodian: Ingest, which holds the documents.
        clock: Tells when a report was structured.
    """

    custodian: Custodian
    clock: Clock

    def on_document_received(self, event: DocumentReceived) -> Reaction:
        """Structures a document; keeps its words here and sends places and codes on.

        Raises:
            Rejected: It is no text in its declared encoding, too long for one message, or fails its
            own proof.
            Unavailable: Ingest does not answer.
        """
        document = self.custodian.document(event.document_id)
        if document.sha256 != event.sha256:
            raise Rejected("the document is not the one announced", reason="digest")
        text = text_of(document)
        with tracer.start_as_current_span("structure report"):
            made = self._outline(text)
            answer = structured(text)
        made.document_id, made.subject_key = event.document_id, event.subject_key
        made.document_sha256 = event.sha256
        made.study_instance_uid = event.study_instance_uid
        made.authored_at = document.authored_at
        engine = [made.proof.engine_sha256, made.proof.template]
        engine += [made.proof.model, made.proof.prompt_sha256] if made.proof.prompt_sha256 else []
        made.result_id = str(derived_uuid("report_structurer result", event.document_id, *engine))
        fit(made)
        now = self.clock.now()
        made.structured_at.FromDatetime(now)
        return Reaction(
            events=(made,),
            effects=(
                lambda connection: tables.keep(
                    connection, event.document_id, event.subject_key, made.result_id, answer, now
                ),
            ),
        )

    def structure(self, request: StructureRequest) -> StructureResponse:
        """Structures a text for a caller who waits; nothing is kept.

        Raises:
            Rejected: It is too long, or fails its own proof.
        """
        return StructureResponse(result=self._outline(within_limit(request.text)))

    @staticmethod
    def _outline(text: str) -> ReportStructured:
        report = structure(text)
        return outline(report, prove(report), symptoms(text))


def within_limit(text: str) -> str:
    """The text, when it is not too long.

    Raises:
        Rejected: It is.
    """
    if len(text) > MAX_CHARACTERS:
        raise Rejected(
            f"a text of {len(text)} characters; at most {MAX_CHARACTERS} are structured at once",
            reason="too_long",
        )
    return text


def text_of(document: GetDocumentResponse) -> str:
    """Text of a document in the charset that its media type declares; UTF-8 without one.

    Raises:
        Rejected: It is not in that charset, the charset is unknown, or it is too long.
    """
    return within_limit(texts.text_of(document.content, document.content_type))
