"""The wired parts: a worker between two topics, the gRPC door, readiness of the models."""

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import grpc
import pytest
from pydicom import Dataset

from radloom import topics
from radloom.adapters.bus import open_bus
from radloom.adapters.clock import SystemClock
from radloom.adapters.database import Database
from radloom.adapters.object_store import FileObjectStore
from radloom.adapters.onnx import EmbeddedInference
from radloom.errors import Rejected, Unavailable
from radloom.ports import Bus
from radloom.runtime import envelope
from radloom.runtime.grpc import GrpcServer
from radloom.runtime.options import WorkerOptions
from radloom.runtime.process import LoopPart
from radloom.runtime.worker import Worker
from radloom.wire.v1.muscle_measured_pb2 import MuscleMeasured
from radloom.wire.v1.muscle_seg_service_pb2 import MeasureRequest
from radloom.wire.v1.muscle_seg_service_pb2_grpc import (
    MuscleSegServiceStub,
    add_MuscleSegServiceServicer_to_server,
)
from services.muscle_seg.app import Door, Proof, measure_files
from services.muscle_seg.handler import MuscleSeg
from tests.muscle_seg.test_handler import ROOT, Held, inference, received, sample

PATIENCE_POLLS = 600
STUDY = str(sample()[0].StudyInstanceUID)


def handler_of(ingest: Held, folder: Path) -> MuscleSeg:
    return MuscleSeg(ingest, inference(), FileObjectStore(folder), SystemClock())


def results(bus: Bus, count: int) -> list[MuscleMeasured]:
    """The first `count` results on the bus."""
    found: list[MuscleMeasured] = []
    subscription = bus.subscribe("test", [topics.MUSCLE_MEASURED.name])
    try:
        for _ in range(PATIENCE_POLLS):
            for delivery in subscription.poll(0.1):
                found.append(MuscleMeasured.FromString(delivery.record.value))
                subscription.commit(delivery)
            if len(found) >= count:
                return found
    finally:
        subscription.close()
    raise AssertionError(f"{len(found)} of {count} results came")


@dataclass
class Returning(Held):
    """Ingest that is silent the first time it is asked."""

    asked: int = 0

    def retrieve_series(
        self, study_instance_uid: str, series_instance_uid: str
    ) -> Sequence[Dataset]:
        self.asked += 1
        if self.asked == 1:
            raise Unavailable("no answer", dependency="archive")
        return super().retrieve_series(study_instance_uid, series_instance_uid)


def test_a_study_that_came_twice_while_ingest_was_silent_is_measured_once(tmp_path: Path) -> None:
    ingest = Returning(sample())
    bus = open_bus(f"sqlite:///{tmp_path / 'bus.sqlite'}")
    database = Database(f"sqlite:///{tmp_path / 'db.sqlite'}", schema="muscle_seg")
    database.upgrade("radloom.runtime.migrations")
    worker = Worker(
        "muscle_seg",
        handler_of(ingest, tmp_path / "objects"),
        bus,
        database,
        clock=SystemClock(),
        options=WorkerOptions(hold_first_s=0.01),
    )
    part = LoopPart("worker", worker)
    scout = received(sample())
    del scout.series[:]
    bus.publish([envelope.encode(received(sample()), event) for event in ("1", "1")])
    bus.publish([envelope.encode(scout, "2")])
    part.start()
    try:
        measured, refused = results(bus, 2)
    finally:
        part.stop()
        bus.close()
        database.close()
    assert measured.HasField("measurement")
    assert [gate.gate for gate in refused.refusal.gates] == ["not_ct"]
    assert ingest.asked == 2


@pytest.fixture
def ingest() -> Held:
    return Held(sample())


@pytest.fixture
def door(ingest: Held, tmp_path: Path) -> Iterator[MuscleSegServiceStub]:
    servicer = Door(handler_of(ingest, tmp_path))
    server = GrpcServer(
        [lambda server: add_MuscleSegServiceServicer_to_server(servicer, server)],
        host="127.0.0.1",
        port=0,
    )
    server.start()
    with grpc.insecure_channel(f"127.0.0.1:{server.port}") as channel:
        yield MuscleSegServiceStub(channel)
    server.stop()


def test_a_caller_who_waits_is_told_the_measurement(door: MuscleSegServiceStub) -> None:
    result = door.Measure(MeasureRequest(study_instance_uid=STUDY), timeout=60).result
    assert result.HasField("measurement")
    assert result.study_instance_uid == STUDY


@pytest.mark.parametrize(
    ("study", "silent", "code"),
    [
        ("2.25.1", False, grpc.StatusCode.NOT_FOUND),
        (STUDY, True, grpc.StatusCode.UNAVAILABLE),
    ],
    ids=["unknown study", "ingest is silent"],
)
def test_a_caller_learns_by_code_why_there_is_no_answer(
    study: str, code: grpc.StatusCode, door: MuscleSegServiceStub, ingest: Held, *, silent: bool
) -> None:
    ingest.silent = silent
    with pytest.raises(grpc.RpcError) as failed:
        door.Measure(MeasureRequest(study_instance_uid=study), timeout=60)
    assert failed.value.code() is code


@dataclass
class Models(EmbeddedInference):
    """Models that answer, and count how often they must prove it."""

    device: Literal["cpu", "gpu"] = "cpu"
    proven: list[str] = field(default_factory=list)

    def ready(self, model: str) -> None:
        self.proven.append(model)

    def kind(self, model: str) -> Literal["cpu", "gpu"]:
        return self.device if model else "cpu"


def test_models_prove_themselves_once_for_many_probes() -> None:
    models = Models()
    proof = Proof(models, require_gpu=False)
    assert proof()
    assert proof()
    assert models.proven == ["l3_locator", "muscle_ensemble"]


def test_a_gpu_that_is_required_and_lost_is_not_ready() -> None:
    assert Proof(Models(device="gpu"), require_gpu=True)()
    with pytest.raises(Unavailable, match="a GPU is required"):
        Proof(Models(), require_gpu=True)()


def test_the_shipped_models_are_ready() -> None:
    assert Proof(inference(), require_gpu=False)()


def test_files_of_two_studies_are_not_measured_together(tmp_path: Path) -> None:
    one = ROOT / "samples/ct_torso/0001.dcm"
    other = tmp_path / "other.dcm"
    ds = copy.deepcopy(sample()[0])
    ds.StudyInstanceUID = "2.25.1"
    ds.save_as(other)
    with pytest.raises(Rejected, match="2 studies") as refused:
        measure_files([one, other], tmp_path)
    assert refused.value.reason == "studies"
