"""Which CT series of a study is measured, and why."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from pydicom import Dataset

from radloom.dicom.volume import Geometry, read_geometry
from radloom.errors import Rejected
from services.muscle_seg.gates import Gate, geometry_gates, header_gates, stack_gates

SOFT_KERNELS = ("B10", "B20", "B30", "B31", "B35", "B40", "BR", "STANDARD", "SOFT", "FC0", "FC1")
SHARP_KERNELS = ("B50", "B60", "B70", "B80", "BL", "BONE", "LUNG", "EDGE", "FC5", "FC8")
"""Beginnings of Convolution Kernel (0018,1210) of Siemens, GE, Canon; others count as neither."""

IDEAL_SLICE_MM = 3.0
COVERAGE_MM = 400.0


@dataclass(frozen=True)
class Candidate:
    """A series and what speaks for and against it.

    Attributes:
        series_instance_uid: The series.
        instances: Its instances, as given.
        failed: Gates that it does not pass; empty when it may be measured.
        score: Higher is better; compared only among series that may be measured.
        reasons: What made up the score, in words.
    """

    series_instance_uid: str
    instances: Sequence[Dataset]
    failed: tuple[Gate, ...]
    score: float
    reasons: tuple[str, ...]


def assess(series_instance_uid: str, instances: Sequence[Dataset]) -> Candidate:
    """Gates and score of one series, from headers alone."""
    failed = header_gates(instances)
    geometry: Geometry | None = None
    try:
        geometry = read_geometry(instances)
        failed += geometry_gates(geometry) + stack_gates(instances, geometry)
    except Rejected as error:
        failed.append(Gate(error.reason, str(error), "readable geometry"))
    points = _points(instances, geometry)
    return Candidate(
        series_instance_uid,
        instances,
        tuple(failed),
        sum(value for value, _ in points),
        tuple(reason for _, reason in points),
    )


def choose(candidates: Sequence[Candidate]) -> Candidate:
    """The best series that passes its gates, or else the one that fails fewest.

    Ties go to the lower Series Instance UID, so that a re-run chooses alike.
    """
    return min(
        candidates,
        key=lambda c: (len(c.failed), -c.score, c.series_instance_uid),
    )


def _points(instances: Sequence[Dataset], geometry: Geometry | None) -> list[tuple[float, str]]:
    head = instances[0]
    kinds = [str(v).upper() for v in head.get("ImageType") or ()]
    points = [(2.0, "original axial images")] if kinds[:1] == ["ORIGINAL"] else []
    kernel = str(head.get("ConvolutionKernel", "") or "").upper()
    if kernel.startswith(SOFT_KERNELS):
        points.append((1.5, "soft-tissue kernel"))
    elif kernel.startswith(SHARP_KERNELS):
        points.append((-3.0, "sharp kernel"))
    if geometry is not None and len(geometry.gaps_mm):
        distance = float(np.median(geometry.gaps_mm))
        points.append((-abs(distance - IDEAL_SLICE_MM) / 2, f"slices {distance:.1f} mm apart"))
        extent = float(geometry.gaps_mm.sum())
        points.append((min(extent, COVERAGE_MM) / 100, f"{extent:.0f} mm scanned"))
    return points
