"""Wires redactor: worker, gRPC and HTTP doors, health."""

import time
from collections.abc import Callable, Mapping
from functools import cache
from importlib.metadata import version
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from radloom.adapters.bus import open_bus
from radloom.adapters.clock import SystemClock
from radloom.adapters.custodian import GrpcCustodian
from radloom.adapters.database import Database
from radloom.adapters.dciodvfy import Dciodvfy
from radloom.adapters.dicomweb_source import DicomWebSource
from radloom.adapters.inference import open_inference
from radloom.adapters.object_store import FileObjectStore
from radloom.adapters.project_key import read_key
from radloom.ports import Inference
from radloom.runtime.grpc import GrpcServer
from radloom.runtime.http import HttpServer, http_app
from radloom.runtime.options import WorkerOptions
from radloom.runtime.outbox import Outbox, OutboxRelay
from radloom.runtime.process import LoopPart, run_until_signal
from radloom.runtime.telemetry import configure
from radloom.runtime.worker import Worker
from radloom.wire.v1.redactor_service_pb2 import (
    DecideQuarantinedRequest,
    DecideQuarantinedResponse,
    RedactTextRequest,
    RedactTextResponse,
)
from radloom.wire.v1.redactor_service_pb2_grpc import (
    RedactorServiceServicer,
    add_RedactorServiceServicer_to_server,
)
from services.redactor.evidence import Signer
from services.redactor.guard import silent_pydicom
from services.redactor.handler import Export, Redactor
from services.redactor.pixels.reading import CHECK, REMOVAL, Reader
from services.redactor.profiles import profile_named
from services.redactor.pseudonyms import Pseudonyms
from services.redactor.redaction import Instruments, Project
from services.redactor.routes import add_routes
from services.redactor.settings import SOURCE_REPOSITORY, ProjectRule, Settings

MIGRATIONS = ("radloom.runtime.migrations", "services.redactor.migrations")
MODELS = (REMOVAL.detector, REMOVAL.recogniser, CHECK.detector, CHECK.recogniser)
PROOF_S = 30.0
"""How long one golden inference vouches for a model."""


class Door(RedactorServiceServicer):
    """`RedactorService` as the handler answers it."""

    def __init__(self, handler: Redactor) -> None:
        self._handler = handler

    def RedactText(self, request: RedactTextRequest, context: object) -> RedactTextResponse:  # noqa: N802, ARG002 - names of gRPC
        """Redacts one text."""
        return self._handler.redact_text(request)

    def DecideQuarantined(  # noqa: N802 - name of the RPC
        self,
        request: DecideQuarantinedRequest,
        context: object,  # noqa: ARG002 - signature of gRPC
    ) -> DecideQuarantinedResponse:
        """Notes one decision."""
        return self._handler.decide(request)


class Proof:
    """Whether every model answered its golden inference lately; true when nothing is exported."""

    def __init__(self, inference: Callable[[], Inference], *, needed: bool) -> None:
        self._inference = inference
        self._needed = needed
        self._holds_until = 0.0

    def __call__(self) -> bool:
        """True, or `Unavailable` with what does not hold."""
        if self._needed and time.monotonic() >= self._holds_until:
            for model in MODELS:
                self._inference().ready(model)
            self._holds_until = time.monotonic() + PROOF_S
        return True


def project_of(name: str, key_file: Path, profile: str) -> Project:
    """A project with the key in a file.

    Raises:
        Rejected: The key is too short, or the profile unknown.
    """
    return Project(name, profile_named(profile), Pseudonyms(read_key(key_file)))


def export_of(rule: ProjectRule) -> Export:
    """Export rule with its keys read.

    Raises:
        Rejected: A key cannot be used, or the profile is unknown.
    """
    project = project_of(rule.name, rule.key_file, rule.profile)
    signer = (
        Signer.derived(project.pseudonyms.project_key)
        if rule.signing_key_file is None
        else Signer.of_pem(rule.signing_key_file.read_bytes())
    )
    return Export(project, signer, rule.modalities)


def instruments(
    inference: Inference, *, validator: str = "", deadline_s: float = 60.0
) -> Instruments:
    """What to read with, over `inference`.

    Raises:
        Rejected: The validator is not there.
        Unavailable: A model is not there.
    """

    def infer(
        model: str, inputs: Mapping[str, NDArray[np.generic]]
    ) -> Mapping[str, NDArray[np.generic]]:
        return inference.infer(model, inputs, deadline_s=deadline_s).outputs

    described = [inference.describe(model) for model in MODELS]
    return Instruments(
        infer=infer,
        read_words=Reader(infer, CHECK).words,
        validate=Dciodvfy(validator) if validator else None,
        models=tuple({"name": d.name, "version": d.version, "sha256": d.sha256} for d in described),
        software=f"radloom redactor {version('radloom')}",
    )


def embedded_instruments(
    repository: Path = SOURCE_REPOSITORY, *, validator: str = ""
) -> Instruments:
    """What to read with in this process, from the models of a repository."""
    return instruments(open_inference("", repository), validator=validator)


def main() -> int:
    """Runs the service until a signal; returns the exit code."""
    settings = Settings()
    configure("redactor", version=version("radloom"), trace_file=settings.trace_file)
    database = Database(settings.database_url, schema="redactor")
    database.upgrade(*MIGRATIONS)
    clock, outbox, bus = SystemClock(), Outbox(database), open_bus(settings.bus_url)
    # A service that exports nothing loads no model; text needs none.
    inference = cache(lambda: open_inference(settings.inference_url, settings.model_repository))
    handler = Redactor(
        source=DicomWebSource(settings.ingest_url),
        custodian=GrpcCustodian(settings.custodian_address),
        objects=FileObjectStore(settings.object_dir),
        database=database,
        enqueue=outbox.enqueue,
        clock=clock,
        exports={rule.name: export_of(rule) for rule in settings.projects},
        instruments=cache(
            lambda: instruments(
                inference(),
                validator=settings.validator,
                deadline_s=settings.inference_deadline_s,
            )
        ),
    )
    worker = Worker(
        "redactor",
        handler,
        bus,
        database,
        clock=clock,
        options=WorkerOptions(
            concurrency=settings.concurrency, handler_deadline_s=settings.handler_deadline_s
        ),
    )
    grpc = GrpcServer(
        [lambda server: add_RedactorServiceServicer_to_server(Door(handler), server)],
        host=settings.http_host,
        port=settings.grpc_port,
    )
    app = http_app(
        "redactor",
        {"worker": worker.healthy, "models": Proof(inference, needed=bool(settings.projects))},
    )
    add_routes(app, handler)
    http = HttpServer(app, host=settings.http_host, port=settings.http_port)
    relay = LoopPart("relay", OutboxRelay(outbox, bus))  # what people decide
    with silent_pydicom():
        return run_until_signal([LoopPart("worker", worker), relay, grpc, http])
