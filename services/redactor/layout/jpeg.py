"""JPEG and JPEG-LS frames without what decoders skip: comments, applications' segments, tails.

Segments as of ISO/IEC 10918-1 annex B and 14495-1 annex C. What changes how a frame is decoded
stays, cut to what its standard says: JFIF's and Adobe's header, HP's colour transform.
"""

import re

from radloom.errors import Rejected

START, END, SCAN, COMMENT = 0xD8, 0xD9, 0xDA, 0xFE
APPLICATIONS = range(0xE0, 0xEF + 1)
STANDALONE = frozenset({0x01, *range(0xD0, 0xD7 + 1)})
"""TEM and RSTn have no length."""
FRAME_HEADERS = frozenset({*range(0xC0, 0xCF + 1), 0xF7} - {0xC4, 0xC8, 0xCC})
"""SOF0 to SOF15 and JPEG-LS; not DHT, JPG and DAC, which lie between."""
JFIF, ADOBE, HP = 0xE0, 0xEE, 0xE8
JFIF_SEGMENT = re.compile(rb"JFIF\0[\s\S]{7}")
"""Version, unit and density; a thumbnail may follow, its two sizes with it (T.871 section 10.1)."""
ADOBE_SEGMENT = re.compile(rb"Adobe[\s\S]{7}")
HP_SEGMENT = re.compile(rb"mrfx[\s\S]")

NEXT_MARKER = re.compile(rb"\xff+[^\x00\xff\xd0-\xd7]")
"""After a scan of JPEG: neither a stuffed zero nor a restart."""
NEXT_MARKER_LS = re.compile(rb"\xff+[\x80-\xcf\xd8-\xfe]")
"""After a scan of JPEG-LS, which stuffs a zero bit instead (ISO/IEC 14495-1 section C.2.1)."""


def cleaned(frame: bytes, *, is_jpeg_ls: bool = False) -> bytes:
    """One frame, from SOI to EOI.

    Raises:
        Rejected: It is no JPEG stream that ends.
    """
    if not frame.startswith(b"\xff\xd8"):
        raise _broken()
    parts, at = [b"\xff\xd8"], 2
    following = NEXT_MARKER_LS if is_jpeg_ls else NEXT_MARKER
    while True:
        marker, at = _marker(frame, at)
        if marker == END:
            return b"".join([*parts, b"\xff\xd9"])
        if marker in STANDALONE or marker == START:
            raise _broken()
        length = int.from_bytes(frame[at : at + 2], "big")
        if length < 2 or at + length > len(frame):  # noqa: PLR2004 - the length counts itself
            raise _broken()
        parts.append(_segment(marker, frame[at + 2 : at + length]))
        at += length
        if marker == SCAN:
            found = following.search(frame, at)
            if found is None:
                raise _broken()
            parts.append(frame[at : found.start()])
            at = found.start()


def precision(frame: bytes) -> int:
    """Bits of a sample of a cleaned frame, from its frame header (SOFn, SOF55).

    Raises:
        Rejected: It has none.
    """
    at = 2
    while True:
        marker, at = _marker(frame, at)
        if marker in FRAME_HEADERS:
            return frame[at + 2]
        if marker in {SCAN, END}:
            raise _broken()
        at += int.from_bytes(frame[at : at + 2], "big")


def _marker(frame: bytes, at: int) -> tuple[int, int]:
    """Marker at `at`, fill bytes before it skipped, and where its segment begins."""
    if frame[at : at + 1] != b"\xff":
        raise _broken()
    while frame[at : at + 1] == b"\xff":
        at += 1
    if at >= len(frame):
        raise _broken()
    return frame[at], at + 1


def _segment(marker: int, content: bytes) -> bytes:
    """A segment as it stays; empty when it does not."""
    if marker == JFIF:
        kept = JFIF_SEGMENT.match(content)
        content = kept[0] + b"\0\0" if kept else b""  # no thumbnail
    elif marker in {ADOBE, HP}:
        kept = (ADOBE_SEGMENT if marker == ADOBE else HP_SEGMENT).match(content)
        content = kept[0] if kept else b""
    elif marker in APPLICATIONS or marker == COMMENT:
        content = b""
    if not content:
        return b""
    return bytes([0xFF, marker]) + (len(content) + 2).to_bytes(2, "big") + content


def _broken() -> Rejected:
    return Rejected("a compressed frame is no whole JPEG stream; send it again", reason="frames")
