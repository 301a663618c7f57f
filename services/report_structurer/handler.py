"""Structures the reports that ingest took in."""

from dataclasses import dataclass, field
from hashlib import sha256

from opentelemetry import trace

from radloom import texts
from radloom.errors import Rejected, Unavailable
from radloom.identifiers import derived_uuid
from radloom.ports import Clock, Custodian, LanguageModel, Reaction
from radloom.wire.v1.custodian_service_pb2 import GetDocumentResponse
from radloom.wire.v1.document_received_pb2 import DocumentReceived
from radloom.wire.v1.report_structured_pb2 import ReportStructured
from radloom.wire.v1.report_structurer_service_pb2 import StructureRequest, StructureResponse
from services.report_structurer import tables
from services.report_structurer.answers import Proven, answer, proven
from services.report_structurer.outline import fit, outline
from services.report_structurer.prompt import Question
from services.report_structurer.proposals import Adviser, Engine
from services.report_structurer.symptoms import symptoms

MAX_CHARACTERS = 40_000
"""Five times the longest text of the corpora this was measured on. Nine such texts, joined up to
40,000 characters, made events of 33 to 51 KB with every fact; the bus carries 64 KiB."""

tracer = trace.get_tracer("services.report_structurer")


@dataclass(frozen=True)
class ModelLimits:
    """How much a language model may take.

    Attributes:
        answer_s: Limit of one answer, seconds.
        report_s: Limit of all answers about one report, seconds.
        context_tokens: Length of the model's context.
    """

    answer_s: float = 30.0
    report_s: float = 120.0
    context_tokens: int = 4096


def adviser(model: LanguageModel, clock: Clock, limits: ModelLimits) -> Adviser:
    """A language model as the proposals about one report see it; its time runs from now."""
    began = clock.now()

    def describe() -> Engine:
        told = model.describe()
        return Engine(told.name, told.digest)

    def ask(question: Question) -> str:
        left_s = limits.report_s - (clock.now() - began).total_seconds()
        if left_s <= 0:
            raise Unavailable(
                f"the {limits.report_s:g} s for one report are used up",
                dependency="language_model",
                affects_all=False,
            )
        return model.complete(
            question.instructions,
            question.content,
            question.schema,
            max_tokens=question.max_tokens,
            deadline_s=min(limits.answer_s, left_s),
        )

    return Adviser(describe, ask, limits.context_tokens)


@dataclass(frozen=True)
class ReportStructurer:
    """Handler of `document.received`, and behind `ReportStructurerService`.

    Attributes:
        custodian: Ingest, which holds the documents.
        clock: Tells when a report was structured.
        model: Language model that may propose; None leaves all to the word lists.
        limits: How much it may take.
    """

    custodian: Custodian
    clock: Clock
    model: LanguageModel | None = None
    limits: ModelLimits = field(default_factory=ModelLimits)

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
            result = self.proven(text)
        made = _outline(text, result)
        # A language model may answer otherwise tomorrow: what was read is part of the identity.
        content = sha256(made.SerializeToString(deterministic=True)).hexdigest()
        made.document_id, made.subject_key = event.document_id, event.subject_key
        made.document_sha256 = event.sha256
        made.study_instance_uid = event.study_instance_uid
        made.result_id = str(derived_uuid("report_structurer result", event.document_id, content))
        fit(made)
        now = self.clock.now()
        made.structured_at.FromDatetime(now)
        return Reaction(
            events=(made,),
            effects=(
                lambda connection: tables.keep(
                    connection,
                    event.document_id,
                    event.subject_key,
                    made.result_id,
                    answer(result),
                    now,
                ),
            ),
        )

    def structure(self, request: StructureRequest) -> StructureResponse:
        """Structures a text for a caller who waits; nothing is kept.

        Raises:
            Rejected: It is too long, or fails its own proof.
        """
        result = self.proven(request.text, deterministic=request.deterministic)
        return StructureResponse(result=_outline(request.text, result))

    def proven(self, text: str, *, deterministic: bool = False) -> Proven:
        """Structures a text, with the language model's proposals unless `deterministic`.

        Raises:
            Rejected: It is too long, or fails its own proof.
        """
        within_limit(text)
        if self.model is None or deterministic:
            return proven(text)
        return proven(text, adviser(self.model, self.clock, self.limits))


def _outline(text: str, result: Proven) -> ReportStructured:
    return outline(result.report, result.proof, symptoms(text))


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
