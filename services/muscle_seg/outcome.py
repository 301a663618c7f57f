"""The event that says what came of a study, built from plain values."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from pydicom import Dataset

from radloom.dicom.source import acquired
from radloom.errors import Rejected
from radloom.identifiers import derived_uid, derived_uuid
from radloom.wire.v1.common_pb2 import Interval, ModelUse
from radloom.wire.v1.muscle_measured_pb2 import (
    FailedGate,
    LevelEvidence,
    MuscleMeasured,
    MuscleMeasurement,
    Refusal,
    Remark,
    SliceArea,
    VertebraCandidate,
    VertebraLocation,
)
from services.muscle_seg.evidence import Landmark
from services.muscle_seg.findings import Estimate, Findings
from services.muscle_seg.gates import Gate
from services.muscle_seg.grading import COVERAGE
from services.muscle_seg.l3 import L3Location

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


def unreadable(error: Rejected) -> Gate:
    """What cannot be read, or cannot be referred to, as the gate that it is."""
    return Gate(error.reason, str(error), "readable images")


def votes_png(votes: NDArray[np.float32]) -> bytes:
    """Share of members that call a pixel muscle as a grey picture, 0..255, lossless."""
    buffer = BytesIO()
    Image.fromarray(np.rint(votes * 255).astype(np.uint8)).save(buffer, format="PNG")
    return buffer.getvalue()


def refusal(gates: Sequence[Gate]) -> Refusal:
    """Gates as they travel."""
    failed = [
        FailedGate(gate=g.name, reason=g.reason, measured=g.measured, limit=g.limit) for g in gates
    ]
    return Refusal(gates=failed)


def location(
    found: L3Location,
    sop_instance_uid: str,
    z_mm: float,
    bottom_z_mm: float,
    landmarks: Sequence[Landmark] = (),
) -> VertebraLocation:
    """L3 in the patient frame.

    Args:
        found: L3 in the volume.
        sop_instance_uid: The slice measured.
        z_mm: Patient z of that slice.
        bottom_z_mm: Patient z of slice 0, from which heights in the volume count.
        landmarks: What bone says of the level.
    """
    low, high = (bottom_z_mm + bound for bound in found.interval_mm)
    return VertebraLocation(
        sop_instance_uid=sop_instance_uid,
        z_mm=z_mm,
        interval_mm=Interval(low=min(low, z_mm), high=max(high, z_mm), coverage=COVERAGE),
        probability_covered=found.probability_covered,
        candidates=[
            VertebraCandidate(z_mm=bottom_z_mm + c.z_mm, probability=c.probability)
            for c in found.candidates
        ],
        evidence=[
            LevelEvidence(
                name=mark.name,
                z_mm=None if mark.z_mm is None else bottom_z_mm + mark.z_mm,
                agrees=mark.agrees,
                reason=mark.reason,
            )
            for mark in landmarks
        ],
    )


def measurement(found: Findings, l3: VertebraLocation, tracking: str) -> MuscleMeasurement:
    """A measurement fit to be published, without the objects that show it."""
    made = MuscleMeasurement(
        l3=l3,
        area_cm2=found.area_cm2.value,
        area_interval_cm2=_interval(found.area_cm2),
        mean_hu=found.mean_hu.value,
        mean_hu_interval=_interval(found.mean_hu),
        low_attenuation_fraction=found.low_attenuation.value,
        low_attenuation_interval=_interval(found.low_attenuation),
        vat_area_cm2=found.visceral_cm2.value,
        vat_interval_cm2=_interval(found.visceral_cm2),
        agreement=found.agreement,
        expected_dice=found.expected_dice,
        error_bound=found.bound,
        grade=found.grade,
        tracking_uid=tracking,
        remarks=[Remark(name=remark.name, reason=remark.reason) for remark in found.remarks],
    )
    if found.smi_cm2_per_m2 is not None and found.height_m is not None:
        made.height_m = found.height_m
        made.smi_cm2_per_m2 = found.smi_cm2_per_m2.value
        made.smi_interval_cm2_per_m2.CopyFrom(_interval(found.smi_cm2_per_m2))
    if found.subcutaneous_cm2 is not None:
        made.sat_area_cm2 = found.subcutaneous_cm2.value
        made.sat_interval_cm2.CopyFrom(_interval(found.subcutaneous_cm2))
    return made


def neighbours(uids: Sequence[str], areas_cm2: Sequence[float]) -> list[SliceArea]:
    """The slices whose median was taken."""
    return [
        SliceArea(sop_instance_uid=uid, area_cm2=area)
        for uid, area in zip(uids, areas_cm2, strict=True)
    ]


def _interval(told: Estimate) -> Interval:
    return Interval(low=told.interval[0], high=told.interval[1], coverage=COVERAGE)
