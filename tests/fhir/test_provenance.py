import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from radloom.errors import Rejected
from radloom.fhir.provenance import Deidentification, bundle

MADE = Deidentification(
    redaction_id="0aa1b2c3-0000-5000-8000-000000000001",
    release=2,
    project="lung",
    profile="longitudinal",
    study_instance_uid="2.25.77",
    source_digest="ab" * 32,
    evidence_root="cd" * 32,
    released=40,
    held=1,
    software="radloom redactor 0.1.0",
    recorded=datetime(2026, 11, 1, 12, tzinfo=UTC),
)


def test_provenance_and_audit_event_have_the_shape_of_fhir_and_name_the_release() -> None:
    provenance, audit = (entry["resource"] for entry in bundle(MADE)["entry"])
    assert provenance["target"][0]["identifier"]["value"] == "urn:oid:2.25.77"
    assert {e["what"]["identifier"]["value"] for e in provenance["entity"]} == {
        MADE.source_digest,
        MADE.evidence_root,
    }
    assert (audit["type"]["code"], audit["outcome"]) == ("110106", "0")
    details = {d["type"]: d["valueString"] for d in audit["entity"][0]["detail"]}
    assert details["copies released"] == "40"
    assert details["instances held"] == "1"
    assert details["release"] == "2"


def test_the_same_release_gives_the_same_resources() -> None:
    assert json.dumps(bundle(MADE)) == json.dumps(bundle(MADE))


def test_what_is_not_fhir_is_refused_without_its_values() -> None:
    with pytest.raises(Rejected) as refused:
        bundle(replace(MADE, software=""))
    assert "2.25.77" not in str(refused.value)
