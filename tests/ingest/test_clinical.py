"""Clinical resources are durable before they are acknowledged; announced once, without words."""

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from radloom.adapters.custodian import GrpcCustodian
from radloom.errors import Rejected
from radloom.runtime.grpc import GrpcServer
from radloom.wire.v1.clinical_observed_pb2 import ClinicalObserved
from radloom.wire.v1.custodian_service_pb2_grpc import add_CustodianServiceServicer_to_server
from services.ingest.app import Door
from services.ingest.subject import subject_key
from tests.ingest.example import ISSUER, PATIENT_ID, SECRET, Stage, ct_file, dicomweb, stage

KEY = subject_key(SECRET, PATIENT_ID, ISSUER)
SUBJECT = {"identifier": {"system": ISSUER, "value": PATIENT_ID}}
SAMPLE = Path(__file__).parents[2] / "samples" / "cachexia_patient.json"


@pytest.fixture
def on(tmp_path: Path) -> Iterator[Stage]:
    with stage(tmp_path) as made:
        yield made


@pytest.fixture
def url(on: Stage) -> Iterator[str]:
    with dicomweb(on.ingest) as root:
        yield f"{root}/fhir"


def albumin(**changed: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON
    return {
        "resourceType": "Observation",
        "id": "alb-1",
        "meta": {"lastUpdated": "2026-04-02T10:00:00Z"},
        "status": "final",
        "code": {
            "coding": [{"system": "http://loinc.org", "code": "1751-7", "display": "Albumin"}],
            "text": "Albumin of Nora Canary",
        },
        "subject": SUBJECT,
        "effectiveDateTime": "2026-04-01T08:00:00+02:00",
        "valueQuantity": {
            "value": 31.50, "unit": "g/L", "system": "http://unitsofmeasure.org", "code": "g/L",
        },
    } | changed  # fmt: skip


def patient(**changed: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON
    return {
        "resourceType": "Patient",
        "id": "p1",
        "meta": {"lastUpdated": "2026-04-02T10:00:00Z"},
        "identifier": [
            {"system": "urn:other", "value": "OTHER-1"},
            {"system": ISSUER, "value": PATIENT_ID, "type": {"coding": [{"code": "MR"}]}},
        ],
        "name": [{"family": "Canary", "given": ["Nora"]}],
        "gender": "female",
        "birthDate": "1950-01-01",
    } | changed


def bundle(*resources: dict[str, Any], kind: str = "collection") -> dict[str, Any]:
    entries = [{"resource": resource} for resource in resources]
    return {"resourceType": "Bundle", "type": kind, "entry": entries}


def announced(on: Stage) -> list[ClinicalObserved]:
    rows = on.outbox.unpublished()
    return [
        ClinicalObserved.FromString(row.record.value)
        for row in rows
        if row.record.topic == "clinical.observed"
    ]


def post(url: str, resource: dict[str, Any]) -> httpx.Response:
    return httpx.post(f"{url}/{resource['resourceType']}", json=resource)


def test_an_observation_is_kept_raw_and_announced_as_code_and_number(on: Stage, url: str) -> None:
    body = json.dumps(albumin()).replace("31.5,", "31.50,")
    assert httpx.post(f"{url}/Observation", content=body).status_code == 201
    (event,) = announced(on)
    assert (event.subject_key, event.resource_type, event.status) == (KEY, "Observation", "final")
    assert [(c.system, c.code) for c in event.codes] == [("http://loinc.org", "1751-7")]
    assert (event.quantity.value, event.quantity.unit) == ("31.50", "g/L")
    assert event.effective.ToJsonString() == "2026-04-01T06:00:00Z"
    assert event.recorded.ToJsonString() == "2026-04-02T10:00:00Z"
    with on.database.reading() as connection:
        (content,) = connection.execute(sa.text("SELECT content FROM resources")).scalars()
    assert json.loads(content, parse_float=Decimal) == json.loads(body, parse_float=Decimal)
    assert b"31.50" in content


def test_the_event_holds_no_word_and_no_identifier(on: Stage, url: str) -> None:
    assert post(url, bundle(patient(), albumin())).status_code == 200
    wire = b"".join(event.SerializeToString() for event in announced(on))
    for canary in (b"Canary", b"Nora", b"CANARY-4711", b"alb-1", b"1950", b"HOSPITAL", b"Albumin"):
        assert canary not in wire


def test_the_same_version_twice_is_announced_once_and_a_new_version_again(
    on: Stage, url: str
) -> None:
    assert [post(url, albumin()).status_code for _ in range(2)] == [201, 200]
    assert len(announced(on)) == 1
    newer = albumin(status="corrected", meta={"lastUpdated": "2026-04-03T10:00:00Z"})
    assert post(url, newer).status_code == 201
    first, second = announced(on)
    assert first.resource_key == second.resource_key
    assert first.version_key != second.version_key
    assert second.status == "corrected"


@pytest.mark.parametrize("kind", ["collection", "transaction", "history"])
def test_a_bundle_is_taken_whole_and_what_is_not_read_is_named(
    on: Stage, url: str, kind: str
) -> None:
    notice = {"resourceType": "Parameters" if kind == "history" else "Encounter", "id": "x"}
    sent = bundle(
        notice,
        albumin(subject={"reference": "Patient/p1"}),
        patient(),
        {"resourceType": "MedicationRequest", "id": "m"},
        {"resourceType": "MedicationRequest", "id": "n"},
        kind=kind,
    )
    answer = post(url, sent)
    assert answer.status_code == 200
    told = [issue["diagnostics"] for issue in answer.json()["issue"]]
    assert told[0] == "2 new, 0 unchanged, 0 withdrawn"
    assert "2 MedicationRequest not read and not kept" in told
    assert ("1 Encounter not read and not kept" in told) == (kind != "history")
    assert {event.subject_key for event in announced(on)} == {KEY}


def test_a_reference_is_resolved_by_a_patient_that_came_before(on: Stage, url: str) -> None:
    lone = albumin(subject={"reference": "https://ehr.example/fhir/Patient/p1/_history/2"})
    refused = post(url, lone)
    assert (refused.status_code, refused.json()["reason"]) == (400, "unknown_patient")
    post(url, patient())
    assert post(url, lone).status_code == 201
    assert [event.subject_key for event in announced(on)] == [KEY, KEY]


BROKEN = [
    ({"status": "done"}, "Bundle.entry.1.resource.status"),
    ({"valueQuantity": {"value": "31"}}, "Bundle.entry.1.resource.valueQuantity.value"),
    ({"valueQuantity": {"value": 1, "comparator": "~"}}, "valueQuantity.comparator"),
    ({"effectiveDateTime": "yesterday"}, "Bundle.entry.1.resource.effectiveDateTime"),
    ({"effectiveDateTime": "2026-02-30"}, "Bundle.entry.1.resource.effectiveDateTime"),
    ({"effectiveDateTime": "2026-02-20T10:00:00"}, "Bundle.entry.1.resource.effectiveDateTime"),
    ({"subject": {"identifier": {"value": 7}}}, "Bundle.entry.1.resource.subject.identifier"),
    ({"id": "CANARY 4711"}, "Bundle.entry.1.resource.id"),
    ({"code": None}, "Bundle.entry.1.resource.code"),
]


@pytest.mark.parametrize(("change", "element"), BROKEN, ids=[e for _, e in BROKEN])
def test_one_broken_element_refuses_the_whole_bundle_by_its_name_and_quotes_nothing(
    on: Stage, url: str, change: dict[str, Any], element: str
) -> None:
    answer = post(url, bundle(patient(), albumin(**change)))
    assert answer.status_code == 400
    assert element in answer.json()["message"]
    assert "CANARY" not in answer.text
    assert announced(on) == []


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"\xff", "not_json"),
        (b"[]", "not_json"),
        (b'{"resourceType": "Observation", "value": NaN}', "not_json"),
        (b'{"resourceType": "Patient"}', "resource_type"),
        (b"[" * 100_000, "not_json"),
    ],
)
def test_what_is_no_such_resource_is_refused_by_reason(url: str, body: bytes, reason: str) -> None:
    answer = httpx.post(f"{url}/Observation", content=body)
    assert (answer.status_code, answer.json()["reason"]) == (400, reason)


