"""Measures of a mask: known answers, and what holds for every mask."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray

from services.muscle_seg.muscle import agreement, clean, dice, measure

SHAPE = (60, 80)
masks = arrays.arrays(np.bool_, (8, 9))


def square(top: int, left: int, side: int = 20) -> NDArray[np.float32]:
    made = np.zeros(SHAPE, dtype=np.float32)
    made[top : top + side, left : left + side] = 0.9
    return made


def flat(hu: int = 40) -> NDArray[np.int16]:
    return np.full(SHAPE, hu, dtype=np.int16)


@pytest.mark.parametrize(
    ("spacing_mm", "area_cm2"),
    [((1.0, 1.0), 4.0), ((0.7, 0.9), 2.52), ((2.0, 3.0), 24.0)],
)
def test_area_is_pixels_times_their_size(spacing_mm: tuple[float, float], area_cm2: float) -> None:
    both = np.stack([square(10, 10)] * 2)
    made = measure(flat(), square(10, 10), both, spacing_mm)
    assert made.area_cm2 == pytest.approx(area_cm2)
    assert made.mask.sum() == 400
    assert made.agreement == 1.0


def test_mean_attenuation_is_that_of_the_mask_alone() -> None:
    hu = flat(-500)
    hu[10:30, 10:20], hu[10:30, 20:30] = 20, 60
    made = measure(hu, square(10, 10), np.stack([square(10, 10)] * 2), (1.0, 1.0))
    assert made.mean_hu == pytest.approx(40.0)
    assert made.low_attenuation == pytest.approx(0.5)


@pytest.mark.parametrize("shift", [0, 1, 2, 3, 20])
def test_agreement_is_the_overlap_of_the_members(shift: int) -> None:
    members = np.stack([square(10, 10), square(10, 10 + shift)])
    made = measure(flat(), square(10, 10), members, (1.0, 1.0))
    assert made.agreement == pytest.approx(max(0, 20 - shift) / 20)
    assert set(np.unique(made.votes)) <= {0.0, 0.5, 1.0}
    assert (made.votes == 1).sum() == max(0, 20 - shift) * 20


def test_fat_and_bone_inside_a_mask_are_left_out() -> None:
    hu = flat()
    hu[10:30, 10:14] = -80
    hu[18:22, 22:26] = 600
    kept = clean(square(10, 10) > 0.5, hu, (1.0, 1.0))
    assert not kept[10:30, 10:14].any()
    assert not kept[17:23, 21:27].any()
    assert kept[12, 20]


def test_specks_are_left_out_and_small_muscles_kept() -> None:
    mask = np.zeros(SHAPE, dtype=bool)
    mask[5:12, 5:12] = True  # 49 mm2
    mask[30:38, 30:38] = True  # 64 mm2
    kept = clean(mask, flat(), (1.0, 1.0))
    assert not kept[5:12, 5:12].any()
    assert kept[30:38, 30:38].all()


def test_members_that_all_find_nothing_do_not_agree_on_muscle() -> None:
    nothing = np.zeros((3, *SHAPE), dtype=np.float32)
    made = measure(flat(), nothing[0], nothing, (1.0, 1.0))
    assert made.area_cm2 == 0
    assert made.agreement == 0
    assert np.isnan(made.mean_hu)


@pytest.mark.parametrize("members", [1, 0])
def test_fewer_than_two_members_are_refused(members: int) -> None:
    stack = np.zeros((members, *SHAPE), dtype=np.float32)
    with pytest.raises(ValueError, match="two or more members"):
        measure(flat(), square(1, 1), stack, (1.0, 1.0))


@given(a=masks, b=masks)
def test_dice_is_symmetric_bounded_and_one_only_for_equal_masks(
    a: NDArray[np.bool_], b: NDArray[np.bool_]
) -> None:
    assert 0 <= dice(a, b) == dice(b, a) <= 1
    assert (dice(a, b) == 1) == np.array_equal(a, b)


@given(st.lists(masks, min_size=2, max_size=5))
def test_agreement_does_not_depend_on_the_order_of_members(
    found: list[NDArray[np.bool_]],
) -> None:
    turned = found[1:] + found[:1]
    assert agreement(found) == pytest.approx(agreement(turned))
