"""One slice to the network's grid and back."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import ndimage

from services.muscle_seg.slices import (
    AIR_HU,
    GRID_MM,
    SIDE,
    Placement,
    body_mask,
    field_of_view,
    place,
    to_grid,
    to_source,
)
from tests.muscle_seg.example import PIXEL_MM, torso

SPACING_MM = (PIXEL_MM, PIXEL_MM)


def disc(
    shape: tuple[int, int], spacing_mm: tuple[float, float], radius_mm: float
) -> NDArray[np.int16]:
    """Muscle in air, in the middle of the slice."""
    y, x = np.mgrid[: shape[0], : shape[1]]
    away = np.hypot(
        (y - (shape[0] - 1) / 2) * spacing_mm[0], (x - (shape[1] - 1) / 2) * spacing_mm[1]
    )
    return np.where(away < radius_mm, 45, -1000).astype(np.int16)


@settings(max_examples=20)
@given(
    row_mm=st.floats(0.5, 3.0),
    aspect=st.floats(0.7, 1.4),
    radius_mm=st.floats(40, 150),
)
def test_an_area_survives_the_way_to_the_grid_and_back(
    row_mm: float, aspect: float, radius_mm: float
) -> None:
    spacing = (row_mm, row_mm * aspect)
    shape = (int(360 / spacing[0]), int(360 / spacing[1]))
    hu = disc(shape, spacing, radius_mm)
    placement = place(body_mask(hu, spacing), spacing)
    on_grid = to_grid(hu, placement) > -300
    back = to_source(on_grid.astype(np.float32), placement) > 0.5
    truth_mm2 = np.pi * radius_mm**2
    assert on_grid.sum() * GRID_MM**2 == pytest.approx(truth_mm2, rel=0.08)
    assert back.sum() * spacing[0] * spacing[1] == pytest.approx(truth_mm2, rel=0.08)
    overlap = 2 * (back & (hu > 0)).sum() / (back.sum() + (hu > 0).sum())
    assert overlap > 0.95


def test_grid_and_source_are_inverse_to_each_other() -> None:
    placement = Placement((90, 70), (1.3, 2.1), (40.5, 33.0))
    rows, columns = placement.source_index()
    back = placement.grid_index()
    at = ndimage.map_coordinates(back[0], [[rows[120, 130]], [columns[120, 130]]], order=1)
    assert float(at[0]) == pytest.approx(120)
    at = ndimage.map_coordinates(back[1], [[rows[120, 130]], [columns[120, 130]]], order=1)
    assert float(at[0]) == pytest.approx(130)


def test_what_lies_beside_the_slice_is_air_on_the_grid() -> None:
    hu = np.full((20, 20), 45, dtype=np.int16)
    grid = to_grid(hu, Placement((20, 20), (1.5, 1.5), (9.5, 9.5)))
    assert grid.shape == (SIDE, SIDE)
    assert grid[SIDE // 2, SIDE // 2] == 45
    assert (grid[:100] == AIR_HU).all()


def test_the_body_is_found_without_the_table_and_with_its_bowel_gas() -> None:
    hu = torso()
    hu[45:50, 50:70] = -900
    hu[92:94, 10:110] = 0
    body = body_mask(hu, SPACING_MM)
    assert body[47, 60]
    assert not body[93].any()


def test_a_slice_of_air_holds_no_body() -> None:
    air = np.full((50, 50), -1000, dtype=np.int16)
    assert not body_mask(air, SPACING_MM).any()
    with pytest.raises(ValueError, match="no body"):
        place(body_mask(air, SPACING_MM), SPACING_MM)


def view(hu: NDArray[np.int16]) -> tuple[float, float, float]:
    body = body_mask(hu, SPACING_MM)
    seen = field_of_view(hu, body, place(body, SPACING_MM))
    return seen.contact, seen.muscle_contact, seen.outside_grid


def test_a_whole_body_touches_nothing() -> None:
    assert view(torso()) == (0.0, 0.0, 0.0)


def test_a_body_cut_through_its_muscle_is_seen() -> None:
    contact, muscle_contact, _ = view(np.ascontiguousarray(torso()[:, 24:]))
    assert contact > 0.05
    assert muscle_contact > 0.1


def test_a_body_cut_through_fat_alone_touches_without_muscle() -> None:
    hu = torso()
    fat = np.where(hu > -300, -100, hu).astype(np.int16)
    contact, muscle_contact, _ = view(np.ascontiguousarray(fat[:, 24:]))
    assert contact > 0.05
    assert muscle_contact == 0.0


def test_a_body_cut_by_the_reconstruction_circle_is_seen() -> None:
    hu = torso()
    y, x = np.mgrid[: hu.shape[0], : hu.shape[1]]
    hu[np.hypot(y - 49.5, x - 59.5) > 38] = -2000
    contact, muscle_contact, _ = view(hu)
    assert contact > 0.05
    assert muscle_contact > 0.1


def test_a_body_wider_than_the_window_is_seen() -> None:
    hu = np.full((100, 180), 45, dtype=np.int16)
    hu[:5] = hu[-5:] = -1000
    hu[:, :5] = hu[:, -5:] = -1000
    assert view(hu)[2] == pytest.approx((170 * 3 - 384) / (170 * 3), abs=0.02)
