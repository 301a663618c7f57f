"""Signs that a mask holds more than muscle."""

import numpy as np
import pytest
from numpy.typing import NDArray

from services.muscle_seg.texture import edgeless_share, heterogeneity_hu

MM = (1.5, 1.5)


def block() -> tuple[NDArray[np.bool_], NDArray[np.int16]]:
    mask = np.zeros((60, 80), dtype=bool)
    mask[10:50, 10:40] = True
    return mask, np.where(mask, 50, -100).astype(np.int16)


def test_one_tissue_in_fat_is_even_and_has_an_edge_all_around() -> None:
    mask, hu = block()
    assert heterogeneity_hu(mask, hu, MM) < 8
    assert edgeless_share(mask, hu, MM) == 0


def test_an_organ_of_the_same_attenuation_leaves_a_side_without_an_edge() -> None:
    mask, hu = block()
    hu[10:50, 40:70] = 52
    assert edgeless_share(mask, hu, MM) == pytest.approx(40 / 136, abs=0.05)


def test_fluid_counted_as_muscle_makes_the_mask_uneven() -> None:
    mask, hu = block()
    even = heterogeneity_hu(mask, hu, MM)
    hu[10:50, 25:40] = 8
    assert heterogeneity_hu(mask, hu, MM) > even + 10


def test_an_empty_mask_has_neither() -> None:
    none = np.zeros((60, 80), dtype=bool)
    assert heterogeneity_hu(none, block()[1], MM) == 0
    assert edgeless_share(none, block()[1], MM) == 0
