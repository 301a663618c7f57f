"""Pictures of the slice measured: the mask's contour, and where the models disagree."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from pydicom import Dataset

from radloom.dicom.secondary_capture import (
    BANNER_PX,
    FOOTER_PX,
    MARGIN_PX,
    TEXT_COLOUR,
    WIDTH_PX,
    WINDOW_CENTRE_HU,
    WINDOW_WIDTH_HU,
    KeyImage,
    Kind,
    captured,
    framed,
    windowed,
)
from radloom.dicom.source import source_header
from radloom.results import Statement

SLICE = Kind(9003, "Muscle at L3: picture (AI, not reviewed)")
DISAGREEMENT = Kind(9005, "Muscle at L3: disagreement (AI, not reviewed)")

CONTOUR_COLOUR = (255, 64, 64)
SURE_COLOUR, SPLIT_COLOUR = (0, 150, 90), (255, 0, 200)
"""All members call the pixel muscle; half of them do."""

OPPOSITE = {"L": "R", "R": "L", "A": "P", "P": "A", "H": "F", "F": "H"}


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
    pixels = _enlarged(hounsfield, header)
    size = (pixels.shape[1], pixels.shape[0])
    large = np.asarray(Image.fromarray(mask).resize(size, Image.Resampling.NEAREST))
    pixels[_contour(large)] = CONTOUR_COLOUR
    return _finished(pixels, statement, header, SLICE, statement.sentence)


def build_disagreement_image(
    statement: Statement,
    hounsfield: NDArray[np.floating],
    votes: NDArray[np.uint8],
    source: Dataset,
) -> KeyImage:
    """The slice with every pixel that some member calls muscle: green for all, pink for half.

    Args:
        statement: The numbers.
        hounsfield: The slice, `(row, column)` in stored order, HU.
        votes: Share of members that call a pixel muscle, 0..255, same shape.
        source: The slice as data set; its pixels are not looked at.

    Raises:
        Rejected: The source lacks what a result needs.
    """
    header = source_header(source)
    pixels = _enlarged(hounsfield, header)
    size = (pixels.shape[1], pixels.shape[0])
    share = np.asarray(Image.fromarray(votes).resize(size, Image.Resampling.NEAREST)) / 255.0
    doubt = (4 * share * (1 - share))[..., None]  # 1 where half of the members say muscle
    colour = np.array(SURE_COLOUR) * (1 - doubt) + np.array(SPLIT_COLOUR) * doubt
    strength = np.where(share > 0, 0.35 + 0.5 * doubt[..., 0], 0.0)[..., None]
    mixed = (pixels * (1 - strength) + colour * strength).astype(np.uint8)
    line = f"Where the models disagree (pink); agreement {statement.agreement}"
    return _finished(mixed, statement, header, DISAGREEMENT, line)


def _finished(
    pixels: NDArray[np.uint8], statement: Statement, header: Dataset, kind: Kind, line: str
) -> KeyImage:
    row, column = _directions(header)
    canvas = framed(Image.fromarray(pixels), statement, line)
    _letter(canvas, row, column)
    return captured(canvas, statement, header, kind, (row, column))


def _directions(header: Dataset) -> tuple[str, str]:
    """Patient Orientation (0020,0020): where rows and columns mostly point to."""
    cosines = np.asarray(header.ImageOrientationPatient, dtype=np.float64).reshape(2, 3)
    letters = []
    for direction in cosines:
        axis = int(np.argmax(np.abs(direction)))
        letters.append("LPH"[axis] if direction[axis] > 0 else "RAF"[axis])
    return letters[0], letters[1]


def _enlarged(hounsfield: NDArray[np.floating], header: Dataset) -> NDArray[np.uint8]:
    """Window, square pixels, width of the picture; RGB."""
    row_mm, column_mm = (float(mm) for mm in header.PixelSpacing)
    rows, columns = hounsfield.shape
    size = (WIDTH_PX, max(1, round(WIDTH_PX * rows * row_mm / (columns * column_mm))))
    grey = windowed(hounsfield, WINDOW_CENTRE_HU, WINDOW_WIDTH_HU)
    return np.asarray(grey.resize(size, Image.Resampling.BICUBIC).convert("RGB")).copy()


def _contour(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Pixels of the mask that touch a pixel outside, two pixels deep."""
    inner = mask
    for _ in range(2):
        padded = np.pad(inner, 1)
        inner = inner & padded[:-2, 1:-1] & padded[2:, 1:-1] & padded[1:-1, :-2] & padded[1:-1, 2:]
    return mask & ~inner


def _letter(canvas: Image.Image, row: str, column: str) -> None:
    """Writes the orientation at the sides of the image."""
    draw, medium = ImageDraw.Draw(canvas), ImageFont.load_default(26)
    height = canvas.height - BANNER_PX - FOOTER_PX
    bottom = BANNER_PX + height
    middle_x, middle_y = canvas.width // 2, BANNER_PX + height // 2
    for letter, place, anchor in (
        (OPPOSITE[row], (MARGIN_PX, middle_y), "lm"),
        (row, (canvas.width - MARGIN_PX, middle_y), "rm"),
        (OPPOSITE[column], (middle_x, BANNER_PX + MARGIN_PX), "ma"),
        (column, (middle_x, bottom - MARGIN_PX), "md"),
    ):
        draw.text(place, letter, TEXT_COLOUR, medium, anchor=anchor)
