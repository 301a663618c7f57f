"""Wires report_structurer: worker, gRPC and HTTP doors, health."""

import logging
from importlib.metadata import version

from radloom.adapters.bus import open_bus
from radloom.adapters.circuit_breaker import CircuitBreaker
from radloom.adapters.clock import SystemClock
from radloom.adapters.custodian import GrpcCustodian
from radloom.adapters.database import Database
from radloom.adapters.language_model import HttpLanguageModel
from radloom.adapters.model_address import require_inside_phi_zone
from radloom.adapters.rested_language_model import RestedLanguageModel
from radloom.errors import Unavailable
from radloom.ports import LanguageModel
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
from services.report_structurer.exams import templates
from services.report_structurer.handler import KeptReports, ModelLimits, ReportStructurer
from services.report_structurer.routes import add_routes
from services.report_structurer.settings import Settings

log = logging.getLogger(__name__)

MIGRATIONS = ("radloom.runtime.migrations", "services.report_structurer.migrations")


class Door(ReportStructurerServiceServicer):
    """`ReportStructurerService` as the handler answers it."""

    def __init__(self, handler: ReportStructurer) -> None:
        self._handler = handler

    def Structure(self, request: StructureRequest, context: object) -> StructureResponse:  # noqa: N802, ARG002 - names of gRPC
        """Structures one text."""
        return self._handler.structure(request)


def language_model(settings: Settings) -> LanguageModel | None:
    """The model of the settings, asked once who it is; None without one.

    A model that does not answer keeps nothing from starting: reports are left to the word lists,
    each proof says so, and it is asked again later.

    Raises:
        Rejected: Its URL is none, or lies outside the PHI zone.
    """
    if not settings.llm_url:
        return None
    require_inside_phi_zone(settings.llm_url, declared=settings.llm_in_phi_zone)
    server = HttpLanguageModel(
        settings.llm_url,
        model=settings.llm_model,
        api_key=settings.llm_api_key,
        context_tokens=settings.llm_context_tokens,
        probe_deadline_s=settings.llm_timeout_s,
    )
    breaker = CircuitBreaker(
        "language_model", SystemClock(), failures=settings.llm_failures, rest_s=settings.llm_rest_s
    )
    model = RestedLanguageModel(server, breaker)
    try:
        log.info("the language model speaks dialect %s", model.describe().dialect)
    except Unavailable:
        log.warning("the language model cannot be used now; reports are left to the word lists")
    return model


def main() -> int:
    """Runs the service until a signal; returns the exit code."""
    settings = Settings()
    configure("report_structurer", version=version("radloom"), trace_file=settings.trace_file)
    database = Database(settings.database_url, schema="report_structurer")
    database.upgrade(*MIGRATIONS)
    templates(settings.template_dir)  # a template that is none is told of now, not at a report
    handler = ReportStructurer(
        GrpcCustodian(settings.custodian_address),
        SystemClock(),
        language_model(settings),
        ModelLimits(settings.llm_timeout_s, settings.llm_report_s, settings.llm_context_tokens),
        settings.template_dir,
    )
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
    add_routes(app, handler, KeptReports(database, SystemClock()))
    http = HttpServer(app, host=settings.http_host, port=settings.http_port)
    return run_until_signal([LoopPart("worker", worker), grpc, http])
