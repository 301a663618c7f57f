"""The wired parts: a worker between two topics, and the ledger over HTTP."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from pydantic import ValidationError

from radloom import topics
from radloom.adapters.bus import open_bus
from radloom.adapters.clock import SystemClock
from radloom.adapters.database import Database
from radloom.adapters.destinations import open_archive, open_record, without_credentials
from radloom.adapters.object_store import FileObjectStore
from radloom.ports import Bus, BusRecord
from radloom.runtime import envelope
from radloom.runtime.http import HttpServer, http_app
from radloom.runtime.process import LoopPart
from radloom.runtime.worker import Worker
from radloom.wire.v1.result_delivered_pb2 import ResultDelivered
from services.publisher import ledger
from services.publisher.app import MIGRATIONS, add_results
from services.publisher.handler import Publisher
from services.publisher.ledger import Entry, Status
from services.publisher.muscle_result import result_of
from services.publisher.settings import Settings
from tests.publisher.example import STUDY, ct_slice, measured, refused
from tests.publisher.test_handler import KnownSubject, OneSeries

PATIENCE_POLLS = 300


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    made = Database(f"sqlite:///{tmp_path / 'publisher.sqlite'}", schema="publisher")
    made.upgrade(*MIGRATIONS)
    yield made
    made.close()


def next_record(bus: Bus, topic: str) -> BusRecord:
    subscription = bus.subscribe("test", [topic])
    try:
        for _ in range(PATIENCE_POLLS):
            for delivery in subscription.poll(0.1):
                return delivery.record
    finally:
        subscription.close()
    raise AssertionError(f"nothing came on {topic}")


def test_an_event_on_the_bus_becomes_a_delivered_result_on_the_bus(
    database: Database, tmp_path: Path
) -> None:
    bus = open_bus(f"sqlite:///{tmp_path / 'bus.sqlite'}")
    results = (tmp_path / "results").as_uri()
    objects = FileObjectStore(tmp_path / "objects")
    handler = Publisher(
        ingest=OneSeries([ct_slice()]),
        custodian=KnownSubject(),
        objects=objects,
        archive=open_archive(results),
        record=open_record(results),
        database=database,
        clock=SystemClock(),
    )
    example = measured()
    reference = objects.put(example.event.measurement.segmentation.key, example.seg_bytes)
    example.event.measurement.segmentation.CopyFrom(reference)
    part = LoopPart("worker", Worker("publisher", handler, bus, database, clock=SystemClock()))
    bus.publish([envelope.encode(example.event, "event-1")])
    part.start()
    try:
        record = next_record(bus, topics.RESULT_DELIVERED.name)
    finally:
        part.stop()
        bus.close()
    announced = ResultDelivered.FromString(record.value)
    assert announced.result_id == example.event.result_id
    assert len(announced.instances) == 3
    assert (tmp_path / "results" / STUDY / "key.png").exists()


def test_results_are_listed_by_study_without_patient_data(database: Database) -> None:
    now = datetime(2026, 11, 1, tzinfo=UTC)
    example = measured()
    with database.transaction() as connection:
        ledger.write(Entry(result_of(example.event), Status.PENDING), now)(connection)
        ledger.write(Entry(result_of(refused(revision=2)), Status.WITHHELD), now)(connection)
    app = http_app("publisher", {})
    add_results(app, database)
    server = HttpServer(app, host="127.0.0.1", port=0)
    server.start()
    try:
        url = f"http://127.0.0.1:{server.port}/results"
        rows = httpx.get(url, params={"study": STUDY}).json()
        assert len(httpx.get(url).json()) == 2
        assert httpx.get(url, params={"study": "2.25.9"}).json() == []
    finally:
        server.stop()
    assert {row["status"] for row in rows} == {"pending", "withheld"}
    assert {gate["gate"] for row in rows for gate in row["gates"]} == {"l3_not_covered"}


@pytest.mark.parametrize("missing", ["archive_url", "fhir_url"])
def test_where_results_go_has_no_default(missing: str, tmp_path: Path) -> None:
    values = {
        "bus_url": "kafka://b:9092",
        "database_url": "sqlite:///p.sqlite",
        "ingest_url": "http://ingest/dicom-web",
        "custodian_address": "ingest:50051",
        "object_dir": tmp_path,
        "archive_url": "http://pacs/dicom-web",
        "fhir_url": "http://ehr/fhir",
    }
    with pytest.raises(ValidationError, match=missing):
        Settings.model_validate(values | {missing: ""})


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://user:secret@pacs:8443/dicom-web?k=1#x", "https://pacs:8443/dicom-web"),
        ("file:///results", "file:///results"),
    ],
)
def test_a_destination_is_shown_without_credentials(url: str, shown: str) -> None:
    assert without_credentials(url) == shown


@pytest.mark.parametrize("url", ["", "pacs/dicom-web", "ftp://pacs", "http://", "file://pacs/x"])
def test_a_destination_that_is_neither_server_nor_folder_is_named(url: str) -> None:
    with pytest.raises(ValueError, match="expected 'http://', 'https://' or 'file:///'"):
        open_record(url)
