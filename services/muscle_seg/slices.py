"""One axial slice on the grid of the segmentation network, and back."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

SIDE = 256
GRID_MM = 1.5
"""Shape and pixel size that the network was trained on (`training/axial_canvas.py`)."""

AIR_HU = -1024.0
BODY_HU = -300.0
"""Between air and fat."""

MUSCLE_HU_MIN, MUSCLE_HU_MAX = -29.0, 150.0
"""Skeletal muscle (Mitsiopoulos 1998)."""

EDGE_MM = 1.5
"""Body this close to the picture's edge or the reconstruction circle counts as touching it."""

CIRCLE_HU = -1000.0
"""Scanners fill the corners outside the reconstruction circle with this or less."""


CIRCLE_OFF_PIXELS = 1.0
"""Root mean square distance of an outline from its circle; 0.3 to 0.5 on a pixel grid."""
RECTANGLE_FILL = 0.99


@dataclass(frozen=True)
class Placement:
    """Where the grid lies on a source slice.

    Attributes:
        shape: Rows and columns of the source.
        spacing_mm: Row and column distance of the source.
        centre: Row and column of the source that the middle of the grid lies on.
    """

    shape: tuple[int, int]
    spacing_mm: tuple[float, float]
    centre: tuple[float, float]

    def source_index(self) -> NDArray[np.float64]:
        """Source row and column of every grid pixel, (2, 256, 256)."""
        steps = (np.arange(SIDE) - (SIDE - 1) / 2) * GRID_MM
        rows = self.centre[0] + steps / self.spacing_mm[0]
        columns = self.centre[1] + steps / self.spacing_mm[1]
        return np.stack(np.meshgrid(rows, columns, indexing="ij"))

    def grid_index(self) -> NDArray[np.float64]:
        """Grid row and column of every source pixel, (2, rows, columns)."""
        middle = (SIDE - 1) / 2
        axes = [
            (np.arange(n) - c) * s / GRID_MM + middle
            for n, c, s in zip(self.shape, self.centre, self.spacing_mm, strict=True)
        ]
        return np.stack(np.meshgrid(*axes, indexing="ij"))


def body_mask(hu: NDArray[np.int16], spacing_mm: tuple[float, float]) -> NDArray[np.bool_]:
    """The patient without table and arms' air: the largest solid piece, holes filled."""
    solid = hu > BODY_HU
    # Opening by 4 mm cuts the table top off the back where they touch.
    reach = max(1, round(4.0 / min(spacing_mm)))
    opened = ndimage.binary_opening(np.pad(solid, reach, mode="edge"), iterations=reach)
    opened = opened[reach:-reach, reach:-reach]
    pieces, count = ndimage.label(opened)
    if count == 0:
        return np.zeros(hu.shape, dtype=bool)
    sizes = np.bincount(pieces.ravel())
    sizes[0] = 0
    return np.asarray(ndimage.binary_fill_holes(pieces == sizes.argmax()), dtype=bool)


def place(body: NDArray[np.bool_], spacing_mm: tuple[float, float]) -> Placement:
    """Grid centred on the middle of the body's bounding box.

    Raises:
        ValueError: There is no body in the slice.
    """
    if not body.any():
        raise ValueError("no body in the slice")
    rows = np.flatnonzero(body.any(axis=1))
    columns = np.flatnonzero(body.any(axis=0))
    centre = (float(rows[0] + rows[-1]) / 2, float(columns[0] + columns[-1]) / 2)
    return Placement((body.shape[0], body.shape[1]), spacing_mm, centre)


def to_grid(hu: NDArray[np.int16], placement: Placement) -> NDArray[np.float32]:
    """The slice on the network's grid, (256, 256) HU; blurred first where it is finer."""
    sigma = [max(0.0, 0.5 * (GRID_MM / s - 1)) for s in placement.spacing_mm]
    soft = ndimage.gaussian_filter(hu.astype(np.float32), sigma) if max(sigma) > 0 else hu
    return np.asarray(
        ndimage.map_coordinates(
            soft.astype(np.float32), placement.source_index(), order=1, cval=AIR_HU
        ),
        dtype=np.float32,
    )


def to_source(values: NDArray[np.float32], placement: Placement) -> NDArray[np.float32]:
    """Values on the grid (256, 256) on the source's pixels; 0 outside the grid."""
    return np.asarray(
        ndimage.map_coordinates(values, placement.grid_index(), order=1, cval=0.0),
        dtype=np.float32,
    )


