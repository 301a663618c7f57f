"""What text is burnt into: slices, fans, radiographs, and nothing."""

from random import Random
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray
from pydicom import dcmread

from evaluation.redactor.objects import ROOT, WHEEL

Grey = NDArray[np.uint8]
SIDE: Final = (384, 512)


def background(rng: Random) -> Grey:
    """A square picture of grey values 0..255."""
    made = rng.choice((_slice, _slice, _magnetic, _fan, _radiograph, _scan_of_pydicom, _dark))
    image = made(rng)
    side = rng.choice(SIDE)
    return cv2.resize(image, (side, side), interpolation=cv2.INTER_AREA).astype(np.uint8)


def _slice(rng: Random) -> Grey:
    ds = dcmread(ROOT / f"samples/ct_torso/{rng.randint(1, 32):04d}.dcm")
    centre, width = rng.choice(((40, 400), (-600, 1500), (300, 1500)))
    hu = ds.pixel_array * float(ds.RescaleSlope) + float(ds.RescaleIntercept)
    return _grey((hu - centre + width / 2) / width * 255)


def _magnetic(rng: Random) -> Grey:
    name = rng.choice(("MR_small.dcm", "examples_overlay.dcm"))
    image = dcmread(WHEEL / "test_files" / name).pixel_array.astype(np.float32)
    top = float(np.percentile(image, 99.5)) or 1.0
    return _grey(image / top * 255)


def _scan_of_pydicom(rng: Random) -> Grey:
    del rng
    image = dcmread(WHEEL / "test_files/CT_small.dcm").pixel_array.astype(np.float32)
    return _grey((image - image.min()) / np.ptp(image) * 255)


def _fan(rng: Random) -> Grey:
    noise = np.random.default_rng(rng.randrange(1 << 30))
    side = 512
    y, x = np.mgrid[0:side, 0:side]
    radius, angle = np.hypot(y + 40, x - side / 2), np.abs(np.arctan2(x - side / 2, y + 40))
    speckle = cv2.GaussianBlur(noise.gamma(1.2, 55, (side, side)).astype(np.float32), (0, 0), 1.2)
    inside = (radius > 90) & (radius < 500) & (angle < 0.65)
    return _grey(np.where(inside, speckle, 0))


def _radiograph(rng: Random) -> Grey:
    noise = np.random.default_rng(rng.randrange(1 << 30))
    field = cv2.GaussianBlur(noise.random((512, 512)).astype(np.float32), (0, 0), 45)
    field = (field - field.min()) / np.ptp(field)
    ribs = 0.12 * np.sin(np.mgrid[0:512, 0:512][0] / rng.randint(9, 25))
    grain = noise.normal(0, 0.02, field.shape)
    return _grey((0.2 + 0.7 * field + ribs + grain) * 255)


def _dark(rng: Random) -> Grey:
    noise = np.random.default_rng(rng.randrange(1 << 30))
    return _grey(noise.normal(8, 4, (512, 512)))


def _grey(values: NDArray[Any]) -> Grey:
    grey: Grey = np.clip(values, 0, 255).astype(np.uint8)
    return grey
