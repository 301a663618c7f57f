"""Projections of a CT volume that the L3 locator reads.

The volume's frame, here and in every module beside this one: axes (z, y, x) with z from feet to
head, y from front to back, x from the patient's right to left; spacing in mm in the same order.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

ROWS, COLUMNS = 192, 96
ROW_MM = 3.0
CORONAL_COLUMN_MM, SAGITTAL_COLUMN_MM = 4.0, 3.0
NO_DATA_HU = -1000.0
"""Shape and grid that the locator was trained on (`training/skeleton_projections.py`)."""

WINDOW_STEP_ROWS = 96
"""Long volumes are read in windows that overlap by half, so that L3 is whole in one of them."""

COARSE_MM = 3.0
"""Voxels are pooled by their maximum to about this size first; the projections need no finer."""

BODY_HU = -300.0
BONE_HU = 180.0
"""Between air and fat; between contrast-free soft tissue and marrow."""

SAGITTAL_HALF_WIDTH_MM = 25.0
"""Half thickness of the slab behind the sagittal view: a vertebral body is about 45 mm wide."""

SPINE_COLUMN_OFFSET_MM = 10.0
"""The locator was trained with the spine this far behind the middle of the sagittal view."""


@dataclass(frozen=True)
class Projections:
    """Windows of projections, and where their rows lie in the volume.

    Attributes:
        windows: (n, 2, 192, 96) float32 HU; row 0 is towards the head; -1000 where no data.
        first_row: Row, counted from the top of the volume, that each window starts with;
            negative when the volume was padded above.
        top_z_mm: Height of the centre of volume row 0 above the centre of slice 0, mm.
        covered_rows: Rows that hold data, counted from the top of the volume.
    """

    windows: NDArray[np.float32]
    first_row: tuple[int, ...]
    top_z_mm: float
    covered_rows: int

    def z_mm(self, window: int, row: float) -> float:
        """Height above the centre of slice 0 of a (fractional) row of a window, mm."""
        return self.top_z_mm - (self.first_row[window] + row) * ROW_MM


def upside_down(windows: NDArray[np.float32]) -> NDArray[np.float32]:
    """The windows as they would be if head and feet were exchanged."""
    return np.ascontiguousarray(windows[:, :, ::-1])


def project(hu: NDArray[np.int16], spacing_mm: tuple[float, float, float]) -> Projections:
    """Coronal and mid-sagittal maximum projections of a volume.

    Args:
        hu: (z, y, x) Hounsfield units in the frame of this module.
        spacing_mm: Distance of voxel centres along z, y, x.

    Raises:
        ValueError: The volume is not three-dimensional or a spacing is not positive.
    """
    if hu.ndim != 3 or min(hu.shape) < 1:  # noqa: PLR2004 - a volume
        raise ValueError(f"hu must be (z, y, x) and not empty; got shape {hu.shape}")
    if min(spacing_mm) <= 0:
        raise ValueError(f"spacing_mm must be positive; got {spacing_mm}")
    coarse, coarse_mm = _pool(hu, spacing_mm)
    coronal, sagittal = _views(coarse, coarse_mm)
    rows, top_z_mm = _rows(np.stack([coronal, sagittal]), spacing_mm[0])
    starts = _starts(rows.shape[1])
    windows = np.stack([_window(rows, start) for start in starts])
    return Projections(windows, starts, top_z_mm, rows.shape[1])


def _pool(
    hu: NDArray[np.int16], spacing_mm: tuple[float, float, float]
) -> tuple[NDArray[np.float32], tuple[float, float]]:
    """Maximum over blocks of about 3 mm in the plane."""
    by = max(1, round(COARSE_MM / spacing_mm[1]))
    bx = max(1, round(COARSE_MM / spacing_mm[2]))
    ny, nx = max(1, hu.shape[1] // by), max(1, hu.shape[2] // bx)
    cut = hu[:, : ny * by, : nx * bx]
    blocks = cut.reshape(len(hu), ny, cut.shape[1] // ny, nx, cut.shape[2] // nx)
    pooled = blocks.max(axis=(2, 4)).astype(np.float32)
    return pooled, (spacing_mm[1] * by, spacing_mm[2] * bx)


def _views(
    hu: NDArray[np.float32], spacing_mm: tuple[float, float]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Per slice: maxima along y on 4 mm columns, and along a central x slab on 3 mm columns."""
    dy, dx = spacing_mm
    y: NDArray[np.float64] = (np.arange(hu.shape[1], dtype=np.float64) + 0.5) * dy
    x: NDArray[np.float64] = (np.arange(hu.shape[2], dtype=np.float64) + 0.5) * dx
    body = hu > BODY_HU
    weight = body.sum(axis=(0, 1))
    middle_x = float((weight * x).sum() / weight.sum()) if weight.any() else float(x.mean())
    across = body.sum(axis=(0, 2))
    middle_y = float((across * y).sum() / across.sum()) if across.any() else float(y.mean())
    slab = hu[:, :, np.abs(x - middle_x) <= SAGITTAL_HALF_WIDTH_MM]
    if slab.shape[2] == 0:
        slab = hu
    bone_behind = (slab > BONE_HU) & (y > middle_y)[None, :, None]
    count = bone_behind.sum(axis=(0, 2))
    spine_y = float((count * y).sum() / count.sum()) if count.any() else middle_y + 40.0
    coronal = _columns(hu.max(axis=1), x, middle_x, CORONAL_COLUMN_MM, dx)
    centre_y = spine_y - SPINE_COLUMN_OFFSET_MM
    sagittal = _columns(slab.max(axis=2), y, centre_y, SAGITTAL_COLUMN_MM, dy)
    return coronal, sagittal


