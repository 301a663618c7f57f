"""Pixels that are not compressed: their exact length, and no bits but those that hold values.

Bits above BitsStored are where overlays were kept until 2004 (PS3.5 section 8.1.2), and where
anything else may be: no viewer shows them.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset

from radloom.errors import Rejected

CELL_TYPES = {8: "u1", 16: "u2", 32: "u4", 64: "u8"}


@dataclass(frozen=True)
class Cells:
    """How the values of pixels or of a waveform lie in their cells.

    Attributes:
        allocated: Bits of a cell: 8, 16, 32 or 64.
        stored: Bits that hold the value.
        high: Highest of them, from 0.
        is_signed: Two's complement.
        is_little_endian: Byte order of a cell.
    """

    allocated: int
    stored: int
    high: int
    is_signed: bool
    is_little_endian: bool = True

    def cleaned(self, content: bytes) -> bytes | None:
        """`content` with its unused bits cleared; None when there was nothing to clear."""
        if not self.has_unused_bits:
            return None
        order = "<" if self.is_little_endian else ">"
        cells = np.frombuffer(content, f"{order}{CELL_TYPES[self.allocated]}")
        unused = cells.dtype.type(~self._used & (1 << self.allocated) - 1)
        if not np.bitwise_and(cells, unused).any():
            return None
        cleaned = self._canonical(cells)
        return None if np.array_equal(cleaned, cells) else cleaned.tobytes()

    @property
    def has_unused_bits(self) -> bool:
        """Whether a cell has more bits than its value."""
        return self.stored < self.allocated

    @property
    def _used(self) -> int:
        return ((1 << self.stored) - 1) << (self.high + 1 - self.stored)

    def _canonical(self, cells: NDArray[Any]) -> NDArray[Any]:
        """Unused bits zero, or the sign repeated where values are signed and end at the low bit."""
        kind = cells.dtype.type
        values: NDArray[Any] = np.bitwise_and(cells, kind(self._used))
        if not self.is_signed or self.high + 1 != self.stored:
            return values
        # As vendors write them and viewers expect: a reader that ignores BitsStored sees the same.
        above = kind((1 << self.allocated) - (1 << self.stored))
        is_negative = np.bitwise_and(values, kind(1 << self.high)) != 0
        signed = np.where(is_negative, np.bitwise_or(values, above), values)
        return np.asarray(signed, cells.dtype)


def cells_of(ds: Dataset, *, is_little_endian: bool) -> Cells:
    """Cells of an image.

    Raises:
        Rejected: Its bits make no sense.
    """
    allocated = int(ds.BitsAllocated)
    stored = int(ds.get("BitsStored") or allocated)
    high = ds.get("HighBit")
    cells = Cells(
        allocated=allocated,
        stored=stored,
        high=stored - 1 if high is None else int(high),
        is_signed=bool(ds.get("PixelRepresentation") or 0),
        is_little_endian=is_little_endian,
    )
    if not 0 < stored <= cells.high + 1 <= allocated or allocated not in {1, *CELL_TYPES}:
        raise Rejected(
            "BitsAllocated, BitsStored and HighBit do not fit each other (PS3.5 section 8.1.1)",
            reason="pixel_bits",
        )
    return cells


def exact(ds: Dataset, content: bytes, bits: int, *, is_swapped: bool = False) -> bytes:
    """Native pixels without the bytes behind them, padded to an even length.

    Args:
        ds: The image.
        content: Value of its pixel data.
        bits: Bits of a cell.
        is_swapped: Bytes lie in big-endian words, so the last one of an odd number lies behind
            its padding.

    Raises:
        Rejected: There are fewer than the image needs.
    """
    length = expected_bytes(ds, bits)
    if len(content) < length:
        raise Rejected("it has fewer pixels than rows, columns and frames say", reason="pixels")
    if len(content) == length and not length % 2:
        return content
    if length % 2 and is_swapped and bits < 16:  # noqa: PLR2004 - of a word
        return content[: length - 1] + b"\0" + content[length : length + 1]
    return content[:length] + b"\0" * (length % 2)


def expected_bytes(ds: Dataset, bits: int) -> int:
    """Bytes of all frames whose cells have `bits` bits (PS3.5 section 8.1.1)."""
    cells = int(ds.Rows) * int(ds.Columns) * int(ds.get("NumberOfFrames") or 1)
    cells *= int(ds.get("SamplesPerPixel") or 1)
    if ds.get("PhotometricInterpretation") == "YBR_FULL_422":
        cells = cells // 3 * 2  # two pixels share their colour (PS3.3 C.7.6.3.1.2)
    return -(-cells * bits // 8)


def without_spare_bits(ds: Dataset, content: bytes) -> bytes:
    """Packed single bits without those behind the last pixel."""
    spare = -int(ds.Rows) * int(ds.Columns) * int(ds.get("NumberOfFrames") or 1) % 8
    last = expected_bytes(ds, 1) - 1
    kept = content[last] & (0xFF >> spare)  # the first pixel is the lowest bit
    if kept == content[last]:
        return content
    return content[:last] + bytes([kept]) + content[last + 1 :]
