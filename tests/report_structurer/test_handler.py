"""A document that came in becomes an event without words, and words that are kept."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import grpc
import httpx
import pytest

from radloom.adapters.database import Database
from radloom.errors import Rejected
from radloom.runtime.grpc import GrpcServer
from radloom.runtime.http import HttpServer, http_app
from radloom.wire.v1.custodian_service_pb2 import (
    GetDocumentResponse,
    ResolvedResource,
    ResolveSubjectResponse,
)
from radloom.wire.v1.document_received_pb2 import DocumentReceived
from radloom.wire.v1.report_structured_pb2 import ReportStructured
from radloom.wire.v1.report_structurer_service_pb2 import StructureRequest
from radloom.wire.v1.report_structurer_service_pb2_grpc import (
    ReportStructurerServiceStub,
    add_ReportStructurerServiceServicer_to_server,
)
from services.report_structurer import tables
from services.report_structurer.app import MIGRATIONS, Door
from services.report_structurer.handler import MAX_CHARACTERS, KeptReports, ReportStructurer
from services.report_structurer.routes import add_routes

REPORT = (
    "EXAM: CT chest. FINDINGS: A 6 mm nodule in the right upper lobe. No pleural effusion.\n"
    "IMPRESSION: Pulmonary nodule. Müde, 20 pound weight loss over two months."
)
KEY = "5f" * 32
NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)


class StoppedClock:
    def now(self) -> datetime:
        return NOW


@dataclass
class Shelf:
    """Ingest that holds documents."""

    documents: dict[str, GetDocumentResponse] = field(default_factory=dict)

    def put(
        self, content: bytes, content_type: str = "text/plain; charset=utf-8"
    ) -> DocumentReceived:
        digest = sha256(content).hexdigest()
        self.documents[digest] = GetDocumentResponse(
            document_id=digest,
            subject_key=KEY,
            content_type=content_type,
            content=content,
            sha256=digest,
        )
        return DocumentReceived(
            document_id=digest, subject_key=KEY, content_type=content_type, sha256=digest
        )

    def document(self, document_id: str) -> GetDocumentResponse:
        if document_id not in self.documents:
            raise Rejected("no document has this id", reason="not_found")
        return self.documents[document_id]

    def resources(self, resource_keys: Sequence[str]) -> Sequence[ResolvedResource]:
        raise Rejected(f"{len(resource_keys)} keys", reason="not_found")

    def resolve_subject(self, subject_key: str) -> ResolveSubjectResponse:
        raise Rejected(f"{len(subject_key)} characters", reason="not_found")


@pytest.fixture
def database(tmp_path: Path) -> Database:
    made = Database(f"sqlite:///{tmp_path / 'db.sqlite'}", schema="report_structurer")
    made.upgrade(*MIGRATIONS)
    return made


def structured(shelf: Shelf, event: DocumentReceived) -> ReportStructured:
    (made,) = ReportStructurer(shelf, StoppedClock()).on_document_received(event).events
    assert isinstance(made, ReportStructured)
    return made


def test_the_event_says_where_everything_is_and_none_of_the_words() -> None:
    shelf = Shelf()
    event = shelf.put(REPORT.encode())
    made = structured(shelf, event)
    assert (made.document_id, made.subject_key) == (event.document_id, KEY)
    assert made.structured_at.ToDatetime(UTC) == NOW
    assert [s.part for s in made.statements] == ["exam", *["findings"] * 2, *["impression"] * 2]
    nodule = made.statements[1]
    assert list(nodule.sections) == ["lungs_airways"]
    assert [(m.value, m.unit) for m in nodule.measurements] == [(6.0, "mm")]
    (loss,) = made.symptoms
    assert (loss.symptom, loss.status, loss.value, loss.unit) == (
        "weight_loss",
        "present",
        20,
        "lb",
    )
    assert made.proof.coverage == 1
    wire = made.SerializeToString()
    words = ("nodule", "Pulmonary", "upper", "effusion", "Müde", "pound", "months")
    assert all(word in REPORT for word in words)
    assert not [word for word in words if word.encode() in wire]


def test_the_event_names_the_study_that_the_document_came_with() -> None:
    shelf = Shelf()
    event = shelf.put(REPORT.encode())
    assert structured(shelf, event).study_instance_uid == ""
    event.study_instance_uid = "2.25.4711"
    assert structured(shelf, event).study_instance_uid == "2.25.4711"


def test_the_words_are_kept_in_the_transaction_of_the_event(database: Database) -> None:
    shelf = Shelf()
    event = shelf.put(REPORT.encode())
    reaction = ReportStructurer(shelf, StoppedClock()).on_document_received(event)
    for _ in range(2):
        with database.transaction() as connection:
            for effect in reaction.effects:
                effect(connection)
    with database.reading() as connection:
        kept = tables.structured(connection, event.document_id)
    assert kept
    assert "".join(s["text"] for s in kept["statements"]).startswith("EXAM: CT chest.")


def test_the_event_says_when_the_document_was_written() -> None:
    shelf = Shelf()
    event = shelf.put(REPORT.encode())
    shelf.documents[event.document_id].authored_at = "2026-05-01T10:20:30+02:00"
    assert structured(shelf, event).authored_at == "2026-05-01T10:20:30+02:00"


def test_the_same_document_gives_the_same_result() -> None:
    shelf = Shelf()
    event = shelf.put(REPORT.encode())
    assert structured(shelf, event) == structured(shelf, event)


def test_offsets_are_those_of_the_text_whatever_its_encoding() -> None:
    shelf = Shelf()
    utf8 = structured(shelf, shelf.put(REPORT.encode()))
    latin = structured(shelf, shelf.put(REPORT.encode("latin-1"), "text/plain; charset=latin-1"))
    assert latin.statements == utf8.statements


@pytest.mark.parametrize(
    ("content", "content_type", "reason"),
    [
        (b"\xff\xfe\xfa", "text/plain; charset=utf-8", "charset"),
        (b"text", "text/plain; charset=klingon", "charset"),
        (b"x" * (MAX_CHARACTERS + 1), "text/plain", "too_long"),
    ],
)
def test_what_is_no_text_is_rejected_by_name(
    content: bytes, content_type: str, reason: str
) -> None:
    shelf = Shelf()
    with pytest.raises(Rejected) as refused:
        structured(shelf, shelf.put(content, content_type))
    assert refused.value.reason == reason


def test_a_document_that_is_not_the_one_announced_is_rejected() -> None:
    shelf = Shelf()
    event = shelf.put(b"FINDINGS: Normal.")
    event.sha256 = "00" * 32
    with pytest.raises(Rejected) as refused:
        structured(shelf, event)
    assert refused.value.reason == "digest"


def test_a_report_of_more_statements_than_a_message_carries_is_rejected() -> None:
    shelf = Shelf()
    dense = ("No 3 mm nodule. " * MAX_CHARACTERS)[:MAX_CHARACTERS]
    with pytest.raises(Rejected) as refused:
        structured(shelf, shelf.put(dense.encode()))
    assert refused.value.reason == "too_many_statements"


def test_the_doors_answer_a_caller_who_waits(database: Database) -> None:
    handler = ReportStructurer(Shelf(), StoppedClock())
    app = http_app("report_structurer", {})
    add_routes(app, handler, KeptReports(database, StoppedClock()))
    http = HttpServer(app, host="127.0.0.1", port=0)
    grpc_server = GrpcServer(
        [lambda server: add_ReportStructurerServiceServicer_to_server(Door(handler), server)],
        host="127.0.0.1",
        port=0,
    )
    http.start()
    grpc_server.start()
    try:
        root = f"http://127.0.0.1:{http.port}"
        answer = httpx.post(f"{root}/structure", json={"text": REPORT})
        assert answer.json()["proof"]["coverage"] == 1
        too_long = httpx.post(f"{root}/structure", json={"text": "x" * (MAX_CHARACTERS + 1)})
        assert too_long.status_code == 400
        assert too_long.json()["reason"] == "too_long"
        assert httpx.get(f"{root}/reports/unknown").status_code == 404
        with grpc.insecure_channel(f"127.0.0.1:{grpc_server.port}") as channel:
            door = ReportStructurerServiceStub(channel)
            made = door.Structure(StructureRequest(text=REPORT), timeout=10).result
            assert len(made.statements) == 5
            with pytest.raises(grpc.RpcError) as refused:
                door.Structure(StructureRequest(text="x" * (MAX_CHARACTERS + 1)), timeout=10)
            assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    finally:
        grpc_server.stop()
        http.stop()
