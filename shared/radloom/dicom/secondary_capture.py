"""Pictures of a result: one frame for all of them, as Secondary Capture and as PNG file.

Viewers that draw neither segmentations nor reports still show a Secondary Capture. It holds no
patient data in its pixels.
"""

from dataclasses import dataclass
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from pydicom import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, SecondaryCaptureImageStorage

from radloom.dicom.report import date_content
from radloom.dicom.source import name_patient, zone_of
from radloom.dicom.uids import seal
from radloom.results import MANUFACTURER, NOT_REVIEWED, Statement

WINDOW_CENTRE_HU, WINDOW_WIDTH_HU = 40.0, 400.0
"""Soft tissue window, as scanners preset it for the abdomen."""

WIDTH_PX = 1024
"""Width of the picture, so that the text is readable whatever the source's matrix."""

BANNER_PX, FOOTER_PX, MARGIN_PX = 116, 36, 16
WARNING_COLOUR, TEXT_COLOUR = (255, 196, 0), (235, 235, 235)


@dataclass(frozen=True)
class KeyImage:
    """One picture, twice: as Secondary Capture and as PNG file."""

    capture: Dataset
    png: bytes


@dataclass(frozen=True)
class Kind:
    """What a picture is, as archives list it.

    Attributes:
        series_number: Far above those of scanners.
        description: Series Description (0008,103E).
    """

    series_number: int
    description: str


def framed(image: Image.Image, statement: Statement, line: str) -> Image.Image:
    """The label and a line of text above the image, its origin below."""
    canvas = Image.new("RGB", (image.width, BANNER_PX + image.height + FOOTER_PX))
    canvas.paste(image, (0, BANNER_PX))
    draw = ImageDraw.Draw(canvas)
    large, medium, small = (ImageFont.load_default(size) for size in (44, 26, 18))
    draw.text((MARGIN_PX, 12), NOT_REVIEWED.upper(), WARNING_COLOUR, large)
    draw.text((MARGIN_PX, 72), line, TEXT_COLOUR, medium)
    footer = f"{statement.algorithm.name} {statement.algorithm.version}"
    draw.text((MARGIN_PX, BANNER_PX + image.height + 8), footer, TEXT_COLOUR, small)
    return canvas


def windowed(hounsfield: NDArray[np.floating], centre_hu: float, width_hu: float) -> Image.Image:
    """Grey picture of HU in a window."""
    low = centre_hu - width_hu / 2
    grey = np.clip((hounsfield - low) / width_hu, 0, 1) * 255
    return Image.fromarray(grey.astype(np.uint8))


def captured(
    picture: Image.Image,
    statement: Statement,
    header: Dataset,
    kind: Kind,
    orientation: tuple[str, str],
) -> KeyImage:
    """The finished picture.

    Args:
        picture: RGB.
        statement: What it shows.
        header: `source_header` of the slice measured.
        kind: What it is.
        orientation: Patient Orientation (0020,0020) of its rows and columns.
    """
    buffer = BytesIO()
    picture.save(buffer, format="PNG")
    capture = _capture(np.asarray(picture), statement, header, kind)
    capture.PatientOrientation = list(orientation)
    seal(capture)
    return KeyImage(capture, buffer.getvalue())


def _capture(
    pixels: NDArray[np.uint8], statement: Statement, header: Dataset, kind: Kind
) -> Dataset:
    ds = Dataset()
    for element in header:
        if element.keyword not in _IMAGE_ONLY:
            ds.add(element)
    name_patient(ds, header)
    ds.SOPClassUID = SecondaryCaptureImageStorage
    ds.Modality = "OT"
    ds.ConversionType = "WSD"
    ds.ImageType = ["DERIVED", "SECONDARY", "OTHER"]
    ds.SeriesNumber, ds.InstanceNumber = kind.series_number, 1
    ds.SeriesDescription = kind.description
    ds.ImageComments = f"{NOT_REVIEWED}. {statement.sentence}"
    ds.Manufacturer = ds.SecondaryCaptureDeviceManufacturer = MANUFACTURER
    ds.SecondaryCaptureDeviceManufacturerModelName = statement.algorithm.name
    ds.SecondaryCaptureDeviceSoftwareVersions = statement.algorithm.version
    ds.SoftwareVersions = statement.algorithm.version
    ds.BodyPartExamined = "ABDOMEN"  # unpaired: Laterality may be absent
    ds.BurnedInAnnotation = "NO"  # none that identifies the patient (PS3.3 C.7.6.1)
    date_content(ds, statement.measured_at.astimezone(zone_of(header)))
    ds.SourceImageSequence = [_reference(header)]
    ds.SamplesPerPixel, ds.PlanarConfiguration, ds.PhotometricInterpretation = 3, 0, "RGB"
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 8, 8, 7, 0
    ds.Rows, ds.Columns = pixels.shape[:2]
    ds.PixelData = pixels.tobytes() + b"\0" * (pixels.size % 2)
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds.file_meta.MediaStorageSOPClassUID = SecondaryCaptureImageStorage
    return ds


_IMAGE_ONLY = frozenset(
    {
        "PatientName",
        "SOPClassUID",
        "SOPInstanceUID",
        "SeriesInstanceUID",
        "Modality",
        "FrameOfReferenceUID",
        "PositionReferenceIndicator",
        "ImagePositionPatient",
        "ImageOrientationPatient",
        "PixelSpacing",
        "SliceThickness",
        "Rows",
        "Columns",
    }
)
"""Of the source's header, what does not hold for a picture of it."""


def _reference(header: Dataset) -> Dataset:
    reference = Dataset()
    reference.ReferencedSOPClassUID = header.SOPClassUID
    reference.ReferencedSOPInstanceUID = header.SOPInstanceUID
    return reference
