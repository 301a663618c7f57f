"""The picture of a result: the slice with the mask's contour and the label burned in.

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
from radloom.dicom.source import name_patient, source_header, zone_of
from radloom.dicom.uids import seal
from radloom.results import MANUFACTURER, NOT_REVIEWED, Statement

SERIES_NUMBER = 9003

WINDOW_CENTRE_HU, WINDOW_WIDTH_HU = 40.0, 400.0
"""Soft tissue window, as scanners preset it for the abdomen."""

WIDTH_PX = 1024
"""Width of the picture, so that the text is readable whatever the source's matrix."""

BANNER_PX, FOOTER_PX, MARGIN_PX = 116, 36, 16
WARNING_COLOUR, CONTOUR_COLOUR, TEXT_COLOUR = (255, 196, 0), (255, 64, 64), (235, 235, 235)

OPPOSITE = {"L": "R", "R": "L", "A": "P", "P": "A", "H": "F", "F": "H"}


@dataclass(frozen=True)
class KeyImage:
    """One picture, twice: as Secondary Capture and as PNG file."""

    capture: Dataset
    png: bytes


def build_key_image(
    statement: Statement,
    hounsfield: NDArray[np.floating],
    mask: NDArray[np.bool_],
    source: Dataset,
) -> KeyImage:
    """The slice in a soft tissue window with the contour of the mask, the label and the numbers.

    Args:
        statement: The numbers.
        hounsfield: The slice, `(row, column)` in stored order, HU.
        mask: Muscle, same shape.
        source: The slice as data set; its pixels are not looked at.

    Raises:
        Rejected: The source lacks what a result needs.
    """
    header = source_header(source)
    row_letter, column_letter = _directions(header)
    picture = _enlarged(hounsfield, mask, header)
    picture = _captioned(picture, statement, row_letter, column_letter)
    buffer = BytesIO()
    picture.save(buffer, format="PNG")
    capture = _capture(np.asarray(picture), statement, header)
    capture.PatientOrientation = [row_letter, column_letter]
    seal(capture)
    return KeyImage(capture, buffer.getvalue())


def _directions(header: Dataset) -> tuple[str, str]:
    """Patient Orientation (0020,0020): where rows and columns mostly point to."""
    cosines = np.asarray(header.ImageOrientationPatient, dtype=np.float64).reshape(2, 3)
    letters = []
    for direction in cosines:
        axis = int(np.argmax(np.abs(direction)))
        letters.append("LPH"[axis] if direction[axis] > 0 else "RAF"[axis])
    return letters[0], letters[1]


def _enlarged(
    hounsfield: NDArray[np.floating], mask: NDArray[np.bool_], header: Dataset
) -> Image.Image:
    """Window, square pixels, width of the picture, contour."""
    low = WINDOW_CENTRE_HU - WINDOW_WIDTH_HU / 2
    grey = np.clip((hounsfield - low) / WINDOW_WIDTH_HU, 0, 1) * 255
    row_mm, column_mm = (float(mm) for mm in header.PixelSpacing)
    rows, columns = mask.shape
    size = (WIDTH_PX, max(1, round(WIDTH_PX * rows * row_mm / (columns * column_mm))))
    image = Image.fromarray(grey.astype(np.uint8)).resize(size, Image.Resampling.BICUBIC)
    large = np.asarray(Image.fromarray(mask).resize(size, Image.Resampling.NEAREST))
    pixels = np.asarray(image.convert("RGB")).copy()
    pixels[_contour(large)] = CONTOUR_COLOUR
    return Image.fromarray(pixels)


def _contour(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Pixels of the mask that touch a pixel outside, two pixels deep."""
    inner = mask
    for _ in range(2):
        padded = np.pad(inner, 1)
        inner = inner & padded[:-2, 1:-1] & padded[2:, 1:-1] & padded[1:-1, :-2] & padded[1:-1, 2:]
    return mask & ~inner


def _captioned(image: Image.Image, statement: Statement, row: str, column: str) -> Image.Image:
    """Puts label and numbers above the image, origin below, orientation at its sides."""
    canvas = Image.new("RGB", (image.width, BANNER_PX + image.height + FOOTER_PX))
    canvas.paste(image, (0, BANNER_PX))
    draw = ImageDraw.Draw(canvas)
    large, medium, small = (ImageFont.load_default(size) for size in (44, 26, 18))
    draw.text((MARGIN_PX, 12), NOT_REVIEWED.upper(), WARNING_COLOUR, large)
    draw.text((MARGIN_PX, 72), statement.sentence, TEXT_COLOUR, medium)
    footer = f"{statement.algorithm.name} {statement.algorithm.version}"
    bottom = BANNER_PX + image.height
    draw.text((MARGIN_PX, bottom + 8), footer, TEXT_COLOUR, small)
    middle_x, middle_y = image.width // 2, BANNER_PX + image.height // 2
    for letter, place, anchor in (
        (OPPOSITE[row], (MARGIN_PX, middle_y), "lm"),
        (row, (image.width - MARGIN_PX, middle_y), "rm"),
        (OPPOSITE[column], (middle_x, BANNER_PX + MARGIN_PX), "ma"),
        (column, (middle_x, bottom - MARGIN_PX), "md"),
    ):
        draw.text(place, letter, TEXT_COLOUR, medium, anchor=anchor)
    return canvas


def _capture(pixels: NDArray[np.uint8], statement: Statement, header: Dataset) -> Dataset:
    ds = Dataset()
    for element in header:
        if element.keyword not in _IMAGE_ONLY:
            ds.add(element)
    name_patient(ds, header)
    ds.SOPClassUID = SecondaryCaptureImageStorage
    ds.Modality = "OT"
    ds.ConversionType = "WSD"
    ds.ImageType = ["DERIVED", "SECONDARY", "OTHER"]
    ds.SeriesNumber, ds.InstanceNumber = SERIES_NUMBER, 1
    ds.SeriesDescription = "Muscle at L3: picture (AI, not reviewed)"
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
