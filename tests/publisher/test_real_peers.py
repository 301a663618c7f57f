"""Delivery to an archive and a record that others wrote."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from radloom.adapters.database import Database
from radloom.adapters.dicomweb import DicomWebArchive
from radloom.adapters.fhir_rest import FhirRestServer
from radloom.adapters.object_store import FileObjectStore
from radloom.dicom import text_report
from radloom.dicom.segmentation import area_cm2, mask_of
from radloom.fhir import report as fhir_report
from radloom.wire.v1.result_delivered_pb2 import ResultDelivered
from services.publisher.handler import Publisher
from tests.peers import medplum_router
from tests.peers.medplum_router import Medplum
from tests.peers.orthanc import orthanc
from tests.publisher.example import STUDY, ct_slice, measured
from tests.publisher.report_example import TEXT, written
from tests.publisher.score_example import resolved, scored
from tests.publisher.test_handler import OneSeries, StoppedClock
from tests.publisher.test_report_handler import Shelf

pytestmark = pytest.mark.peer


@pytest.fixture
def record() -> Iterator[Medplum]:
    with medplum_router.running() as peer:
        yield peer


@pytest.fixture
def archive() -> Iterator[DicomWebArchive]:
    with orthanc() as peer:
        client = DicomWebArchive(peer.dicomweb_url)
        yield client
        client.close()


@pytest.fixture
def custodian() -> Shelf:
    return Shelf()


@pytest.fixture
def publisher(
    archive: DicomWebArchive, record: Medplum, custodian: Shelf, tmp_path: Path
) -> Iterator[Publisher]:
    database = Database(f"sqlite:///{tmp_path / 'publisher.sqlite'}", schema="publisher")
    database.upgrade("services.publisher.migrations")
    server = FhirRestServer(record.url)
    yield Publisher(
        ingest=OneSeries([ct_slice()]),
        custodian=custodian,
        objects=FileObjectStore(tmp_path / "objects"),
        archive=archive,
        record=server,
        database=database,
        clock=StoppedClock(),
    )
    server.close()
    database.close()


def test_a_result_sent_twice_is_one_result_in_orthanc_and_medplum(
    publisher: Publisher, archive: DicomWebArchive, record: Medplum
) -> None:
    example = measured()
    event = example.event
    reference = publisher.objects.put(event.measurement.segmentation.key, example.seg_bytes)
    event.measurement.segmentation.CopyFrom(reference)
    publisher.on_muscle_measured(event)  # its effects are lost, as by kill -9 before the commit
    (announced,) = publisher.on_muscle_measured(event).events
    assert announced.DESCRIPTOR.name == "ResultDelivered"
    kinds = {str(series.Modality): series for series in archive.series(STUDY)}
    assert set(kinds) == {"SEG", "SR", "OT"}
    for series in kinds.values():
        assert len(archive.retrieve_series(STUDY, str(series.SeriesInstanceUID))) == 1
    (seg,) = archive.retrieve_series(STUDY, str(kinds["SEG"].SeriesInstanceUID))
    mask, _ = mask_of(seg, "2.25.500")
    assert area_cm2(mask, (3.0, 3.0)) == pytest.approx(event.measurement.area_cm2)
    assert record.count("Observation") == 6
    assert record.count("DiagnosticReport") == 1


def test_what_the_archive_gives_back_is_what_was_sent(
    publisher: Publisher, archive: DicomWebArchive
) -> None:
    example = measured(ct_slice(), revision=3)
    event = example.event
    reference = publisher.objects.put(event.measurement.segmentation.key, example.seg_bytes)
    event.measurement.segmentation.CopyFrom(reference)
    replace(publisher, patient_system="urn:oid:2.25.999").on_muscle_measured(event)
    series = next(s for s in archive.series(STUDY) if s.Modality == "SEG")
    (held,) = archive.retrieve_series(STUDY, str(series.SeriesInstanceUID))
    assert {e.tag: e.value for e in held} == {e.tag: e.value for e in example.seg}


def test_a_report_sent_twice_is_one_report_in_orthanc_and_medplum_word_for_word(
    publisher: Publisher, archive: DicomWebArchive, record: Medplum, custodian: Shelf
) -> None:
    report = written(TEXT.replace("right", "\x0c\x07right") + "\t ")
    custodian.documents[report.event.document_id] = report.document
    publisher.on_report_structured(report.event)  # its effects are lost, as by kill -9
    (announced,) = publisher.on_report_structured(report.event).events
    assert isinstance(announced, ResultDelivered)
    (series,) = archive.series(STUDY)
    (sr,) = archive.retrieve_series(STUDY, str(series.SeriesInstanceUID))
    assert text_report.text_of(sr) == report.report.text
    held = [publisher.record.read(reference) for reference in announced.resources]
    observations = [dict(r) for r in held if r["resourceType"] == "Observation"]
    assert fhir_report.text_of(observations) == report.report.text
    assert record.count("Observation") == len(observations)
    assert record.count("DiagnosticReport") == 1


def test_a_score_sent_twice_is_one_set_of_criteria_in_medplum(
    publisher: Publisher, record: Medplum, custodian: Shelf
) -> None:
    event = scored(mode="active", risk=0.6)
    custodian.known = {resource.resource_key: resource for resource in resolved(event)}
    publisher.on_cachexia_scored(event)  # its effects are lost, as by kill -9
    (announced,) = publisher.on_cachexia_scored(event).events
    assert isinstance(announced, ResultDelivered)
    computed = [c for c in event.criteria if c.WhichOneof("result")]
    assert record.count("Observation") == len(computed) + 1
    assert record.count("RiskAssessment") == record.count("Provenance") == 1
