"""Identities and documents, as the other services of the PHI zone ask for them."""

import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from radloom.adapters.custodian import GrpcCustodian
from radloom.adapters.database import Database
from radloom.errors import Rejected
from radloom.runtime.grpc import GrpcServer
from radloom.wire.v1.custodian_service_pb2_grpc import add_CustodianServiceServicer_to_server
from radloom.wire.v1.document_received_pb2 import DocumentReceived
from services.ingest.app import Door
from services.ingest.routes import MAX_DOCUMENT_BYTES
from services.ingest.subject import subject_key
from tests.ingest.example import (
    ISSUER,
    PATIENT_ID,
    PATIENT_NAME,
    SECRET,
    STUDY,
    Stage,
    ct_file,
    dicomweb,
    stage,
)

KEY = subject_key(SECRET, PATIENT_ID, ISSUER)
TEXT = "Nora Canary has lost weight."


@pytest.fixture
def on(tmp_path: Path) -> Iterator[Stage]:
    with stage(tmp_path) as made:
        yield made


@pytest.fixture
def custodian(on: Stage) -> Iterator[GrpcCustodian]:
    server = GrpcServer(
        [lambda server: add_CustodianServiceServicer_to_server(Door(on.ingest), server)],
        host="127.0.0.1",
        port=0,
    )
    server.start()
    yield GrpcCustodian(f"127.0.0.1:{server.port}")
    server.stop()


@pytest.fixture
def url(on: Stage) -> Iterator[str]:
    with dicomweb(on.ingest) as root:
        yield f"{root}/fhir/DocumentReference"


def document(**changed: object) -> dict[str, Any]:
    attachment = {
        "contentType": "text/plain; charset=utf-8",
        "data": base64.b64encode(TEXT.encode()).decode(),
    }
    return {
        "resourceType": "DocumentReference",
        "status": "current",
        "subject": {"identifier": {"system": ISSUER, "value": PATIENT_ID}},
        "content": [{"attachment": attachment}],
    } | changed


def attached(**changed: object) -> dict[str, Any]:
    (content,) = document()["content"]
    return document(content=[{"attachment": content["attachment"] | changed}])


def identified(**changed: object) -> dict[str, Any]:
    identifier = document()["subject"]["identifier"]
    return document(subject={"identifier": identifier | changed})


# ---------------------------------------------------------------- identities


def test_an_identity_is_found_by_its_key(on: Stage, custodian: GrpcCustodian) -> None:
    on.receive(ct_file(1))
    found = custodian.resolve_subject(KEY)
    assert (found.patient_id, found.issuer_of_patient_id) == (PATIENT_ID, ISSUER)
    assert (found.patient_name, found.patient_birth_date) == (PATIENT_NAME, "19500101")
    assert found.patient_sex == "F"


def test_the_first_identity_of_a_key_stays(on: Stage, custodian: GrpcCustodian) -> None:
    on.receive(ct_file(1))
    on.receive(ct_file(1, study="2.25.9", series="2.25.8", PatientName="Canary^Eleonora"))
    assert custodian.resolve_subject(KEY).patient_name == PATIENT_NAME


@pytest.mark.parametrize("key", ["", "0" * 64, PATIENT_ID, "x" * 5000])
def test_an_unknown_key_is_not_found_and_not_repeated(
    on: Stage, custodian: GrpcCustodian, key: str
) -> None:
    on.receive(ct_file(1))
    with pytest.raises(Rejected) as refused:
        custodian.resolve_subject(key)
    assert refused.value.reason == "not_found"
    assert PATIENT_ID not in f"{refused.value} {refused.value.__cause__}"


# ---------------------------------------------------------------- documents


def test_a_document_comes_back_as_it_came(on: Stage, url: str, custodian: GrpcCustodian) -> None:
    answer = httpx.post(url, json=document())
    assert answer.status_code == 201
    document_id = answer.json()["id"]
    assert answer.headers["Location"].endswith(f"/fhir/DocumentReference/{document_id}")
    found = custodian.document(document_id)
    assert (found.content.decode(), found.content_type) == (TEXT, "text/plain; charset=utf-8")
    assert found.subject_key == KEY
    assert found.received_at.ToDatetime() == on.clock.now().replace(tzinfo=None)


def test_a_document_sent_again_is_the_same_one(url: str) -> None:
    first, again = (httpx.post(url, json=document()).json()["id"] for _ in range(2))
    other = httpx.post(url, json=identified(value="SOMEBODY-ELSE")).json()["id"]
    assert first == again != other


