"""What stops a measurement before a pixel is looked at, by name, with value and limit.

Gates on pixels are in `content.py`, on the slice and the measurement in `plausibility.py`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from pydicom import Dataset
from pydicom.uid import CTImageStorage

from radloom.dicom.volume import Geometry

MIN_SLICES = 20
MIN_EXTENT_MM = 60.0
"""Fewer or shorter, and the level cannot be told from its neighbours."""
SLICE_MM = (0.4, 5.5)
"""Distances of slices that areas were validated for in the literature are 1 to 5 mm."""
PIXEL_MM = (0.3, 3.2)
"""The demo study has 3 mm; coarser pixels do not show the abdominal wall."""
AXIAL_COSINE = 0.95
"""|normal . z|: up to 18 degrees of gantry tilt (05-muscle, G2)."""
GAP_TOLERANCE = 0.15
"""Share of the usual distance by which one gap may differ."""


@dataclass(frozen=True)
class Gate:
    """A gate that an input did not pass.

    Attributes:
        name: Stable name, in snake case.
        measured: What was found, with its unit; no patient data.
        limit: What it should have been.
        because: Why it matters, or where it lies, in a few words.
    """

    name: str
    measured: str
    limit: str
    because: str = ""

    @property
    def reason(self) -> str:
        """One sentence with value and limit."""
        told = f"{self.measured}; needed: {self.limit}"
        return f"{told} ({self.because})" if self.because else told


def within(name: str, value: float, limits: tuple[float, float], what: str) -> list[Gate]:
    """The gate that `value` misses when it lies outside `limits`, bounds included."""
    if limits[0] <= value <= limits[1]:
        return []
    return [Gate(name, f"{value:.4g} {what}", f"{limits[0]:g} to {limits[1]:g}")]


def header_gates(headers: Sequence[Dataset]) -> list[Gate]:
    """Gates on attributes that need no geometry."""
    failed = _kind_gates(headers)
    if len(headers) < MIN_SLICES:
        failed.append(Gate("too_few_slices", f"{len(headers)} slices", f"at least {MIN_SLICES}"))
    return failed + _mixture_gates(headers)


def _kind_gates(headers: Sequence[Dataset]) -> list[Gate]:
    """Whether these are axial CT images, each an object of its own."""
    modalities = {str(ds.get("Modality", "")) for ds in headers}
    classes = {str(ds.get("SOPClassUID", "")) for ds in headers} - {CTImageStorage}
    failed = []
    if modalities != {"CT"}:
        failed.append(Gate("not_ct", f"Modality is {', '.join(sorted(modalities))}", "CT"))
    elif classes:
        found = f"SOP Class is {', '.join(sorted(classes))}"
        failed.append(Gate("not_ct", found, "CT Image Storage"))
    kinds = {str(v).upper() for ds in headers for v in ds.get("ImageType") or ()}
    if "LOCALIZER" in kinds:
        failed.append(
            Gate("localizer", "ImageType says LOCALIZER", "AXIAL", "a scout holds no slices")
        )
    return failed


def _mixture_gates(headers: Sequence[Dataset]) -> list[Gate]:
    """Whether every slice was made alike; what a series should share and does not."""
    shared: dict[str, set[object]] = {
        "orientations": {_rounded(ds, "ImageOrientationPatient", 3) for ds in headers},
        "matrix sizes": {(ds.get("Rows"), ds.get("Columns")) for ds in headers},
        "pixel spacings": {_rounded(ds, "PixelSpacing", 4) for ds in headers},
        "frames of reference": {str(ds.get("FrameOfReferenceUID", "")) for ds in headers},
        "kernels": {str(ds.get("ConvolutionKernel", "")) for ds in headers},
        "tube voltages": {_rounded(ds, "KVP", 0) for ds in headers},
    }
    several = {what: len(values) for what, values in shared.items() if len(values) > 1}
    if not several:
        return []
    found = ", ".join(f"{count} {what}" for what, count in several.items())
    return [Gate("mixed_series", f"{found} in one series", "one of each")]


def _rounded(ds: Dataset, name: str, digits: int) -> tuple[float, ...]:
    """Numbers of an attribute; none when they are no numbers, which geometry refuses by name."""
    try:
        value = ds.get(name)
        numbers = value if isinstance(value, Iterable) and not isinstance(value, str) else [value]
        return tuple(round(float(v), digits) for v in numbers if v is not None)
    except (TypeError, ValueError):
        return ()


def geometry_gates(geometry: Geometry) -> list[Gate]:
    """Gates on where the slices lie."""
    failed = []
    cosine = abs(geometry.normal[2])
    if cosine < AXIAL_COSINE:
        failed.append(Gate("not_axial", f"|normal.z| is {cosine:.2f}", f"at least {AXIAL_COSINE}"))
    gaps = geometry.gaps_mm
    if len(gaps) == 0:
        return failed
    usual = float(np.median(gaps))
    if float(gaps.min()) < 0.01:  # noqa: PLR2004 - the same place twice, mm
        failed.append(Gate("duplicate_positions", "two slices at one position", "one each"))
    elif float(np.abs(gaps - usual).max()) > max(0.1, GAP_TOLERANCE * usual):
        failed.append(
            Gate(
                "irregular_spacing",
                f"slices lie {gaps.min():.2f} to {gaps.max():.2f} mm apart",
                f"{usual:.2f} mm, within {GAP_TOLERANCE:.0%}",
                "slices are missing, or two series are mixed",
            )
        )
    failed += within("slice_spacing", usual, SLICE_MM, "mm between slices")
    failed += within("pixel_spacing", max(geometry.in_plane_mm), PIXEL_MM, "mm pixels")
    extent = float(gaps.sum()) + usual
    if extent < MIN_EXTENT_MM:
        failed.append(
            Gate("thin_coverage", f"{extent:.0f} mm scanned", f"at least {MIN_EXTENT_MM:.0f} mm")
        )
    return failed


def stack_gates(headers: Sequence[Dataset], geometry: Geometry) -> list[Gate]:
    """Whether slices lie one above the other; a tilted gantry may lean the stack, but evenly."""
    origins = np.array([ds.ImagePositionPatient for ds in headers], dtype=np.float64)
    line = np.stack([np.ones(len(origins)), geometry.positions_mm], axis=1)
    fitted = line @ np.linalg.lstsq(line, origins, rcond=None)[0]
    off_mm = float(np.linalg.norm(origins - fitted, axis=1).max())
    limit_mm = max(geometry.in_plane_mm)
    if off_mm <= limit_mm:
        return []
    return [
        Gate(
            "shifted_slices",
            f"a slice lies {off_mm:.1f} mm beside the others",
            f"at most a pixel of {limit_mm:.1f} mm",
        )
    ]
