"""How the L3 locator is checked on variations of one real volume."""

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="of the training extra: pip install -e '.[training]'")

from services.muscle_seg.projections import project
from training.l3_crops import LEAST_SLICES, answers, cases
from training.real_volume import SAMPLE_L3_BODY, sample_volume

ROOT = Path(__file__).parents[2]


def test_crops_are_sorted_by_whether_the_body_of_l3_is_inside_cut_or_outside() -> None:
    low, high = SAMPLE_L3_BODY
    volume = np.zeros((112, 2, 2), dtype=np.int16) + np.arange(112, dtype=np.int16)[:, None, None]
    for case in cases(volume):
        inside = set(case.hu[:, 0, 0].tolist()) & set(range(low, high + 1))
        assert len(case.hu) >= LEAST_SLICES
        if case.kind == "crop without L3":
            assert not inside
        elif case.kind == "crop through L3":
            assert 0 < len(inside) < high - low + 1
        else:
            assert len(inside) == high - low + 1
        if case.kind.startswith("crop"):
            assert case.hu[0, 0, 0] == case.first


def test_the_shipped_locator_finds_l3_of_the_sample_whole_mirrored_and_padded() -> None:
    volume = sample_volume(ROOT / "samples/ct_torso")
    seen = [
        (case, project(case.hu, volume.spacing_mm))
        for case in cases(volume.hu)
        if not case.kind.startswith("crop")
    ]
    weights = ROOT / "triton_models/l3_locator/1/model.onnx"
    for told in answers(weights, seen, volume.spacing_mm[0]):
        assert abs(told.error_mm) <= 10
        assert told.covered > 0.9
