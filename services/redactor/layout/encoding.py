"""A data set as bytes: what was read and kept is copied, the rest is encoded by pydicom.

Sequences and items get explicit lengths, so the same values always give the same bytes.
"""

import struct
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from pydicom import DataElement, Dataset
from pydicom.charset import convert_encodings
from pydicom.dataelem import RawDataElement
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import correct_ambiguous_vr_element, write_data_element
from pydicom.sequence import Sequence
from pydicom.valuerep import EXPLICIT_VR_LENGTH_32

PIXEL_DATA = 0x7FE00010
UNDEFINED = 0xFFFFFFFF
SEQUENCE_END = struct.pack("<HHL", 0xFFFE, 0xE0DD, 0)
ITEM = (0xFFFE, 0xE000)
ZERO_PADDED = {"UI", "OB", "UN", "OW"}
MAX_SHORT = 0xFFFF

Drop = Callable[[int, str], bool]
"""Whether the element of a tag, at a path that ends in ".", is left out."""


@dataclass(frozen=True)
class Encoder:
    """Encodes data sets with one transfer syntax.

    Attributes:
        is_implicit: Implicit VR.
        is_little_endian: Byte order.
        drop: What is left out.
    """

    is_implicit: bool
    is_little_endian: bool
    drop: Drop

    def data_set(
        self, ds: Dataset, encodings: list[str], path: str = "", pixels: bytes | None = None
    ) -> list[bytes]:
        """Pieces of an encoded data set, in the order of its tags.

        Args:
            ds: What is encoded.
            encodings: Python codecs of the data set around it.
            path: Where it is, "" or ending in ".".
            pixels: Value of an encapsulated (7FE0,0010).
        """
        own = ds.get_item(0x00080005)
        as_read = _codecs(ds.original_character_set)
        if isinstance(own, RawDataElement):
            encodings = as_read
        elif own is not None:
            encodings = _codecs(convert_encodings(ds.SpecificCharacterSet))
        # A raw value that was read with another character set must be decoded and encoded again.
        is_as_read = as_read == encodings
        pieces: list[bytes] = []
        # Plain integers and pydicom's own dictionary: comparing its tags costs more than copying.
        elements = {int(tag): element for tag, element in ds.items()}
        for tag in sorted(elements):
            if self.drop(tag, path):
                continue
            element = elements[tag]
            if pixels is not None and tag == PIXEL_DATA and not path:
                pieces += self._encapsulated(pixels)
            elif isinstance(element, RawDataElement) and is_as_read and self._is_native(element):
                pieces += self._raw(element)
            else:
                pieces += self._decoded(ds, ds[tag], encodings, path)
        return pieces

    def _is_native(self, element: RawDataElement) -> bool:
        return (
            element.is_implicit_VR == self.is_implicit
            and element.is_little_endian == self.is_little_endian
            and element.length != UNDEFINED
            and (self.is_implicit or element.VR is not None)
        )

    def _raw(self, element: RawDataElement) -> list[bytes]:
        value = element.value or b""
        if len(value) % 2:
            value += b"\0" if element.VR in ZERO_PADDED else b" "
        return [self._header(element.tag, element.VR, len(value)), value]

    def _decoded(
        self, ds: Dataset, element: DataElement, encodings: list[str], path: str
    ) -> list[bytes]:
        if element.VR == "SQ":
            return self._sequence(element, encodings, path)
        if not self.is_implicit and len(element.VR) != 2:  # noqa: PLR2004 - "US or SS"
            correct_ambiguous_vr_element(element, ds, self.is_little_endian)  # in place
        element.is_undefined_length = False
        encoded = DicomBytesIO()
        encoded.is_implicit_VR, encoded.is_little_endian = self.is_implicit, self.is_little_endian
        write_data_element(encoded, element, encodings)
        return [encoded.getvalue()]

    def _sequence(self, element: DataElement, encodings: list[str], path: str) -> list[bytes]:
        pieces: list[bytes] = []
        value = element.value if isinstance(element.value, Sequence) else []
        for index, item in enumerate(value):
            inner = self.data_set(item, encodings, f"{path}{element.tag:08X}[{index}].")
            length = sum(map(len, inner))
            pieces += [self._tagged(*ITEM) + self._number("L", length), *inner]
        return [self._header(element.tag, "SQ", sum(map(len, pieces))), *pieces]

    def _encapsulated(self, items: bytes) -> list[bytes]:
        return [self._header(PIXEL_DATA, "OB", UNDEFINED), items, SEQUENCE_END]

    def _header(self, tag: int, vr: str | None, length: int) -> bytes:
        start = self._tagged(tag >> 16, tag & 0xFFFF)
        if self.is_implicit or vr is None:
            return start + self._number("L", length)
        if vr in EXPLICIT_VR_LENGTH_32:
            return start + vr.encode("ascii") + b"\0\0" + self._number("L", length)
        return start + vr.encode("ascii") + self._number("H", length)

    def _tagged(self, group: int, number: int) -> bytes:
        return struct.pack("<HH" if self.is_little_endian else ">HH", group, number)

    def _number(self, kind: str, value: int) -> bytes:
        return struct.pack(("<" if self.is_little_endian else ">") + kind, value)


def _codecs(encodings: str | Iterable[str]) -> list[str]:
    return [encodings] if isinstance(encodings, str) else list(encodings)
