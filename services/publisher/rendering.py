"""A measurement as the objects that leave: SEG, SR, pictures, FHIR transaction.

Pure: the handler sends what it returns, the command line writes it to files. Before anything is
written down, the numbers of the event are counted again in the segmentation and the slice.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from pydicom import Dataset
from pydicom.pixels.processing import apply_rescale

from radloom.dicom.key_image import build_disagreement_image, build_key_image
from radloom.dicom.level_image import Level, build_level_image
from radloom.dicom.report import Predecessor, build_report
from radloom.dicom.secondary_capture import KeyImage
from radloom.dicom.segmentation import (
    SUBCUTANEOUS_FAT,
    VISCERAL_FAT,
    Tissue,
    area_cm2,
    mask_of,
)
from radloom.dicom.source import acquired
from radloom.dicom.volume import read_volume
from radloom.errors import Rejected
from radloom.fhir.muscle import DicomObjects, build_bundle
from radloom.fhir.observations import Subject
from radloom.results import Statement, state
from radloom.wire.v1.muscle_measured_pb2 import MuscleMeasured

AREA_TOLERANCE_CM2 = 0.001
"""The event's area and pixels times spacing are the same sum; only its order may differ."""

SHARE_TOLERANCE = 0.0005
"""Half the stated step of a share, for the same reason as below."""

LOW_ATTENUATION_HU = (-29, 29)
"""Muscle with fat in it, as muscle_seg counts it."""

MEAN_TOLERANCE_HU = 0.05
"""Half the stated step: measuring may have rounded each pixel to whole HU."""


@dataclass(frozen=True)
class Current:
    """The result of the study that stands until the new one replaces it."""

    statement: Statement
    report: Predecessor


@dataclass(frozen=True)
class RenderedResult:
    """What leaves. All of it says what `statement` says.

    Attributes:
        statement: The numbers.
        seg: DICOM Segmentation, as muscle_seg made it.
        sr: Comprehensive 3D SR.
        key: Secondary Capture.
        key_png: The picture of `key`.
        bundle: FHIR R4 transaction.
        pictures: Further pictures by name: "level" (where L3 was found), when the series is at
            hand; "disagreement" (where the models differ), when the event names their votes.
    """

    statement: Statement
    seg: Dataset
    sr: Dataset
    key: Dataset
    key_png: bytes
    bundle: dict[str, Any]
    pictures: Mapping[str, KeyImage]

    @property
    def objects(self) -> DicomObjects:
        """SOP Instance UIDs."""
        return objects_of(self.seg, self.sr, self.key)


def objects_of(seg: Dataset, sr: Dataset, key: Dataset) -> DicomObjects:
    """SOP Instance UIDs of a result's DICOM objects."""
    return DicomObjects(str(seg.SOPInstanceUID), str(sr.SOPInstanceUID), str(key.SOPInstanceUID))


def render(
    event: MuscleMeasured,
    seg: Dataset,
    source: Sequence[Dataset],
    *,
    subject: Subject,
    replaces: Current | None = None,
    votes: bytes | None = None,
) -> RenderedResult:
    """Every object of one measurement.

    Args:
        event: The measurement.
        seg: Segmentation that its area was counted in.
        source: Images with pixels, at least the slice measured; in any order.
        subject: Who was examined.
        replaces: The study's result until now.
        votes: The picture that the event's `votes` names.

    Raises:
        Rejected: Event, segmentation and source contradict each other, or lack what is needed.
    """
    statement = state(event)
    image = _slice_measured(source, statement)
    mask, frame = mask_of(seg, statement.sop_instance_uid)
    hounsfield = _hounsfield(image)
    _check(event, seg, image, mask, hounsfield)
    predecessors = [] if replaces is None else [replaces.report]
    sr = build_report(statement, seg, frame, image, predecessors=predecessors)
    picture = build_key_image(statement, hounsfield, mask, image)
    bundle = build_bundle(
        statement,
        subject=subject,
        acquired=acquired(image),
        objects=objects_of(seg, sr, picture.capture),
        replaces=None if replaces is None else replaces.statement,
    )
    pictures = dict(_pictures(event, statement, source, image, votes))
    return RenderedResult(statement, seg, sr, picture.capture, picture.png, bundle, pictures)


def _pictures(
    event: MuscleMeasured,
    statement: Statement,
    source: Sequence[Dataset],
    image: Dataset,
    votes: bytes | None,
) -> Iterator[tuple[str, KeyImage]]:
    """Pictures beside the key image; a single slice shows no level."""
    if len(source) > 1:
        yield "level", build_level_image(statement, read_volume(source), _level(event), image)
    if votes is not None:
        share = np.asarray(Image.open(BytesIO(votes)), dtype=np.uint8)
        if share.shape != (image.Rows, image.Columns):
            raise Rejected(f"votes {share.shape} on another slice", reason="contradiction")
        yield "disagreement", build_disagreement_image(statement, _hounsfield(image), share, image)


