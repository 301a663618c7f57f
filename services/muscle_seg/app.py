"""Wires muscle_seg: worker, gRPC service, health."""

import time
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from pydicom import Dataset, dcmread
from pydicom.errors import InvalidDicomError

from radloom.adapters.bus import open_bus
from radloom.adapters.clock import SystemClock
from radloom.adapters.database import Database
from radloom.adapters.dicomweb import DicomWebArchive
from radloom.adapters.folder import FolderArchive
from radloom.adapters.inference import open_inference
from radloom.adapters.object_store import FileObjectStore
from radloom.errors import Rejected, Unavailable
from radloom.ports import Inference
from radloom.runtime.grpc import GrpcServer
from radloom.runtime.http import Check, HttpServer, http_app
from radloom.runtime.options import WorkerOptions
from radloom.runtime.process import LoopPart, run_until_signal
from radloom.runtime.telemetry import configure
from radloom.runtime.worker import Worker
from radloom.wire.v1.muscle_measured_pb2 import MuscleMeasured
from radloom.wire.v1.muscle_seg_service_pb2 import MeasureRequest, MeasureResponse
from radloom.wire.v1.muscle_seg_service_pb2_grpc import (
    MuscleSegServiceServicer,
    add_MuscleSegServiceServicer_to_server,
)
from services.muscle_seg.handler import ENSEMBLE, LOCATOR, MuscleSeg
from services.muscle_seg.outcome import Subject
from services.muscle_seg.settings import SOURCE_REPOSITORY, Settings

PROOF_S = 30.0
"""How long one golden inference vouches for a model."""


class Proof:
    """Whether both models answered their golden inference lately, on the right device."""

    def __init__(self, inference: Inference, *, require_gpu: bool) -> None:
        self._inference = inference
        self._require_gpu = require_gpu
        self._holds_until = 0.0

    def __call__(self) -> bool:
        """True, or `Unavailable` with what does not hold."""
        if time.monotonic() < self._holds_until:
            return True
        for model in (LOCATOR, ENSEMBLE):
            self._inference.ready(model)
            if self._require_gpu and self._inference.kind(model) != "gpu":
                raise Unavailable(
                    f"{model} runs on a CPU; a GPU is required", dependency=f"model:{model}"
                )
        self._holds_until = time.monotonic() + PROOF_S
        return True


class Door(MuscleSegServiceServicer):
    """`MuscleSegService` as the handler answers it."""

    def __init__(self, handler: MuscleSeg) -> None:
        self._handler = handler

    def Measure(self, request: MeasureRequest, context: object) -> MeasureResponse:  # noqa: N802, ARG002 - names of gRPC
        """Measures one study."""
        return self._handler.measure_study(request)


def main() -> int:
    """Runs the service until a signal; returns the exit code."""
    settings = Settings()
    configure("muscle_seg", version=version("radloom"), trace_file=settings.trace_file)
    database = Database(settings.database_url, schema="muscle_seg")
    database.upgrade("radloom.runtime.migrations")
    inference = open_inference(settings.inference_url, settings.model_repository)
    handler = MuscleSeg(
        archive=DicomWebArchive(settings.ingest_url),
        inference=inference,
        objects=FileObjectStore(settings.object_dir),
        clock=SystemClock(),
        inference_deadline_s=settings.inference_deadline_s,
    )
    worker = Worker(
        "muscle_seg",
        handler,
        open_bus(settings.bus_url),
        database,
        clock=SystemClock(),
        options=WorkerOptions(concurrency=settings.concurrency),
    )
    grpc = GrpcServer(
        [lambda server: add_MuscleSegServiceServicer_to_server(Door(handler), server)],
        host=settings.http_host,
        port=settings.grpc_port,
    )
    checks: dict[str, Check] = {
        "worker": worker.healthy,
        "models": Proof(inference, require_gpu=settings.require_gpu),
    }
    http = HttpServer(
        http_app("muscle_seg", checks), host=settings.http_host, port=settings.http_port
    )
    return run_until_signal([LoopPart("worker", worker), grpc, http])


def measure_files(
    files: Sequence[Path], object_dir: Path, *, model_repository: Path = SOURCE_REPOSITORY
) -> tuple[MuscleMeasured, list[Dataset]]:
    """Measures the one study that lies in DICOM files, without broker or server.

    Args:
        files: Part 10 files.
        object_dir: Where the segmentation is put.
        model_repository: Models to use.

    Returns:
        The outcome, and the instances that were read.

    Raises:
        Rejected: A file cannot be read, or the files belong to several studies.
    """
    instances = [_read(path) for path in files]
    studies = sorted({str(ds.get("StudyInstanceUID", "")) for ds in instances})
    if len(studies) != 1 or not studies[0]:
        raise Rejected(
            f"{len(studies)} studies in the files given ({', '.join(studies)[:200]}); "
            "give files of one study that name it",
            reason="studies",
        )
    handler = MuscleSeg(
        archive=FolderArchive(object_dir / "archive"),
        inference=open_inference("", model_repository),
        objects=FileObjectStore(object_dir),
        clock=SystemClock(),
    )
    return handler.measure_instances(Subject(studies[0]), instances), instances


def _read(path: Path) -> Dataset:
    try:
        ds = dcmread(path)
    except (InvalidDicomError, OSError, EOFError, ValueError) as error:
        raise Rejected(
            f"{path.name}: not readable as DICOM ({type(error).__name__})", reason="not_dicom"
        ) from error
    missing = [k for k in ("SOPInstanceUID", "SeriesInstanceUID") if not ds.get(k)]
    if missing:
        raise Rejected(
            f"{path.name}: {', '.join(missing)} is missing or empty; results could not refer to it",
            reason="missing_uid",
        )
    return ds
