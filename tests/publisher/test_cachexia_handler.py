"""A score is delivered once: criteria to the record, the risk only when a site accepted it."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from radloom.adapters.database import Database
from radloom.adapters.folder import FolderArchive
from radloom.adapters.folder_record import FolderRecord
from radloom.adapters.object_store import FileObjectStore
from radloom.errors import Rejected, Unavailable
from radloom.ports import Reaction
from radloom.wire.v1.cachexia_scored_pb2 import CachexiaScored
from radloom.wire.v1.custodian_service_pb2 import (
    GetDocumentResponse,
    ResolvedResource,
    ResolveSubjectResponse,
)
from radloom.wire.v1.result_delivered_pb2 import ResultDelivered
from services.publisher import ledger
from services.publisher.cachexia_result import references
from services.publisher.handler import Publisher
from tests.publisher.example import ISSUER, PATIENT_ID, SUBJECT_KEY
from tests.publisher.score_example import LINE, resolved, scored
from tests.publisher.test_handler import Dying, OneSeries, StoppedClock


@dataclass
class Shelf:
    """Ingest that knows one patient and the resources of one score."""

    known: dict[str, ResolvedResource] = field(default_factory=dict)

    def resolve_subject(self, subject_key: str) -> ResolveSubjectResponse:
        assert subject_key == SUBJECT_KEY
        return ResolveSubjectResponse(patient_id=PATIENT_ID, issuer_of_patient_id=ISSUER)

    def document(self, document_id: str) -> GetDocumentResponse:
        raise Rejected(f"no document {document_id}", reason="not_found")

    def resources(self, resource_keys: Sequence[str]) -> Sequence[ResolvedResource]:
        if not set(resource_keys) <= set(self.known):
            raise Rejected("ingest does not know the key", reason="not_found")
        return [self.known[key] for key in resource_keys]


@dataclass
class Stage:
    publisher: Publisher
    shelf: Shelf
    destinations: Dying
    results: Path
    database: Database

    def handle(self, event: CachexiaScored) -> Reaction:
        self.shelf.known |= {resource.resource_key: resource for resource in resolved(event)}
        reaction = self.publisher.on_cachexia_scored(event)
        with self.database.transaction() as connection:
            for effect in reaction.effects:
                effect(connection)
        return reaction

    def statuses(self) -> list[str]:
        with self.database.reading() as connection:
            rows = ledger.listing(connection)
        return sorted(f"{row['kind']} {row['status']}" for row in rows)

    def resources(self, kind: str) -> list[dict[str, Any]]:
        folder = self.results / kind
        return [json.loads(path.read_text()) for path in sorted(folder.glob("*.json"))]

    def told(self) -> dict[str, tuple[str, object]]:
        """Status and value of every Observation, by code."""
        names = ("valueBoolean", "valueInteger", "valueQuantity")
        return {
            resource["code"]["coding"][0]["code"]: (
                resource["status"],
                next(resource[name] for name in names if name in resource),
            )
            for resource in self.resources("Observation")
        }


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    database = Database(f"sqlite:///{tmp_path / 'publisher.sqlite'}", schema="publisher")
    database.upgrade("services.publisher.migrations")
    results, shelf = tmp_path / "results", Shelf()
    destinations = Dying(FolderArchive(results), FolderRecord(results))
    publisher = Publisher(
        ingest=OneSeries([]),
        custodian=shelf,
        objects=FileObjectStore(tmp_path / "objects"),
        archive=destinations,
        record=destinations,
        database=database,
        clock=StoppedClock(),
    )
    yield Stage(publisher, shelf, destinations, results, database)
    database.close()


def test_every_computed_criterion_reaches_the_record_with_source_and_citation(
    stage: Stage,
) -> None:
    event = scored()
    (announced,) = stage.handle(event).events
    assert isinstance(announced, ResultDelivered)
    assert (announced.kind, len(announced.instances)) == ("cachexia", 0)
    computed = {c.name for c in event.criteria if c.WhichOneof("result")}
    assert len(stage.told()) == len(computed) >= 10
    assert stage.told()["crit-fearon-2011"] == ("preliminary", True)
    assert stage.told()["crit-mgps"] == ("preliminary", 2)
    _, ratio = stage.told()["crit-nlr"]
    assert ratio == {
        "value": 3.5, "unit": "1", "system": "http://unitsofmeasure.org", "code": "1",
    }  # fmt: skip
    for resource in stage.resources("Observation"):
        assert resource["meta"]["security"][0]["code"] == "AIAST"
        assert resource["note"][0]["text"] == "AI, not reviewed"
        assert len(resource["note"][1]["text"]) > 20
        assert resource["derivedFrom"]
        assert resource["component"]
    assert stage.statuses() == ["cachexia delivered"]
    (provenance,) = stage.resources("Provenance")
    assert len(provenance["target"]) == len(computed)
    (device,) = stage.resources("Device")
    assert "cachexia_risk" not in json.dumps(device)


def test_a_risk_in_shadow_never_reaches_the_record(stage: Stage) -> None:
    stage.handle(scored(mode="shadow"))
    assert stage.resources("RiskAssessment") == []
    everything = "".join(
        path.read_text() for path in stage.results.rglob("*.json") if path.is_file()
    )
    assert "probability" not in everything
    assert "crit-fearon-2011" in everything
    assert "cachexia-risk" not in everything


def test_an_accepted_risk_is_a_risk_assessment_with_interval_and_label(stage: Stage) -> None:
    event = scored(mode="active", risk=0.6)
    stage.handle(event)
    (risk,) = stage.resources("RiskAssessment")
    (prediction,) = risk["prediction"]
    assert (risk["status"], prediction["probabilityDecimal"]) == ("preliminary", 0.6)
    assert prediction["outcome"]["coding"][0]["code"] == "238108007"
    assert prediction["rationale"] == "90% interval 0.500 to 0.700"
    assert risk["note"][0]["text"] == "AI, not reviewed"
    assert risk["basis"]
    assert stage.told()["cachexia-risk"] == (
        "preliminary",
        {"value": 0.6, "unit": "1", "system": "http://unitsofmeasure.org", "code": "1"},
    )
    (device,) = stage.resources("Device")
    assert "cachexia_risk" in json.dumps(device)


STEPS = ["before record", "after record", "at read-back"]


@pytest.mark.parametrize("step", STEPS)
def test_death_at_any_step_leaves_one_result_after_redelivery(stage: Stage, step: str) -> None:
    event = scored()
    stage.destinations.dies = step
    with pytest.raises(Unavailable):
        stage.handle(event)
    assert stage.statuses() == ["cachexia pending"]
    stage.handle(event)
    assert stage.statuses() == ["cachexia delivered"]
    assert len(stage.resources("Provenance")) == len(stage.resources("Device")) == 1


def test_a_later_score_supersedes_and_takes_back_what_it_no_longer_says(stage: Stage) -> None:
    stage.handle(scored(mode="active", risk=0.6))
    without_crp = LINE.replace(" crp=12 mg/L;", "")
    stage.handle(scored(without_crp, revision=2))
    told = stage.told()
    assert told["crit-mgps"][0] == "entered-in-error"
    assert told["crit-car"][0] == "entered-in-error"
    assert told["cachexia-risk"][0] == "entered-in-error"
    assert told["crit-fearon-2011"] == ("preliminary", True)
    (risk,) = stage.resources("RiskAssessment")
    assert risk["status"] == "entered-in-error"
    assert stage.statuses() == ["cachexia delivered", "cachexia superseded"]


def test_a_correction_that_is_undone_is_told_again(stage: Stage) -> None:
    first, other = scored(), scored(LINE.replace("crp=12", "crp=2"), revision=2)
    again = scored(revision=3)
    assert first.result_id == again.result_id
    for event in (first, other, again):
        stage.handle(event)
    assert stage.told()["crit-mgps"] == ("preliminary", 2)
    assert stage.statuses() == ["cachexia delivered", "cachexia superseded"]
    assert len(stage.resources("Provenance")) == 3


def test_an_older_score_that_comes_late_is_ignored(stage: Stage) -> None:
    stage.handle(scored(revision=2))
    assert stage.handle(scored(LINE.replace("crp=12", "crp=2"))) == Reaction()
    assert stage.told()["crit-mgps"] == ("preliminary", 2)


def test_a_score_that_says_the_same_to_the_record_sends_nothing(stage: Stage) -> None:
    stage.handle(scored(risk=0.4))
    before = sorted(path.name for path in stage.results.rglob("*.json"))
    (announced,) = stage.handle(scored(revision=2, risk=0.7)).events
    assert isinstance(announced, ResultDelivered)
    assert sorted(path.name for path in stage.results.rglob("*.json")) == before


def test_a_score_without_any_result_is_withheld_and_one_after_others_withdraws(
    stage: Stage,
) -> None:
    assert stage.handle(scored("sex=male; height=170 cm")).events == ()
    assert stage.statuses() == ["cachexia withheld"]
    stage.handle(scored(revision=2))
    stage.handle(scored("sex=male; height=171 cm", revision=3))
    assert {status for status, _ in stage.told().values()} == {"entered-in-error"}


def test_evidence_that_ingest_does_not_know_sends_nothing(stage: Stage) -> None:
    with pytest.raises(Rejected):
        stage.publisher.on_cachexia_scored(scored())
    assert not stage.results.exists()


def test_a_criterion_without_code_sends_nothing(stage: Stage) -> None:
    event = scored()
    event.criteria[0].name = "astrology"
    with pytest.raises(Rejected) as refused:
        stage.handle(event)
    assert refused.value.reason == "unknown_code"


def test_a_probability_that_is_none_sends_nothing(stage: Stage) -> None:
    with pytest.raises(Rejected) as refused:
        stage.handle(scored(mode="active", risk=1.2))
    assert refused.value.reason == "impossible_number"


def test_evidence_is_referred_to_by_what_the_record_knows() -> None:
    names = [
        "Condition/k1#stage", "Observation/k2", "Patient#age", "muscle/2.25.1#smi",
        "report/d-1#fatigue.10",
    ]  # fmt: skip
    known = [
        ResolvedResource(resource_key="k1", resource_type="Condition", resource_id="c-1"),
        ResolvedResource(
            resource_key="k2", resource_type="Observation", identifier_system="urn:lab",
            identifier_value="L-2",
        ),
    ]  # fmt: skip
    found = references(names, known)
    assert set(found) == set(names) - {"Patient#age"}
    assert found["Condition/k1#stage"]["identifier"] == {"value": "Condition/c-1"}
    assert found["Observation/k2"]["identifier"] == {"system": "urn:lab", "value": "L-2"}
    assert found["muscle/2.25.1#smi"]["identifier"]["value"].startswith("urn:oid:2.25.")
    assert found["report/d-1#fatigue.10"]["type"] == "DocumentReference"
