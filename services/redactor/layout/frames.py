"""Encapsulated pixel data (PS3.5 annex A.4): every frame by itself, each clean, then put together.

One fragment per frame and a Basic Offset Table of our own; nothing else fits between the items.
"""

import struct
from dataclasses import replace

from pydicom import Dataset
from pydicom.encaps import generate_frames
from pydicom.pixels.utils import pixel_array
from pydicom.uid import (
    HTJ2K,
    JPEG2000,
    UID,
    HTJ2KLossless,
    HTJ2KLosslessRPCL,
    JPEG2000Lossless,
    JPEGLSLossless,
    JPEGLSNearLossless,
    RLELossless,
)

from radloom.errors import Rejected
from services.redactor.layout import jpeg, jpeg2000, run_length
from services.redactor.layout.native import Cells

JPEG_LS = {JPEGLSLossless, JPEGLSNearLossless}
JPEG_2000 = {JPEG2000Lossless, JPEG2000, HTJ2K, HTJ2KLossless, HTJ2KLosslessRPCL}
ITEM = b"\xfe\xff\x00\xe0"
MAX_OFFSET = 0xFFFFFFFF


def cleaned(ds: Dataset, content: bytes, syntax: UID, cells: Cells) -> bytes:
    """Items of a Pixel Data value, without the Sequence Delimitation Item.

    Raises:
        Rejected: The frames cannot be told apart, or one is damaged.
    """
    count = int(ds.get("NumberOfFrames") or 1)
    cleaned = [_frame(frame, ds, syntax, cells) for frame in _frames(content, count)]
    if syntax != RLELossless and max(map(_precision, cleaned)) > cells.stored:
        _require_unused_bits_clear(ds, cells)
    return _encapsulated(cleaned)


def _frames(content: bytes, count: int) -> list[bytes]:
    try:
        frames = list(generate_frames(content, number_of_frames=count))
    except Exception as error:  # noqa: BLE001 - pydicom raises what it meets
        raise Rejected(
            f"its frames cannot be told apart ({type(error).__name__}); send it again",
            reason="frames",
        ) from None
    if len(frames) != count:
        raise Rejected("it has another number of frames than it says", reason="frames")
    return frames


def _frame(frame: bytes, ds: Dataset, syntax: UID, cells: Cells) -> bytes:
    if syntax == RLELossless:
        return run_length.cleaned(frame, ds, cells)
    if syntax not in JPEG_2000:
        return jpeg.cleaned(frame, is_jpeg_ls=syntax in JPEG_LS)
    return jpeg2000.cleaned(frame)


def _precision(frame: bytes) -> int:
    is_jpeg = frame.startswith(b"\xff\xd8")
    return jpeg.precision(frame) if is_jpeg else jpeg2000.precision(frame)


def _require_unused_bits_clear(ds: Dataset, cells: Cells) -> None:
    """Requires that frames coded with more bits than BitsStored do not use them.

    Raises:
        Rejected: They do, or nobody can tell.
    """
    try:
        pixels = pixel_array(ds, raw=True)
    except Exception as error:  # noqa: BLE001 - decoders raise what they meet
        raise Rejected(
            f"its frames cannot be decoded ({type(error).__name__}); send it again",
            reason="frames",
        ) from None
    if replace(cells, is_little_endian=True).cleaned(pixels.tobytes()) is not None:
        raise Rejected("its frames use more bits than BitsStored says", reason="pixel_bits")


def _encapsulated(frames: list[bytes]) -> bytes:
    padded = [frame + b"\0" * (len(frame) % 2) for frame in frames]
    offsets, at = [], 0
    for frame in padded:
        offsets.append(at)
        at += 8 + len(frame)
    table = struct.pack(f"<{len(offsets)}L", *offsets) if at <= MAX_OFFSET else b""
    items = [ITEM, struct.pack("<L", len(table)), table]
    for frame in padded:
        items += [ITEM, struct.pack("<L", len(frame)), frame]
    return b"".join(items)
