"""What the second simulator is given to scan, and, where it is at hand, what it makes of it."""

import importlib.util
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from training.axial_canvas import BONE, MUSCLE, SUBCUTANEOUS
from training.axial_phantom import anatomy
from training.second_scanner import make, volume_fractions
from training.variants import Variants


def test_every_pixel_is_filled_by_materials_that_fit_its_class() -> None:
    variants = replace(Variants(), implant=2.0, contrast_phase=1.0)
    body = anatomy(np.random.default_rng(5), variants)
    made = volume_fractions(body)
    total = made["water"] + made["ICRU_adipose_adult2"] + made["ICRU_skeleton_cortical_bone_adult"]
    solid = body.body & ~body.metal & (body.hu > -150)
    assert (np.abs(total[solid] - 1) < 0.12).all()  # muscle is denser than water
    assert all((fraction >= 0).all() for fraction in made.values())
    assert made["ICRU_adipose_adult2"][body.labels == SUBCUTANEOUS].mean() > 0.8
    assert made["water"][body.labels == MUSCLE].mean() > 0.8
    assert made["ICRU_skeleton_cortical_bone_adult"][body.bone & ~body.metal].mean() > 0.05
    assert (made["Ti"] == body.metal).all()
    assert not made["water"][body.metal].any()
    assert made["I"].any()
    assert not made["I"][body.labels == BONE].any()


@pytest.mark.skipif(
    importlib.util.find_spec("gecatsim") is None,
    reason="gecatsim is unpacked by hand, see training/second_scanner.py",
)
@pytest.mark.filterwarnings("ignore")  # the package's own: numpy.matlib, open files
def test_a_scanned_phantom_has_its_tissues_at_their_attenuation(tmp_path: Path) -> None:
    hu, labels = make(1, tmp_path)
    assert hu.shape == labels.shape == (256, 256)
    assert -130 < np.median(hu[labels == SUBCUTANEOUS]) < -50
    assert 0 < np.median(hu[labels == MUSCLE]) < 90
