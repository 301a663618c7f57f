"""What is unusual about a phantom shows where it belongs and in the direction of its name."""

from collections.abc import Callable
from dataclasses import fields, replace
from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage

from training import axial_phantom
from training.axial_canvas import BACKGROUND, BONE, MUSCLE, SUBCUTANEOUS, VISCERAL
from training.variants import HARD, Variants, draw, draw_hard, drawable

Measure = Callable[[NDArray[np.int16], NDArray[np.uint8]], float]
QUIET = Variants(noise_hu=3.0)
SEEDS = range(4)


def share(tissue: int) -> Measure:
    """Pixels of a class."""
    return lambda _, labels: float((labels == tissue).sum())


def median_hu(tissue: int) -> Measure:
    """Median attenuation of a class."""
    return lambda hu, labels: float(np.median(hu[labels == tissue]))


def highest(hu: NDArray[np.int16], labels: NDArray[np.uint8]) -> float:
    """Brightest bone."""
    return float(hu[labels == BONE].max())


def rows(_: NDArray[np.int16], labels: NDArray[np.uint8]) -> float:
    """Length of the body from front to back, pixels."""
    return float((labels > 0).any(axis=1).sum())


def fluid(hu: NDArray[np.int16], labels: NDArray[np.uint8]) -> float:
    """Visceral pixels as dense as fluid."""
    return float(((labels == VISCERAL) & (hu > -30) & (hu < 60)).sum())


def unclassed(hu: NDArray[np.int16], labels: NDArray[np.uint8]) -> float:
    """Pixels as dense as tissue that have no class."""
    return float(((labels == BACKGROUND) & (hu > -200)).sum())


def strands(hu: NDArray[np.int16], labels: NDArray[np.uint8]) -> float:
    """Share of subcutaneous pixels that are denser than fat."""
    return float((hu[labels == SUBCUTANEOUS] > -70).mean())


def roughness(hu: NDArray[np.int16], labels: NDArray[np.uint8]) -> float:
    """Differences of neighbouring pixels inside subcutaneous fat and muscle."""
    inside = (labels == SUBCUTANEOUS) | (labels == MUSCLE)
    both = inside[:, 1:] & inside[:, :-1]
    return float(np.abs(np.diff(hu.astype(float), axis=1))[both].mean())


def edges(hu: NDArray[np.int16], _: NDArray[np.uint8]) -> float:
    """Height of the steepest edges."""
    return float(np.percentile(np.abs(np.diff(hu.astype(float), axis=1)), 99.5))


def lopsided(_: NDArray[np.int16], labels: NDArray[np.uint8]) -> float:
    """Distance of the bone's centre from the body's, pixels."""
    bone, body = np.argwhere(labels == BONE)[:, 1], np.argwhere(labels > 0)[:, 1]
    return float(abs(np.median(bone) - body.mean()))


def beside_the_wall(hu: NDArray[np.int16], labels: NDArray[np.uint8]) -> float:
    """Visceral pixels as dense as muscle that touch muscle."""
    dense = (labels == VISCERAL) & (hu > 0) & (hu < 120)
    near = ndimage.binary_dilation(labels == MUSCLE, iterations=3)
    return float((dense & near).sum())


EFFECTS: list[tuple[str, float, Measure, int]] = [
    ("low_bmi", 1.0, share(SUBCUTANEOUS), -1),
    ("obese", 1.0, share(SUBCUTANEOUS), 1),
    ("sarcopenic", 1.0, share(MUSCLE), -1),
    ("missing_rectus", 2.0, share(MUSCLE), -1),
    ("hernia_mm", 45.0, rows, 1),
    ("stoma_mm", 18.0, share(SUBCUTANEOUS), -1),
    ("scoliosis_mm", 22.0, lopsided, 1),
    ("implant", 2.0, highest, 1),
    ("anasarca", 1.0, median_hu(SUBCUTANEOUS), 1),
    ("ascites", 1.0, fluid, 1),
    ("arms_down", 2.0, unclassed, 1),
    ("gantry_tilt_deg", 25.0, rows, 1),
    ("field_of_view_mm", 200.0, share(SUBCUTANEOUS), -1),
    ("kv", 80.0, median_hu(BONE), 1),
    ("noise_hu", 40.0, roughness, 1),
    ("streak_hu", 40.0, roughness, 1),
    ("oedema", 1.0, strands, 1),
    ("scar", 10.0, strands, 1),
    ("crescent_mm", 24.0, beside_the_wall, 1),
    ("slice_mm", 10.0, edges, -1),
    ("kernel", -1.0, edges, -1),
    ("pixel_mm", 3.3, edges, -1),
]


