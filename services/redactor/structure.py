"""How the data elements of an encoded data set lie in its bytes, before anything parses them.

Walks headers alone (PS3.5 section 7) and never trusts a length: a file that is cut short, nested
without end or made of millions of elements is known before memory is spent on it.
"""

import struct
from dataclasses import dataclass, field

from pydicom.datadict import dictionary_VR

from radloom.errors import Rejected

LONG_VRS = frozenset(b"OB OD OF OL OV OW SQ SV UC UN UR UT UV".split())
SHORT_VRS = frozenset(b"AE AS AT CS DA DS DT FD FL IS LO LT PN SH SL SS ST TM UI UL US".split())
"""With a length of four and of two bytes (PS3.5 table 7.1-1 and 7.1-2)."""

HEADER_BYTES, LONG_HEADER_BYTES = 8, 12
"""Of an item or a short element, and of an element whose length has four bytes."""
UNDEFINED = 0xFFFFFFFF
ITEM, ITEM_END, SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
"""PS3.5 table 7.5-3."""
ITEM_BYTES = {True: b"\xfe\xff\x00\xe0", False: b"\xff\xfe\xe0\x00"}
"""Item tag by little-endianness."""
PIXEL_GROUP = 0x7FE0


class Broken(Exception):  # noqa: N818 - the walk's own signal, never leaves this module's callers
    """The bytes do not go on as data elements.

    Attributes:
        is_end: The bytes end inside an element.
    """

    def __init__(self, *, is_end: bool) -> None:
        super().__init__("cut short" if is_end else "malformed")
        self.is_end = is_end


