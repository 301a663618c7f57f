"""Simulated anatomy: the same for the same seed, and anatomically what its labels say."""

from pathlib import Path

import numpy as np
import pytest

from services.muscle_seg.slices import MUSCLE_HU_MAX, MUSCLE_HU_MIN
from training import axial_phantom, skeleton_projections
from training.gallery import COLOURS, picture
from training.real_volume import SAMPLE_L3_SLICE, sample_volume
from training.sample_reference import reference
from training.simulate import DataSet, axial_slice, projections
from training.variants import Variants

SLICES = range(6)
VOLUMES = range(40)


def test_an_item_depends_on_seed_and_number_alone(tmp_path: Path) -> None:
    short = np.load(DataSet("axial", axial_slice, 5, 2).write(tmp_path / "a"))
    long = np.load(DataSet("axial", axial_slice, 5, 3).write(tmp_path / "b", processes=2))
    other = np.load(DataSet("axial", axial_slice, 6, 2).write(tmp_path / "c"))
    assert np.array_equal(short["i"], long["i"][:2])
    assert np.array_equal(short["l"], long["l"][:2])
    assert not np.array_equal(short["i"], other["i"])


def test_a_set_that_is_there_is_not_made_again(tmp_path: Path) -> None:
    data = DataSet("skeleton", projections, 1, 2)
    written = data.write(tmp_path).stat().st_mtime_ns
    assert data.write(tmp_path).stat().st_mtime_ns == written


@pytest.mark.parametrize("k", SLICES)
def test_ordinary_slices_hold_every_tissue_at_its_attenuation(k: int) -> None:
    hu, labels = axial_phantom.make(np.random.default_rng([3, k]), Variants(noise_hu=5.0))
    assert hu.shape == labels.shape == (256, 256)
    assert set(np.unique(labels)) == {0, 1, 2, 3, 4}
    medians = [float(np.median(hu[labels == tissue])) for tissue in range(5)]
    air, muscle, subcutaneous, _, bone = medians
    assert air < -800
    assert MUSCLE_HU_MIN <= muscle <= MUSCLE_HU_MAX
    assert -150 < subcutaneous < -50 < muscle < bone


@pytest.mark.parametrize("k", SLICES)
def test_slices_with_drawn_variants_hold_muscle_of_possible_area(k: int) -> None:
    _, labels = axial_slice(3, k).values()
    area_cm2 = float((labels == 1).sum()) * 1.5 * 1.5 / 100
    assert 10 < area_cm2 < 350


def test_the_picture_of_the_simulator_shows_slices_above_their_labels() -> None:
    made = picture(columns=2, rows=1)
    assert made.shape == (2 * 128, 2 * 128, 3)
    assert len(np.unique(made[128:].reshape(-1, 3), axis=0)) == len(COLOURS)


def test_simulated_volumes_with_and_without_l3_say_where_it_is() -> None:
    made = [skeleton_projections.make(np.random.default_rng([4, k])) for k in VOLUMES]
    covered = [item for item in made if item.row >= 0]
    assert 0 < len(covered) < len(made)
    for item in made:
        assert item.projections.shape == (2, 192, 96)
        assert (item.projections[:, item.levels == -100] <= -900).all()
    for item in covered:
        assert item.levels[round(item.row)] == 0
    for item in made:
        if item.row < 0:
            inside = (item.levels == 0).sum()
            assert inside < 20  # 60 mm: less than the tallest L3 with both its edges


def test_the_drawn_reference_of_the_sample_is_muscle_of_plausible_area() -> None:
    volume = sample_volume(Path(__file__).parents[2] / "samples/ct_torso")
    hu = volume.hu[SAMPLE_L3_SLICE]
    mask = reference(hu)
    assert 120 < mask.sum() * 0.09 < 150
    assert hu[mask].min() >= MUSCLE_HU_MIN
    assert hu[mask].max() <= MUSCLE_HU_MAX
