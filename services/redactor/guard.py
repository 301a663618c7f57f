"""Whether an object may be redacted at all: what cannot be parsed safely goes to a person.

The bytes come from anywhere. They are measured before they are parsed, and whatever pydicom says
about them, the answer is a data set or `Rejected`.
"""

import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO

from pydicom import Dataset, config, dcmread
from pydicom.config import settings
from pydicom.dataset import FileDataset
from pydicom.errors import InvalidDicomError
from pydicom.sequence import Sequence
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ImplicitVRLittleEndian,
    MediaStorageDirectoryStorage,
)

from radloom.errors import Rejected
from services.redactor.sop_classes import KINDS, SYNTAXES, ObjectKind
from services.redactor.structure import ITEM_BYTES, LONG_VRS, Walk

PREFIX_END = 132
"""Preamble and "DICM" (PS3.10 section 7.1)."""
META_GROUP = b"\x02\x00"
"""Always little endian, with explicit VR."""
MEDIA_STORAGE_SOP_CLASS_UID, TRANSFER_SYNTAX_UID = 0x0002, 0x0010
MAX_META_BYTES = 1 << 20
INFLATED_AT_ONCE = 1 << 20

ENCRYPTED = 0x04000500
"""Encrypted Attributes Sequence: may hold every identifier there was (PS3.15 annex E.1.1)."""
PIXELS = (0x7FE00010, 0x7FE00008, 0x7FE00009)
"""Integer, float and double pixels."""
REQUIRED = ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID")


@dataclass(frozen=True)
class Limits:
    """How much of an object is looked at; time is bounded by counts, so it does not vary.

    Attributes:
        max_bytes: Of a file. A whole-slide image or an enhanced CT has a few gigabytes.
        max_inflated_bytes: Of a deflated data set.
        max_depth: Of sequences; the deepest IODs (RT, enhanced SR) use about ten.
        max_elements: Over all depths; an enhanced MR of 10,000 frames has about 600,000.
    """

    max_bytes: int = 4 << 30
    max_inflated_bytes: int = 512 << 20
    max_depth: int = 16
    max_elements: int = 2_000_000


LIMITS = Limits()


def admit(content: bytes, limits: Limits = LIMITS) -> FileDataset:
    """Data set of a Part 10 file, without what follows it.

    All sequences are parsed; other values are decoded when they are read, and may then turn out
    to be broken.

    Raises:
        Rejected: It may not pass, with the reason.
    """
    if len(content) > limits.max_bytes:
        raise Rejected(f"it has more than {limits.max_bytes} bytes", reason="too_large")
    meta, start = _meta(content)
    if _text(meta.get(MEDIA_STORAGE_SOP_CLASS_UID)) == MediaStorageDirectoryStorage:
        raise Rejected(
            "a DICOMDIR lists patients and files; send the files themselves", reason="dicomdir"
        )
    syntax = _admitted_syntax(_text(meta.get(TRANSFER_SYNTAX_UID)))
    if syntax == DeflatedExplicitVRLittleEndian:
        body = _inflated(content[start:], limits.max_inflated_bytes)
        end = _walk(body, 0, syntax, limits)
        deflate = zlib.compressobj(1, zlib.DEFLATED, -zlib.MAX_WBITS)
        whole = content[:start] + deflate.compress(body[:end]) + deflate.flush()
    else:
        end = _walk(content, start, syntax, limits)
        whole = content if end == len(content) else content[:end]
    ds = _read(whole)
    _require_identity(ds)
    return ds


def kind_of(ds: Dataset) -> ObjectKind:
    """What an object is.

    Raises:
        Rejected: Its SOP class is not one that the redactor knows.
    """
    sop_class = _uid(ds, "SOPClassUID")
    if not sop_class:
        raise Rejected("SOPClassUID is missing or empty; send it again", reason="no_sop_class")
    try:
        return KINDS[sop_class]
    except KeyError:
        raise Rejected(
            "its SOP class is not among those that the redactor knows; a person must look at it",
            reason="sop_class",
        ) from None


def _meta(content: bytes) -> tuple[dict[int, bytes], int]:
    """Values of the file meta information by element number, and where it ends.

    Read without its group length, which may be missing or wrong.
    """
    if content[PREFIX_END - 4 : PREFIX_END] != b"DICM":
        raise Rejected("no DICM prefix as of a DICOM Part 10 file", reason="not_part10")
    values: dict[int, bytes] = {}
    at, end = PREFIX_END, min(len(content), MAX_META_BYTES)
    while at + 8 <= end and content.startswith(META_GROUP, at):
        number = int.from_bytes(content[at + 2 : at + 4], "little")
        if content[at + 4 : at + 6] in LONG_VRS:
            length, at = int.from_bytes(content[at + 8 : at + 12], "little"), at + 12
        else:
            length, at = int.from_bytes(content[at + 6 : at + 8], "little"), at + 8
        values[number] = content[at : at + length]
        at += length
    if not values or at > end:
        raise Rejected("it has no whole file meta information", reason="not_part10")
    return values, at


