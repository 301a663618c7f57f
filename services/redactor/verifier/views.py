"""What bytes stand for when they are decoded: inflated, base64, hexadecimal, within each other."""

import base64
import binascii
import re
import zlib
from collections.abc import Iterator
from io import BytesIO

from pypdf import PdfReader

MAX_INFLATED_BYTES = 64 << 20
MAX_NESTING = 3
COMPRESSED = re.compile(rb"\x1f\x8b\x08|[\x08\x18\x28\x38\x48\x58\x68\x78][\x01\x5e\x9c\xda]")
"""gzip (RFC 1952), zlib (RFC 1950); FlateDecode of a PDF is the latter."""
BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{8,}(?:[\r\n]{1,2}[A-Za-z0-9+/_-]{4,})*")
HEXADECIMAL = re.compile(rb"(?:[0-9A-Fa-f]{2}[ :]?){5,}")
URL_SAFE = bytes.maketrans(b"-_", b"+/")
ALIGNMENTS = range(4)


class TooMuch(Exception):  # noqa: N818 - the caller holds the object
    """More was compressed than is looked at."""


def decoded(content: bytes, nesting: int = 0) -> Iterator[tuple[str, bytes]]:
    """Everything that parts of `content` decode to, with the name of the coding.

    Raises:
        TooMuch: It cannot be searched as a whole.
    """
    if nesting >= MAX_NESTING:
        return
    for name, view in _views(content):
        yield name, view
        for inner, deeper in decoded(view, nesting + 1):
            yield f"{name}.{inner}", deeper


def _views(content: bytes) -> Iterator[tuple[str, bytes]]:
    inflated = [_inflated(content[found.start() :]) for found in COMPRESSED.finditer(content)]
    yield from _joined("inflated", inflated)
    runs = [found[0].translate(URL_SAFE, b"\r\n") for found in BASE64.finditer(content)]
    yield from _joined("base64", [part for run in runs for part in _base64(run)])
    runs = [found[0].translate(None, b" :") for found in HEXADECIMAL.finditer(content)]
    yield from _joined(
        "hexadecimal",
        [
            binascii.unhexlify(run[shift : shift + (len(run) - shift) // 2 * 2])
            for run in runs
            for shift in (0, 1)
        ],
    )
    if b"%PDF-" in content[:1024]:
        yield "pdf", _pdf_text(content).encode()


def _joined(name: str, parts: list[bytes]) -> Iterator[tuple[str, bytes]]:
    """One view of many parts, which no spelling can run across."""
    view = b"\0\0".join(part for part in parts if part)
    if view:
        yield name, view


def _base64(run: bytes) -> Iterator[bytes]:
    """What a run decodes to, wherever in it the coding may begin."""
    for shift in ALIGNMENTS:
        part = run[shift:]
        whole, tail = len(part) // 4 * 4, len(part) % 4
        padding = b"=" * (4 - tail) if tail > 1 else b""
        yield base64.b64decode(part[: whole + (tail if tail > 1 else 0)] + padding)


def _inflated(content: bytes) -> bytes:
    inflate = zlib.decompressobj(zlib.MAX_WBITS | 32)
    try:
        view = inflate.decompress(content, MAX_INFLATED_BYTES)
    except zlib.error:
        return b""
    if inflate.unconsumed_tail:
        raise TooMuch
    return view


def _pdf_text(content: bytes) -> str:
    """Text and metadata as a reader shows them; letters may be kerned apart in the bytes.

    Raises:
        TooMuch: It cannot be read.
    """
    try:
        reader = PdfReader(BytesIO(content), strict=False)
        pages = [page.extract_text() for page in reader.pages]
        about = [str(value) for value in (reader.metadata or {}).values()]
    except Exception as error:
        raise TooMuch from error
    return "\n".join([*pages, *about])
