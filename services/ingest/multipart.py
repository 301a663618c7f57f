"""Splits a streamed STOW-RS body into instances, within limits, a piece at a time."""

from collections.abc import Callable
from dataclasses import dataclass
from email.message import Message
from typing import Generic, Protocol, TypeVar

from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser, parse_options_header

MAX_BOUNDARY = 70
"""RFC 2046 section 5.1.1."""
MAX_PART_HEADER_BYTES = 8192
MAX_PREAMBLE_BYTES = 8192
"""Text before the first boundary, which readers skip (RFC 2046 section 5.1.1)."""


@dataclass(frozen=True)
class Limits:
    """What one post may hold.

    Attributes:
        parts: Instances.
        part_bytes: Bytes of one instance.
        body_bytes: Bytes of all.
    """

    parts: int
    part_bytes: int
    body_bytes: int


class Malformed(ValueError):  # noqa: N818 - read as an adjective at the raise
    """The body is no multipart/related body; status 400."""


class TooLarge(ValueError):  # noqa: N818
    """A limit is exceeded; status 413."""


class UnsupportedPart(ValueError):  # noqa: N818
    """A part, or the body, is of another media type; status 415."""


class Part(Protocol):
    """An instance that is being written, piece by piece."""

    @property
    def size_bytes(self) -> int:
        """Bytes written so far."""
        ...

    def write(self, piece: bytes) -> None:
        """Appends a piece."""
        ...

    def discard(self) -> None:
        """Forgets it; harmless after it was kept."""
        ...


P = TypeVar("P", bound=Part)


class StowBody(Generic[P]):
    """Takes the pieces of a request body and collects the instances in it.

    Args:
        content_type: Content-Type of the request.
        new: Makes an empty incoming instance.
        limits: What one post may hold.

    Raises:
        UnsupportedPart: The request is neither multipart/related of application/dicom nor a
            single application/dicom.
        Malformed: It names no boundary.
    """

    def __init__(self, content_type: str, new: Callable[[], P], limits: Limits) -> None:
        self.arrived: list[P] = []
        self._new = new
        self._limits = limits
        self._bytes = 0
        self._header: tuple[bytearray, bytearray] = (bytearray(), bytearray())
        self._part_type = ""
        self._ended = False
        self._delimiter = b""
        self._preamble = bytearray()
        kind, options = parse_options_header(content_type)
        wanted = options.get(b"type", b"application/dicom").lower()
        self._parser: MultipartParser | None = None
        if kind == b"application/dicom":
            self.arrived.append(new())
            self._ended = True
        elif kind == b"multipart/related" and wanted == b"application/dicom":
            self._parser = self._parser_for(options.get(b"boundary", b""))
        else:
            raise UnsupportedPart(
                f"Content-Type {content_type[:80]!r}; expected multipart/related; "
                'type="application/dicom", or application/dicom'
            )

    def write(self, piece: bytes) -> None:
        """Takes the next piece of the body.

        Raises:
            Malformed: The body does not follow its boundary.
            TooLarge: A limit is exceeded.
            UnsupportedPart: A part is not application/dicom.
        """
        self._bytes += len(piece)
        if self._bytes > self._limits.body_bytes:
            raise TooLarge(f"the body exceeds {self._limits.body_bytes} bytes; split the post")
        if self._parser is None:
            self._append(piece)
            return
        if self._delimiter:
            piece = self._after_preamble(piece)
        try:
            self._parser.write(piece)
        except MultipartParseError as error:
            raise Malformed("the body does not follow its multipart boundary") from error

    def finish(self) -> None:
        """Says that the body has ended.

        Raises:
            Malformed: It ended inside a part, or held none.
        """
        if not self._ended:
            raise Malformed("the body ended before its closing boundary")
        if not any(item.size_bytes for item in self.arrived):
            raise Malformed("the body holds no instance")

    def discard(self) -> None:
        """Forgets everything that was not kept."""
        for item in self.arrived:
            item.discard()

    def _parser_for(self, boundary: bytes) -> MultipartParser:
        if not 1 <= len(boundary) <= MAX_BOUNDARY:
            raise Malformed(f"a boundary of {len(boundary)} characters; expected 1 to 70")
        self._delimiter = b"--" + boundary
        return MultipartParser(
            boundary,
            {
                "on_part_begin": self._begin,
                "on_header_field": lambda data, a, b: self._take_header(0, data[a:b]),
                "on_header_value": lambda data, a, b: self._take_header(1, data[a:b]),
                "on_header_end": self._end_header,
                "on_headers_finished": self._check_type,
                "on_part_data": lambda data, a, b: self._append(data[a:b]),
                "on_end": self._end,
            },
        )

    def _after_preamble(self, piece: bytes) -> bytes:
        """What the parser may see: from the first boundary on, without padding behind it."""
        self._preamble += piece
        at = (b"\r\n" + self._preamble).find(b"\r\n" + self._delimiter)
        rest = self._preamble[at + len(self._delimiter) :].lstrip(b" \t") if at >= 0 else b""
        if rest:
            first, self._delimiter, self._preamble = self._delimiter, b"", bytearray()
            return first + bytes(rest)
        if len(self._preamble) > MAX_PREAMBLE_BYTES:
            raise Malformed(f"no boundary in the first {MAX_PREAMBLE_BYTES} bytes")
        return b""

    def _begin(self) -> None:
        if len(self.arrived) >= self._limits.parts:
            raise TooLarge(f"more than {self._limits.parts} parts; split the post")
        self._part_type = ""
        self._header = (bytearray(), bytearray())
        self.arrived.append(self._new())

    def _take_header(self, side: int, data: bytes) -> None:
        self._header[side].extend(data)
        if len(self._header[side]) > MAX_PART_HEADER_BYTES:
            raise TooLarge(f"a part header exceeds {MAX_PART_HEADER_BYTES} bytes")

    def _end_header(self) -> None:
        name, value = (bytes(side).decode("latin-1") for side in self._header)
        if name.lower() == "content-type":
            self._part_type = value
        self._header = (bytearray(), bytearray())

    def _check_type(self) -> None:
        message = Message()
        message["Content-Type"] = self._part_type or "application/dicom"
        if message.get_content_type() != "application/dicom":
            raise UnsupportedPart(
                f"a part of type {message.get_content_type()[:80]!r}; expected application/dicom"
            )

    def _append(self, data: bytes) -> None:
        item = self.arrived[-1]
        if item.size_bytes + len(data) > self._limits.part_bytes:
            raise TooLarge(f"an instance exceeds {self._limits.part_bytes} bytes")
        item.write(data)

    def _end(self) -> None:
        self._ended = True
