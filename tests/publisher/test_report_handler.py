"""A structured report is delivered once, whatever dies or comes late in between."""

import base64
import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from pydicom import Dataset, dcmread

from radloom.adapters.database import Database
from radloom.adapters.folder import FolderArchive
from radloom.adapters.folder_record import FolderRecord
from radloom.adapters.object_store import FileObjectStore
from radloom.dicom import text_report
from radloom.errors import Rejected, Unavailable
from radloom.fhir import report as fhir_report
from radloom.ports import Reaction
from radloom.reports import study_of_document
from radloom.wire.v1.custodian_service_pb2 import (
    GetDocumentResponse,
    ResolvedResource,
    ResolveSubjectResponse,
)
from radloom.wire.v1.result_delivered_pb2 import ResultDelivered
from services.publisher import ledger
from services.publisher.handler import Publisher
from tests.publisher.example import ISSUER, PATIENT_ID, STUDY, SUBJECT_KEY, ct_slice, measured
from tests.publisher.report_example import DOCUMENT_ID, TEXT, Written, cut, written
from tests.publisher.test_handler import Dying, OneSeries, StoppedClock

WORDS = ("hypodense", "ascites", "metastasis", "Portal")


@dataclass
class Shelf:
    """Ingest that holds documents and knows one patient."""

    identity: ResolveSubjectResponse = field(
        default_factory=lambda: ResolveSubjectResponse(
            patient_id=PATIENT_ID, issuer_of_patient_id=ISSUER, patient_name="Other^Name"
        )
    )
    documents: dict[str, GetDocumentResponse] = field(default_factory=dict)
    known: dict[str, ResolvedResource] = field(default_factory=dict)

    def resources(self, resource_keys: Sequence[str]) -> Sequence[ResolvedResource]:
        return [self.known[key] for key in resource_keys]

    def resolve_subject(self, subject_key: str) -> ResolveSubjectResponse:
        assert subject_key == SUBJECT_KEY
        return self.identity

    def document(self, document_id: str) -> GetDocumentResponse:
        if document_id not in self.documents:
            raise Rejected("no document has this id", reason="not_found")
        return self.documents[document_id]


@dataclass
class Stage:
    publisher: Publisher
    shelf: Shelf
    destinations: Dying
    results: Path
    database: Database

    def handle(self, report: Written) -> Reaction:
        """Handles an event and runs its effects, as the worker does."""
        self.shelf.documents[report.document.document_id] = report.document
        reaction = self.publisher.on_report_structured(report.event)
        with self.database.transaction() as connection:
            for effect in reaction.effects:
                effect(connection)
        return reaction

    def rows(self) -> dict[str, str]:
        with self.database.reading() as connection:
            return {row["result_id"]: row["status"] for row in ledger.listing(connection)}

    def resources(self, kind: str) -> list[dict[str, Any]]:
        folder = self.results / kind
        return [json.loads(path.read_text()) for path in sorted(folder.glob("*.json"))]

    def reports(self) -> list[Dataset]:
        return [dcmread(path) for path in sorted(self.results.glob("*/report*.dcm"))]


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    database = Database(f"sqlite:///{tmp_path / 'publisher.sqlite'}", schema="publisher")
    database.upgrade("services.publisher.migrations")
    results, shelf = tmp_path / "results", Shelf()
    destinations = Dying(FolderArchive(results), FolderRecord(results))
    publisher = Publisher(
        ingest=OneSeries([ct_slice()]),
        custodian=shelf,
        objects=FileObjectStore(tmp_path / "objects"),
        archive=destinations,
        record=destinations,
        database=database,
        clock=StoppedClock(),
    )
    yield Stage(publisher, shelf, destinations, results, database)
    database.close()


def test_a_report_reaches_archive_record_and_ledger_with_all_its_words(stage: Stage) -> None:
    report = written(accession_number="A1")
    (announced,) = stage.handle(report).events
    assert isinstance(announced, ResultDelivered)
    assert (announced.kind, announced.document_id) == ("report", DOCUMENT_ID)
    (sr,) = stage.reports()
    assert text_report.text_of(sr) == TEXT
    assert [i.sop_instance_uid for i in announced.instances] == [sr.SOPInstanceUID]
    assert (sr.PatientName, sr.StudyInstanceUID) == ("Nobody^Nora", STUDY)
    assert fhir_report.text_of(stage.resources("Observation")) == TEXT
    (told,) = stage.resources("DiagnosticReport")
    assert base64.b64decode(told["presentedForm"][0]["data"]).decode() == TEXT
    assert stage.rows() == {report.event.result_id: "delivered"}