def test_an_entry_without_resource_is_refused_because_ingest_does_not_fetch(url: str) -> None:
    sent = {"resourceType": "Bundle", "type": "history", "entry": [{"fullUrl": "Observation/1"}]}
    answer = post(url, sent)
    assert (answer.status_code, answer.json()["reason"]) == (400, "no_resource")


def test_a_deleted_resource_is_taken_back(on: Stage, url: str) -> None:
    post(url, albumin())
    gone = {"request": {"method": "DELETE", "url": "Observation/alb-1"}}
    sent = {"resourceType": "Bundle", "type": "history", "entry": [gone]}
    assert post(url, sent).json()["issue"][0]["diagnostics"].endswith("1 withdrawn")
    first, last = announced(on)
    assert last.status == "entered-in-error"
    assert first.resource_key == last.resource_key


def test_a_resource_that_moves_to_another_patient_is_taken_back_from_the_first(
    on: Stage, url: str
) -> None:
    post(url, albumin())
    other = {"identifier": {"system": ISSUER, "value": "SOMEBODY-ELSE"}}
    post(url, albumin(subject=other, meta={"lastUpdated": "2026-04-05T10:00:00Z"}))
    _, moved, gone = announced(on)
    assert (gone.subject_key, gone.status) == (KEY, "entered-in-error")
    assert (moved.subject_key != KEY, moved.status) == (True, "final")


