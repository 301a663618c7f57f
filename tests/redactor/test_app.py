"""The wired parts: HTTP and gRPC doors, a worker between two topics, settings, the README."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import grpc
import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from pydantic import ValidationError
from pydantic_core import PydanticUndefined

from radloom import topics
from radloom.adapters.bus import open_bus
from radloom.adapters.clock import SystemClock
from radloom.adapters.inference import open_inference
from radloom.errors import Rejected
from radloom.ports import Inference
from radloom.runtime import envelope
from radloom.runtime.grpc import GrpcServer
from radloom.runtime.http import HttpServer, http_app
from radloom.runtime.process import LoopPart
from radloom.runtime.worker import Worker
from radloom.wire.v1.redactor_service_pb2 import DecideQuarantinedRequest, RedactTextRequest
from radloom.wire.v1.redactor_service_pb2_grpc import (
    RedactorServiceStub,
    add_RedactorServiceServicer_to_server,
)
from radloom.wire.v1.study_redacted_pb2 import StudyRedacted
from services.redactor.app import MODELS, Door, Proof, export_of
from services.redactor.evidence import Signer
from services.redactor.routes import add_routes
from services.redactor.settings import SOURCE_REPOSITORY, ProjectRule, Settings
from tests.publisher.test_app import next_record
from tests.redactor.flow import SUBJECT_KEY, Stage, received, stage, study, suspicious_of

ROOT = Path(__file__).parents[2]
REPORT = "Canary Nora, MRN CANARY-4711, seen 03/04/2024. No pleural effusion."


@pytest.fixture
def on(tmp_path: Path) -> Iterator[Stage]:
    with stage(tmp_path, study(1, 2), validate=suspicious_of(2)) as made:
        yield made


@pytest.fixture
def url(on: Stage) -> Iterator[str]:
    app = http_app("redactor", {})
    add_routes(app, on.redactor)
    server = HttpServer(app, host="127.0.0.1", port=0)
    server.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.stop()


@pytest.fixture
def door(on: Stage) -> Iterator[RedactorServiceStub]:
    server = GrpcServer(
        [lambda s: add_RedactorServiceServicer_to_server(Door(on.redactor), s)],
        host="127.0.0.1",
        port=0,
    )
    server.start()
    try:
        with grpc.insecure_channel(f"127.0.0.1:{server.port}") as channel:
            yield RedactorServiceStub(channel)
    finally:
        server.stop()


def test_a_text_leaves_without_what_is_known_of_its_subject(url: str) -> None:
    body = {"text": REPORT, "project": "lung", "subject_key": SUBJECT_KEY}
    answer = httpx.post(f"{url}/redact-text", json=body).json()
    for words in ("Canary", "Nora", "4711", "03/04/2024"):
        assert words not in json.dumps(answer)
    assert answer["text"].endswith("No pleural effusion.")
    assert {"NAME", "DATE"} <= {span["kind"] for span in answer["spans"]}
    assert 0 <= answer["probability_missed"] <= 1


def test_a_text_of_nobody_known_leaves_by_rules_alone(url: str) -> None:
    body = {"text": "Call 555-123-4567. Dr. Smith. No effusion.", "project": "lung"}
    answer = httpx.post(f"{url}/redact-text", json=body).json()
    assert "555-123-4567" not in answer["text"]
    assert "No effusion." in answer["text"]


def test_both_doors_say_the_same_of_a_text(url: str, door: RedactorServiceStub) -> None:
    body = {"text": REPORT, "project": "lung", "subject_key": SUBJECT_KEY}
    over_http = httpx.post(f"{url}/redact-text", json=body).json()
    over_grpc = door.RedactText(RedactTextRequest(**body), timeout=30)
    assert over_grpc.text == over_http["text"]
    assert len(over_grpc.spans) == len(over_http["spans"])


@pytest.mark.parametrize(
    ("body", "status", "reason"),
    [
        ({"text": "x", "project": "none"}, 400, "unknown_project"),
        ({"text": "x" * 200_001, "project": "lung"}, 400, "too_long"),
        ({"text": "x", "project": "lung", "subject_key": "00"}, 404, "not_found"),
    ],
    ids=["project", "length", "subject"],
)
def test_a_text_that_cannot_be_redacted_is_refused_by_name(
    body: dict[str, str], status: int, reason: str, url: str
) -> None:
    answer = httpx.post(f"{url}/redact-text", json=body)
    assert (answer.status_code, answer.json()["reason"]) == (status, reason)


def test_a_decision_comes_in_by_http_and_evidence_goes_out(on: Stage, url: str) -> None:
    _, quarantined = on.both()
    (row,) = httpx.get(f"{url}/quarantine").json()
    assert row["reasons"]
    shown = httpx.get(f"{url}/quarantine/{quarantined.redaction_id}").json()
    (held,) = shown["instances"]
    place = f"{url}/quarantine/{quarantined.redaction_id}/instances/{held['sop_instance_uid']}"
    decision = {
        "accepted": True,
        "reason": "a body part",
        "decided_by": "Dr. Reviewer",
        "candidate_sha256": held["candidate"]["sha256"],
    }
    answer = httpx.put(f"{place}/decision", json=decision)
    assert answer.json()["status"] == "accepted"
    assert httpx.get(f"{url}/quarantine").json() == []
    root = f"{url}/redactions/{quarantined.redaction_id}"
    assert len(httpx.get(f"{root}/evidence").text.splitlines()) == 2
    assert httpx.get(f"{root}/provenance").json()["resourceType"] == "Bundle"
    assert httpx.get(f"{url}/redactions/unknown/evidence").status_code == 404
    assert httpx.put(f"{place}/decision", json=decision | {"reason": ""}).status_code == 422


def test_a_decision_comes_in_by_grpc(on: Stage, door: RedactorServiceStub) -> None:
    _, quarantined = on.both()
    (held,) = on.held(quarantined).instances
    request = DecideQuarantinedRequest(
        redaction_id=quarantined.redaction_id,
        sop_instance_uid=held.sop_instance_uid,
        reason="a name in the pixels",
        decided_by="Dr. Reviewer",
    )
    assert door.DecideQuarantined(request, timeout=30).status == "rejected"
    request.sop_instance_uid = "2.25.404"
    with pytest.raises(grpc.RpcError) as unknown:
        door.DecideQuarantined(request, timeout=30)
    assert unknown.value.code() is grpc.StatusCode.NOT_FOUND


def test_a_study_on_the_bus_becomes_a_release_on_the_bus(on: Stage, tmp_path: Path) -> None:
    bus = open_bus(f"sqlite:///{tmp_path / 'bus.sqlite'}")
    worker = Worker("redactor", on.redactor, bus, on.database, clock=SystemClock())
    part = LoopPart("worker", worker)
    event = received(on.source.files)
    bus.publish([envelope.encode(event, "event-1")])
    part.start()
    try:
        redacted = next_record(bus, topics.STUDY_REDACTED.name)
        quarantined = next_record(bus, topics.REDACTION_QUARANTINED.name)
    finally:
        part.stop()
        bus.close()
    told = StudyRedacted.FromString(redacted.value)
    assert redacted.key == told.subject_code.encode()
    assert quarantined.key == SUBJECT_KEY.encode()
    assert on.released(told)


# ---------------------------------------------------------------- settings


def rule(tmp_path: Path, **changed: object) -> dict[str, object]:
    (tmp_path / "lung.key").write_text("ab" * 32)
    return {"name": "lung", "key_file": tmp_path / "lung.key", "modalities": ["CT"]} | changed


def test_a_project_rule_becomes_an_export_with_keys(tmp_path: Path) -> None:
    export = export_of(ProjectRule.model_validate(rule(tmp_path, profile="longitudinal")))
    assert export.project.profile.name == "longitudinal"
    assert export.project.pseudonyms.project_key == b"\xab" * 32
    assert export.signer.public_key == Signer.derived(b"\xab" * 32).public_key
    assert export.takes("CT")
    assert not export.takes("MR")


def test_a_signing_key_of_its_own_signs(tmp_path: Path) -> None:
    key = Ed25519PrivateKey.from_private_bytes(bytes(32))
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (tmp_path / "signing.pem").write_bytes(pem)
    made = rule(tmp_path, signing_key_file=tmp_path / "signing.pem")
    export = export_of(ProjectRule.model_validate(made))
    assert export.signer.public_key == key.public_key().public_bytes_raw().hex()


@pytest.mark.parametrize(
    "changed",
    [{"name": "Lung!"}, {"name": ""}, {"modalities": []}, {"nonsense": 1}],
    ids=["name", "no name", "no modality", "unknown"],
)
def test_a_rule_that_cannot_be_is_refused(changed: dict[str, object], tmp_path: Path) -> None:
    with pytest.raises(ValidationError):
        ProjectRule.model_validate(rule(tmp_path, **changed))


@pytest.mark.parametrize(
    ("changed", "reason"), [({"profile": "loose"}, "unknown_profile"), ({}, "short_key")]
)
def test_a_profile_or_key_that_cannot_be_used_is_named(
    changed: dict[str, object], reason: str, tmp_path: Path
) -> None:
    made = ProjectRule.model_validate(rule(tmp_path, **changed))
    if reason == "short_key":
        made.key_file.write_text("ab")
    with pytest.raises(Rejected) as refused:
        export_of(made)
    assert refused.value.reason == reason


def test_nothing_is_exported_by_default(tmp_path: Path) -> None:
    needed = {
        "bus_url": "kafka://b:9092",
        "database_url": "sqlite:///r.sqlite",
        "ingest_url": "http://ingest/dicom-web",
        "custodian_address": "ingest:50051",
        "object_dir": tmp_path,
    }
    assert Settings.model_validate(needed).projects == ()


def test_the_models_that_are_needed_answer_their_golden_inference() -> None:
    inference = open_inference("", SOURCE_REPOSITORY)
    assert Proof(lambda: inference, needed=True)()
    assert len(set(MODELS)) == 4


def test_a_redactor_that_exports_nothing_opens_no_model() -> None:
    def opened() -> Inference:
        raise AssertionError("a model was opened")

    assert Proof(opened, needed=False)()


def test_the_readme_lists_every_setting_with_its_default() -> None:
    text = (ROOT / "services/redactor/README.md").read_text()
    found = re.findall(r"^\| `([A-Z_]+)` \| ?([^|]*?) ?\|", text, re.MULTILINE)

    def shown(default: object) -> str:
        if default is PydanticUndefined:
            return "needed"
        if isinstance(default, Path):
            return default.name
        return "" if default is None else str(default)

    fields = Settings.model_fields
    assert found == [(name.upper(), shown(field.default)) for name, field in fields.items()]
