"""RLE frames decoded and encoded again: nothing between or behind their segments survives.

PS3.5 annex G: a header of 64 bytes, then one segment per byte of a cell and sample, the highest
byte first.
"""

import struct
from dataclasses import replace
from itertools import pairwise

import numpy as np
from pydicom import Dataset
from rle.utils import decode_segment, encode_segment  # type: ignore[attr-defined] # compiled

from radloom.errors import Rejected
from services.redactor.layout.native import Cells

HEADER = struct.Struct("<16L")
MAX_SEGMENTS = 15


def cleaned(frame: bytes, ds: Dataset, cells: Cells) -> bytes:
    """One frame, with unused bits cleared.

    Raises:
        Rejected: It is damaged, or has other segments than the image needs.
    """
    columns = int(ds.Columns) if cells.allocated > 1 else -(-int(ds.Columns) // 8)
    pixels = int(ds.Rows) * int(ds.Columns)
    plane_bytes = pixels if cells.allocated > 1 else -(-pixels // 8)
    cell_bytes = max(1, cells.allocated // 8)
    planes = _planes(frame, plane_bytes)
    if len(planes) != cell_bytes * int(ds.get("SamplesPerPixel") or 1):
        raise _broken()
    if cells.has_unused_bits:
        planes = [
            plane
            for first in range(0, len(planes), cell_bytes)
            for plane in _cleared(planes[first : first + cell_bytes], cells)
        ]
    segments = [encode_segment(plane, columns) for plane in planes]
    lengths = [len(segment) for segment in segments]
    offsets = [HEADER.size + sum(lengths[:k]) for k in range(len(segments))]
    unused = [0] * (MAX_SEGMENTS - len(segments))
    return HEADER.pack(len(segments), *offsets, *unused) + b"".join(segments)


def _planes(frame: bytes, plane_bytes: int) -> list[bytes]:
    if len(frame) < HEADER.size:
        raise _broken()
    count, *offsets = HEADER.unpack_from(frame)
    if not 0 < count <= MAX_SEGMENTS:
        raise _broken()
    bounds = [*offsets[:count], len(frame)]
    if bounds[0] < HEADER.size or bounds != sorted(bounds):
        raise _broken()
    try:
        planes = [bytes(decode_segment(frame[a:b])) for a, b in pairwise(bounds)]
    except ValueError:
        raise _broken() from None
    if any(len(plane) < plane_bytes for plane in planes):
        raise _broken()
    return [plane[:plane_bytes] for plane in planes]


def _cleared(planes: list[bytes], cells: Cells) -> list[bytes]:
    """Planes of one sample, highest byte first, with unused bits cleared."""
    stacked = np.stack([np.frombuffer(plane, np.uint8) for plane in planes], axis=-1)
    big_endian = replace(cells, is_little_endian=False)
    cleared = big_endian.cleaned(stacked.tobytes())
    if cleared is None:
        return planes
    columns = np.frombuffer(cleared, np.uint8).reshape(-1, len(planes))
    return [columns[:, k].tobytes() for k in range(len(planes))]


def _broken() -> Rejected:
    return Rejected(
        "a frame is no whole RLE frame of this image (PS3.5 annex G); send it again",
        reason="frames",
    )
