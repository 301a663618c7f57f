"""Writes the demo study: a real CT, published as NIfTI, as a DICOM series with an invented header.

    python samples/make_sample.py ../shared/data/ct/totalsegmentator/example_ct.nii.gz

The voxels are those of the source (NOTICE names it) with HU clipped to -1024..3071, 0.02 % of
them; axes are turned from the NIfTI frame (right, anterior, superior) to the DICOM patient frame
(left, posterior, superior). Everything about the patient is invented and says so.
"""

import hashlib
import sys
import uuid
from pathlib import Path

import nibabel
import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian

HU_MIN, HU_MAX = -1024, 3071
"""12 bits with an intercept of -1024, as most scanners store CT."""

FOLDER = Path(__file__).parent / "ct_torso"


def derived_uid(content_sha256: str, *parts: str) -> str:
    """UID under 2.25 (PS3.5 B.2) that depends on the voxels and the parts alone."""
    return f"2.25.{uuid.uuid5(uuid.NAMESPACE_OID, '|'.join((content_sha256, *parts))).int}"


def patient_and_study(digest: str) -> Dataset:
    """Attributes shared by all instances; the person does not exist."""
    ds = Dataset()
    ds.SpecificCharacterSet = "ISO_IR 192"
    ds.PatientName = "INVENTED^SAMPLE"
    ds.PatientID = "RADLOOM-SAMPLE-1"
    ds.IssuerOfPatientID = "RADLOOM-SAMPLE"
    ds.PatientBirthDate = "19600101"
    ds.PatientSex = "O"
    ds.PatientSize = "1.72"
    ds.PatientWeight = "71"
    ds.PatientComments = "Invented person; voxels from a public CT, see NOTICE"
    ds.StudyInstanceUID = derived_uid(digest, "study")
    ds.StudyID = "SAMPLE"
    ds.StudyDate = ds.SeriesDate = ds.AcquisitionDate = ds.ContentDate = "20240102"
    ds.StudyTime = ds.SeriesTime = ds.AcquisitionTime = ds.ContentTime = "030405"
    ds.AccessionNumber = "SAMPLE-1"
    ds.ReferringPhysicianName = None
    ds.StudyDescription = "CT torso (sample)"
    return ds


def series(digest: str) -> Dataset:
    """Attributes of the one CT series."""
    ds = Dataset()
    ds.Modality = "CT"
    ds.SeriesInstanceUID = derived_uid(digest, "series")
    ds.SeriesNumber = 1
    ds.SeriesDescription = "Axial 3 mm (sample)"
    ds.BodyPartExamined = "ABDOMEN"
    ds.PatientPosition = "HFS"
    ds.FrameOfReferenceUID = derived_uid(digest, "frame of reference")
    ds.PositionReferenceIndicator = None
    ds.Manufacturer = "unknown (source published as NIfTI)"
    ds.ImageType = ["DERIVED", "SECONDARY", "AXIAL"]
    ds.DerivationDescription = "NIfTI to DICOM; HU clipped to -1024..3071; header invented"
    ds.KVP = None
    ds.AcquisitionNumber = 1
    ds.SamplesPerPixel = 1
    ds.PhotometricInterpretation = "MONOCHROME2"
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 16, 12, 11, 0
    ds.RescaleIntercept, ds.RescaleSlope, ds.RescaleType = str(HU_MIN), "1", "HU"
    ds.WindowCenter, ds.WindowWidth = "40", "400"
    return ds


def instance(shared: Dataset, digest: str, k: int, affine: NDArray[np.float64]) -> Dataset:
    """Attributes of slice `k`, counted from the feet, without pixels."""
    ds = Dataset()
    ds.update(shared)
    ds.SOPClassUID = CTImageStorage
    ds.SOPInstanceUID = derived_uid(digest, "instance", str(k))
    ds.InstanceNumber = k + 1
    ds.PixelSpacing = [round(abs(float(affine[i, i])), 6) for i in (1, 0)]
    ds.SliceThickness = round(abs(float(affine[2, 2])), 6)
    ds.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    ds.SliceLocation = round(float(affine[2, 3] + k * affine[2, 2]), 4)
    return ds


def write_series(source: Path, folder: Path) -> int:
    """Writes one file per axial slice of `source` into `folder`; returns how many."""
    image = nibabel.load(source)
    affine = np.asarray(image.affine, dtype=np.float64)
    if nibabel.aff2axcodes(affine) != ("R", "A", "S"):
        sys.exit(f"{source.name}: axes must be R, A, S; got {nibabel.aff2axcodes(affine)}")
    raw = np.asanyarray(image.dataobj)
    hu = np.clip(raw, HU_MIN, HU_MAX).astype(np.int16)
    digest = hashlib.sha256(hu.tobytes()).hexdigest()
    shared = patient_and_study(digest)
    shared.update(series(digest))
    corner = affine @ [hu.shape[0] - 1, hu.shape[1] - 1, 0, 1]
    folder.mkdir(parents=True, exist_ok=True)
    for k in range(hu.shape[2]):
        ds = instance(shared, digest, k, affine)
        z = float(affine[2, 3] + k * affine[2, 2])
        ds.ImagePositionPatient = [round(v, 4) for v in (-float(corner[0]), -float(corner[1]), z)]
        pixels = (hu[::-1, ::-1, k].T.astype(np.int32) - HU_MIN).astype("<u2")
        ds.Rows, ds.Columns = pixels.shape
        ds.PixelData = pixels.tobytes()
        ds.file_meta = FileMetaDataset()
        ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        ds.save_as(folder / f"{k + 1:04d}.dcm", enforce_file_format=True)
    return int(hu.shape[2])


if __name__ == "__main__":
    if len(sys.argv) != 2:  # noqa: PLR2004 - program name and one path
        sys.exit(__doc__)
    print(write_series(Path(sys.argv[1]), FOLDER), "slices written to", FOLDER)