@pytest.mark.parametrize(
    ("name", "value", "measure", "sign"), EFFECTS, ids=[effect[0] for effect in EFFECTS]
)
def test_a_variant_does_what_its_name_says(
    name: str, value: float, measure: Measure, sign: int
) -> None:
    ordinary = mean_over_seeds(measure, QUIET)
    unusual = mean_over_seeds(measure, replace(QUIET, **{name: value}))
    assert sign * (unusual - ordinary) > 0


def mean_over_seeds(measure: Measure, variants: Variants) -> float:
    """Mean of a measure over phantoms that share all other dice where they can."""
    return float(np.mean([measure(*phantom(k, variants)) for k in SEEDS]))


@cache
def phantom(k: int, variants: Variants) -> tuple[NDArray[np.int16], NDArray[np.uint8]]:
    """Phantom `k` of this test."""
    return axial_phantom.make(np.random.default_rng([9, k]), variants)


def test_every_variant_but_turn_and_phase_has_an_effect_test() -> None:
    tested = {name for name, *_ in EFFECTS}
    assert {each.name for each in fields(Variants)} - tested == {"spine_turn_deg", "contrast_phase"}


def test_arterial_contrast_brightens_vessels_and_80_kv_more_so() -> None:
    def top(variants: Variants) -> float:
        def vessels(hu: NDArray[np.int16], labels: NDArray[np.uint8]) -> float:
            return float((hu[labels == VISCERAL] > 200).sum())

        return mean_over_seeds(vessels, variants)

    plain = top(QUIET)
    arterial = top(replace(QUIET, contrast_phase=1.0))
    assert plain < arterial < top(replace(QUIET, contrast_phase=1.0, kv=80.0))


def test_a_turned_spine_moves_the_muscle_behind_it() -> None:
    at = np.random.default_rng([9, 1])
    straight = axial_phantom.anatomy(at, QUIET)
    turned = axial_phantom.anatomy(
        np.random.default_rng([9, 1]), replace(QUIET, spine_turn_deg=20.0)
    )
    assert (straight.bone & turned.bone).sum() < 0.9 * straight.bone.sum()


def test_metal_and_what_a_small_field_cuts_off_have_their_classes() -> None:
    body = axial_phantom.anatomy(np.random.default_rng(4), replace(QUIET, implant=2.0))
    assert body.metal.any()
    assert (body.labels[body.metal] == BONE).all()
    hu, labels = axial_phantom.make(
        np.random.default_rng(4), replace(QUIET, field_of_view_mm=200.0)
    )
    rows_, columns = np.mgrid[0:256, 0:256]
    outside = np.hypot(rows_ - 128, columns - 128) * 1.5 > 100 + 25
    assert (labels[outside] == BACKGROUND).all()
    assert (hu[outside] <= -1000).all()


def test_drawn_variants_lie_in_their_ranges_and_are_rarely_all_absent() -> None:
    drawn = [draw(np.random.default_rng([1, k])) for k in range(300)]
    for each in drawable():
        probability, low, high = each.metadata["range"]
        values = np.array([getattr(variants, each.name) for variants in drawn])
        present = values[values != each.default]
        assert abs(len(present) / len(drawn) - probability) < 0.1
        if each.name != "noise_hu":  # squared
            assert ((present >= low) & (present <= high)).all()
    assert not any(variants.low_bmi and variants.obese for variants in drawn)


def test_hard_draws_have_more_of_what_networks_err_on_and_are_ordinary_otherwise() -> None:
    rngs = [np.random.default_rng([1, k]) for k in range(300)]
    hard = [draw_hard(rng) for rng in rngs]
    usual = [draw(np.random.default_rng([1, k])) for k in range(300)]
    for name in HARD:
        counts = [sum(getattr(v, name) != 0 for v in drawn) for drawn in (usual, hard)]
        assert counts[0] < counts[1]
    assert [v.kv for v in hard] == [v.kv for v in usual]
    assert not any(v.low_bmi and v.obese for v in hard)