def _columns(
    profile: NDArray[np.float32],
    position_mm: NDArray[np.float64],
    centre_mm: float,
    column_mm: float,
    pixel_mm: float,
) -> NDArray[np.float32]:
    """Maxima of (z, pixels) on the 96 columns; -1000 beside the volume."""
    out = np.full((len(profile), COLUMNS), NO_DATA_HU, dtype=np.float32)
    reach = max(column_mm, pixel_mm) / 2 + 1e-6
    for column in range(COLUMNS):
        at = centre_mm + (column - COLUMNS / 2 + 0.5) * column_mm
        near = np.abs(position_mm - at) <= reach
        if near.any():
            out[:, column] = profile[:, near].max(axis=1)
    return out


def _rows(views: NDArray[np.float32], slice_mm: float) -> tuple[NDArray[np.float32], float]:
    """Resamples (2, slices, 96) to rows of 3 mm, head first; returns them and row 0's height."""
    slices = views.shape[1]
    count = max(1, int(np.floor(slices * slice_mm / ROW_MM)))
    top_z_mm = (slices - 0.5) * slice_mm - ROW_MM / 2
    heights = top_z_mm - np.arange(count) * ROW_MM
    out = np.empty((2, count, COLUMNS), dtype=np.float32)
    at = np.arange(slices) * slice_mm
    for row, height in enumerate(heights):
        near = np.abs(at - height) <= ROW_MM / 2
        if near.any():
            out[:, row] = views[:, near].mean(axis=1)
            continue
        low = int(np.clip(np.floor(height / slice_mm), 0, slices - 1))
        high = min(low + 1, slices - 1)
        share = np.float32(np.clip(height / slice_mm - low, 0, 1))
        out[:, row] = views[:, low] * (1 - share) + views[:, high] * share
    return out, top_z_mm


def _starts(rows: int) -> tuple[int, ...]:
    """First row of each window; one centred window when the volume fits."""
    if rows <= ROWS:
        return (-((ROWS - rows) // 2),)
    last = rows - ROWS
    return (*range(0, last, WINDOW_STEP_ROWS), last)


def _window(rows: NDArray[np.float32], start: int) -> NDArray[np.float32]:
    """Rows `start` to `start + 192`, -1000 outside the volume."""
    out = np.full((2, ROWS, COLUMNS), NO_DATA_HU, dtype=np.float32)
    first, last = max(start, 0), min(start + ROWS, rows.shape[1])
    out[:, first - start : last - start] = rows[:, first:last]
    return out
