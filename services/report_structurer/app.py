"""Wires report_structurer: worker, gRPC and HTTP doors, health."""

from importlib.metadata import version
from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel

from radloom.adapters.bus import open_bus
from radloom.adapters.clock import SystemClock
from radloom.adapters.custodian import GrpcCustodian
from radloom.adapters.database import Database
from radloom.errors import Rejected
from radloom.ports import Transactions
from radloom.runtime.grpc import GrpcServer
from radloom.runtime.http import HttpServer, http_app
from radloom.runtime.options import WorkerOptions
from radloom.runtime.process import LoopPart, run_until_signal
from radloom.runtime.telemetry import configure
from radloom.runtime.worker import Worker
from radloom.wire.v1.report_structurer_service_pb2 import StructureRequest, StructureResponse
from radloom.wire.v1.report_structurer_service_pb2_grpc import (
    ReportStructurerServiceServicer,
    add_ReportStructurerServiceServicer_to_server,
)
from services.report_structurer import tables
from services.report_structurer.answers import structured
from services.report_structurer.handler import ReportStructurer, within_limit
from services.report_structurer.settings import Settings

MIGRATIONS = ("radloom.runtime.migrations", "services.report_structurer.migrations")


class Door(ReportStructurerServiceServicer):
    """`ReportStructurerService` as the handler answers it."""

    def __init__(self, handler: ReportStructurer) -> None:
        self._handler = handler

    def Structure(self, request: StructureRequest, context: object) -> StructureResponse:  # noqa: N802, ARG002 - names of gRPC
        """Structures one text."""
        return self._handler.structure(request)


class Report(BaseModel):
    """A report to structure. PHI."""

    text: str


def add_routes(app: FastAPI, database: Transactions) -> None:
    """Adds `POST /structure` for a text, and `GET /reports/{document_id}` for one kept. PHI."""

    @app.post("/structure")
    def structure(report: Report) -> dict[str, Any]:
        return structured(within_limit(report.text))

    @app.get("/reports/{document_id}")
    def report(document_id: str) -> dict[str, Any]:
        with database.reading() as connection:
            found = tables.structured(connection, document_id)
        if found is None:
            raise Rejected("no structured report has this id", reason="not_found")
        return found


def main() -> int:
    """Runs the service until a signal; returns the exit code."""
    settings = Settings()
    configure("report_structurer", version=version("radloom"), trace_file=settings.trace_file)
    database = Database(settings.database_url, schema="report_structurer")
    database.upgrade(*MIGRATIONS)
    handler = ReportStructurer(GrpcCustodian(settings.custodian_address), SystemClock())
    worker = Worker(
        "report_structurer",
        handler,
        open_bus(settings.bus_url),
        database,
        clock=SystemClock(),
        options=WorkerOptions(concurrency=settings.concurrency),
    )
    grpc = GrpcServer(
        [lambda server: add_ReportStructurerServiceServicer_to_server(Door(handler), server)],
        host=settings.http_host,
        port=settings.grpc_port,
    )
    app = http_app("report_structurer", {"worker": worker.healthy})
    add_routes(app, database)
    http = HttpServer(app, host=settings.http_host, port=settings.http_port)
    return run_until_signal([LoopPart("worker", worker), grpc, http])