def test_an_older_version_that_comes_late_gives_nothing_back_to_the_first_patient(
    on: Stage, url: str
) -> None:
    other = {"identifier": {"system": ISSUER, "value": "SOMEBODY-ELSE"}}
    post(url, albumin(subject=other, meta={"lastUpdated": "2026-04-05T10:00:00Z"}))
    assert post(url, albumin()).status_code == 201
    (event,) = announced(on)
    assert event.subject_key != KEY


def test_results_of_our_own_are_no_news(on: Stage, url: str) -> None:
    labelled = albumin(meta={"security": [{"code": "AIAST"}]})
    answer = post(url, bundle(labelled))
    assert "1 results of radloom's own" in answer.text
    assert announced(on) == []


def test_sex_and_birth_date_of_the_record_stand_over_those_of_images(on: Stage, url: str) -> None:
    on.receive(ct_file(1))
    post(url, patient(gender="male", birthDate="1951-02-03"))
    older = {"lastUpdated": "2026-01-01T00:00:00Z"}
    post(url, patient(gender="other", birthDate="1952-02-03", meta=older))
    found = on.ingest.resolve_subject(KEY)
    assert (found.patient_sex, found.patient_birth_date) == ("M", "19510203")
    assert found.patient_name == "Canary^Nora"


def test_a_key_is_resolved_to_what_the_record_calls_the_resource(on: Stage, url: str) -> None:
    post(url, albumin(identifier=[{"system": "urn:lab", "value": "L-1"}]))
    (event,) = announced(on)
    server = GrpcServer(
        [lambda server: add_CustodianServiceServicer_to_server(Door(on.ingest), server)],
        host="127.0.0.1",
        port=0,
    )
    server.start()
    try:
        custodian = GrpcCustodian(f"127.0.0.1:{server.port}")
        (found,) = custodian.resources([event.resource_key])
        assert (found.resource_type, found.resource_id) == ("Observation", "alb-1")
        assert (found.identifier_system, found.identifier_value) == ("urn:lab", "L-1")
        with pytest.raises(Rejected):
            custodian.resources(["00" * 32])
    finally:
        server.stop()


def test_the_sample_patient_is_taken_in(on: Stage, url: str) -> None:
    sample = json.loads(SAMPLE.read_text())
    answer = httpx.post(f"{url}/Bundle", content=SAMPLE.read_bytes())
    assert answer.status_code == 200
    assert "4 results of radloom's own" in answer.text
    assert len(announced(on)) == len(sample["entry"]) - 4
