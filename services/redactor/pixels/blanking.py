"""Paints boxes over, with a value that shows as background and is in use anyway."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset
from pydicom.pixels.processing import apply_color_lut

from services.redactor.pixels.boxes import Box, in_colour, painted


def blank(ds: Dataset, samples: NDArray[np.generic], boxes: Sequence[Box]) -> None:
    """Paints boxes of one frame, in place.

    Args:
        ds: Describes the samples.
        samples: (rows, columns) or (rows, columns, samples) as stored.
        boxes: Where.
    """
    value = background(ds, samples, boxes)
    for box in boxes:
        samples[box.slices()] = value


def background(
    ds: Dataset, samples: NDArray[np.generic], boxes: Sequence[Box]
) -> NDArray[np.generic]:
    """Darkest value as displayed, among those that the frame has outside the boxes."""
    photometric = str(ds.get("PhotometricInterpretation", ""))
    if in_colour(samples):
        dark = [0] * samples.shape[2]
        if photometric.startswith("YBR_FULL"):
            middle = 1 << (int(ds.get("BitsStored", 8)) - 1)
            dark[1:3] = [middle, middle]
        return np.array(dark, samples.dtype)
    outside = samples[~painted(boxes, samples.shape)]
    values = outside if outside.size else samples.reshape(-1)
    if photometric == "PALETTE COLOR":
        used = np.unique(values)
        luminance = apply_color_lut(used[None], ds)[0, :, :3].astype(np.float64) @ _LUMA
        return np.asarray(used[int(luminance.argmin())])
    return np.asarray(values.max() if photometric == "MONOCHROME1" else values.min())


_LUMA = np.array([0.299, 0.587, 0.114])
"""Rec. ITU-R BT.601, as in PS3.3 C.7.6.3.1.2."""
