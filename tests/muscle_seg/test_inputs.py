"""Whole studies, made from the sample: what must be refused is, what must be accepted is."""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest
from pydicom import Dataset

from evaluation.muscle_inputs import Case, fresh, must_accept, must_refuse, sample
from radloom.adapters.folder import FolderArchive
from radloom.adapters.object_store import FileObjectStore
from radloom.adapters.onnx import EmbeddedInference
from services.muscle_seg.handler import MuscleSeg
from services.muscle_seg.outcome import Subject

ROOT = Path(__file__).parents[2]
REFUSED = list(must_refuse())
ACCEPTED = [
    case for case in must_accept() if case.name in {"stored along transposed rows", "-10 HU"}
]
"""The command of the evaluation runs all of them; the others are in `test_handler.py`."""


class StoppedClock:
    def now(self) -> datetime:
        return datetime(2026, 11, 1, tzinfo=UTC)


@cache
def images() -> tuple[Dataset, ...]:
    return tuple(sample())


@cache
def inference() -> EmbeddedInference:
    return EmbeddedInference(ROOT / "triton_models")


def gates(instances: Sequence[Dataset], folder: Path) -> set[str]:
    handler = MuscleSeg(
        FolderArchive(folder / "archive"), inference(), FileObjectStore(folder), StoppedClock()
    )
    subject = Subject(str(images()[0].StudyInstanceUID))
    event = handler.measure_instances(subject, instances)
    assert event.HasField("measurement") != event.HasField("refusal")
    for failed in event.refusal.gates:
        assert failed.measured
        assert failed.limit
    return {failed.gate for failed in event.refusal.gates}


@pytest.mark.parametrize("case", REFUSED, ids=[case.name for case in REFUSED])
def test_what_must_be_refused_is_refused_by_its_gate_alone(case: Case, tmp_path: Path) -> None:
    found = gates(case.make(fresh(images())), tmp_path)
    assert found
    assert found <= case.gates


@pytest.mark.parametrize("case", ACCEPTED, ids=[case.name for case in ACCEPTED])
def test_what_is_good_is_accepted(case: Case, tmp_path: Path) -> None:
    assert gates(case.make(fresh(images())), tmp_path) == set()
