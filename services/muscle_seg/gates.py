"""What stops a measurement, each by name, with the value measured and the limit it missed."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset
from pydicom.uid import CTImageStorage

from radloom.dicom.volume import Geometry
from services.muscle_seg.muscle import AGREEMENT_B, Muscle
from services.muscle_seg.slices import FieldOfView

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

LEVEL_SHARE = 0.7
"""Share of the locator's probability within 9 mm of the place it chose. First cut: of 88 accepted
simulated volumes 2 had less, and both were a level off; of some 60 parts cut from the sample study
all that were a level off had less (at most 0.69), the whole scan has 0.76."""

BODY_MEDIAN_HU = (-150.0, 150.0)
"""Median of everything denser than -300 HU in a torso: fat to muscle."""
AIR_HU = -700.0
BODY_AREA_CM2 = (150.0, 1900.0)
"""Cross sections of adults at L3, generously."""
FOV_CONTACT = 0.05
FOV_MUSCLE_CONTACT = 0.1
"""Skin that touches the edge is common and harmless (0.00 on the demo study, which touches along
4 to 5 % of its contour); the same slice cut through the flank muscles gives 0.4 to 0.5."""
OUTSIDE_GRID = 0.02
MUSCLE_AREA_CM2 = (25.0, 350.0)
"""Adults in cohorts lie within 50 to 300 cm2 (Derstine 2018, Martin 2013)."""
MUSCLE_HU = (-10.0, 90.0)


@dataclass(frozen=True)
class Gate:
    """A gate that an input did not pass.

    Attributes:
        name: Stable name, in snake case.
        reason: One sentence with value and limit; no patient data.
    """

    name: str
    reason: str


def header_gates(headers: Sequence[Dataset]) -> list[Gate]:
    """Gates on attributes that need no geometry."""
    failed = []
    modalities = {str(ds.get("Modality", "")) for ds in headers}
    if modalities != {"CT"}:
        failed.append(Gate("not_ct", f"Modality is {', '.join(sorted(modalities))}, expected CT"))
    elif classes := {str(ds.get("SOPClassUID", "")) for ds in headers} - {CTImageStorage}:
        failed.append(
            Gate("not_ct", f"SOP Class is {', '.join(sorted(classes))}, expected CT Image Storage")
        )
    kinds = {str(v).upper() for ds in headers for v in ds.get("ImageType") or ()}
    if "LOCALIZER" in kinds:
        failed.append(Gate("localizer", "ImageType says LOCALIZER: a scout holds no slices"))
    if len(headers) < MIN_SLICES:
        failed.append(
            Gate("too_few_slices", f"{len(headers)} slices, at least {MIN_SLICES} are needed")
        )
    orientations = {_rounded(ds, "ImageOrientationPatient", 3) for ds in headers}
    matrices = {(ds.get("Rows"), ds.get("Columns")) for ds in headers}
    pixels = {_rounded(ds, "PixelSpacing", 4) for ds in headers}
    if max(len(orientations), len(matrices), len(pixels)) > 1:
        failed.append(
            Gate(
                "mixed_series",
                f"{len(orientations)} orientations, {len(matrices)} matrix sizes and "
                f"{len(pixels)} pixel spacings in one series",
            )
        )
    return failed


def _rounded(ds: Dataset, name: str, digits: int) -> tuple[float, ...]:
    """Numbers of an attribute; none when they are no numbers, which geometry refuses by name."""
    try:
        return tuple(round(float(v), digits) for v in ds.get(name) or ())
    except (TypeError, ValueError):
        return ()


def geometry_gates(geometry: Geometry) -> list[Gate]:
    """Gates on where the slices lie."""
    failed = []
    cosine = abs(geometry.normal[2])
    if cosine < AXIAL_COSINE:
        failed.append(
            Gate("not_axial", f"|normal.z| is {cosine:.2f}, at least {AXIAL_COSINE} is axial")
        )
    gaps = geometry.gaps_mm
    if len(gaps) == 0:
        return failed
    usual = float(np.median(gaps))
    if float(gaps.min()) < 0.01:  # noqa: PLR2004 - the same place twice, mm
        failed.append(Gate("duplicate_positions", "two slices lie at one position"))
    elif float(np.abs(gaps - usual).max()) > max(0.1, GAP_TOLERANCE * usual):
        failed.append(
            Gate(
                "irregular_spacing",
                f"slices lie {gaps.min():.2f} to {gaps.max():.2f} mm apart, usually {usual:.2f}",
            )
        )
    failed += _limits("slice_spacing", usual, SLICE_MM, "mm between slices")
    failed += _limits("pixel_spacing", max(geometry.in_plane_mm), PIXEL_MM, "mm pixels")
    extent = float(gaps.sum()) + usual
    if extent < MIN_EXTENT_MM:
        failed.append(
            Gate("thin_coverage", f"{extent:.0f} mm scanned, at least {MIN_EXTENT_MM:.0f} needed")
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
            f"a slice lies {off_mm:.1f} mm beside the others, at most a pixel of {limit_mm:.1f} mm "
            "is one stack",
        )
    ]


def attenuation_gates(hu: NDArray[np.int16]) -> list[Gate]:
    """Whether numbers can be Hounsfield units of a person in air."""
    sample = hu[:: max(1, len(hu) // 16)]
    solid = sample[sample > -300]  # noqa: PLR2004 - denser than lung and air
    if solid.size < sample.size // 100:
        return [Gate("not_a_body", "less than 1 % of the volume is denser than -300 HU")]
    median = float(np.median(solid))
    failed = _limits("hu_scale", median, BODY_MEDIAN_HU, "HU in the middle of all that is solid")
    darkest = float(np.percentile(sample, 0.5))
    if darkest > AIR_HU:
        failed.append(
            Gate("hu_scale", f"the darkest voxels have {darkest:.0f} HU, air has {AIR_HU:.0f}")
        )
    return failed


def coverage_gate(probability: float, threshold: float) -> list[Gate]:
    """Whether L3 lies wholly inside the series."""
    if probability >= threshold:
        return []
    return [
        Gate(
            "l3_not_covered",
            f"L3 is inside with probability {probability:.3f}, at least {threshold:.3f} is needed",
        )
    ]


def level_gate(share: float) -> list[Gate]:
    """Whether the locator knows L3 from its neighbours, which look alike."""
    if share >= LEVEL_SHARE:
        return []
    return [
        Gate(
            "l3_ambiguous",
            f"{share:.2f} of the probability lies at one level, at least {LEVEL_SHARE} is needed: "
            "the vertebra may be another",
        )
    ]


def slice_gates(
    body: NDArray[np.bool_],
    hu: NDArray[np.int16],
    spacing_mm: tuple[float, float],
    view: FieldOfView,
) -> list[Gate]:
    """Gates on the slice to be measured."""
    area = float(body.sum()) * spacing_mm[0] * spacing_mm[1] / 100
    failed = _limits("body_area", area, BODY_AREA_CM2, "cm2 of body in the slice")
    if view.contact > FOV_CONTACT and view.muscle_contact > FOV_MUSCLE_CONTACT:
        failed.append(
            Gate(
                "fov_truncated",
                f"{view.contact:.1%} of the contour touches the edge of the field of view, "
                f"{view.muscle_contact:.0%} of it with muscle behind; limits {FOV_CONTACT:.0%} "
                f"and {FOV_MUSCLE_CONTACT:.0%}",
            )
        )
    if view.outside_grid > OUTSIDE_GRID:
        failed.append(
            Gate("wider_than_grid", f"{view.outside_grid:.1%} of the body lies outside 384 mm")
        )
    bone = (hu > 180) & body  # noqa: PLR2004 - cortex and marrow
    if bone.any():
        rows = np.arange(len(body))
        behind = float((bone.sum(1) * rows).sum() / bone.sum())
        middle = float((body.sum(1) * rows).sum() / body.sum())
        if behind < middle:
            failed.append(
                Gate("orientation", "bone lies in front of the body's middle: turned over?")
            )
    return failed


def muscle_gates(muscle: Muscle) -> list[Gate]:
    """Gates on the measurement itself."""
    failed = []
    if muscle.grade == "C":
        failed.append(
            Gate(
                "disagreement",
                f"members agree to {muscle.agreement:.3f}, at least {AGREEMENT_B} is needed",
            )
        )
    failed += _limits("muscle_area", muscle.area_cm2, MUSCLE_AREA_CM2, "cm2 of muscle")
    if muscle.mask.any():
        failed += _limits("muscle_hu", muscle.mean_hu, MUSCLE_HU, "HU on average in muscle")
    return failed


def _limits(name: str, value: float, limits: tuple[float, float], what: str) -> list[Gate]:
    if limits[0] <= value <= limits[1]:
        return []
    return [Gate(name, f"{value:.4g} {what}, expected {limits[0]:g} to {limits[1]:g}")]