@dataclass(frozen=True)
class FieldOfView:
    """How much of the body the slice cuts off.

    Attributes:
        contact: Share of the body's contour that touches the picture's edge or the
            reconstruction circle, 0..1.
        muscle_contact: Share of that contact with muscle-like tissue within 6 mm, 0..1; 0 when
            nothing touches. Skin is muscle-like too, so a cut through fat counts little.
        outside_grid: Share of the body's area outside the network's window, 0..1.
    """

    contact: float
    muscle_contact: float
    outside_grid: float


SKIN_MM = 4.5
"""Skin and the blur around it; deeper muscle-like tissue at the edge means a cut muscle."""
DEEP_MM = 6.0


def field_of_view(
    hu: NDArray[np.int16],
    body: NDArray[np.bool_],
    placement: Placement,
) -> FieldOfView:
    """Contact of the body with the edge of what was reconstructed."""
    if not body.any():
        return FieldOfView(0.0, 0.0, 0.0)
    contour = body & ~ndimage.binary_erosion(body)
    near = _near_edge(hu, placement.spacing_mm)
    touching = contour & near
    contact = float(touching.sum() / contour.sum())
    cut = float(_muscle_at_cut(hu, body, touching, placement.spacing_mm))
    rows, columns = placement.grid_index()
    off = (np.minimum(rows, columns) < 0) | (np.maximum(rows, columns) > SIDE - 1)
    return FieldOfView(contact, cut, float((body & off).sum() / body.sum()))


def _near_edge(hu: NDArray[np.int16], spacing_mm: tuple[float, float]) -> NDArray[np.bool_]:
    """Pixels at the border of the picture or of the reconstruction circle."""
    inside = np.ones(hu.shape, dtype=bool)
    corners = (hu[0, 0], hu[0, -1], hu[-1, 0], hu[-1, -1])
    if max(corners) <= CIRCLE_HU and len({int(v) for v in corners}) == 1:
        padding, _ = ndimage.label(hu == corners[0])
        marks = {int(padding[r, c]) for r in (0, -1) for c in (0, -1)} - {0}
        unpadded = ~np.isin(padding, list(marks))
        # Air without noise is one value too, but what it surrounds has the shape of a patient.
        if _is_frame(unpadded, spacing_mm):
            inside = unpadded
    reach = max(1, round(EDGE_MM / min(spacing_mm)))
    return inside & ~ndimage.binary_erosion(inside, iterations=reach)


def _is_frame(inside: NDArray[np.bool_], spacing_mm: tuple[float, float]) -> bool:
    """Whether the outline is what a reconstruction leaves: a circle, or a rectangle."""
    if not inside.any():
        return False
    rows, columns = np.flatnonzero(inside.any(axis=1)), np.flatnonzero(inside.any(axis=0))
    box = inside[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    if box.mean() > RECTANGLE_FILL:
        return True
    outline = np.argwhere(inside & ~ndimage.binary_erosion(inside, border_value=1))
    y, x = (outline * spacing_mm).T
    # Least squares for the centre and radius of a circle (Kasa 1976).
    system = np.stack([2 * y, 2 * x, np.ones_like(x)], axis=1)
    centre_y, centre_x, rest = np.linalg.lstsq(system, y**2 + x**2, rcond=None)[0]
    radius = np.sqrt(max(0.0, rest + centre_y**2 + centre_x**2))
    off = np.hypot(y - centre_y, x - centre_x) - radius
    return bool(np.sqrt(np.mean(off**2)) <= CIRCLE_OFF_PIXELS * max(spacing_mm))


def _muscle_at_cut(
    hu: NDArray[np.int16],
    body: NDArray[np.bool_],
    touching: NDArray[np.bool_],
    spacing_mm: tuple[float, float],
) -> float:
    """Share of the touching contour behind which, deeper than skin, lies muscle-like tissue."""
    if not touching.any():
        return 0.0
    depth = ndimage.distance_transform_edt(~touching, sampling=spacing_mm)
    muscle = (hu >= MUSCLE_HU_MIN) & (hu <= MUSCLE_HU_MAX) & body
    deep = muscle & (depth >= SKIN_MM) & (depth <= SKIN_MM + DEEP_MM)
    if not deep.any():
        return 0.0
    near = ndimage.distance_transform_edt(~deep, sampling=spacing_mm) <= SKIN_MM + DEEP_MM / 2
    return float((touching & near).sum() / touching.sum())
