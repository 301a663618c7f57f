"""Deliver once, whatever dies or comes late in between."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pydicom import Dataset, dcmread

from radloom.adapters.database import Database
from radloom.adapters.folder import FolderArchive
from radloom.adapters.folder_record import FolderRecord
from radloom.adapters.object_store import FileObjectStore
from radloom.errors import Rejected, Unavailable
from radloom.ports import Reaction, StoredInstance
from radloom.wire.v1.custodian_service_pb2 import (
    GetDocumentResponse,
    ResolvedResource,
    ResolveSubjectResponse,
)
from radloom.wire.v1.muscle_measured_pb2 import MuscleMeasured
from radloom.wire.v1.result_delivered_pb2 import ResultDelivered
from services.publisher import ledger
from services.publisher.handler import Publisher
from tests.publisher.example import (
    ISSUER,
    PATIENT_ID,
    STUDY,
    SUBJECT_KEY,
    Example,
    ct_slice,
    measured,
    refused,
)

NOW = datetime(2026, 11, 1, 12, 0, 0, tzinfo=UTC)


class StoppedClock:
    def now(self) -> datetime:
        return NOW


@dataclass
class KnownSubject:
    identity: ResolveSubjectResponse = field(
        default_factory=lambda: ResolveSubjectResponse(
            patient_id=PATIENT_ID, issuer_of_patient_id=ISSUER
        )
    )

    def resources(self, resource_keys: Sequence[str]) -> Sequence[ResolvedResource]:
        raise Rejected(f"{len(resource_keys)} keys", reason="not_found")

    def resolve_subject(self, subject_key: str) -> ResolveSubjectResponse:
        assert subject_key == SUBJECT_KEY
        return self.identity

    def document(self, document_id: str) -> GetDocumentResponse:
        raise Rejected(f"no document {document_id}", reason="not_found")


@dataclass
class OneSeries:
    images: list[Dataset]

    def series(self, study_instance_uid: str) -> Sequence[Dataset]:
        return [image for image in self.images if image.StudyInstanceUID == study_instance_uid]

    def retrieve_series(
        self, study_instance_uid: str, series_instance_uid: str
    ) -> Sequence[Dataset]:
        found = [i for i in self.series(study_instance_uid) if i.SeriesInstanceUID]
        return [image for image in found if image.SeriesInstanceUID == series_instance_uid]

    def store(self, instances: Sequence[bytes]) -> Sequence[StoredInstance]:
        raise Unavailable(f"{len(instances)} instances at a source", dependency="ingest")


@dataclass
class Dying:
    """An archive and a record that fail at one call, before or after it took effect."""

    archive: FolderArchive
    record: FolderRecord
    dies: str = ""

    def series(self, study_instance_uid: str) -> Sequence[Dataset]:
        return self.archive.series(study_instance_uid)

    def retrieve_series(
        self, study_instance_uid: str, series_instance_uid: str
    ) -> Sequence[Dataset]:
        return self.archive.retrieve_series(study_instance_uid, series_instance_uid)

    def store(self, instances: Sequence[bytes]) -> Sequence[StoredInstance]:
        self._die("before store")
        if self.dies == "amid store":
            self.archive.store(instances[:1])
            self._die("amid store")
        stored = self.archive.store(instances)
        self._die("after store")
        return stored

    def transaction(self, bundle: Mapping[str, object]) -> Sequence[str]:
        self._die("before record")
        references = self.record.transaction(bundle)
        self._die("after record")
        return references

    def read(self, reference: str) -> Mapping[str, object]:
        self._die("at read-back")
        return self.record.read(reference)

    def _die(self, at: str) -> None:
        if self.dies == at:
            self.dies = ""
            raise Unavailable("gone", dependency="test")


@dataclass
class Stage:
    publisher: Publisher
    destinations: Dying
    results: Path
    database: Database

    def handle(self, example: Example | MuscleMeasured) -> Reaction:
        """Handles an event and runs its effects, as the worker does."""
        event = example if isinstance(example, MuscleMeasured) else self.put(example)
        reaction = self.publisher.on_muscle_measured(event)
        with self.database.transaction() as connection:
            for effect in reaction.effects:
                effect(connection)
        return reaction

    def put(self, example: Example) -> MuscleMeasured:
        """Puts the segmentation where the event says it is."""
        reference = self.publisher.objects.put(
            example.event.measurement.segmentation.key, example.seg_bytes
        )
        example.event.measurement.segmentation.CopyFrom(reference)
        return example.event

    def rows(self) -> dict[str, str]:
        with self.database.reading() as connection:
            return {row["result_id"]: row["status"] for row in ledger.listing(connection, STUDY)}

    def resources(self, kind: str) -> list[dict[str, Any]]:
        folder = self.results / kind
        return [json.loads(path.read_text()) for path in sorted(folder.glob("*.json"))]

    def value(self, code: str) -> tuple[str, float]:
        """Status and value of the one Observation with a code."""
        found = [
            resource
            for resource in self.resources("Observation")
            if code in [c["code"] for c in resource["code"]["coding"]]
        ]
        assert len(found) == 1
        return found[0]["status"], found[0]["valueQuantity"]["value"]

    def instances(self) -> list[Dataset]:
        return [dcmread(path) for path in sorted((self.results / STUDY).glob("*.dcm"))]


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    database = Database(f"sqlite:///{tmp_path / 'publisher.sqlite'}", schema="publisher")
    database.upgrade("services.publisher.migrations")
    results = tmp_path / "results"
    destinations = Dying(FolderArchive(results), FolderRecord(results))
    publisher = Publisher(
        ingest=OneSeries([ct_slice()]),
        custodian=KnownSubject(),
        objects=FileObjectStore(tmp_path / "objects"),
        archive=destinations,
        record=destinations,
        database=database,
        clock=StoppedClock(),
    )
    yield Stage(publisher, destinations, results, database)
    database.close()


def second(*, revision: int = 2) -> Example:
    """A later revision with another mask."""
    image = ct_slice()
    mask = image.pixel_array > 1024 + 40
    result_id = "0aa1b2c3-0000-4000-8000-000000000002"
    return measured(image, mask, result_id=result_id, revision=revision)


def test_a_measurement_reaches_archive_record_and_ledger(stage: Stage) -> None:
    example = measured()
    (announced,) = stage.handle(example).events
    assert isinstance(announced, ResultDelivered)
    kinds = {instance.Modality: instance for instance in stage.instances()}
    assert set(kinds) == {"SEG", "SR", "OT"}
    assert [i.sop_instance_uid for i in announced.instances] == [
        kinds[modality].SOPInstanceUID for modality in ("SEG", "SR", "OT")
    ]
    assert announced.instances[0].sha256 == hashlib.sha256(example.seg_bytes).hexdigest()
    assert announced.resources[0].startswith("Device/")
    assert stage.rows() == {example.event.result_id: "delivered"}
    area = example.event.measurement.area_cm2
    assert stage.value("muscle-area-l3") == ("preliminary", round(area, 1))


def test_the_files_of_a_folder_are_named_for_people(stage: Stage) -> None:
    stage.handle(measured())
    names = {path.name for path in (stage.results / STUDY).iterdir()}
    assert names == {"seg.dcm", "sr.dcm", "key.dcm", "key.png"}
    assert len(list(stage.results.rglob("bundle.json"))) == 1


STEPS = ["before store", "amid store", "after store", "before record", "after record"]


@pytest.mark.parametrize("step", [*STEPS, "at read-back"])
def test_death_at_any_step_leaves_one_result_after_redelivery(stage: Stage, step: str) -> None:
    example = measured()
    stage.destinations.dies = step
    with pytest.raises(Unavailable):
        stage.handle(example)
    assert stage.rows() == {example.event.result_id: "pending"}
    stage.handle(example)
    assert stage.rows() == {example.event.result_id: "delivered"}
    assert len(stage.instances()) == 3
    counts = {
        kind: len(stage.resources(kind))
        for kind in ("Device", "Observation", "DiagnosticReport", "Provenance")
    }
    assert counts == {"Device": 1, "Observation": 6, "DiagnosticReport": 1, "Provenance": 1}


def test_the_same_event_again_sends_nothing_new(stage: Stage) -> None:
    stage.handle(measured())
    before = {path: path.read_bytes() for path in stage.results.rglob("*") if path.is_file()}
    stage.handle(measured())
    after = {path: path.read_bytes() for path in stage.results.rglob("*") if path.is_file()}
    assert before == after


def test_a_later_revision_that_says_the_same_sends_nothing(stage: Stage) -> None:
    stage.handle(measured())
    again = measured(result_id="0aa1b2c3-0000-4000-8000-000000000002", revision=2)
    (announced,) = stage.handle(again).events
    assert isinstance(announced, ResultDelivered)
    assert len(stage.instances()) == 3
    assert sorted(stage.rows().values()) == ["delivered", "superseded"]


def test_a_later_revision_replaces_the_result(stage: Stage) -> None:
    first, later = measured(), second()
    stage.handle(first)
    stage.handle(later)
    assert stage.rows() == {
        first.event.result_id: "superseded",
        later.event.result_id: "delivered",
    }
    area = later.event.measurement.area_cm2
    assert stage.value("muscle-area-l3") == ("preliminary", round(area, 1))
    reports = {
        report.SOPInstanceUID: report for report in stage.instances() if report.Modality == "SR"
    }
    predecessors = [
        study.ReferencedSeriesSequence[0].ReferencedSOPSequence[0].ReferencedSOPInstanceUID
        for report in reports.values()
        for study in report.get("PredecessorDocumentsSequence", [])
    ]
    assert len(reports) == 2
    assert len(predecessors) == 1
    assert predecessors[0] in reports


def test_an_older_revision_that_comes_late_is_ignored(stage: Stage) -> None:
    later = second()
    stage.handle(later)
    assert stage.handle(measured()) == Reaction()
    assert stage.rows() == {later.event.result_id: "delivered"}
    assert len(stage.instances()) == 3


@pytest.mark.parametrize("step", ["after store", "after record"])
def test_a_result_that_died_half_way_is_replaced_like_a_delivered_one(
    stage: Stage, step: str
) -> None:
    first, later = measured(), second()
    stage.destinations.dies = step
    with pytest.raises(Unavailable):
        stage.handle(first)
    stage.handle(later)
    assert stage.handle(first) == Reaction()
    assert stage.rows() == {
        first.event.result_id: "superseded",
        later.event.result_id: "delivered",
    }
    reports = [report for report in stage.instances() if report.Modality == "SR"]
    assert sum("PredecessorDocumentsSequence" in report for report in reports) == 1


def test_a_refusal_is_withheld_with_its_gates(stage: Stage) -> None:
    assert stage.handle(refused()).events == ()
    with stage.database.reading() as connection:
        (row,) = ledger.listing(connection, STUDY)
    assert row["status"] == "withheld"
    assert row["gates"] == [
        {"gate": "l3_not_covered", "reason": "P(L3 covered) is 0.03; limit 0.5"}
    ]
    assert not stage.results.exists()


def test_a_refusal_of_a_later_revision_takes_the_result_back(stage: Stage) -> None:
    first = measured()
    stage.handle(first)
    stage.handle(refused(revision=2))
    assert sorted(stage.rows().values()) == ["withdrawn", "withheld"]
    statuses = {
        resource["status"]
        for kind in ("Observation", "DiagnosticReport")
        for resource in stage.resources(kind)
    }
    assert statuses == {"entered-in-error"}
    assert len(stage.resources("Provenance")) == 2


def test_a_measurement_after_a_withdrawal_stands_again(stage: Stage) -> None:
    stage.handle(measured())
    stage.handle(refused(revision=2))
    stage.handle(second(revision=3))
    assert sorted(stage.rows().values()) == ["delivered", "withdrawn", "withheld"]
    assert stage.value("muscle-area-l3")[0] == "preliminary"


@pytest.mark.parametrize(
    ("patient_id", "issuer"), [("PATIENT-8", ISSUER), (PATIENT_ID, "HOSPITAL-B"), ("", "")]
)
def test_images_of_another_patient_than_the_key_says_send_nothing(
    stage: Stage, patient_id: str, issuer: str
) -> None:
    stranger = ResolveSubjectResponse(patient_id=patient_id, issuer_of_patient_id=issuer)
    stage.publisher = replace(stage.publisher, custodian=KnownSubject(stranger))
    with pytest.raises(Rejected) as refusal:
        stage.handle(measured())
    assert refusal.value.reason == "identity_mismatch"
    assert "PATIENT" not in str(refusal.value)
    assert not stage.results.exists()


def test_other_content_under_a_known_uid_is_rejected_by_the_archive(stage: Stage) -> None:
    example = measured()
    stage.handle(example)
    path = stage.results / STUDY / "sr.dcm"
    report = dcmread(path)
    report.InstitutionName = "Changed"
    report.save_as(path)
    with stage.database.transaction() as connection:
        connection.exec_driver_sql("DELETE FROM results")
    with pytest.raises(Rejected) as refusal:
        stage.handle(example)
    assert refusal.value.reason == "conflict"


def test_a_record_that_holds_another_number_is_noticed(stage: Stage) -> None:
    @dataclass
    class Forgetful(Dying):
        def read(self, reference: str) -> Mapping[str, object]:
            held = dict(super().read(reference))
            held["valueQuantity"] = {"value": 1.0, "code": "cm2"}
            return held

    forgetful = Forgetful(FolderArchive(stage.results), FolderRecord(stage.results))
    stage.publisher = replace(stage.publisher, record=forgetful)
    example = measured()
    with pytest.raises(Rejected) as refusal:
        stage.handle(example)
    assert refusal.value.reason == "readback_differs"
    assert stage.rows() == {example.event.result_id: "pending"}


def test_an_event_without_outcome_is_rejected(stage: Stage) -> None:
    with pytest.raises(Rejected) as refusal:
        stage.handle(MuscleMeasured(study_instance_uid=STUDY))
    assert refusal.value.reason == "no_outcome"


def test_the_listing_holds_no_patient_data(stage: Stage) -> None:
    stage.handle(measured())
    with stage.database.reading() as connection:
        told = json.dumps(ledger.listing(connection))
    assert PATIENT_ID not in told
    assert "Nora" not in told


def test_ledger_rows_hold_no_patient_data(stage: Stage) -> None:
    stage.handle(measured())
    with stage.database.reading() as connection:
        rows = connection.exec_driver_sql("SELECT * FROM results").all()
    assert PATIENT_ID not in repr(rows)
