"""The one command that makes the models, at toy size, and what it leaves behind."""

from pathlib import Path

import numpy as np
import pytest

from radloom.adapters.onnx import EmbeddedInference

pytest.importorskip("torch", reason="of the training extra: pip install -e '.[training]'")

from training.build import SMOKE, build

SAMPLE = Path(__file__).parents[2] / "samples/ct_torso"


def test_all_steps_run_resume_and_leave_a_repository_that_answers(tmp_path: Path) -> None:
    repository = tmp_path / "models"
    build(SMOKE, tmp_path, repository, SAMPLE, 1)
    weights = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "weights").iterdir()}
    assert sorted(weights) == ["l3-0.pt", "plain-0.pt", "residual-1.pt"]
    inference = EmbeddedInference(repository)
    for model in ("l3_locator", "muscle_ensemble"):
        inference.ready(model)  # the golden inference
    hu = np.zeros((1, 1, 256, 256), dtype=np.float32)
    members = inference.infer("muscle_ensemble", {"hu": hu}).outputs["members"]
    assert members.shape == (1, 2, 256, 256)
    build(SMOKE, tmp_path, repository, SAMPLE, 1)
    again = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "weights").iterdir()}
    assert again == weights
