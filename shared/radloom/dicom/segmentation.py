"""DICOM Segmentation of skeletal muscle and fat at L3, and what is read back from one."""

from collections.abc import Sequence
from dataclasses import dataclass

import highdicom as hd
import numpy as np
from highdicom.color import CIELabColor
from numpy.typing import NDArray
from pydicom import Dataset
from pydicom.sr.coding import Code as PydicomCode
from pydicom.uid import ExplicitVRLittleEndian

from radloom import codes
from radloom.dicom.source import forget_creation, made, name_patient, nameless, source_header
from radloom.dicom.uids import UNSEALED, derived_uid, seal
from radloom.errors import Rejected
from radloom.results import MANUFACTURER, Algorithm

SEGMENT_LABEL = "Skeletal muscle at L3"
SERIES_NUMBER = 9001
"""Far above those of scanners, so that results sort behind the images."""

MUSCLE_COLOUR = CIELabColor(49.5, 60.5, 44.5)
"""Recommended Display CIELab Value (0062,000D): a dark red, as atlases draw muscle."""


FAT_COLOUR = CIELabColor(85.0, 5.0, 60.0)


@dataclass(frozen=True)
class Tissue:
    """What a segment of the object is.

    Attributes:
        label: Segment Label (0062,0005), also the Tracking ID.
        code: Segmented Property Type.
        colour: Recommended Display CIELab Value (0062,000D).
        tracked: Part of the name that its Tracking UID derives from; empty for the muscle, whose
            UID is given.
    """

    label: str
    code: codes.Code
    colour: CIELabColor
    tracked: str = ""


MUSCLE = Tissue(SEGMENT_LABEL, codes.SKELETAL_MUSCLE, MUSCLE_COLOUR)
SUBCUTANEOUS_FAT = Tissue("Subcutaneous fat at L3", codes.FAT, FAT_COLOUR, "sat")
VISCERAL_FAT = Tissue("Visceral fat at L3", codes.FAT, FAT_COLOUR, "vat")


def tracking_uid_of(tissue: Tissue, muscle_tracking_uid: str) -> str:
    """Tracking UID of a segment beside the muscle's."""
    if not tissue.tracked:
        return muscle_tracking_uid
    return derived_uid("tracking", muscle_tracking_uid, tissue.tracked)


def concept(code: codes.Code) -> PydicomCode:
    """`code` as pydicom and highdicom take it."""
    return PydicomCode(code.value, code.scheme, code.meaning)


def build_segmentation(
    source: Sequence[Dataset],
    mask: NDArray[np.bool_],
    *,
    tracking_uid: str,
    algorithm: Algorithm,
    fat: Sequence[tuple[Tissue, NDArray[np.bool_]]] = (),
) -> Dataset:
    """Binary Segmentation whose first segment is skeletal muscle.

    The object holds no time of its own making: its dates are those of the source, so that the same
    source, mask and algorithm give the same bytes.

    Args:
        source: Slices that were segmented; pixels are not looked at.
        mask: Boolean, `(slice, row, column)` in stored pixel order, one plane per source slice.
        tracking_uid: Tracking UID (0062,0021), the same in SR and FHIR.
        algorithm: What made the mask; see `radloom.results.algorithm_of`.
        fat: Further segments with their masks, shaped as `mask`; empty ones are left out.

    Raises:
        Rejected: The mask is empty or does not fit, or a source lacks what a result needs.
    """
    headers = [source_header(ds) for ds in source]
    _check_mask(mask, headers)
    present = [(tissue, each) for tissue, each in fat if each.any()]
    for _, each in present:
        _check_mask(each, headers)
    segments = [
        _segment(number, tissue, tracking_uid, algorithm)
        for number, tissue in enumerate([MUSCLE, *(tissue for tissue, _ in present)], start=1)
    ]
    seg = _object(headers, [mask, *(each for _, each in present)], segments, algorithm)
    name_patient(seg, headers[0])
    _make_repeatable(seg, source[0])
    seal(seg)
    return seg


def _object(
    headers: Sequence[Dataset],
    masks: Sequence[NDArray[np.bool_]],
    segments: Sequence[hd.seg.SegmentDescription],
    algorithm: Algorithm,
) -> Dataset:
    return hd.seg.Segmentation(
        source_images=[nameless(header) for header in headers],
        pixel_array=np.stack(masks, axis=-1).astype(np.uint8),
        segmentation_type=hd.seg.SegmentationTypeValues.BINARY,
        segment_descriptions=segments,
        series_instance_uid=UNSEALED,
        series_number=SERIES_NUMBER,
        sop_instance_uid=UNSEALED,
        instance_number=1,
        manufacturer=MANUFACTURER,
        manufacturer_model_name=algorithm.name,
        software_versions=algorithm.version,
        device_serial_number="0",
        content_label="MUSCLE_L3",
        content_description=SEGMENT_LABEL,
        series_description="Muscle at L3: mask (AI, not reviewed)",
        transfer_syntax_uid=ExplicitVRLittleEndian,
    )


