"""Whether pixels outside the blanked boxes are those of the original, value by value."""

from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom import dcmread
from pydicom.pixels.utils import pixel_array
from pydicom.uid import JPEG2000, UID, JPEGBaseline8Bit, JPEGExtended12Bit, JPEGLSNearLossless

from services.redactor.verifier.residual import Box

LOSSY = {JPEGBaseline8Bit, JPEGExtended12Bit, JPEGLSNearLossless, JPEG2000}


def changed_frames(
    original: bytes, output: bytes, blanked: Mapping[int, Sequence[Box]]
) -> tuple[int, ...]:
    """Frames, from 0, that differ outside their boxes.

    A frame that was coded again with loss because of a box in it is left to whoever blanked it.

    Raises:
        Exception: Whatever a decoder raises; the caller holds the object.
    """
    before, after = decoded_frames(original), decoded_frames(output)
    if before.shape != after.shape:
        return tuple(range(len(after)))
    header = dcmread(BytesIO(output), stop_before_pixels=True)
    is_lossy = UID(header.file_meta.TransferSyntaxUID) in LOSSY
    changed = []
    for index, (was, now) in enumerate(zip(before, after, strict=True)):
        differs = was != now
        boxes = blanked.get(index, ())
        for box in boxes:
            differs[box.top : box.bottom, box.left : box.right] = False
        if differs.any() and not (is_lossy and boxes):
            changed.append(index)
    return tuple(changed)


def decoded_frames(content: bytes) -> NDArray[Any]:
    """Frames x rows x columns, or x samples, as stored: no colour conversion."""
    ds = dcmread(BytesIO(content))
    array = pixel_array(ds, raw=True)
    return array if int(ds.get("NumberOfFrames") or 1) > 1 else array[np.newaxis]
