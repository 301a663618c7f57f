"""From the locator's rows to a slice, a height and an interval."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from services.muscle_seg.l3 import LEAST_HALF_INTERVAL_MM, L3Location, locate
from services.muscle_seg.projections import ROW_MM, ROWS, Projections, project

SLICES, SLICE_MM = 100, 3.0


def short() -> Projections:
    return project(np.zeros((SLICES, 10, 10), dtype=np.int16), (SLICE_MM, 30.0, 30.0))


def bump(row: float, sigma: float = 1.0) -> NDArray[np.float32]:
    made = np.exp(-0.5 * ((np.arange(ROWS) - row) / sigma) ** 2)
    return np.asarray(made / made.sum(), dtype=np.float32)


def found(
    rows: NDArray[np.float32], covered: float = 0.9, half_interval_mm: float = 1.0
) -> L3Location:
    return locate(
        short(),
        rows[None],
        np.array([[covered]], dtype=np.float32),
        slices=SLICES,
        slice_mm=SLICE_MM,
        half_interval_mm=half_interval_mm,
    )


@given(index=st.integers(5, SLICES - 6))
def test_a_peak_is_found_at_the_slice_it_stands_for(index: int) -> None:
    first = short().first_row[0]
    row = SLICES - 1 - index - first
    location = found(bump(row))
    assert location.slice_index == index
    assert location.z_mm == pytest.approx(index * SLICE_MM, abs=0.1)


@given(row=st.floats(50, 140), sigma=st.floats(0.5, 30), half=st.floats(0, 40))
def test_the_interval_holds_the_position_and_is_never_narrower_than_calibrated(
    row: float, sigma: float, half: float
) -> None:
    location = found(bump(row, sigma), half_interval_mm=half)
    low, high = location.interval_mm
    assert low <= location.z_mm <= high
    assert high - low >= 2 * max(half, LEAST_HALF_INTERVAL_MM) - 1e-6


def test_an_unsure_locator_widens_the_interval() -> None:
    def width(location: L3Location) -> float:
        return location.interval_mm[1] - location.interval_mm[0]

    assert width(found(bump(96, sigma=12))) > width(found(bump(96, sigma=6))) > 2 * 20


def test_the_window_that_covers_l3_best_is_the_one_that_is_read() -> None:
    views = project(np.zeros((400, 10, 10), dtype=np.int16), (SLICE_MM, 30.0, 30.0))
    rows = np.stack([bump(20 + 10 * k) for k in range(len(views.windows))])
    covered = np.array([[0.2], [0.9], [0.1], [0.3]], dtype=np.float32)[: len(rows)]
    location = locate(views, rows, covered, slices=400, slice_mm=SLICE_MM, half_interval_mm=1)
    assert location.z_mm == pytest.approx(views.z_mm(1, 30), abs=0.1)
    assert location.probability_covered == pytest.approx(0.9)


def test_other_places_are_kept_as_candidates_most_probable_first() -> None:
    location = found(0.6 * bump(100) + 0.3 * bump(88) + 0.1 * bump(112))
    heights = [c.z_mm for c in location.candidates]
    assert [round(c.probability, 1) for c in location.candidates] == [0.6, 0.3, 0.1]
    assert np.diff(heights).tolist() == pytest.approx([12 * ROW_MM, -24 * ROW_MM], abs=0.2)


def test_a_position_outside_the_volume_is_not_taken() -> None:
    location = found(bump(5))
    assert 0 <= location.slice_index < SLICES
