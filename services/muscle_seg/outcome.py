"""The event that says what came of a study, built from plain values."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from pydicom import Dataset

from radloom.dicom.source import acquired
from radloom.identifiers import derived_uid, derived_uuid
from radloom.wire.v1.common_pb2 import Interval, ModelUse, ObjectRef
from radloom.wire.v1.muscle_measured_pb2 import (
    FailedGate,
    MuscleMeasured,
    MuscleMeasurement,
    Refusal,
    VertebraLocation,
)
from services.muscle_seg.gates import Gate
from services.muscle_seg.l3 import L3Location
from services.muscle_seg.muscle import INTERVAL_COVERAGE, Muscle

HEIGHT_M = (1.0, 2.3)
"""Heights of adults; others are typing errors (centimetres, feet) and give no index."""


@dataclass(frozen=True)
class Subject:
    """What an outcome is about.

    Attributes:
        study_instance_uid: Study measured.
        subject_key: Keyed identifier of the patient; empty outside the pipeline.
        study_revision: Revision of the study; 0 outside the pipeline.
    """

    study_instance_uid: str
    subject_key: str = ""
    study_revision: int = 0


NUMBER_DEPENDS_ON = (
    "SOPInstanceUID",
    "ImagePositionPatient",
    "ImageOrientationPatient",
    "PixelSpacing",
    "Rows",
    "Columns",
    "BitsStored",
    "PixelRepresentation",
    "PixelPaddingValue",
    "RescaleIntercept",
    "RescaleSlope",
)
"""Attributes that, with the pixels and the height, decide what is measured."""


def content_sha256(instances: Sequence[Dataset]) -> str:
    """Digest of what was measured: identity, geometry and pixels, in whatever order they came."""
    digests = sorted(
        hashlib.sha256(
            repr([*(str(ds.get(name)) for name in NUMBER_DEPENDS_ON), str(height_m([ds]))]).encode()
            + bytes(ds.get("PixelData") or b"")
        ).hexdigest()
        for ds in instances
    )
    return hashlib.sha256("".join(digests).encode()).hexdigest()


def result_id(content: str, models: Sequence[ModelUse], software: str) -> str:
    """Identifier of a result: the same input, models and software give the same one."""
    used = [f"{model.name} {model.version} {model.sha256}" for model in models]
    return str(derived_uuid("muscle_seg result", content, software, *used))


def tracking_uid(study_instance_uid: str) -> str:
    """Tracking UID of the muscle at L3 of a study, the same for every revision of it."""
    return derived_uid("muscle at L3", study_instance_uid, "tracking")


def height_m(instances: Sequence[Dataset]) -> float | None:
    """Patient's Size (0010,1020) where it can be a height in metres."""
    try:
        height = float(instances[0].get("PatientSize") or 0)
    except (TypeError, ValueError):
        return None
    return height if HEIGHT_M[0] <= height <= HEIGHT_M[1] else None


def acquired_on(instances: Sequence[Dataset]) -> str:
    """When the study was made, ISO 8601; empty when the images say nothing that can be read."""
    try:
        moment = acquired(instances[0])
    except (ValueError, TypeError):
        return ""
    return "" if moment is None else moment.isoformat()


def outcome(
    subject: Subject, series_instance_uid: str, models: Sequence[ModelUse], at: datetime
) -> MuscleMeasured:
    """The event without measurement or refusal."""
    event = MuscleMeasured(
        study_instance_uid=subject.study_instance_uid,
        subject_key=subject.subject_key,
        study_revision=subject.study_revision,
        series_instance_uid=series_instance_uid,
        models=models,
    )
    event.measured_at.FromDatetime(at)
    return event


def refusal(gates: Sequence[Gate]) -> Refusal:
    """Gates as they travel."""
    return Refusal(gates=[FailedGate(gate=g.name, reason=g.reason) for g in gates])


def location(found: L3Location, sop_instance_uid: str, z_mm: float) -> VertebraLocation:
    """L3 in the patient frame.

    Args:
        found: L3 in the volume.
        sop_instance_uid: The slice at `found.slice_index`.
        z_mm: Patient z of that slice.
    """
    low, high = (z_mm + bound - found.z_mm for bound in found.interval_mm)
    return VertebraLocation(
        sop_instance_uid=sop_instance_uid,
        z_mm=z_mm,
        interval_mm=Interval(low=low, high=high, coverage=INTERVAL_COVERAGE),
        probability_covered=found.probability_covered,
    )


def measurement(
    muscle: Muscle,
    l3: VertebraLocation,
    height: float | None,
    segmentation: ObjectRef,
    tracking: str,
) -> MuscleMeasurement:
    """A measurement fit to be published."""
    made = MuscleMeasurement(
        l3=l3,
        area_cm2=muscle.area_cm2,
        area_interval_cm2=Interval(
            low=muscle.interval_cm2[0], high=muscle.interval_cm2[1], coverage=INTERVAL_COVERAGE
        ),
        mean_hu=muscle.mean_hu,
        agreement=muscle.agreement,
        grade=muscle.grade,
        segmentation=segmentation,
        tracking_uid=tracking,
    )
    if height is not None:
        made.height_m = height
        made.smi_cm2_per_m2 = muscle.area_cm2 / height**2
    return made
