"""Structures the reports that ingest took in."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeVar

from opentelemetry import trace

from radloom import texts
from radloom.errors import Rejected, Unavailable
from radloom.identifiers import derived_uuid
from radloom.ports import Clock, Custodian, LanguageModel, Reaction, Transactions
from radloom.wire.v1.custodian_service_pb2 import GetDocumentResponse
from radloom.wire.v1.document_received_pb2 import DocumentReceived
from radloom.wire.v1.report_structured_pb2 import ReportStructured
from radloom.wire.v1.report_structurer_service_pb2 import StructureRequest, StructureResponse
from services.report_structurer import tables
from services.report_structurer.answers import Proven, alerted, answer, proven
from services.report_structurer.checks import Alert, check
from services.report_structurer.critical import critical
from services.report_structurer.exams import GENERIC
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
        templates: Folder of the site's own templates; None when it has none.
    """

    custodian: Custodian
    clock: Clock
    model: LanguageModel | None = None
    limits: ModelLimits = field(default_factory=ModelLimits)
    templates: Path | None = None

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
            alerts = check(result.report)
        made = _outline(text, result, alerts)
        # A language model may answer otherwise tomorrow: what was read is part of the identity.
        content = sha256(made.SerializeToString(deterministic=True)).hexdigest()
        made.document_id, made.subject_key = event.document_id, event.subject_key
        made.document_sha256 = event.sha256
        made.study_instance_uid = event.study_instance_uid
        made.authored_at = document.authored_at
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
                    [alerted(alert) for alert in alerts],
                    now,
                ),
            ),
        )

    def structure(self, request: StructureRequest) -> StructureResponse:
        """Structures a text for a caller who waits; nothing is kept.

        Raises:
            Rejected: It is too long, fails its own proof, or its exam has no template.
        """
        result = self.proven(request.text, deterministic=request.deterministic, exam=request.exam)
        return StructureResponse(result=_outline(request.text, result, check(result.report)))

    def proven(self, text: str, *, deterministic: bool = False, exam: str = "") -> Proven:
        """Structures a text, with the language model's proposals unless `deterministic`.

        Raises:
            Rejected: It is too long, fails its own proof, or its exam has no template.
        """
        within_limit(text)
        asked = self.model is not None and not deterministic
        model = adviser(self.model, self.clock, self.limits) if self.model and asked else None
        return proven(text, model, exam=exam, templates=self.templates)


def _outline(text: str, result: Proven, alerts: Sequence[Alert]) -> ReportStructured:
    name = result.report.exam.template.name
    return outline(
        result.report,
        result.proof,
        symptoms(text),
        alerts=alerts,
        critical=critical(result.report),
        exam_template="" if name == GENERIC else name,
    )


@dataclass(frozen=True)
class KeptReports:
    """The reports that were structured, and what people made of their alerts.

    Attributes:
        database: Holds them.
        clock: Tells when an alert was dismissed.
    """

    database: Transactions
    clock: Clock

    def structured(self, document_id: str) -> dict[str, Any]:
        """The structure of a document.

        Raises:
            Rejected: None is known.
        """
        with self.database.reading() as connection:
            return _known(tables.structured(connection, document_id))

    def alerts(self, document_id: str) -> list[dict[str, Any]]:
        """Alerts of a document, each with its dismissal or None.

        Raises:
            Rejected: The document is unknown.
        """
        with self.database.reading() as connection:
            return _known(tables.alerts(connection, document_id))

    def dismiss(
        self, document_id: str, alert_id: str, reason: str, dismissed_by: str
    ) -> list[dict[str, Any]]:
        """Dismisses an alert with a reason; the first dismissal stands. Returns all alerts.

        Raises:
            Rejected: The document or the alert is unknown.
        """
        with self.database.transaction() as connection:
            found = _known(tables.alerts(connection, document_id))
            if alert_id not in {alert["id"] for alert in found}:
                raise Rejected("the report has no alert of this id", reason="not_found")
            tables.dismiss(
                connection,
                document_id,
                alert_id,
                reason=reason,
                dismissed_by=dismissed_by,
                at=self.clock.now(),
            )
            return _known(tables.alerts(connection, document_id))


T = TypeVar("T")


def _known(found: T | None) -> T:
    if found is None:
        raise Rejected("no structured report has this id", reason="not_found")
    return found


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