def test_all_say_that_nobody_has_reviewed_it(stage: Stage) -> None:
    stage.handle(written())
    (sr,) = stage.reports()
    assert (sr.PreliminaryFlag, sr.VerificationFlag) == ("PRELIMINARY", "UNVERIFIED")
    for kind in ("Observation", "DiagnosticReport"):
        for resource in stage.resources(kind):
            assert resource["status"] == "preliminary"
            assert resource["meta"]["security"][0]["code"] == "AIAST"
    (provenance,) = stage.resources("Provenance")
    assert len(provenance["target"]) == len(stage.resources("Observation")) + 1


STEPS = ["before store", "after store", "before record", "after record", "at read-back"]


@pytest.mark.parametrize("step", STEPS)
def test_death_at_any_step_leaves_one_result_after_redelivery(stage: Stage, step: str) -> None:
    report = written()
    stage.destinations.dies = step
    with pytest.raises(Unavailable):
        stage.handle(report)
    assert stage.rows() == {report.event.result_id: "pending"}
    stage.handle(report)
    assert stage.rows() == {report.event.result_id: "delivered"}
    assert len(stage.reports()) == 1
    assert fhir_report.text_of(stage.resources("Observation")) == TEXT
    assert len(stage.resources("DiagnosticReport")) == len(stage.resources("Device")) == 1


def test_the_same_event_again_sends_nothing_new(stage: Stage) -> None:
    stage.handle(written())
    before = {path: path.read_bytes() for path in stage.results.rglob("*") if path.is_file()}
    stage.handle(written())
    assert before == {
        path: path.read_bytes() for path in stage.results.rglob("*") if path.is_file()
    }


def test_a_later_structuring_of_the_document_supersedes(stage: Stage) -> None:
    first, later = written(), cut(TEXT, [(0, 17), (19, len(TEXT) - 1)], version=2)
    stage.handle(first)
    stage.handle(later)
    assert stage.rows() == {
        first.event.result_id: "superseded",
        later.event.result_id: "delivered",
    }
    older, newer = sorted(stage.reports(), key=lambda sr: "PredecessorDocumentsSequence" in sr)
    study = newer.PredecessorDocumentsSequence[0]
    reference = study.ReferencedSeriesSequence[0].ReferencedSOPSequence[0]
    assert reference.ReferencedSOPInstanceUID == older.SOPInstanceUID
    observations = stage.resources("Observation")
    assert fhir_report.text_of(observations) == TEXT
    statuses = Counter(resource["status"] for resource in observations)
    assert statuses["preliminary"] == 2 + 2  # statements and the parts that group them
    assert statuses["entered-in-error"] > 0
    assert len(stage.resources("DiagnosticReport")) == 1
    activities = [p["activity"]["coding"][0]["code"] for p in stage.resources("Provenance")]
    assert sorted(activities) == ["CREATE", "UPDATE"]


def test_an_older_structuring_that_comes_late_is_ignored(stage: Stage) -> None:
    later = written(version=2)
    stage.handle(later)
    assert stage.handle(written()) == Reaction()
    assert stage.rows() == {later.event.result_id: "delivered"}


def test_a_structuring_that_says_the_same_sends_nothing(stage: Stage) -> None:
    stage.handle(written())
    (announced,) = stage.handle(written(version=2)).events
    assert isinstance(announced, ResultDelivered)
    assert len(stage.reports()) == 1
    assert sorted(stage.rows().values()) == ["delivered", "superseded"]


def test_a_report_and_a_measurement_of_one_study_stand_beside_each_other(stage: Stage) -> None:
    example = measured()
    reference = stage.publisher.objects.put(
        example.event.measurement.segmentation.key, example.seg_bytes
    )
    example.event.measurement.segmentation.CopyFrom(reference)
    reaction = stage.publisher.on_muscle_measured(example.event)
    with stage.database.transaction() as connection:
        for effect in reaction.effects:
            effect(connection)
    report = written()
    report.event.result_id = "0aa1b2c3-0000-4000-8000-0000000000aa"
    stage.handle(report)
    assert list(stage.rows().values()) == ["delivered", "delivered"]


def test_a_document_without_study_gets_one_of_its_own(stage: Stage) -> None:
    stage.handle(written(study="", authored_at="2026-05-01T10:20:30+02:00"))
    (sr,) = stage.reports()
    assert sr.StudyInstanceUID == study_of_document(DOCUMENT_ID)
    assert (sr.StudyDate, sr.StudyTime, sr.TimezoneOffsetFromUTC) == ("20260501", "102030", "+0200")
    assert (sr.PatientID, sr.PatientName) == (PATIENT_ID, "Other^Name")
    (told,) = stage.resources("DiagnosticReport")
    assert "imagingStudy" not in told
    assert "effectiveDateTime" not in told


