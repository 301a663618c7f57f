from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from radloom.dicom.key_image import CONTOUR_COLOUR
from radloom.dicom.key_image import build_key_image as build
from radloom.dicom.part10 import decode, encode
from radloom.dicom.secondary_capture import BANNER_PX, WARNING_COLOUR, WIDTH_PX, KeyImage
from radloom.results import state
from tests.publisher.example import Example, ct_slice, measured


def picture(example: Example) -> KeyImage:
    image = example.source[0]
    return build(state(example.event), image.pixel_array - 1024.0, example.mask, image)


def pixels(key: KeyImage) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    return np.asarray(Image.open(BytesIO(key.png)))


def count(key: KeyImage, colour: tuple[int, int, int]) -> int:
    return int((pixels(key) == colour).all(axis=2).sum())


def test_capture_and_png_show_the_same() -> None:
    key = picture(measured())
    stored = decode(encode(key.capture))
    assert np.array_equal(stored.pixel_array, pixels(key))
    assert stored.BurnedInAnnotation == "NO"


def test_the_warning_and_the_contour_are_drawn() -> None:
    key = picture(measured())
    assert count(key, WARNING_COLOUR) > 500
    assert count(key, CONTOUR_COLOUR) > 500
    assert (pixels(key)[:BANNER_PX] == CONTOUR_COLOUR).all(axis=2).sum() == 0


def test_the_contour_lies_where_the_mask_is() -> None:
    image = ct_slice(48, 56)
    mask = np.zeros((48, 56), np.bool_)
    mask[10:20, 30:50] = True
    drawn = pixels(picture(measured(image, mask)))[BANNER_PX:]
    rows, columns = np.nonzero((drawn == CONTOUR_COLOUR).all(axis=2))
    scale = WIDTH_PX / 56
    assert rows.min() == pytest.approx(10 * scale, abs=2)
    assert rows.max() == pytest.approx(20 * scale, abs=2)
    assert columns.min() == pytest.approx(30 * scale, abs=2)
    assert columns.max() == pytest.approx(50 * scale, abs=2)


def test_pixels_that_are_not_square_are_shown_in_proportion() -> None:
    wide = pixels(picture(measured(ct_slice(40, 40, (1.5, 3.0)))))
    square = pixels(picture(measured(ct_slice(40, 40, (3.0, 3.0)))))
    frame = square.shape[0] - WIDTH_PX
    assert wide.shape[0] - frame == WIDTH_PX // 2


@pytest.mark.parametrize(
    ("cosines", "letters"),
    [
        ([1, 0, 0, 0, 1, 0], ["L", "P"]),
        ([-1, 0, 0, 0, 1, 0], ["R", "P"]),
        ([1, 0, 0, 0, -1, 0], ["L", "A"]),
        ([0.98, 0.2, 0, -0.2, 0.98, 0], ["L", "P"]),
    ],
)
def test_orientation_is_that_of_the_source(cosines: list[float], letters: list[str]) -> None:
    image = ct_slice()
    image.ImageOrientationPatient = cosines
    assert list(picture(measured(image)).capture.PatientOrientation) == letters


def test_the_picture_of_one_patient_is_that_of_any_other_with_the_same_slice() -> None:
    other = ct_slice()
    other.PatientName, other.PatientID, other.PatientBirthDate = "Else^Someone", "2", "19990101"
    assert picture(measured(other)).png == picture(measured()).png
