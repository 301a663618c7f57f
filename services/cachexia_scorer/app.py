"""Wires cachexia_scorer: worker, gRPC and HTTP doors, health; and the command line's one score."""

import time
from collections.abc import Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any, NoReturn

from fastapi import Body, FastAPI
from sqlalchemy import Connection

from radloom.adapters.bus import open_bus
from radloom.adapters.clock import SystemClock
from radloom.adapters.custodian import GrpcCustodian
from radloom.adapters.database import Database
from radloom.adapters.inference import open_inference
from radloom.errors import Rejected, Unavailable
from radloom.ports import Inference
from radloom.runtime.grpc import GrpcServer
from radloom.runtime.http import Check, HttpServer, http_app
from radloom.runtime.options import WorkerOptions
from radloom.runtime.process import LoopPart, run_until_signal
from radloom.runtime.telemetry import configure
from radloom.runtime.worker import Worker
from radloom.wire.v1.cachexia_scorer_service_pb2 import ScoreRequest, ScoreResponse
from radloom.wire.v1.cachexia_scorer_service_pb2_grpc import (
    CachexiaScorerServiceServicer,
    add_CachexiaScorerServiceServicer_to_server,
)
from services.cachexia_scorer import risk, survival, tables
from services.cachexia_scorer.handler import CachexiaScorer, parsed
from services.cachexia_scorer.scored_answer import ScoredAnswer
from services.cachexia_scorer.settings import SOURCE_REPOSITORY, Settings
from services.cachexia_scorer.trend import ScoreAt, trend

MIGRATIONS = ("radloom.runtime.migrations", "services.cachexia_scorer.migrations")

PROOF_S = 30.0
"""How long one golden inference vouches for a model."""


class Proof:
    """Whether both models answered their golden inference lately."""

    def __init__(self, inference: Inference) -> None:
        self._inference = inference
        self._holds_until = 0.0

    def __call__(self) -> bool:
        """True, or `Unavailable` with what does not hold."""
        if time.monotonic() >= self._holds_until:
            for model in (risk.MODEL, survival.MODEL):
                self._inference.ready(model)
            self._holds_until = time.monotonic() + PROOF_S
        return True


class Door(CachexiaScorerServiceServicer):
    """`CachexiaScorerService` as the handler answers it."""

    def __init__(self, handler: CachexiaScorer) -> None:
        self._handler = handler

    def Score(self, request: ScoreRequest, context: object) -> ScoreResponse:  # noqa: N802, ARG002 - names of gRPC
        """Scores one patient."""
        return self._handler.score(request)


def add_routes(app: FastAPI, handler: CachexiaScorer) -> None:
    """Adds `POST /score` for a FHIR Bundle and the scores of a subject over time. PHI."""

    @app.post("/score", response_model=ScoredAnswer)
    def score(
        bundle: Annotated[dict[str, Any], Body(description="FHIR R4 Bundle about one patient.")],
        at: datetime | None = None,
    ) -> dict[str, Any]:
        return handler.score_bundle(bundle, at)

    @app.get("/subjects/{subject_key}/scores")
    def scores(subject_key: str) -> list[ScoreAt]:
        with handler.database.reading() as connection:
            found = tables.scores(connection, subject_key)
        if not found:
            raise Rejected("nothing was scored of this subject", reason="not_found")
        return list(trend(found))


def main() -> int:
    """Runs the service until a signal; returns the exit code."""
    settings = Settings()
    configure("cachexia_scorer", version=version("radloom"), trace_file=settings.trace_file)
    database = Database(settings.database_url, schema="cachexia_scorer")
    database.upgrade(*MIGRATIONS)
    inference = open_inference(settings.inference_url, settings.model_repository)
    handler = CachexiaScorer(
        inference,
        GrpcCustodian(settings.custodian_address),
        database,
        SystemClock(),
        settings.inference_deadline_s,
    )
    worker = Worker(
        "cachexia_scorer",
        handler,
        open_bus(settings.bus_url),
        database,
        clock=SystemClock(),
        options=WorkerOptions(concurrency=settings.concurrency),
    )
    grpc = GrpcServer(
        [lambda server: add_CachexiaScorerServiceServicer_to_server(Door(handler), server)],
        host=settings.http_host,
        port=settings.grpc_port,
    )
    checks: dict[str, Check] = {"worker": worker.healthy, "models": Proof(inference)}
    app = http_app("cachexia_scorer", checks)
    add_routes(app, handler)
    http = HttpServer(app, host=settings.http_host, port=settings.http_port)
    return run_until_signal([LoopPart("worker", worker), grpc, http])


class _NoDatabase:
    """A database of nobody: a bundle needs none."""

    def transaction(self, *, durable: bool = True) -> AbstractContextManager[Connection]:
        """There is none."""
        self._refuse(durable)

    def reading(self) -> AbstractContextManager[Connection]:
        """There is none."""
        self._refuse()

    @staticmethod
    def _refuse(*_: object) -> NoReturn:
        raise Unavailable("no database is open", dependency="database")


def score_file(
    path: Path, at: datetime | None = None, *, model_repository: Path = SOURCE_REPOSITORY
) -> Mapping[str, Any]:
    """The score of the patient of a FHIR R4 Bundle in a file, without broker or server.

    Raises:
        Rejected: The file cannot be read, or the bundle cannot be used.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise Rejected(f"{path}: {error.strerror}", reason="not_found") from error
    handler = CachexiaScorer(
        open_inference("", model_repository),
        GrpcCustodian("127.0.0.1:1"),  # never asked: a bundle brings sex and birth date
        _NoDatabase(),
        SystemClock(),
    )
    return handler.score_bundle(parsed(content), at)
