"""Whether a value is anywhere in a file: as it is, as UTF-16, inflated, or in base64."""

import base64
import re
import zlib
from collections.abc import Iterator
from contextlib import suppress
from typing import Final

from pydicom import Dataset

_STREAM: Final = re.compile(rb"\x78[\x01\x5e\x9c\xda]|\x1f\x8b\x08")
_BASE64: Final = re.compile(rb"[A-Za-z0-9+/]{16,}={0,2}")
MAX_STREAMS: Final = 2000
MAX_INFLATED: Final = 1 << 24
MAX_BASE64: Final = 1 << 16
CHARSETS: Final = (
    "utf-8", "utf-16-le", "utf-16-be", "latin-1", "iso8859-5", "iso8859-6", "iso8859-7",
    "iso8859-8", "euc_jp", "shift_jis", "iso2022_jp", "euc_kr", "gb18030", "big5", "tis-620",
)  # fmt: skip


class Haystack:
    """All bytes that one file holds, however they are packed."""

    def __init__(self, content: bytes) -> None:
        views = [content, *_inflated(content)]
        views += [decoded for view in views for decoded in _decoded(view)]
        self.views = tuple(view.lower() for view in views)

    def has(self, value: str) -> bool:
        """Whether `value` is in it, in any case of its letters and any character set."""
        needles = {needle for word in {value, value.lower()} for needle in _encoded(word)}
        return any(needle.lower() in view for view in self.views for needle in needles)


def at_place(ds: Dataset, place: tuple[int, ...]) -> str | None:
    """Value of the element at `place`, tags and item numbers by turns; None when it is gone."""
    current = ds
    for depth in range(0, len(place) - 1, 2):
        items = current.get(place[depth])
        if items is None or items.VR != "SQ" or len(items.value) <= place[depth + 1]:
            return None
        current = items.value[place[depth + 1]]
    found = current.get(place[-1])
    return None if found is None or found.value in (None, "") else str(found.value)


def _encoded(value: str) -> Iterator[bytes]:
    for charset in CHARSETS:
        try:
            encoded = value.encode(charset)
        except UnicodeEncodeError:
            continue
        if len(encoded) >= 3:
            yield encoded


def _inflated(content: bytes) -> Iterator[bytes]:
    with suppress(zlib.error):
        yield zlib.decompressobj(-15).decompress(content[_meta_end(content) :], MAX_INFLATED)
    for number, start in enumerate(_STREAM.finditer(content)):
        if number >= MAX_STREAMS:
            return
        try:
            yield zlib.decompressobj(47).decompress(content[start.start() :], MAX_INFLATED)
        except zlib.error:
            continue


def _meta_end(content: bytes) -> int:
    """Where the data set starts, as group length (0002,0000) says."""
    if content[132:136] != b"\2\0\0\0":
        return 132
    return 144 + int.from_bytes(content[140:144], "little")


def _decoded(view: bytes) -> Iterator[bytes]:
    for run in _BASE64.finditer(view):
        # What stands before it may look like base64 too, so every alignment is tried.
        for shift in range(4 if len(run[0]) <= MAX_BASE64 else 0):
            cut = run[0].rstrip(b"=")[shift:]
            cut = cut[: len(cut) - (len(cut) % 4 == 1)]
            yield base64.b64decode(cut + b"=" * (-len(cut) % 4))