def test_a_study_that_the_site_has_not_seen_is_taken_from_the_document(stage: Stage) -> None:
    stage.handle(written(study="2.25.4711", accession_number="A7", authored_at=""))
    (sr,) = stage.reports()
    assert (sr.StudyInstanceUID, sr.StudyDate, sr.AccessionNumber) == ("2.25.4711", "", "A7")
    (told,) = stage.resources("DiagnosticReport")
    assert told["imagingStudy"][0]["identifier"]["value"] == "urn:oid:2.25.4711"
    assert told["basedOn"][0]["identifier"]["value"] == "A7"


@pytest.mark.parametrize(
    ("patient_id", "issuer"), [("PATIENT-8", ISSUER), (PATIENT_ID, "HOSPITAL-B"), ("", "")]
)
def test_a_study_of_another_patient_than_the_document_sends_nothing(
    stage: Stage, patient_id: str, issuer: str
) -> None:
    stage.shelf.identity = ResolveSubjectResponse(
        patient_id=patient_id, issuer_of_patient_id=issuer
    )
    with pytest.raises(Rejected) as refused:
        stage.handle(written())
    assert refused.value.reason == "identity_mismatch"
    assert not stage.results.exists()


def changed_document(report: Written) -> None:
    report.document.content += b" "


def another_subject(report: Written) -> None:
    report.event.subject_key = "00" * 32


def another_study(report: Written) -> None:
    report.event.study_instance_uid = "2.25.1"


def words_between_statements(report: Written) -> None:
    del report.event.statements[1]


def a_number_that_is_not_there(report: Written) -> None:
    statement = next(s for s in report.event.statements if s.measurements)
    statement.measurements[0].value += 1


def offsets_beyond_the_text(report: Written) -> None:
    report.event.statements[-1].end += 10


def an_unknown_part(report: Written) -> None:
    report.event.statements[0].part = "poetry"


def an_unknown_section(report: Written) -> None:
    report.event.statements[-1].sections.append("gills")


def no_statement(report: Written) -> None:
    del report.event.statements[:]


def no_engine(report: Written) -> None:
    report.event.proof.engine_sha256 = ""


CONTRADICTIONS = [
    changed_document,
    another_subject,
    another_study,
    words_between_statements,
    a_number_that_is_not_there,
    offsets_beyond_the_text,
    an_unknown_part,
    an_unknown_section,
    no_statement,
    no_engine,
]


@pytest.mark.parametrize("contradict", CONTRADICTIONS, ids=lambda f: f.__name__)
def test_an_event_that_its_document_contradicts_sends_nothing_and_quotes_nothing(
    stage: Stage, contradict: Callable[[Written], None]
) -> None:
    report = written()
    contradict(report)
    stage.shelf.documents[DOCUMENT_ID] = report.document
    with pytest.raises(Rejected) as refused:
        stage.publisher.on_report_structured(report.event)
    assert not stage.results.exists()
    assert not [word for word in (*WORDS, PATIENT_ID) if word in str(refused.value)]


def test_a_record_that_holds_other_words_is_noticed(stage: Stage) -> None:
    @dataclass
    class Trimming(Dying):
        def read(self, reference: str) -> Mapping[str, object]:
            held = dict(super().read(reference))
            if "valueString" in held:
                held["valueString"] = str(held["valueString"])[:10]
            return held

    trimming = Trimming(FolderArchive(stage.results), FolderRecord(stage.results))
    stage.publisher = replace(stage.publisher, record=trimming)
    report = written()
    with pytest.raises(Rejected) as refused:
        stage.handle(report)
    assert refused.value.reason == "readback_differs"
    assert stage.rows() == {report.event.result_id: "pending"}


def test_the_ledger_holds_neither_words_nor_identity(stage: Stage) -> None:
    stage.handle(written())
    with stage.database.reading() as connection:
        rows = repr(connection.exec_driver_sql("SELECT * FROM results").all())
    assert not [word for word in (*WORDS, PATIENT_ID, "Nora") if word in rows]


def test_a_finding_that_somebody_must_hear_of_is_marked(stage: Stage) -> None:
    report = written()
    mass = next(s.id for s in report.event.statements if s.measurements)
    report.event.critical_findings.add(
        finding="mass", severity="urgent", statement_id=mass, certainty="certain"
    )
    stage.handle(report)
    marked = [
        resource["valueString"]
        for resource in stage.resources("Observation")
        for concept in resource.get("interpretation", [])
        if concept["coding"][0]["code"] == "AA"
    ]
    assert [text.split()[1] for text in marked] == ["A"]
