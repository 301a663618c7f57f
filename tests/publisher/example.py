"""A small measured study: a slice with an ellipse of muscle, its segmentation, its event."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian

from radloom.dicom.part10 import decode, encode
from radloom.dicom.segmentation import (
    SUBCUTANEOUS_FAT,
    VISCERAL_FAT,
    Tissue,
    area_cm2,
    build_segmentation,
)
from radloom.results import algorithm_of
from radloom.wire.v1.common_pb2 import ModelUse, ObjectRef
from radloom.wire.v1.muscle_measured_pb2 import MuscleMeasured

STUDY, SERIES, FRAME_OF_REFERENCE = "2.25.100", "2.25.200", "2.25.300"
TRACKING_UID = "2.25.400"
SUBJECT_KEY = "5f" * 32
PATIENT_ID, ISSUER = "PATIENT-7", "HOSPITAL-A"
MODELS = (
    ModelUse(
        name="l3_locator",
        version="1",
        sha256="ab" * 32,
        mode="embedded",
        training_provenance="simulation",
    ),
    ModelUse(
        name="muscle_ensemble",
        version="2",
        sha256="cd" * 32,
        mode="embedded",
        training_provenance="simulation",
    ),
)


@dataclass(frozen=True)
class Example:
    """One measured study in memory."""

    event: MuscleMeasured
    seg: Dataset
    source: list[Dataset]
    mask: NDArray[np.bool_]

    @property
    def seg_bytes(self) -> bytes:
        """The segmentation as muscle_seg stores it."""
        return encode(self.seg)


def ct_slice(
    rows: int = 48, columns: int = 56, spacing_mm: tuple[float, float] = (3.0, 3.0)
) -> Dataset:
    """A CT slice: fat around an ellipse of muscle-like tissue, some noise."""
    y, x = np.mgrid[:rows, :columns]
    inside = ((y - rows / 2) / (rows * 0.4)) ** 2 + ((x - columns / 2) / (columns * 0.4)) ** 2 < 1
    noise = np.random.default_rng(7).integers(-15, 16, (rows, columns))
    hounsfield = np.where(inside, 45, -100) + noise
    ds = Dataset()
    ds.SpecificCharacterSet = "ISO_IR 100"
    ds.SOPClassUID, ds.SOPInstanceUID = CTImageStorage, "2.25.500"
    ds.StudyInstanceUID, ds.SeriesInstanceUID = STUDY, SERIES
    ds.FrameOfReferenceUID = FRAME_OF_REFERENCE
    ds.PositionReferenceIndicator = None
    ds.Modality, ds.ImageType = "CT", ["ORIGINAL", "PRIMARY", "AXIAL"]
    ds.PatientName, ds.PatientID, ds.IssuerOfPatientID = "Nobody^Nora", PATIENT_ID, ISSUER
    ds.PatientBirthDate, ds.PatientSex = "19500101", "F"
    ds.StudyDate = ds.SeriesDate = ds.AcquisitionDate = ds.ContentDate = "20240102"
    ds.StudyTime = ds.SeriesTime = ds.AcquisitionTime = ds.ContentTime = "030405"
    ds.StudyID, ds.AccessionNumber, ds.ReferringPhysicianName = "1", "A1", "Who^Doctor"
    ds.SeriesNumber, ds.InstanceNumber, ds.AcquisitionNumber = 1, 1, 1
    ds.Manufacturer = "Nobody"
    ds.PixelSpacing, ds.SliceThickness = list(spacing_mm), 3
    ds.ImagePositionPatient = [-80.0, -70.0, 12.5]
    ds.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    ds.Rows, ds.Columns = rows, columns
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 16, 12, 11, 0
    ds.RescaleIntercept, ds.RescaleSlope, ds.RescaleType = -1024, 1, "HU"
    ds.PixelData = (hounsfield + 1024).astype("<u2").tobytes()
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds.file_meta.MediaStorageSOPClassUID = CTImageStorage
    ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID
    return ds


def measured(
    source: Dataset | None = None,
    mask: NDArray[np.bool_] | None = None,
    *,
    result_id: str = "0aa1b2c3-0000-4000-8000-000000000001",
    revision: int = 1,
    height_m: float | None = 1.64,
    grade: str = "A",
    seconds: int = 1_790_000_000,
    fat: bool = False,
) -> Example:
    """The study, measured: every number of the event is counted in the mask given.

    With `fat`, the event says all that a measurement may say.
    """
    image = ct_slice() if source is None else source
    hounsfield = image.pixel_array * float(image.RescaleSlope) + float(image.RescaleIntercept)
    muscle = hounsfield > -29 if mask is None else mask
    seg = build_segmentation(
        [image],
        muscle[None],
        tracking_uid=TRACKING_UID,
        algorithm=algorithm_of(MODELS),
        fat=tuple((tissue, each[None]) for tissue, each in fat_of(muscle)) if fat else (),
    )
    content = encode(seg)
    event = MuscleMeasured(
        result_id=result_id,
        study_instance_uid=str(image.StudyInstanceUID),
        subject_key=SUBJECT_KEY,
        study_revision=revision,
        series_instance_uid=str(image.SeriesInstanceUID),
        models=MODELS,
    )
    event.measured_at.FromSeconds(seconds)
    m = event.measurement
    row_mm, column_mm = (float(mm) for mm in image.PixelSpacing)
    m.area_cm2 = area_cm2(muscle, (row_mm, column_mm))
    m.area_interval_cm2.low, m.area_interval_cm2.high = m.area_cm2 * 0.93, m.area_cm2 * 1.07
    m.area_interval_cm2.coverage = 0.9
    m.mean_hu = float(hounsfield[muscle].mean())
    m.agreement, m.grade, m.tracking_uid = 0.9637, grade, TRACKING_UID
    m.l3.sop_instance_uid = str(image.SOPInstanceUID)
    m.l3.z_mm = float(image.ImagePositionPatient[2])
    if height_m is not None:
        m.height_m, m.smi_cm2_per_m2 = height_m, m.area_cm2 / height_m**2
    m.segmentation.CopyFrom(
        ObjectRef(key=f"results/{result_id}/seg.dcm", sha256="", size_bytes=len(content))
    )
    if fat:
        tell_all(event, hounsfield, muscle, (row_mm, column_mm))
    return Example(event, decode(content), [image], muscle)


def fat_of(muscle: NDArray[np.bool_]) -> list[tuple[Tissue, NDArray[np.bool_]]]:
    """Fat around the muscle, cut in an upper and a lower half."""
    upper = np.arange(len(muscle))[:, None] < len(muscle) / 2
    return [(SUBCUTANEOUS_FAT, ~muscle & upper), (VISCERAL_FAT, ~muscle & ~upper)]


def tell_all(
    event: MuscleMeasured,
    hounsfield: NDArray[np.floating],
    muscle: NDArray[np.bool_],
    spacing_mm: tuple[float, float],
) -> None:
    """Adds what a measurement may say beyond what it must."""
    m, inside = event.measurement, np.rint(hounsfield[muscle])
    m.low_attenuation_fraction = float(((inside >= -29) & (inside <= 29)).mean())
    (_, upper), (_, lower) = fat_of(muscle)
    m.sat_area_cm2, m.vat_area_cm2 = area_cm2(upper, spacing_mm), area_cm2(lower, spacing_mm)
    for value, interval in (
        (m.mean_hu, m.mean_hu_interval),
        (m.low_attenuation_fraction, m.low_attenuation_interval),
        (m.sat_area_cm2, m.sat_interval_cm2),
        (m.vat_area_cm2, m.vat_interval_cm2),
    ):
        interval.low, interval.high, interval.coverage = value - 0.01, value + 0.01, 0.9
    if m.HasField("smi_cm2_per_m2"):
        m.smi_interval_cm2_per_m2.low = m.area_interval_cm2.low / m.height_m**2
        m.smi_interval_cm2_per_m2.high = m.area_interval_cm2.high / m.height_m**2
        m.smi_interval_cm2_per_m2.coverage = 0.9
    m.remarks.add(name="level_share", reason="The level rests on the iliac crests")


def refused(*, revision: int = 1, seconds: int = 1_790_000_000) -> MuscleMeasured:
    """The study, refused by a gate."""
    event = MuscleMeasured(
        result_id=f"0aa1b2c3-0000-4000-8000-00000000ff{revision:02d}",
        study_instance_uid=STUDY,
        subject_key=SUBJECT_KEY,
        study_revision=revision,
    )
    event.measured_at.FromSeconds(seconds)
    event.refusal.gates.add(gate="l3_not_covered", reason="P(L3 covered) is 0.03; limit 0.5")
    return event
