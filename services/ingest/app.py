"""Wires ingest: DICOMweb, DIMSE and gRPC doors, release timer, outbox relay."""

import logging
from datetime import timedelta
from importlib.metadata import version

from radloom.adapters.bus import open_bus
from radloom.adapters.clock import SystemClock
from radloom.adapters.database import Database
from radloom.adapters.dimse import OUT_OF_RESOURCES, SUCCESS, DimseServer
from radloom.adapters.instance_store import FileInstanceStore
from radloom.errors import Unavailable
from radloom.runtime.grpc import GrpcServer
from radloom.runtime.http import HttpServer, http_app
from radloom.runtime.outbox import Outbox, OutboxRelay
from radloom.runtime.process import LoopPart, Part, Ticker, run_until_signal
from radloom.runtime.telemetry import configure
from radloom.wire.v1.custodian_service_pb2 import (
    GetDocumentRequest,
    GetDocumentResponse,
    ResolveResourcesRequest,
    ResolveResourcesResponse,
    ResolveSubjectRequest,
    ResolveSubjectResponse,
)
from radloom.wire.v1.custodian_service_pb2_grpc import (
    CustodianServiceServicer,
    add_CustodianServiceServicer_to_server,
)
from services.ingest.handler import Ingest
from services.ingest.multipart import Limits
from services.ingest.routes import routes
from services.ingest.settings import Settings
from services.ingest.subject import require_secret

log = logging.getLogger(__name__)

TICK_S = 0.25
"""How late a quiet study is noticed."""


class Door(CustodianServiceServicer):
    """`CustodianService` as ingest answers it."""

    def __init__(self, ingest: Ingest) -> None:
        self._ingest = ingest

    def ResolveSubject(  # noqa: N802 - name of the RPC
        self,
        request: ResolveSubjectRequest,
        context: object,  # noqa: ARG002 - signature of gRPC
    ) -> ResolveSubjectResponse:
        """Identity behind a subject key."""
        return self._ingest.resolve_subject(request.subject_key)

    def GetDocument(  # noqa: N802 - name of the RPC
        self,
        request: GetDocumentRequest,
        context: object,  # noqa: ARG002 - signature of gRPC
    ) -> GetDocumentResponse:
        """A clinical document."""
        return self._ingest.document(request.document_id)

    def ResolveResources(  # noqa: N802 - name of the RPC
        self,
        request: ResolveResourcesRequest,
        context: object,  # noqa: ARG002 - signature of gRPC
    ) -> ResolveResourcesResponse:
        """What the record calls clinical resources."""
        return self._ingest.resources(list(request.resource_keys))


def receive_one(ingest: Ingest, content: bytes) -> int:
    """Takes one instance from the C-STORE door; returns the DIMSE status."""
    try:
        item = ingest.store.incoming()
        try:
            item.write(content)
            (verdict,) = ingest.receive([item])
        finally:
            item.discard()
    except Unavailable as error:
        log.warning("an instance waits at the sender: %s does not answer", error.dependency)
        return OUT_OF_RESOURCES
    return SUCCESS if verdict.refusal is None else verdict.refusal.failure_reason


def main() -> int:
    """Runs the service until a signal; returns the exit code."""
    settings = Settings()
    configure("ingest", version=version("radloom"), trace_file=settings.trace_file)
    database = Database(settings.database_url, schema="ingest")
    database.upgrade("radloom.runtime.migrations", "services.ingest.migrations")
    outbox = Outbox(database)
    relay = OutboxRelay(outbox, open_bus(settings.bus_url))
    ingest = Ingest(
        store=FileInstanceStore(settings.storage_dir),
        database=database,
        enqueue=outbox.enqueue,
        clock=SystemClock(),
        secret=require_secret(settings.site_secret.get_secret_value()),
        quiet=timedelta(seconds=settings.quiet_s),
    )

    def release() -> None:
        try:
            if ingest.release_quiet_studies():
                relay.wake()
        except Unavailable as error:
            log.warning("studies wait for %s", error.dependency)

    app = http_app("ingest", {})
    app.include_router(
        routes(
            ingest,
            Limits(settings.max_parts, settings.max_part_bytes, settings.max_body_bytes),
        )
    )
    parts: list[Part] = [
        LoopPart("relay", relay),
        LoopPart("release", Ticker(release, interval_s=TICK_S)),
        GrpcServer(
            [lambda server: add_CustodianServiceServicer_to_server(Door(ingest), server)],
            host=settings.http_host,
            port=settings.grpc_port,
        ),
        HttpServer(app, host=settings.http_host, port=settings.http_port),
    ]
    if settings.dimse_port is not None:
        parts.append(
            DimseServer(
                lambda content: receive_one(ingest, content),
                ae_title=settings.ae_title,
                host=settings.dimse_host,
                port=settings.dimse_port,
                calling_ae_titles=[t for t in settings.calling_ae_titles.split(",") if t],
            )
        )
    return run_until_signal(parts)