def _text(value: bytes | None) -> str:
    return (value or b"").decode("ascii", "replace").strip("\0 ")


def _admitted_syntax(value: str) -> UID:
    syntax = UID(value)
    if syntax in SYNTAXES:
        return syntax
    if not syntax:
        raise Rejected("TransferSyntaxUID is missing; send it again", reason="transfer_syntax")
    if syntax.is_private:
        raise Rejected(
            "its transfer syntax is private; send it in one of PS3.5", reason="private_syntax"
        )
    raise Rejected(
        "its transfer syntax is not one whose frames the redactor opens; a person must look at it",
        reason="transfer_syntax",
    )


def _walk(content: bytes, at: int, syntax: UID, limits: Limits) -> int:
    walk = Walk(content, syntax != ExplicitVRBigEndian, limits.max_depth, limits.max_elements)
    end = walk.top(at, is_implicit=syntax == ImplicitVRLittleEndian)
    if end == at:
        raise Rejected("its data set is empty; send it again", reason="cut_short")
    return end


def _inflated(content: bytes, max_bytes: int) -> bytes:
    """A deflated data set (PS3.5 annex A.5), bounded."""
    inflate = zlib.decompressobj(-zlib.MAX_WBITS)
    parts, size, pending = [], 0, content
    try:
        while pending and not inflate.eof:
            parts.append(inflate.decompress(pending, INFLATED_AT_ONCE))
            size += len(parts[-1])
            if size > max_bytes:
                raise Rejected(f"it inflates beyond {max_bytes} bytes", reason="too_large")
            pending = inflate.unconsumed_tail
    except zlib.error:
        raise Rejected("its deflated data set is damaged", reason="malformed") from None
    if not inflate.eof:
        raise Rejected("the file is cut short; send it again", reason="cut_short")
    return b"".join(parts)


def _read(content: bytes) -> FileDataset:
    """Parses what has been measured; whatever pydicom raises then is one answer."""
    try:
        ds = dcmread(BytesIO(content))
        if isinstance(ds, FileDataset) and _parse_sequences(ds):
            return ds
    except InvalidDicomError:
        raise Rejected("not readable as a DICOM Part 10 file", reason="not_part10") from None
    except Exception as error:  # noqa: BLE001 - its message may hold a value of the patient's
        raise Rejected(
            f"not readable as DICOM data elements ({type(error).__name__}); send it again",
            reason="malformed",
        ) from None
    raise Rejected("not readable as one DICOM data set", reason="dicomdir")


def _parse_sequences(ds: Dataset) -> bool:
    """Parses the sequences of all depths, which pydicom else leaves to the first reader."""
    for tag, element in list(ds.items()):
        if element.VR == "SQ" or _may_be_sequence(element.value):
            value = ds[tag].value
            if isinstance(value, Sequence):
                for item in value:
                    _parse_sequences(item)
    return True


def _may_be_sequence(value: object) -> bool:
    return isinstance(value, bytes) and value.startswith(tuple(ITEM_BYTES.values()))


def _require_identity(ds: FileDataset) -> None:
    if kind_of(ds) == ObjectKind.IMAGE and not any(tag in ds for tag in PIXELS):
        raise Rejected("an image without pixels; send it again", reason="no_pixels")
    for keyword in REQUIRED:
        if not _uid(ds, keyword):
            raise Rejected(f"{keyword} is missing or empty; send it again", reason="no_uid")
    if ENCRYPTED in ds:
        raise Rejected(
            "it carries encrypted attributes, which nobody can check here; remove them",
            reason="encrypted",
        )


def _uid(ds: Dataset, keyword: str) -> str:
    value = ds.get(keyword)
    return str(value).strip("\0 ") if isinstance(value, str) else ""


@contextmanager
def silent_pydicom() -> Iterator[None]:
    """Keeps values out of warnings and logs: pydicom quotes the ones that it finds invalid.

    For the whole process while the block runs. Invalid values are read as they are.
    """
    before = settings.reading_validation_mode, settings.writing_validation_mode
    was_disabled = config.logger.disabled
    settings.reading_validation_mode = settings.writing_validation_mode = config.IGNORE
    config.logger.disabled = True
    try:
        yield
    finally:
        settings.reading_validation_mode, settings.writing_validation_mode = before
        config.logger.disabled = was_disabled
