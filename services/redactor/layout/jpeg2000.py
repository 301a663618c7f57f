"""JPEG 2000 codestreams without what decoders skip: comments, boxes around them, tails.

Marker segments as of ISO/IEC 15444-1 annex A; high-throughput streams (15444-15) use the same.
"""

import struct

from radloom.errors import Rejected

SOC, SOT, SOD, EOC = 0xFF4F, 0xFF90, 0xFF93, 0xFFD9
SIZ, COMMENT, TILE_LENGTHS = 0xFF51, 0xFF64, 0xFF55
KEPT = frozenset(
    {SIZ, 0xFF50, 0xFF52, 0xFF53, 0xFF56, 0xFF57, 0xFF58, 0xFF59}
    | {0xFF5C, 0xFF5D, 0xFF5E, 0xFF5F, 0xFF60, 0xFF61, 0xFF63}
)
"""SIZ CAP COD COC PRF PLM PLT CPF, QCD QCC RGN POC, PPM PPT CRG: they say how to decode."""
SOT_BYTES = 12
JP2_SIGNATURE = b"\0\0\0\x0cjP  \r\n\x87\n"
CODESTREAM_BOX = b"jp2c"
FIRST_COMPONENT = 40
"""Of Ssiz after the SIZ marker, its length included (table A.9)."""


def cleaned(frame: bytes) -> bytes:
    """One codestream, from SOC to EOC.

    Raises:
        Rejected: It is no JPEG 2000 codestream that ends.
    """
    try:
        return _cleaned(_codestream(frame))
    except (struct.error, IndexError):
        raise _broken() from None


def precision(frame: bytes) -> int:
    """Bits of the widest component of a cleaned codestream (Ssiz, table A.11).

    Raises:
        Rejected: It does not begin with SIZ.
    """
    if frame[2:4] != SIZ.to_bytes(2, "big"):
        raise _broken()
    components = int.from_bytes(frame[FIRST_COMPONENT : FIRST_COMPONENT + 2], "big")
    first = FIRST_COMPONENT + 2
    return max((frame[first + 3 * k] & 0x7F) + 1 for k in range(components))


def _codestream(frame: bytes) -> bytes:
    """What a JP2 file holds; a bare codestream as it is."""
    if not frame.startswith(JP2_SIGNATURE):
        return frame
    at = 0
    while at + 8 <= len(frame):
        length, kind = struct.unpack_from(">L4s", frame, at)
        header = 8
        if length == 1:
            length, header = struct.unpack_from(">Q", frame, at + 8)[0], 16
        end = len(frame) if length == 0 else at + length
        if kind == CODESTREAM_BOX:
            return frame[at + header : end]
        if end <= at:
            break
        at = end
    raise _broken()


def _cleaned(stream: bytes) -> bytes:
    if _marker(stream, 0) != SOC:
        raise _broken()
    header, at = _segments(stream, 2, SOT)
    parts = [SOC.to_bytes(2, "big"), header]
    while (marker := _marker(stream, at)) == SOT:
        part, at = _tile_part(stream, at)
        parts.append(part)
    if marker != EOC:
        raise _broken()
    return b"".join([*parts, EOC.to_bytes(2, "big")])


def _tile_part(stream: bytes, at: int) -> tuple[bytes, int]:
    """A tile part, its length corrected, and where the next begins."""
    length = struct.unpack_from(">L", stream, at + 6)[0]
    end = at + length if length else stream.rfind(EOC.to_bytes(2, "big"))
    header, body = _segments(stream, at + SOT_BYTES, SOD)
    if not body < end <= len(stream) - 2:
        raise _broken()
    size = SOT_BYTES + len(header) + end - body
    start = stream[at : at + 6] + struct.pack(">L", size) + stream[at + 10 : at + SOT_BYTES]
    return start + header + stream[body:end], end


def _segments(stream: bytes, at: int, last: int) -> tuple[bytes, int]:
    """Marker segments that stay, up to marker `last`, and where that is.

    The lengths of tile parts (TLM) may change, and no decoder needs them: they go.
    """
    parts = []
    while (marker := _marker(stream, at)) != last:
        length = struct.unpack_from(">H", stream, at + 2)[0]
        end = at + 2 + length
        if marker in KEPT:
            parts.append(stream[at:end])
        elif marker not in {COMMENT, TILE_LENGTHS}:
            raise _broken()
        if length < 2 or end > len(stream):  # noqa: PLR2004 - the length counts itself
            raise _broken()
        at = end
    return b"".join(parts), at


def _marker(stream: bytes, at: int) -> int:
    return int(struct.unpack_from(">H", stream, at)[0])


def _broken() -> Rejected:
    return Rejected(
        "a compressed frame is no whole JPEG 2000 codestream; send it again", reason="frames"
    )