def _check_mask(mask: NDArray[np.bool_], headers: Sequence[Dataset]) -> None:
    shape = (len(headers), *((headers[0].Rows, headers[0].Columns) if headers else ()))
    if mask.dtype != np.bool_ or mask.shape != shape:
        raise Rejected(
            f"mask is {mask.dtype} {mask.shape}; expected bool {shape}", reason="bad_mask"
        )
    if not mask.any():
        raise Rejected("mask is empty; there is nothing to store", reason="bad_mask")


def _segment(
    number: int, tissue: Tissue, tracking_uid: str, algorithm: Algorithm
) -> hd.seg.SegmentDescription:
    return hd.seg.SegmentDescription(
        segment_number=number,
        segment_label=tissue.label,
        segmented_property_category=concept(codes.TISSUE),
        segmented_property_type=concept(tissue.code),
        algorithm_type=hd.seg.SegmentAlgorithmTypeValues.AUTOMATIC,
        algorithm_identification=hd.AlgorithmIdentificationSequence(
            name=algorithm.name,
            family=concept(codes.ARTIFICIAL_INTELLIGENCE),
            version=algorithm.version,
            source=MANUFACTURER,
        ),
        tracking_uid=tracking_uid_of(tissue, tracking_uid),
        tracking_id=tissue.label,
        anatomic_regions=[concept(codes.L3_VERTEBRA)],
        display_color=tissue.colour,
    )


def _make_repeatable(seg: Dataset, source: Dataset) -> None:
    """Replaces what highdicom takes from the clock or from chance, and what it assumes."""
    forget_creation(seg)
    seg.ContentDate, seg.ContentTime = seg.SeriesDate, seg.SeriesTime = made(source)
    organization = derived_uid("dimensions", str(source.SOPInstanceUID))
    seg.DimensionOrganizationSequence[0].DimensionOrganizationUID = organization
    for item in seg.DimensionIndexSequence:
        item.DimensionOrganizationUID = organization
    if seg.NumberOfFrames == 1:
        # highdicom writes 1 mm where there is no second slice to measure from.
        measures = seg.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence[0]
        measures.pop("SpacingBetweenSlices", None)


def mask_of(
    seg: Dataset, sop_instance_uid: str, tissue: Tissue = MUSCLE
) -> tuple[NDArray[np.bool_], int]:
    """Mask of a tissue over one source slice, and the number of the frame that holds it, from 1.

    The mask is boolean, `(row, column)` in the stored pixel order of the source.

    Raises:
        Rejected: No frame, or more than one, was derived from that slice.
    """
    numbers = {
        int(item.SegmentNumber) for item in seg.SegmentSequence if item.SegmentLabel == tissue.label
    }
    frames = [
        number
        for number, item in enumerate(seg.PerFrameFunctionalGroupsSequence, start=1)
        if sop_instance_uid in _derived_from(item) and segment_number(seg, number) in numbers
    ]
    if len(frames) != 1:
        raise Rejected(
            f"{len(frames)} frames of the segmentation show {tissue.label} in the slice measured; "
            "expected 1",
            reason="segmentation_without_slice",
        )
    pixels = np.asarray(seg.pixel_array).reshape(-1, seg.Rows, seg.Columns)
    return pixels[frames[0] - 1] != 0, frames[0]


def segment_number(seg: Dataset, frame: int) -> int:
    """Number of the segment that a frame, counted from 1, shows."""
    groups = seg.PerFrameFunctionalGroupsSequence[frame - 1]
    if "SegmentIdentificationSequence" not in groups:  # all frames show one segment
        groups = seg.SharedFunctionalGroupsSequence[0]
    return int(groups.SegmentIdentificationSequence[0].ReferencedSegmentNumber)


def _derived_from(frame: Dataset) -> set[str]:
    return {
        str(image.ReferencedSOPInstanceUID)
        for derivation in frame.get("DerivationImageSequence", [])
        for image in derivation.SourceImageSequence
    }


def area_cm2(mask: NDArray[np.bool_], spacing_mm: tuple[float, float]) -> float:
    """Area of a mask whose pixels are `spacing_mm` (rows, columns) apart, cm2."""
    return float(np.count_nonzero(mask)) * spacing_mm[0] * spacing_mm[1] / 100.0