def _level(event: MuscleMeasured) -> Level:
    l3 = event.measurement.l3
    candidates = [(c.z_mm, f"{c.probability:.0%}") for c in l3.candidates[1:]]
    marks = [(e.z_mm, e.name.replace("_", " ")) for e in l3.evidence if e.HasField("z_mm")]
    interval = (l3.interval_mm.low, l3.interval_mm.high)
    return Level(l3.z_mm, interval, (*candidates, *marks))


def _slice_measured(source: Sequence[Dataset], statement: Statement) -> Dataset:
    for image in source:
        if image.get("SOPInstanceUID") == statement.sop_instance_uid:
            return image
    raise Rejected(
        f"the slice measured is none of the {len(source)} images of its series",
        reason="slice_missing",
    )


def _hounsfield(image: Dataset) -> NDArray[np.float64]:
    """The slice in HU: stored values times Rescale Slope plus Intercept (PS3.3 C.11.1.1.2)."""
    try:
        stored = image.pixel_array
    except (AttributeError, ValueError, RuntimeError, NotImplementedError) as error:
        raise Rejected(
            f"the slice measured cannot be decoded ({type(error).__name__})", reason="undecodable"
        ) from error
    return np.asarray(apply_rescale(stored, image), dtype=np.float64)


def _check(
    event: MuscleMeasured,
    seg: Dataset,
    image: Dataset,
    mask: NDArray[np.bool_],
    hounsfield: NDArray[np.float64],
) -> None:
    """A wrong number is worse than none: what is sent must be what the mask shows."""
    m = event.measurement
    if mask.shape != hounsfield.shape:
        raise Rejected(f"mask {mask.shape} on slice {hounsfield.shape}", reason="contradiction")
    if not mask.any():
        raise Rejected("the mask of the slice measured is empty", reason="contradiction")
    for name, told, tracked in (
        ("study", event.study_instance_uid, seg.StudyInstanceUID),
        ("study", event.study_instance_uid, image.StudyInstanceUID),
        ("series", event.series_instance_uid, image.SeriesInstanceUID),
        ("tracking UID", m.tracking_uid, seg.SegmentSequence[0].get("TrackingUID")),
        ("patient", str(image.get("PatientID") or ""), str(seg.get("PatientID") or "")),
    ):
        if told != tracked:
            raise Rejected(
                f"event, segmentation and slice differ in {name}", reason="contradiction"
            )
    row_mm, column_mm = (float(mm) for mm in image.PixelSpacing)
    counted = area_cm2(mask, (row_mm, column_mm))
    if abs(counted - m.area_cm2) > AREA_TOLERANCE_CM2:
        raise Rejected(
            f"area is {m.area_cm2} cm2 in the event and {counted} cm2 in the segmentation",
            reason="contradiction",
        )
    _check_fat(event, seg, image)
    mean = float(hounsfield[mask].mean())
    if abs(mean - m.mean_hu) > MEAN_TOLERANCE_HU:
        raise Rejected(
            f"mean is {m.mean_hu} HU in the event and {mean} HU in the slice",
            reason="contradiction",
        )
    if m.HasField("low_attenuation_fraction"):
        _check_low(m.low_attenuation_fraction, np.rint(hounsfield[mask]))


def _check_low(told: float, inside: NDArray[np.float64]) -> None:
    """The share of low attenuation, counted again in the slice."""
    low, high = LOW_ATTENUATION_HU
    share = float(((inside >= low) & (inside <= high)).mean())
    if abs(share - told) > SHARE_TOLERANCE:
        raise Rejected(
            f"share of low attenuation is {told} in the event and {share} in the slice",
            reason="contradiction",
        )


def _check_fat(event: MuscleMeasured, seg: Dataset, image: Dataset) -> None:
    """Areas of fat, counted again in their segments."""
    m = event.measurement
    row_mm, column_mm = (float(mm) for mm in image.PixelSpacing)
    found: list[tuple[Tissue, float]] = []
    if m.HasField("sat_area_cm2"):
        found.append((SUBCUTANEOUS_FAT, m.sat_area_cm2))
    if m.HasField("vat_area_cm2"):
        found.append((VISCERAL_FAT, m.vat_area_cm2))
    for tissue, told in found:
        counted = 0.0
        if any(item.SegmentLabel == tissue.label for item in seg.SegmentSequence):
            mask, _ = mask_of(seg, m.l3.sop_instance_uid, tissue)
            counted = area_cm2(mask, (row_mm, column_mm))
        if abs(counted - told) > AREA_TOLERANCE_CM2:
            raise Rejected(
                f"{tissue.label} is {told} cm2 in the event and {counted} cm2 in the segmentation",
                reason="contradiction",
            )
