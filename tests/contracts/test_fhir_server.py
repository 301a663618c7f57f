"""What every adapter of `ports.FhirServer` does alike."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from radloom.adapters.fhir_rest import FhirRestServer
from radloom.adapters.folder_record import FolderRecord
from radloom.errors import Rejected
from radloom.ports import FhirServer
from tests.peers import medplum_router as medplum

SYSTEM = "urn:oid:2.25.1"
Json = dict[str, Any]


@pytest.fixture(
    params=["folder", pytest.param("medplum over http", marks=pytest.mark.peer)],
)
def record(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[FhirServer]:
    if request.param == "folder":
        yield FolderRecord(tmp_path)
        return
    with medplum.running() as peer:
        server = FhirRestServer(peer.url)
        yield server
        server.close()


def device(name: str) -> Json:
    return {
        "fullUrl": f"urn:uuid:00000000-0000-4000-8000-0000000000{name}",
        "resource": {"resourceType": "Device", "identifier": [{"system": SYSTEM, "value": name}]},
        "request": {
            "method": "POST",
            "url": "Device",
            "ifNoneExist": f"identifier={SYSTEM}%7C{name}",
        },
    }


def observation(name: str, text: str, device_name: str) -> Json:
    return {
        "fullUrl": f"urn:uuid:00000000-0000-4000-8000-0000000001{name}",
        "resource": {
            "resourceType": "Observation",
            "status": "preliminary",
            "identifier": [{"system": SYSTEM, "value": name}],
            "code": {"text": text},
            "device": {"reference": device(device_name)["fullUrl"]},
        },
        "request": {"method": "PUT", "url": f"Observation?identifier={SYSTEM}%7C{name}"},
    }


def transaction(*entries: Json) -> Json:
    return {"resourceType": "Bundle", "type": "transaction", "entry": list(entries)}


def test_entries_are_answered_in_order_and_can_be_read(record: FhirServer) -> None:
    references = record.transaction(transaction(device("11"), observation("21", "a", "11")))
    assert [reference.split("/")[0] for reference in references] == ["Device", "Observation"]
    held = record.read(references[1])
    assert held["resourceType"] == "Observation"
    assert held["id"] == references[1].split("/")[1]
    assert held["code"] == {"text": "a"}


def test_links_between_entries_lead_to_where_the_resources_went(record: FhirServer) -> None:
    first, second = record.transaction(transaction(device("11"), observation("21", "a", "11")))
    linked = record.read(second)["device"]
    assert isinstance(linked, dict)
    assert linked["reference"] == first


def test_the_same_transaction_again_names_the_same_resources(record: FhirServer) -> None:
    bundle = transaction(device("11"), observation("21", "a", "11"))
    assert list(record.transaction(bundle)) == list(record.transaction(bundle))


def test_a_conditional_update_changes_the_one_it_finds(record: FhirServer) -> None:
    before = record.transaction(transaction(device("11"), observation("21", "a", "11")))
    after = record.transaction(transaction(device("11"), observation("21", "b", "11")))
    assert list(before) == list(after)
    assert record.read(after[1])["code"] == {"text": "b"}


def test_a_conditional_create_leaves_what_exists_alone(record: FhirServer) -> None:
    (first,) = record.transaction(transaction(device("11")))
    other = device("11")
    other["resource"]["manufacturer"] = "changed"
    assert list(record.transaction(transaction(other))) == [first]
    assert "manufacturer" not in record.read(first)


def test_other_identifiers_are_other_resources(record: FhirServer) -> None:
    first, second = record.transaction(transaction(device("11"), device("12")))
    assert first != second


def test_a_tag_finds_what_has_no_identifier(record: FhirServer) -> None:
    entry = {
        "resource": {
            "resourceType": "Basic",
            "meta": {"tag": [{"system": SYSTEM, "code": "r1"}]},
            "code": {"text": "x"},
        },
        "request": {"method": "POST", "url": "Basic", "ifNoneExist": f"_tag={SYSTEM}%7Cr1"},
    }
    assert list(record.transaction(transaction(entry))) == list(
        record.transaction(transaction(entry))
    )


@pytest.mark.parametrize("reference", ["Observation/none", "Observation", "../../etc/passwd", ""])
def test_what_it_does_not_hold_is_rejected(record: FhirServer, reference: str) -> None:
    with pytest.raises(Rejected) as refused:
        record.read(reference)
    assert refused.value.reason == "not_found"


def test_a_bundle_that_is_no_transaction_is_rejected(record: FhirServer) -> None:
    with pytest.raises(Rejected):
        record.transaction({"resourceType": "Bundle", "type": "nonsense", "entry": []})
