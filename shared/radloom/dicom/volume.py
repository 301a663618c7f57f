"""A series of axial slices as one volume in a fixed frame, and the way back to stored pixels.

Frame: axes (z, y, x); z from feet to head, y from front to back, x from the patient's right to
left, whatever order and direction the slices were stored in. Spacing comes from positions, never
from Slice Thickness (0018,0050), which says how thick slices are, not how far apart.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset

from radloom.errors import Rejected

HU_MIN, HU_MAX = -1024, 3071
"""Range of 12-bit CT with an intercept of -1024; what lies outside is metal or padding."""


Pixel = TypeVar("Pixel", bound=np.generic)


@dataclass(frozen=True)
class SliceOrder:
    """How a stored slice is turned into the frame: transposed first, then flipped.

    Attributes:
        transpose: Stored rows run along x.
        flip_y: Rows (after transposing) run from back to front.
        flip_x: Columns (after transposing) run from left to right of the patient.
    """

    transpose: bool
    flip_y: bool
    flip_x: bool

    def to_frame(self, stored: NDArray[Pixel]) -> NDArray[Pixel]:
        """Stored pixels (rows, columns) in the frame (y, x)."""
        plane = stored.T if self.transpose else stored
        plane = plane[::-1] if self.flip_y else plane
        return plane[:, ::-1] if self.flip_x else plane

    def to_stored(self, plane: NDArray[Pixel]) -> NDArray[Pixel]:
        """A plane of the frame (y, x) as stored pixels (rows, columns)."""
        plane = plane[:, ::-1] if self.flip_x else plane
        plane = plane[::-1] if self.flip_y else plane
        return plane.T if self.transpose else plane


@dataclass(frozen=True)
class Geometry:
    """Where slices lie, read from headers alone.

    Attributes:
        normal: Unit normal of the slices in the patient frame (LPS).
        positions_mm: Position of each slice along the normal's direction to the head, in the
            order given; ascending after `order`.
        order: Indices that sort the slices from feet to head.
        slice_order: How each slice is turned into the frame.
        in_plane_mm: Distance of voxels along y and x.
    """

    normal: tuple[float, float, float]
    positions_mm: NDArray[np.float64]
    order: NDArray[np.int64]
    slice_order: SliceOrder
    in_plane_mm: tuple[float, float]

    @property
    def gaps_mm(self) -> NDArray[np.float64]:
        """Distances of neighbouring slices, from feet to head."""
        return np.diff(self.positions_mm[self.order])


@dataclass(frozen=True)
class Volume:
    """A CT volume in the frame of this module.

    Attributes:
        hu: (z, y, x) int16, -1024..3071.
        spacing_mm: Distance of voxel centres along z, y, x.
        sop_instance_uids: SOP Instance UID per z.
        z_mm: Position of each slice along the patient's z axis, LPS.
        slice_order: How a plane goes back to stored pixels.
    """

    hu: NDArray[np.int16]
    spacing_mm: tuple[float, float, float]
    sop_instance_uids: tuple[str, ...]
    z_mm: tuple[float, ...]
    slice_order: SliceOrder


def read_geometry(headers: Sequence[Dataset]) -> Geometry:
    """Geometry of slices that share one orientation.

    Raises:
        Rejected: Position, orientation or pixel spacing is missing, not finite or impossible.
    """
    orientation = _numbers(headers[0], "ImageOrientationPatient", 6)
    row, column = orientation[:3], orientation[3:]
    if abs(float(row @ row) - 1) > 0.01 or abs(float(column @ column) - 1) > 0.01:  # noqa: PLR2004 - unit vectors
        raise Rejected(
            f"ImageOrientationPatient {orientation.tolist()} holds no unit vectors",
            reason="orientation",
        )
    normal = np.cross(row, column)
    towards_head = normal if normal[2] >= 0 else -normal
    positions = np.array(
        [float(_numbers(ds, "ImagePositionPatient", 3) @ towards_head) for ds in headers]
    )
    spacing = _numbers(headers[0], "PixelSpacing", 2)
    if min(spacing) <= 0:
        raise Rejected(f"PixelSpacing {spacing.tolist()} must be positive", reason="spacing")
    transpose = abs(row[1]) > abs(row[0])
    along_y, along_x = (row, column) if transpose else (column, row)
    mm = (float(spacing[0]), float(spacing[1]))
    return Geometry(
        normal=(float(normal[0]), float(normal[1]), float(normal[2])),
        positions_mm=positions,
        order=np.argsort(positions, kind="stable"),
        slice_order=SliceOrder(bool(transpose), bool(along_y[1] < 0), bool(along_x[0] < 0)),
        in_plane_mm=(mm[1], mm[0]) if transpose else mm,
    )


def read_volume(instances: Sequence[Dataset]) -> Volume:
    """The volume that `instances` hold, in any order, direction and transfer syntax.

    Raises:
        Rejected: Geometry or rescale is missing, or pixels are missing or cannot be decoded.
    """
    geometry = read_geometry(instances)
    ordered = [instances[k] for k in geometry.order]
    first = _plane(ordered[0], geometry.slice_order)
    hu = np.empty((len(ordered), *first.shape), dtype=np.int16)
    for k, ds in enumerate(ordered):
        plane = _plane(ds, geometry.slice_order)
        if plane.shape != first.shape:
            raise Rejected(
                f"slices of {first.shape} and {plane.shape} pixels in one series",
                reason="mixed_matrix",
            )
        hu[k] = plane
    gaps = geometry.gaps_mm
    distance = float(np.median(gaps)) if len(gaps) else 1.0
    return Volume(
        hu=hu,
        spacing_mm=(distance, *geometry.in_plane_mm),
        sop_instance_uids=tuple(str(ds.SOPInstanceUID) for ds in ordered),
        z_mm=tuple(float(ds.ImagePositionPatient[2]) for ds in ordered),
        slice_order=geometry.slice_order,
    )


def _plane(ds: Dataset, order: SliceOrder) -> NDArray[np.int16]:
    """Hounsfield units of one slice in the frame."""
    try:
        stored = ds.pixel_array
    except Exception as error:  # decoders of several libraries share no narrower base
        raise Rejected(
            f"pixels cannot be decoded ({type(error).__name__}); expected CT pixel data in a "
            "transfer syntax that pydicom reads",
            reason="pixels",
        ) from error
    (slope,), (intercept,) = _numbers(ds, "RescaleSlope", 1), _numbers(ds, "RescaleIntercept", 1)
    hu = np.rint(stored * slope + intercept)
    padding = ds.get("PixelPaddingValue")
    if padding is not None:
        hu[stored == padding] = HU_MIN
    return order.to_frame(np.clip(hu, HU_MIN, HU_MAX).astype(np.int16))


def _numbers(ds: Dataset, name: str, count: int) -> NDArray[np.float64]:
    try:
        numbers = np.atleast_1d(np.array(ds.get(name), dtype=np.float64))
    except (TypeError, ValueError):
        numbers = np.empty(0)
    if len(numbers) != count or not np.isfinite(numbers).all():
        reason = "rescale" if name.startswith("Rescale") else "geometry"
        raise Rejected(f"{name} must hold {count} finite numbers", reason=reason)
    return numbers
