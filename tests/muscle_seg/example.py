"""A torso as simple as one can be: fat, a ring of muscle, a vertebra; as a DICOM series."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian

SHAPE = (100, 120)
PIXEL_MM = 3.0


def torso(shape: tuple[int, int] = SHAPE, pixel_mm: float = PIXEL_MM) -> NDArray[np.int16]:
    """One axial slice (rows, columns) HU, front at the top."""
    y, x = (np.mgrid[: shape[0], : shape[1]] + 0.5) * pixel_mm
    dy, dx = y - shape[0] * pixel_mm / 2, x - shape[1] * pixel_mm / 2
    radius = np.hypot(dy / 120, dx / 150)
    hu = np.full(shape, -1000.0)
    hu[radius < 1] = -100
    hu[(radius < 0.85) & (radius > 0.6)] = 45
    hu[np.hypot(dy - 50, dx) < 20] = 250
    noise = np.random.default_rng(3).normal(0, 8, shape)
    return np.asarray(np.rint(hu + noise * (radius < 1)), dtype=np.int16)


def series(count: int = 30, *, slice_mm: float = 3.0, **attributes: object) -> list[Dataset]:
    """A series of `count` such slices; `attributes` replace those of every instance."""
    hu = torso()
    return [image(k, hu, (-180.0, -150.0, k * slice_mm), **attributes) for k in range(count)]


def image(
    k: int, hu: NDArray[np.int16], position_mm: Sequence[float], **attributes: object
) -> Dataset:
    """Instance `k` of the series."""
    ds = Dataset()
    ds.SOPClassUID, ds.SOPInstanceUID = CTImageStorage, f"2.25.7{k:03d}"
    ds.StudyInstanceUID, ds.SeriesInstanceUID = "2.25.5", "2.25.6"
    ds.FrameOfReferenceUID = "2.25.8"
    ds.Modality, ds.ImageType = "CT", ["ORIGINAL", "PRIMARY", "AXIAL"]
    ds.PatientName, ds.PatientID, ds.PatientBirthDate = "Nobody^Nora", "P-1", "19500101"
    ds.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    ds.ImagePositionPatient = list(position_mm)
    ds.PixelSpacing, ds.SliceThickness = [PIXEL_MM, PIXEL_MM], 3
    ds.Rows, ds.Columns = hu.shape
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 16, 16, 15, 1
    ds.RescaleIntercept, ds.RescaleSlope = 0, 1
    ds.PixelData = np.ascontiguousarray(hu).astype("<i2").tobytes()
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    for name, value in attributes.items():
        setattr(ds, name, value)
    return ds