@dataclass
class Walk:
    """One walk over an encoded data set.

    Attributes:
        content: Bytes that hold it.
        is_little_endian: Byte order.
        max_depth: Sequences within sequences that are followed.
        max_elements: Data elements and items that are followed, over all depths.
        elements: How many were seen.
    """

    content: bytes
    is_little_endian: bool
    max_depth: int
    max_elements: int
    elements: int = 0
    _tag: struct.Struct = field(init=False)
    _long: struct.Struct = field(init=False)
    _short: struct.Struct = field(init=False)

    def __post_init__(self) -> None:
        order = "<" if self.is_little_endian else ">"
        self._tag = struct.Struct(f"{order}HH")
        self._long = struct.Struct(f"{order}L")
        self._short = struct.Struct(f"{order}H")

    def top(self, at: int, *, is_implicit: bool) -> int:
        """Where the data set that begins at `at` ends; what follows is no part of it.

        Raises:
            Rejected: It is cut short, malformed, or exceeds a limit.
        """
        end, before, pixels_end, disorder = len(self.content), -1, -1, -1
        while at < end:
            try:
                tag, next_at = self._element(at, end, 0, is_implicit=is_implicit)
            except Broken as broken:
                # Bytes behind the pixel data belong to nobody; elsewhere they may be a lost part.
                if pixels_end >= 0:
                    return disorder if disorder >= 0 else pixels_end
                raise _rejected(broken) from None
            if tag <= before and disorder < 0 and pixels_end >= 0:
                disorder = at
            if pixels_end >= 0 or tag >> 16 == PIXEL_GROUP:
                pixels_end = next_at
            before, at = tag, next_at
        return at

    def _element(self, at: int, end: int, depth: int, *, is_implicit: bool) -> tuple[int, int]:
        """Tag of the element at `at`, and where the next begins."""
        self._count()
        if end - at < HEADER_BYTES:
            raise Broken(is_end=True)
        group, number = self._tag.unpack_from(self.content, at)
        tag = group << 16 | number
        vr, length, at, is_implicit = self._header(at, end, is_implicit=is_implicit)
        if length == UNDEFINED:
            return tag, self._undefined(tag, vr, at, end, depth, is_implicit=is_implicit)
        if length > end - at:
            raise Broken(is_end=True)
        value_end = at + length
        if vr == b"SQ":
            self._items(at, value_end, depth + 1, is_implicit=is_implicit)
        elif length >= HEADER_BYTES and self.content.startswith(
            ITEM_BYTES[self.is_little_endian], at
        ):
            self._probe(tag, at, value_end, depth, is_implicit=is_implicit)
        return tag, value_end

    def _header(self, at: int, end: int, *, is_implicit: bool) -> tuple[bytes, int, int, bool]:
        """VR (empty when implicit), length, where the value begins, whether the VR is implicit."""
        if is_implicit:
            return b"", self._long.unpack_from(self.content, at + 4)[0], at + 8, True
        vr = self.content[at + 4 : at + 6]
        if vr in SHORT_VRS:
            return vr, self._short.unpack_from(self.content, at + 6)[0], at + 8, False
        if vr not in LONG_VRS:
            raise Broken(is_end=False)
        if end - at < LONG_HEADER_BYTES:
            raise Broken(is_end=True)
        return vr, self._long.unpack_from(self.content, at + 8)[0], at + 12, False

    def _undefined(
        self, tag: int, vr: bytes, at: int, end: int, depth: int, *, is_implicit: bool
    ) -> int:
        """Where a value of undefined length ends, its delimiter included."""
        if vr in {b"OB", b"OW"} or (not vr and tag >> 16 == PIXEL_GROUP):
            return self._fragments(at, end)
        if vr not in {b"SQ", b"UN", b""}:
            raise Broken(is_end=False)
        # A sequence of VR UN is encoded with implicit VR (PS3.5 section 6.2.2, note 2).
        is_implicit = is_implicit or vr == b"UN"
        return self._items(at, end, depth + 1, is_implicit=is_implicit, is_delimited=True)

    def _items(
        self, at: int, end: int, depth: int, *, is_implicit: bool, is_delimited: bool = False
    ) -> int:
        """Where the items that begin at `at` end."""
        if depth > self.max_depth:
            raise Rejected(
                f"sequences are nested deeper than {self.max_depth}; a person must look at it",
                reason="too_deep",
            )
        while at < end:
            tag, length, at = self._item(at, end)
            if tag == SEQUENCE_END and is_delimited:
                return at
            if tag != ITEM:
                raise Broken(is_end=False)
            if length == UNDEFINED:
                at = self._data_set(at, end, depth, is_implicit=is_implicit, is_delimited=True)
            elif length > end - at:
                raise Broken(is_end=True)
            else:
                at = self._data_set(at, at + length, depth, is_implicit=is_implicit)
        if is_delimited:
            raise Broken(is_end=True)
        return at

    def _data_set(
        self, at: int, end: int, depth: int, *, is_implicit: bool, is_delimited: bool = False
    ) -> int:
        """Where an item's data set that begins at `at` ends."""
        # An item may be implicit within an explicit data set; pydicom reads it so, too.
        vr = self.content[at + 4 : at + 6]
        is_delimiter = self._is_item_end(at, end)
        if not is_implicit and not is_delimiter and at < end and not _is_vr_like(vr):
            is_implicit = True
        while at < end:
            if self._is_item_end(at, end):
                if not is_delimited:
                    raise Broken(is_end=False)
                return at + 8
            _, at = self._element(at, end, depth, is_implicit=is_implicit)
        if is_delimited:
            raise Broken(is_end=True)
        return at

    def _fragments(self, at: int, end: int) -> int:
        """Where encapsulated pixel data end (PS3.5 annex A.4)."""
        while at < end:
            tag, length, at = self._item(at, end)
            if tag == SEQUENCE_END:
                return at
            if tag != ITEM or length == UNDEFINED:
                raise Broken(is_end=False)
            if length > end - at:
                raise Broken(is_end=True)
            at += length
        raise Broken(is_end=True)

    def _probe(self, tag: int, at: int, end: int, depth: int, *, is_implicit: bool) -> None:
        """Requires that a value which looks like items is a sequence where the tag says so.

        Any other is opaque, but must not be nested too deep either: whoever tries to read it
        as a sequence later would follow it down.
        """
        try:
            self._items(at, end, depth + 1, is_implicit=is_implicit)
        except Broken:
            if is_implicit and _is_sequence(tag):
                raise

    def _item(self, at: int, end: int) -> tuple[int, int, int]:
        """Tag and length of an item or delimiter, and where it begins."""
        self._count()
        if end - at < HEADER_BYTES:
            raise Broken(is_end=True)
        group, number = self._tag.unpack_from(self.content, at)
        return group << 16 | number, self._long.unpack_from(self.content, at + 4)[0], at + 8

    def _is_item_end(self, at: int, end: int) -> bool:
        if end - at < HEADER_BYTES:
            return False
        group, number = self._tag.unpack_from(self.content, at)
        return bool(group << 16 | number == ITEM_END)

    def _count(self) -> None:
        self.elements += 1
        if self.elements > self.max_elements:
            raise Rejected(
                f"it has more than {self.max_elements} data elements; a person must look at it",
                reason="too_many_elements",
            )


def _is_vr_like(vr: bytes) -> bool:
    return vr.isalpha() and vr.isupper()


def _is_sequence(tag: int) -> bool:
    try:
        return dictionary_VR(tag) == "SQ"
    except KeyError:
        return False


def _rejected(broken: Broken) -> Rejected:
    if broken.is_end:
        return Rejected("the file is cut short; send it again", reason="cut_short")
    return Rejected(
        "its bytes are no data elements as of PS3.5 section 7; send it again", reason="malformed"
    )
