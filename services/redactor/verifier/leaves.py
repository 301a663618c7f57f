"""The values of a Part 10 file with their places in its bytes, walked without pydicom's parser.

So that every byte of the file is either a value at a known place, or structure.
"""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from pydicom.datadict import dictionary_VR

PREAMBLE_BYTES, PREFIX_END = 128, 132
LONG = frozenset(b"OB OD OF OL OV OW SQ SV UC UN UR UT UV".split())
BINARY_WORDS = "OB OD OF OL OV OW FD FL SL SS SV UL US UV AT UN"
BINARY = frozenset(BINARY_WORDS.split())
TEXT = frozenset(["LO", "LT", "PN", "SH", "ST", "UC", "UT"])
DEFLATED, BIG_ENDIAN, IMPLICIT = (
    b"1.2.840.10008.1.2.1.99",
    b"1.2.840.10008.1.2.2",
    b"1.2.840.10008.1.2",
)
ITEM, ITEM_END, SEQUENCE_END, UNDEFINED = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD, 0xFFFFFFFF
ITEM_BYTES = 8
PIXELS = 0x7FE00010
MAX_BYTES = 2 << 30
MAX_DEPTH = 64


@dataclass(frozen=True)
class Leaf:
    """One value, one fragment of encapsulated pixel data, or a sequence, whose own range is empty.

    Attributes:
        path: Tags in hexadecimal, "0040A730[0].0040A123"; "file_meta.00020003" in the meta.
        tag: Its tag.
        vr: Its VR; from the dictionary where the file does not say, "UN" where nobody does.
        start: First byte within the inflated file.
        end: One past the last.
    """

    path: str
    tag: int
    vr: str
    start: int
    end: int

    @property
    def is_binary(self) -> bool:
        """Whether its bytes are numbers rather than text."""
        return self.vr in BINARY

    @property
    def is_pixels(self) -> bool:
        """Whether it holds pixels, of whatever kind."""
        return self.tag >> 16 == PIXELS >> 16


@dataclass(frozen=True)
class OpenFile:
    """A file laid open.

    Attributes:
        content: Its bytes, the data set inflated.
        leaves: Values in the order of the file.
        meta_end: Where the file meta information ends.
        end: Where the data set ends; what follows belongs to nobody.
    """

    content: bytes
    leaves: tuple[Leaf, ...]
    meta_end: int
    end: int

    def leaf_at(self, offset: int) -> Leaf | None:
        """The value that holds a byte."""
        return next((leaf for leaf in self.leaves if leaf.start <= offset < leaf.end), None)


def opened(content: bytes) -> OpenFile:
    """Lays a Part 10 file open.

    Raises:
        ValueError: It is none, or its elements do not follow each other.
    """
    if content[PREAMBLE_BYTES:PREFIX_END] != b"DICM":
        raise ValueError("no Part 10 file")
    walk = _Walk(content, "<")
    leaves = []
    at = PREFIX_END
    syntax = b""
    while content[at : at + 2] == b"\x02\0":
        for leaf, _ in walk.element(at, len(content), "file_meta.", is_implicit=False):
            leaves.append(leaf)
            if leaf.tag == 0x00020010:  # noqa: PLR2004 - Transfer Syntax UID
                syntax = content[leaf.start : leaf.end].strip(b"\0 ")
        at = walk.at
    meta_end = at
    if syntax == DEFLATED:
        inflate = zlib.decompressobj(-zlib.MAX_WBITS)
        content = content[:at] + inflate.decompress(content[at:], MAX_BYTES) + inflate.unused_data
    walk = _Walk(content, ">" if syntax == BIG_ENDIAN else "<")
    end, before = at, -1
    while end + 8 <= len(content):
        try:
            found = list(walk.element(end, len(content), "", is_implicit=syntax == IMPLICIT))
        except (ValueError, struct.error):
            break
        if found and found[0][1] <= before:
            break
        leaves += [leaf for leaf, _ in found]
        before = found[0][1] if found else before
        end = walk.at
    return OpenFile(content, tuple(leaves), meta_end, end)


