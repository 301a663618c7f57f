"""The doors and the event with a language model behind them."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
import pytest

from radloom.adapters.database import Database
from radloom.errors import Rejected, Unavailable
from radloom.ports import LanguageModelDescription
from radloom.runtime.http import HttpServer, http_app
from radloom.wire.v1.custodian_service_pb2 import (
    GetDocumentResponse,
    ResolvedResource,
    ResolveSubjectResponse,
)
from radloom.wire.v1.document_received_pb2 import DocumentReceived
from radloom.wire.v1.report_structured_pb2 import ReportStructured
from radloom.wire.v1.report_structurer_service_pb2 import StructureRequest
from services.report_structurer.answers import structured
from services.report_structurer.app import MIGRATIONS, language_model
from services.report_structurer.handler import KeptReports, ModelLimits, ReportStructurer
from services.report_structurer.routes import add_routes
from services.report_structurer.schema import StructuredAnswer
from services.report_structurer.settings import Settings
from tests.peers.model_server import obedient, serving, vllm
from tests.report_structurer.synthetic_reports import ALL

REPORT = (
    "FINDINGS: Please correlate. There is a 6 mm nodule in the right upper lobe, which is well "
    "seen. No effusion."
)
SHORT = "6mm nodule right upper lobe, well seen."
Answer = dict[str, Any]


@dataclass
class TickingClock:
    """Every look at it takes a second."""

    time: datetime = datetime(2026, 11, 24, tzinfo=UTC)

    def now(self) -> datetime:
        self.time += timedelta(seconds=1)
        return self.time


@dataclass
class Model:
    """Shortens one sentence and files everything under the bones, for a reason."""

    deadlines_s: list[float] = field(default_factory=list)

    def describe(self) -> LanguageModelDescription:
        return LanguageModelDescription("fake-7b", "d1", "json_schema")

    def complete(
        self,
        instructions: str,
        content: str,
        schema: Mapping[str, object],
        *,
        max_tokens: int,
        deadline_s: float,
    ) -> str:
        assert instructions
        assert max_tokens
        self.deadlines_s.append(deadline_s)
        properties = schema["properties"]
        assert isinstance(properties, dict)
        said = {}
        for item in json.loads(content):
            value = properties[str(item["id"])]
            said[item["id"]] = SHORT if "nodule" in item["text"] else ""
            if "enum" in value:
                said[item["id"]] = "bones"
            elif value["maxLength"] == 160:
                said[item["id"]] = "An action alone."
        return json.dumps(said)


@dataclass(frozen=True)
class Shelf:
    """Ingest that holds one document."""

    content: bytes

    def document(self, document_id: str) -> GetDocumentResponse:
        return GetDocumentResponse(
            document_id=document_id,
            content_type="text/plain",
            content=self.content,
            sha256=sha256(self.content).hexdigest(),
        )

    def resources(self, resource_keys: Sequence[str]) -> Sequence[ResolvedResource]:
        raise Rejected(f"{len(resource_keys)} keys", reason="not_found")

    def resolve_subject(self, subject_key: str) -> ResolveSubjectResponse:
        raise Rejected(subject_key, reason="not_found")


def handler(model: Model | None) -> ReportStructurer:
    return ReportStructurer(Shelf(REPORT.encode()), TickingClock(), model)


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    database = Database(f"sqlite:///{tmp_path / 'db.sqlite'}", schema="report_structurer")
    database.upgrade(*MIGRATIONS)
    app = http_app("report_structurer", {})
    add_routes(app, handler(Model()), KeptReports(database, TickingClock()))
    server = HttpServer(app, host="127.0.0.1", port=0)
    server.start()
    yield f"http://127.0.0.1:{server.port}"
    server.stop()


def test_the_door_answers_with_what_was_taken_of_the_model(url: str) -> None:
    answer = httpx.post(f"{url}/structure", json={"text": REPORT}).json()
    assert answer["concise"]["statements"][1]["text"] == SHORT
    assert answer["statements"][0]["sections"] == ["bones"]
    assert answer["statements"][0]["placed_by"] == {"rule": "model", "spans": []}
    assert answer["statements"][0]["needs_review"]
    assert answer["reasons"]["label"] == "model-generated, not part of the record"
    assert (answer["proof"]["engine"], answer["proof"]["model_digest"]) == ("fake-7b", "d1")
    assert (answer["proof"]["asked"], answer["proof"]["taken"]) == (5, 3)


def test_a_caller_may_leave_it_to_the_word_lists(url: str) -> None:
    request = {"text": REPORT, "deterministic": True}
    answer = httpx.post(f"{url}/structure", json=request).json()
    assert answer == json.loads(json.dumps(structured(REPORT)))


def test_grpc_and_the_event_say_who_proposed() -> None:
    with_model = handler(Model())
    made = with_model.structure(StructureRequest(text=REPORT)).result
    assert (made.proof.engine, made.proof.model_digest) == ("fake-7b", "d1")
    assert len(made.proof.prompt_sha256) == 64
    assert (made.proof.proposals_taken, made.proof.proposals_rejected) == (3, 0)
    assert list(made.statements[0].sections) == ["bones"]
    plain = with_model.structure(StructureRequest(text=REPORT, deterministic=True)).result
    assert plain == handler(None).structure(StructureRequest(text=REPORT)).result
    assert plain.proof.engine == "deterministic"


def result_id(structurer: ReportStructurer) -> str:
    event = DocumentReceived(document_id="d", sha256=sha256(REPORT.encode()).hexdigest())
    (made,) = structurer.on_document_received(event).events
    assert isinstance(made, ReportStructured)
    return made.result_id


def test_results_of_other_engines_are_other_results() -> None:
    assert result_id(handler(Model())) == result_id(handler(Model()))
    assert result_id(handler(Model())) != result_id(handler(None))


def test_a_report_takes_no_longer_than_it_may() -> None:
    model = Model()
    limits = ModelLimits(answer_s=10, report_s=2.5)
    structurer = ReportStructurer(Shelf(b""), TickingClock(), model, limits)
    proof = structurer.proven(REPORT).proof
    assert model.deadlines_s == [1.5, 0.5]
    assert proof.rejected[-1].reason == "the 2.5 s for one report are used up"


def keys(schema: Answer, root: Answer) -> object:
    """Names in a schema, as deep as they go."""
    while "$ref" in schema:
        schema = root["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
    options = [o for o in schema.get("anyOf", []) if o.get("type") != "null"]
    if options:
        return keys(options[0], root)
    if "properties" in schema:
        return {name: keys(inner, root) for name, inner in schema["properties"].items()}
    return [keys(schema["items"], root)] if "items" in schema else None


def names(value: object) -> object:
    """Names in an answer, as deep as they go; a list is known by its first item."""
    if isinstance(value, dict):
        return {name: names(inner) for name, inner in value.items()}
    return [names(value[0])] if isinstance(value, list) and value else None


def test_openapi_describes_the_answer_and_nothing_else(url: str) -> None:
    root = httpx.get(f"{url}/openapi.json").json()
    for path, method in (("/structure", "post"), ("/reports/{document_id}", "get")):
        content = root["paths"][path][method]["responses"]["200"]["content"]
        described = keys(content["application/json"]["schema"], root)
        answer = httpx.post(f"{url}/structure", json={"text": REPORT}).json()
        answer["proof"]["rejected"] = [{"statement_id": 1, "task": "rewrite", "reason": ""}]
        answer["statements"][0]["placed_by"]["spans"] = [[1, 2]]
        assert isinstance(described, dict)
        described["statements"][0]["placed_by"]["spans"] = [None]
        answer["statements"][0]["placed_by"]["spans"] = [None]
        assert names(answer) == pruned(described, answer)


def pruned(described: object, answer: object) -> object:
    """Lists that are empty in the answer say nothing of their items."""
    if isinstance(described, dict) and isinstance(answer, dict):
        return {name: pruned(inner, answer.get(name)) for name, inner in described.items()}
    if isinstance(described, list) and isinstance(answer, list):
        return [pruned(described[0], answer[0])] if answer else None
    return described


@pytest.mark.parametrize("number", range(len(ALL)))
def test_every_answer_has_the_shape_that_openapi_describes(number: int) -> None:
    made = json.dumps(structured(ALL[number]))
    assert StructuredAnswer.model_validate_json(made, strict=True).proof.coverage == 1


def settings(**given: object) -> Settings:
    needed = {"bus_url": "sqlite:///b", "database_url": "sqlite:///d", "custodian_address": "h:1"}
    return Settings.model_validate(needed | given)


def test_without_an_address_there_is_no_model() -> None:
    assert language_model(settings()) is None


def test_a_model_off_this_machine_keeps_the_service_from_starting_unless_declared() -> None:
    with pytest.raises(Rejected) as refused:
        language_model(settings(llm_url="https://api.example.org"))
    assert refused.value.reason == "model_outside_phi_zone"


def test_the_key_is_in_no_text_of_the_settings() -> None:
    assert "sk-1" not in repr(settings(llm_api_key="sk-1"))


def test_the_model_of_the_settings_is_asked_who_it_is() -> None:
    with serving(vllm(obedient)) as address:
        model = language_model(settings(llm_url=address))
        assert model
        assert model.describe().name == "org/model"


def test_a_model_that_is_away_keeps_nothing_from_starting() -> None:
    model = language_model(settings(llm_url="http://127.0.0.1:9", llm_failures=1))
    assert model
    with pytest.raises(Unavailable, match="left alone"):
        model.describe()
    made = ReportStructurer(Shelf(b""), TickingClock(), model).proven(REPORT)
    assert made.proof.engine == "deterministic"
    assert made.proof.rejected[0].task == "describe"