def test_an_answer_says_nothing_of_the_patient(url: str) -> None:
    answer = httpx.post(url, json=document())
    seen = f"{answer.headers} {answer.text}"
    assert PATIENT_ID not in seen
    assert "Nora" not in seen


def test_an_unknown_document_is_not_found(custodian: GrpcCustodian) -> None:
    with pytest.raises(Rejected) as refused:
        custodian.document("nobody")
    assert refused.value.reason == "not_found"


@pytest.mark.parametrize(
    "resource",
    [
        {},
        [],
        "text",
        document(resourceType="Patient"),
        document(content=[]),
        document(content=[1, 2]),
        document(subject={"reference": f"Patient/{PATIENT_ID}"}),
        document(subject={"identifier": [{"value": PATIENT_ID}]}),
        identified(value=None),
        identified(value=""),
        identified(value=4711),
        identified(value="X" * 65),
        identified(value="\ud800"),
        identified(value="A\0B"),
        identified(system={"a": 1}),
        attached(data=TEXT),
        attached(data=None),
        attached(data=""),
        attached(contentType="application/pdf"),
        attached(contentType=None),
        attached(contentType="text/" + "x" * 300),
        attached(contentType="text/\0"),
    ],
    ids=range(22),
)
def test_what_is_no_document_of_a_patient_is_refused_without_repeating_it(
    url: str, resource: object
) -> None:
    answer = httpx.post(url, content=json.dumps(resource))
    assert answer.status_code == 400
    assert "DocumentReference" in answer.json()["message"]
    assert PATIENT_ID not in answer.text
    assert "Nora" not in answer.text


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[" * 100_000, b'{"a":' * 50_000])
def test_what_is_no_json_is_refused(url: str, body: bytes) -> None:
    assert httpx.post(url, content=body).status_code == 400


def test_a_document_beyond_measure_is_refused(url: str) -> None:
    answer = httpx.post(url, content=b" " * (MAX_DOCUMENT_BYTES + 1), timeout=30)
    assert (answer.status_code, str(MAX_DOCUMENT_BYTES) in answer.text) == (413, True)


def test_a_document_is_announced_once_however_often_it_comes(on: Stage, url: str) -> None:
    first = {httpx.post(url, json=document()).json()["id"] for _ in range(3)}
    second = {httpx.post(url, json=attached(data="Tm9ybWFsLg==")).json()["id"]}
    rows = on.outbox.unpublished()
    assert {row.record.topic for row in rows} == {"document.received"}
    announced = [DocumentReceived.FromString(row.record.value) for row in rows]
    assert [event.document_id for event in announced] == [*first, *second]
    for event in announced:
        kept = on.ingest.document(event.document_id)
        assert (event.sha256, event.subject_key) == (kept.sha256, kept.subject_key)
        assert event.received_at == kept.received_at


# ---------------------------------------------------------------- what a document is about


def related(value: object, system: str = "urn:dicom:uid", kind: str = "") -> dict[str, Any]:
    identifier: dict[str, Any] = {"system": system, "value": value}
    if kind:
        identifier["type"] = {"coding": [{"code": kind}]}
    return {"identifier": identifier}


def about(*references: dict[str, Any], **changed: object) -> dict[str, Any]:
    return document(context={"related": list(references)}, **changed)


ABOUT = about(
    {"reference": "Encounter/7"},
    related(f"urn:oid:{STUDY}"),
    related("A4711", system="", kind="ACSN"),
    type={
        "coding": [
            {"system": "urn:local", "code": "X"},
            {"system": "http://loinc.org", "code": "24627-2", "display": "CT Chest"},
        ]
    },
    date="2026-05-01T10:20:30+02:00",
    identifier=[{"system": "urn:ris", "value": "R-1"}],
)


def test_what_a_document_says_of_itself_comes_back_with_it(
    url: str, custodian: GrpcCustodian
) -> None:
    found = custodian.document(httpx.post(url, json=ABOUT).json()["id"])
    assert found.study_instance_uid == STUDY
    assert found.accession_number == "A4711"
    assert (found.type_code, found.type_display) == ("24627-2", "CT Chest")
    assert found.authored_at == "2026-05-01T10:20:30+02:00"
    assert (found.identifier_system, found.identifier_value) == ("urn:ris", "R-1")


def test_the_announcement_names_the_study_and_nothing_else_of_it(on: Stage, url: str) -> None:
    httpx.post(url, json=ABOUT)
    (row,) = on.outbox.unpublished()
    assert DocumentReceived.FromString(row.record.value).study_instance_uid == STUDY
    for kept_back in (b"A4711", b"R-1", b"2026-05-01", PATIENT_ID.encode()):
        assert kept_back not in row.record.value


def test_the_same_words_about_two_studies_are_two_documents(url: str) -> None:
    posts = [document(), about(related("urn:oid:2.25.1")), about(related("urn:oid:2.25.2"))]
    assert len({httpx.post(url, json=post).json()["id"] for post in posts * 2}) == 3


def test_a_patient_who_is_known_by_a_document_alone_has_an_identity(
    on: Stage, url: str, custodian: GrpcCustodian
) -> None:
    httpx.post(url, json=document())
    assert custodian.resolve_subject(KEY).patient_id == PATIENT_ID
    on.receive(ct_file(1))
    assert custodian.resolve_subject(KEY).patient_name == PATIENT_NAME


def test_an_issuer_may_be_named_as_the_images_name_it(url: str, custodian: GrpcCustodian) -> None:
    post = identified(system="urn:oid:1.2.3", assigner={"display": ISSUER})
    found = custodian.document(httpx.post(url, json=post).json()["id"])
    assert found.subject_key == KEY


@pytest.mark.parametrize(
    ("changed", "status"),
    [({}, 201), ({"value": "SOMEBODY-ELSE"}, 400), ({"system": "HOSPITAL-B"}, 400)],
)
def test_a_study_of_another_patient_than_the_document_is_refused(
    on: Stage, url: str, changed: dict[str, str], status: int
) -> None:
    on.receive(ct_file(1))
    post = identified(**changed) | {"context": ABOUT["context"]}
    answer = httpx.post(url, json=post)
    assert answer.status_code == status
    assert PATIENT_ID not in answer.text
    assert (answer.json().get("reason") == "study_of_another_patient") == (status == 400)


@pytest.mark.parametrize(
    "resource",
    [
        about(related("urn:oid:not-a-uid")),
        about(related("urn:oid:2.25.1"), related("urn:oid:2.25.2")),
        about(related("urn:oid:" + "1." * 40 + "1")),
        about(related(4711)),
        about(related("A" * 17, system="", kind="ACSN")),
        about(related("A1", system="", kind="ACSN"), related("A2", system="", kind="ACSN")),
        document(context={"related": {"identifier": 1}}),
        document(context={"related": [{}] * 101}),
        document(type={"coding": [{"system": "http://loinc.org", "code": "1" * 65}]}),
        document(type={"coding": [{"system": "http://loinc.org", "code": "CT chest"}]}),
        document(date="yesterday"),
        document(date="2026-13-01T00:00:00Z"),
        document(date="2026-05-01"),
        document(identifier=[{"system": "urn:ris", "value": "R\n1"}]),
        document(masterIdentifier={"value": ""}),
    ],
    ids=range(15),
)
def test_what_a_document_cannot_be_about_is_refused_by_name(
    on: Stage, url: str, resource: object
) -> None:
    answer = httpx.post(url, json=resource)
    assert answer.status_code == 400
    assert answer.json()["message"]
    assert PATIENT_ID not in answer.text
    assert on.outbox.unpublished() == []


def test_documents_of_an_older_release_are_kept_and_say_nothing_of_themselves(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "old"
    folder.mkdir()
    old = Database(f"sqlite:///{folder / 'ingest.sqlite'}", schema="ingest")
    old.upgrade("radloom.runtime.migrations")
    old.upgrade("services.ingest.migrations", revision="0001")
    row = {
        "document_id": "old",
        "subject_key": KEY,
        "content_type": "text/plain",
        "content": TEXT.encode(),
        "sha256": "00",
        "received_at": datetime(2026, 1, 1, tzinfo=UTC),
    }
    insert = (
        "INSERT INTO documents VALUES "
        "(:document_id, :subject_key, :content_type, :content, :sha256, :received_at)"
    )
    with old.transaction() as connection:
        connection.execute(sa.text(insert), row)
    old.close()
    with stage(folder) as made:
        found = made.ingest.document("old")
    assert (found.content.decode(), found.study_instance_uid) == (TEXT, "")
