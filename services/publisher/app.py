"""Wires publisher: worker, ledger over HTTP, health."""

from importlib.metadata import version
from typing import Any

from fastapi import FastAPI

from radloom.adapters.bus import open_bus
from radloom.adapters.clock import SystemClock
from radloom.adapters.custodian import GrpcCustodian
from radloom.adapters.database import Database
from radloom.adapters.destinations import open_archive, open_record, without_credentials
from radloom.adapters.dicomweb import DicomWebArchive
from radloom.adapters.object_store import FileObjectStore
from radloom.ports import Transactions
from radloom.runtime.http import HttpServer, http_app
from radloom.runtime.options import WorkerOptions
from radloom.runtime.process import LoopPart, run_until_signal
from radloom.runtime.telemetry import configure
from radloom.runtime.worker import Worker
from services.publisher import ledger
from services.publisher.handler import Publisher
from services.publisher.handler.redaction import ResearchArchive
from services.publisher.settings import Settings

MIGRATIONS = ("radloom.runtime.migrations", "services.publisher.migrations")


def add_results(app: FastAPI, database: Transactions) -> None:
    """Adds `GET /results`: what became of each result, and where it went; no patient data."""

    @app.get("/results")
    def results(study: str = "") -> list[dict[str, Any]]:
        with database.reading() as connection:
            return ledger.listing(connection, study)


def main() -> int:
    """Runs the service until a signal; returns the exit code."""
    settings = Settings()
    configure("publisher", version=version("radloom"), trace_file=settings.trace_file)
    database = Database(settings.database_url, schema="publisher")
    database.upgrade(*MIGRATIONS)
    clock = SystemClock()
    handler = Publisher(
        ingest=DicomWebArchive(settings.ingest_url),
        custodian=GrpcCustodian(settings.custodian_address),
        objects=FileObjectStore(settings.object_dir),
        archive=open_archive(settings.archive_url),
        record=open_record(
            settings.fhir_url, timeout_s=settings.fhir_timeout_s, token=settings.fhir_token
        ),
        database=database,
        clock=clock,
        patient_system=settings.patient_identifier_system,
        archive_address=without_credentials(settings.archive_url),
        record_address=without_credentials(settings.fhir_url),
        research={
            project: ResearchArchive(open_archive(url), without_credentials(url))
            for project, url in settings.research_archives.items()
        },
    )
    worker = Worker(
        "publisher",
        handler,
        open_bus(settings.bus_url),
        database,
        clock=clock,
        options=WorkerOptions(concurrency=settings.concurrency),
    )
    app = http_app("publisher", {"worker": worker.healthy})
    add_results(app, database)
    http = HttpServer(app, host=settings.http_host, port=settings.http_port)
    return run_until_signal([LoopPart("worker", worker), http])
