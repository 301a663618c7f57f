"""Fitting of grades: what is written, and what a quantile promises."""

from pathlib import Path

import numpy as np
import pytest
from google.protobuf import text_format
from hypothesis import given
from hypothesis import strategies as st
from tritonclient.grpc.model_config_pb2 import ModelConfig

from services.muscle_seg.grading import PREFIX
from training.grading import conformal, written

CONFIG = Path(__file__).parents[2] / "triton_models/muscle_ensemble/config.pbtxt"


def parameters(text: str) -> dict[str, str]:
    config = text_format.Parse(text, ModelConfig())
    return {key: value.string_value for key, value in config.parameters.items()}


def test_the_configuration_keeps_all_else_and_holds_the_constants_once() -> None:
    before = CONFIG.read_text()
    told = {f"{PREFIX}weights": "ab" * 32, f"{PREFIX}area": "2.5"}
    once = written(before, told)
    assert written(once, told) == once
    others = {k: v for k, v in parameters(before).items() if not k.startswith(PREFIX)}
    assert parameters(once) == others | told


def test_the_shipped_constants_are_those_of_the_shipped_weights() -> None:
    told = parameters(CONFIG.read_text())
    assert told[f"{PREFIX}weights"] == told["sha256.1"]


@given(st.lists(st.floats(0, 100), min_size=10, max_size=200))
def test_the_quantile_covers_its_share_of_the_scores(scores: list[float]) -> None:
    found = conformal(np.array(scores))
    assert np.mean(np.array(scores) <= found) >= 0.9


def test_the_quantile_is_a_score_and_errs_upwards() -> None:
    assert conformal(np.arange(1.0, 20.0), 0.9) == pytest.approx(19.0)
    assert conformal(np.arange(1.0, 101.0), 0.9) == pytest.approx(92.0)
