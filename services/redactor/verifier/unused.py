"""Whether native pixel data hold anything but pixels: unused bits, bytes behind the last."""

import numpy as np
from pydicom import Dataset

CELL_TYPES = {8: "u1", 16: "u2", 32: "u4"}


def has_unused(ds: Dataset, content: bytes, *, is_little_endian: bool) -> bool:
    """Whether a native (7FE0,0010) says more than its pixels do."""
    allocated, stored = int(ds.BitsAllocated), int(ds.BitsStored)
    cells = int(ds.Rows) * int(ds.Columns) * int(ds.SamplesPerPixel)
    cells *= int(ds.get("NumberOfFrames") or 1)
    if ds.PhotometricInterpretation == "YBR_FULL_422":
        cells = cells // 3 * 2
    length = -(-cells * allocated // 8)
    if content[length:].strip(b"\0") and not (length % 2 and len(content) == length + 1):
        return True
    if allocated not in CELL_TYPES or stored >= allocated:
        return False
    order = "<" if is_little_endian else ">"
    values = np.frombuffer(content[:length], f"{order}{CELL_TYPES[allocated]}")
    high = int(ds.HighBit)
    above = values >> np.uint8(high + 1)
    below = values & values.dtype.type((1 << high + 1 - stored) - 1)
    if below.any():
        return True
    if not above.any():
        return False
    # Signs may be repeated upwards, in every cell or in none.
    sign = values >> np.uint8(high) & values.dtype.type(1)
    return not ds.PixelRepresentation or not np.array_equal(
        above, sign * above.dtype.type((1 << allocated - high - 1) - 1)
    )