class _Walk:
    """A cursor over data elements; `at` is where the last one ended."""

    def __init__(self, content: bytes, order: str) -> None:
        self.content = content
        self.at = 0
        self._tag, self._long = struct.Struct(f"{order}HH"), struct.Struct(f"{order}L")
        self._short = struct.Struct(f"{order}H")

    def element(
        self, at: int, end: int, path: str, *, is_implicit: bool
    ) -> Iterator[tuple[Leaf, int]]:
        """Leaves of the element at `at`, each with the element's own tag."""
        tag, vr, length, start = self._header(at, is_implicit=is_implicit)
        here = f"{path}{tag:08X}"
        is_sequence = vr == "SQ" or (length == UNDEFINED and vr == "UN")
        if length == UNDEFINED and (tag == PIXELS or vr in {"OB", "OW"}):
            yield from ((leaf, tag) for leaf in self._fragments(start, here, tag))
        elif is_sequence or length == UNDEFINED:
            yield Leaf(here, tag, "SQ", start, start), tag
            stop = end if length == UNDEFINED else start + length
            is_implicit = is_implicit or vr == "UN"
            inner = self._items(
                start, stop, here, is_implicit=is_implicit, is_delimited=length == UNDEFINED
            )
            yield from ((leaf, tag) for leaf in inner)
        else:
            if start + length > end:
                raise ValueError("a value leaves its data set")
            hidden = self._hidden_items(start, start + length, here) if vr == "UN" else []
            self.at = start + length
            yield from ((leaf, tag) for leaf in hidden or [Leaf(here, tag, vr, start, self.at)])

    def _header(self, at: int, *, is_implicit: bool) -> tuple[int, str, int, int]:
        group, number = self._tag.unpack_from(self.content, at)
        tag = group << 16 | number
        if is_implicit:
            return tag, _known_vr(tag), self._long.unpack_from(self.content, at + 4)[0], at + 8
        vr = self.content[at + 4 : at + 6]
        if not (vr.isalpha() and vr.isupper()):
            raise ValueError("no VR")
        if vr in LONG:
            return tag, vr.decode(), self._long.unpack_from(self.content, at + 8)[0], at + 12
        return tag, vr.decode(), self._short.unpack_from(self.content, at + 6)[0], at + 8

    def _items(
        self, at: int, end: int, here: str, *, is_implicit: bool, is_delimited: bool = False
    ) -> Iterator[Leaf]:
        if here.count("[") > MAX_DEPTH:
            raise ValueError("nested too deep")
        index = 0
        while at < end:
            tag, length, at = self._item(at)
            if tag == SEQUENCE_END:
                break
            if tag != ITEM:
                raise ValueError("no item")
            stop = end if length == UNDEFINED else at + length
            while at < stop:
                if self._peek(at) == ITEM_END:
                    at += 8
                    break
                path = f"{here}[{index}]."
                yield from (
                    leaf for leaf, _ in self.element(at, stop, path, is_implicit=is_implicit)
                )
                at = self.at
            index += 1
        else:
            if is_delimited:
                raise ValueError("a sequence does not end")
        self.at = at

    def _hidden_items(self, start: int, end: int, here: str) -> list[Leaf]:
        """Leaves of a value of unknown VR that is a sequence; none when it is not."""
        if end - start < ITEM_BYTES or self._peek(start) != ITEM:
            return []
        for is_implicit in (True, False):
            try:
                return list(self._items(start, end, here, is_implicit=is_implicit))
            except (ValueError, struct.error):
                continue
        return []

    def _fragments(self, at: int, here: str, tag: int) -> Iterator[Leaf]:
        index = 0
        while True:
            found, length, at = self._item(at)
            if found == SEQUENCE_END:
                break
            if found != ITEM or at + length > len(self.content):
                raise ValueError("no fragment")
            yield Leaf(f"{here}[{index}]", tag, "OB", at, at + length)
            at += length
            index += 1
        self.at = at

    def _item(self, at: int) -> tuple[int, int, int]:
        return self._peek(at), self._long.unpack_from(self.content, at + 4)[0], at + 8

    def _peek(self, at: int) -> int:
        group, number = self._tag.unpack_from(self.content, at)
        return int(group << 16 | number)


def _known_vr(tag: int) -> str:
    try:
        return dictionary_VR(tag)[:2]
    except KeyError:
        return "UN"
