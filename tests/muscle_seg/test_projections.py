"""Projections show bone where it is, at the height where it is."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from services.muscle_seg.projections import COLUMNS, NO_DATA_HU, ROW_MM, ROWS, project

BONE_HU = 900


def volume_with_bone_at(
    z_mm: float, slices: int, spacing_mm: tuple[float, float, float]
) -> NDArray[np.int16]:
    """A body with one bright slab, 12 mm high, in the middle of the back half."""
    sz, sy, sx = spacing_mm
    z = np.arange(slices) * sz
    y = (np.arange(int(240 / sy)) + 0.5) * sy
    x = (np.arange(int(300 / sx)) + 0.5) * sx
    hu = np.full((slices, len(y), len(x)), 40, dtype=np.int16)
    behind = (np.abs(y - 160) < 15)[:, None] & (np.abs(x - 150) < 20)[None]
    hu[np.ix_(np.abs(z - z_mm) <= 6, range(len(y)), range(len(x)))] += np.where(
        behind, BONE_HU, 0
    ).astype(np.int16)
    return hu


def brightest_height(hu: NDArray[np.int16], spacing_mm: tuple[float, float, float]) -> list[float]:
    made = project(hu, spacing_mm)
    heights = []
    for view in range(2):
        profile = made.windows[0, view].max(axis=1)
        rows = np.flatnonzero(profile > (profile.max() + 40) / 2)
        heights.append(made.z_mm(0, float(rows.mean())))
    return heights


@settings(max_examples=25)
@given(
    z_mm=st.floats(40, 160),
    slice_mm=st.sampled_from([1.0, 2.5, 3.0, 5.0]),
    pixel_mm=st.sampled_from([1.0, 1.7, 3.0]),
)
def test_a_bright_slab_appears_at_its_height_in_both_views(
    z_mm: float, slice_mm: float, pixel_mm: float
) -> None:
    spacing = (slice_mm, pixel_mm, pixel_mm)
    hu = volume_with_bone_at(z_mm, int(200 / slice_mm), spacing)
    slices = np.flatnonzero((hu > 500).any(axis=(1, 2)))
    truth = float(slices.mean()) * slice_mm
    assert brightest_height(hu, spacing) == pytest.approx([truth, truth], abs=ROW_MM)


def test_a_short_volume_lies_in_one_window_with_no_data_around_it() -> None:
    made = project(volume_with_bone_at(90, 60, (3.0, 3.0, 3.0)), (3.0, 3.0, 3.0))
    assert made.windows.shape == (1, 2, ROWS, COLUMNS)
    assert made.covered_rows == 60
    filled = (made.windows[0, 0] > NO_DATA_HU).any(axis=1)
    assert filled.sum() == 60
    assert not filled[:66].any()
    assert filled[66:126].all()


def test_a_whole_body_is_read_in_windows_that_overlap_and_cover_it() -> None:
    made = project(np.zeros((600, 20, 20), dtype=np.int16), (3.0, 10.0, 10.0))
    starts = made.first_row
    assert starts[0] == 0
    assert starts[-1] + ROWS == made.covered_rows == 600
    assert all(b - a <= ROWS // 2 for a, b in pairwise(starts))


def test_left_and_right_mirrored_shows_the_same_heights() -> None:
    hu = np.random.default_rng(1).integers(-200, 400, (30, 40, 50)).astype(np.int16)
    one = project(hu, (3.0, 3.0, 4.0)).windows[0, 0]
    other = project(hu[:, :, ::-1], (3.0, 3.0, 4.0)).windows[0, 0]
    assert one.max(axis=1) == pytest.approx(other.max(axis=1))


@pytest.mark.parametrize(
    ("shape", "spacing", "named"),
    [((4, 4), (1, 1, 1), r"\(4, 4\)"), ((4, 4, 4), (0, 1, 1), r"\(0, 1, 1\)")],
)
def test_what_is_no_volume_is_named(
    shape: tuple[int, ...], spacing: tuple[float, float, float], named: str
) -> None:
    with pytest.raises(ValueError, match=named):
        project(np.zeros(shape, dtype=np.int16), spacing)
