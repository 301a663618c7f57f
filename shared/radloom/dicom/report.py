"""TID 1500 Imaging Measurement Report of muscle at L3, as a Comprehensive 3D SR.

Built by highdicom, then repaired where its 0.28 output breaks PS3.3 (`_reference_frame_only`).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import highdicom as hd
from highdicom.coding_schemes import CodingSchemeIdentificationItem
from pydicom import Dataset
from pydicom.uid import Comprehensive3DSRStorage, ExplicitVRLittleEndian

from radloom import codes
from radloom.codes import Code
from radloom.dicom.report_numbers import algorithm_id, estimate, measurements
from radloom.dicom.segmentation import (
    MUSCLE,
    SUBCUTANEOUS_FAT,
    VISCERAL_FAT,
    Tissue,
    concept,
    mask_of,
    tracking_uid_of,
)
from radloom.dicom.source import forget_creation, name_patient, nameless, source_header, zone_of
from radloom.dicom.uids import UNSEALED, seal
from radloom.results import MANUFACTURER, Algorithm, Statement

SERIES_NUMBER = 9002


@dataclass(frozen=True)
class Predecessor:
    """A report that a new one replaces (Predecessor Documents Sequence, 0040,A360)."""

    series_instance_uid: str
    sop_instance_uid: str


def build_report(
    statement: Statement,
    seg: Dataset,
    frame: int,
    source: Dataset,
    *,
    predecessors: Sequence[Predecessor] = (),
) -> Dataset:
    """Report that says what `statement` says about one frame of `seg`.

    Preliminary and unverified: a person who accepts it makes a new, verified instance.

    Args:
        statement: The numbers.
        seg: Segmentation that the area was counted in.
        frame: Frame of `seg` that holds the slice measured, from 1.
        source: Slice measured; pixels are not looked at.
        predecessors: Reports that this one replaces.

    Raises:
        Rejected: The source lacks what a result needs.
    """
    header = source_header(source)
    report = _document(statement, seg, frame, header)
    name_patient(report, header)
    forget_creation(report)
    date_content(report, statement.measured_at.astimezone(zone_of(header)))
    if predecessors:
        report.PredecessorDocumentsSequence = [
            predecessor_documents(header.StudyInstanceUID, item, Comprehensive3DSRStorage)
            for item in predecessors
        ]
    seal(report)
    return report


def _document(statement: Statement, seg: Dataset, frame: int, header: Dataset) -> Dataset:
    content = hd.sr.MeasurementReport(
        observation_context=_observer(statement.algorithm),
        procedure_reported=concept(codes.CT_UNSPECIFIED_BODY_REGION),
        imaging_measurements=[
            _group(statement, seg, frame, header),
            *_fat_groups(statement, seg, header),
        ],
        title=concept(codes.IMAGING_MEASUREMENT_REPORT),
    )
    _reference_frame_only(content[0])
    return hd.sr.Comprehensive3DSR(
        evidence=[_evidence(seg, header), nameless(header)],
        content=content[0],
        series_instance_uid=UNSEALED,
        series_number=SERIES_NUMBER,
        sop_instance_uid=UNSEALED,
        instance_number=1,
        manufacturer=MANUFACTURER,
        is_complete=True,
        is_final=False,
        is_verified=False,
        transfer_syntax_uid=ExplicitVRLittleEndian,
        series_description="Muscle at L3: report (AI, not reviewed)",
        manufacturer_model_name=statement.algorithm.name,
        software_versions=statement.algorithm.version,
        coding_schemes=[_own_codes()],
    )


def date_content(ds: Dataset, moment: datetime) -> None:
    """Gives `ds` the date and time at which its content was made."""
    ds.ContentDate = ds.SeriesDate = f"{moment:%Y%m%d}"
    ds.ContentTime = ds.SeriesTime = f"{moment:%H%M%S}"


def _observer(algorithm: Algorithm) -> hd.sr.ObservationContext:
    device = hd.sr.DeviceObserverIdentifyingAttributes(
        uid=algorithm.uid,
        name=algorithm.name,
        manufacturer_name=MANUFACTURER,
        model_name=f"{algorithm.name} {algorithm.version}",
    )
    return hd.sr.ObservationContext(
        observer_device_context=hd.sr.ObserverContext(
            observer_type=hd.sr.CodedConcept("121007", "DCM", "Device"),
            observer_identifying_attributes=device,
        )
    )


def _group(
    statement: Statement, seg: Dataset, frame: int, header: Dataset
) -> hd.sr.PlanarROIMeasurementsAndQualitativeEvaluations:
    """TID 1410: the muscle, and what was measured in it."""
    return _region(
        MUSCLE,
        statement,
        _segment(seg, frame, header),
        list(measurements(statement)),
        [
            _evaluation(codes.GRADE, codes.GRADES[statement.grade]),
            _evaluation(codes.REVIEW_STATE, codes.NOT_REVIEWED),
        ],
    )


def _fat_groups(
    statement: Statement, seg: Dataset, header: Dataset
) -> Iterator[hd.sr.PlanarROIMeasurementsAndQualitativeEvaluations]:
    """TID 1410 for each kind of fat that the slice shows."""
    algorithm = algorithm_id(statement.algorithm, statement.area_interval_cm2)
    for tissue, area in (
        (SUBCUTANEOUS_FAT, statement.subcutaneous_cm2),
        (VISCERAL_FAT, statement.visceral_cm2),
    ):
        if area is not None and area.value > 0:
            _, frame = mask_of(seg, str(header.SOPInstanceUID), tissue)
            yield _region(
                tissue,
                statement,
                _segment(seg, frame, header),
                estimate(algorithm, codes.AREA, area, codes.SQUARE_CENTIMETRE),
                [_evaluation(codes.REVIEW_STATE, codes.NOT_REVIEWED)],
            )


def _segment(seg: Dataset, frame: int, header: Dataset) -> hd.sr.ReferencedSegmentationFrame:
    return hd.sr.ReferencedSegmentationFrame(
        sop_class_uid=seg.SOPClassUID,
        sop_instance_uid=seg.SOPInstanceUID,
        frame_number=frame,
        segment_number=1,  # dropped again: the frame says it
        source_image=hd.sr.SourceImageForSegmentation(header.SOPClassUID, header.SOPInstanceUID),
    )


def _region(
    tissue: Tissue,
    statement: Statement,
    segment: hd.sr.ReferencedSegmentationFrame,
    measurements: list[hd.sr.Measurement],
    evaluations: list[hd.sr.QualitativeEvaluation],
) -> hd.sr.PlanarROIMeasurementsAndQualitativeEvaluations:
    return hd.sr.PlanarROIMeasurementsAndQualitativeEvaluations(
        tracking_identifier=hd.sr.TrackingIdentifier(
            uid=tracking_uid_of(tissue, statement.tracking_uid), identifier=tissue.label
        ),
        referenced_segment=segment,
        finding_type=concept(tissue.code),
        finding_category=concept(codes.TISSUE),
        finding_sites=[hd.sr.FindingSite(anatomic_location=concept(codes.L3_VERTEBRA))],
        measurements=measurements,
        qualitative_evaluations=evaluations,
    )


def _evaluation(name: Code, value: Code) -> hd.sr.QualitativeEvaluation:
    return hd.sr.QualitativeEvaluation(name=concept(name), value=concept(value))


def _reference_frame_only(item: Dataset) -> None:
    """Drops segment numbers beside frame numbers.

    PS3.3 table 10-3 allows one of them; highdicom 0.28 writes both, which dciodvfy and DCMTK
    call an error.
    """
    for child in item.get("ContentSequence", []):
        if child.get("ValueType") == "IMAGE":
            reference = child.ReferencedSOPSequence[0]
            if "ReferencedFrameNumber" in reference:
                reference.pop("ReferencedSegmentNumber", None)
        _reference_frame_only(child)


def _evidence(seg: Dataset, header: Dataset) -> Dataset:
    """`seg` as far as the report refers to it; patient and study are those of the source."""
    evidence = nameless(header)
    for name in ("SOPClassUID", "SOPInstanceUID", "SeriesInstanceUID"):
        del evidence[name]  # shared with `header`
        setattr(evidence, name, seg.get(name))
    return evidence


def _own_codes() -> CodingSchemeIdentificationItem:
    return CodingSchemeIdentificationItem(
        designator=codes.LOCAL_SCHEME,
        name=codes.LOCAL_SCHEME_NAME,
        uid=codes.LOCAL_SCHEME_UID,
        responsible_organization=MANUFACTURER,
    )


def predecessor_documents(
    study_instance_uid: str, predecessor: Predecessor, sop_class_uid: str
) -> Dataset:
    """Item of the Predecessor Documents Sequence (0040,A360)."""
    reference = Dataset()
    reference.ReferencedSOPClassUID = sop_class_uid
    reference.ReferencedSOPInstanceUID = predecessor.sop_instance_uid
    series = Dataset()
    series.SeriesInstanceUID = predecessor.series_instance_uid
    series.ReferencedSOPSequence = [reference]
    study = Dataset()
    study.StudyInstanceUID = study_instance_uid
    study.ReferencedSeriesSequence = [series]
    return study
