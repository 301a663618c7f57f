"""The Part 10 file of a redacted data set (PS3.10 section 7), made anew around its values."""

import zlib
from dataclasses import dataclass

from pydicom import Dataset
from pydicom.charset import default_encoding
from pydicom.dataset import FileDataset
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ImplicitVRLittleEndian,
)

from radloom.errors import RadloomError, Rejected
from services.redactor.layout import frames, native
from services.redactor.layout.actions import Change, FileAction
from services.redactor.layout.documents import clean_document
from services.redactor.layout.encoding import Encoder
from services.redactor.layout.graphics import KeepOverlay, kept_overlays, rule_for
from services.redactor.layout.waveforms import clean_spectrum, clean_waveforms
from services.redactor.spans import RedactText

IMPLEMENTATION_CLASS_UID = "2.25.217406391263058571096484320153379316341"
"""(0002,0012) of files that the redactor writes; chosen once at random (PS3.5 B.2)."""
IMPLEMENTATION_VERSION_NAME = "RADLOOM"
PREAMBLE = bytes(128)

PIXEL_DATA, FLOAT_PIXELS, DOUBLE_PIXELS = 0x7FE00010, 0x7FE00008, 0x7FE00009
FRAME_TABLES = (0x7FE00001, 0x7FE00002, 0x7FE00003)
"""Extended Offset Table, its lengths, and the total length: a basic table takes their place."""
FLOAT_BITS = {FLOAT_PIXELS: 32, DOUBLE_PIXELS: 64}


@dataclass(frozen=True)
class FinishedFile:
    """A file that may go to the verifier.

    Attributes:
        content: Its bytes.
        actions: What was done to places that are no attributes.
    """

    content: bytes
    actions: tuple[FileAction, ...]


def finish(
    ds: FileDataset, *, redact_text: RedactText, keep_overlay: KeepOverlay | None = None
) -> FinishedFile:
    """Bytes of a data set whose attributes, text and pixels are redacted; `ds` is used up.

    The transfer syntax stays. Same values in, same bytes out.

    Args:
        ds: As `admit` gave it, redacted in place.
        redact_text: For the text of encapsulated documents.
        keep_overlay: Keeps the overlays that it finds free of text; without it all are dropped.

    Raises:
        Rejected: A part of it cannot be cleaned, with the reason.
    """
    try:
        return _finished(ds, redact_text, keep_overlay)
    except RadloomError:
        raise
    except Exception as error:  # noqa: BLE001 - its message may quote a value
        raise Rejected(
            f"its values cannot be written ({type(error).__name__}); send it again",
            reason="malformed",
        ) from None


def _finished(
    ds: FileDataset, redact_text: RedactText, keep_overlay: KeepOverlay | None
) -> FinishedFile:
    syntax = UID(ds.file_meta.TransferSyntaxUID)
    is_little_endian = syntax != ExplicitVRBigEndian
    actions = [FileAction("preamble", Change.REWRITTEN, "preamble")]
    actions.append(FileAction("file_meta", Change.REWRITTEN, "file_meta"))
    cut = clean_waveforms(ds, is_little_endian=is_little_endian) + clean_spectrum(ds)
    actions += [FileAction(path, Change.CUT, "samples") for path in cut]
    actions += clean_document(ds, redact_text)
    pixels = _clean_pixels(ds, syntax, actions, is_little_endian=is_little_endian)
    overlays = kept_overlays(ds, keep_overlay)

    def drop(tag: int, path: str) -> bool:
        rule = rule_for(tag, is_top=not path, kept_overlays=overlays)
        if rule:
            actions.append(FileAction(f"{path}{tag:08X}", Change.DROPPED, rule))
        return bool(rule)

    encoder = Encoder(syntax == ImplicitVRLittleEndian, is_little_endian, drop)
    body = encoder.data_set(ds, [default_encoding], pixels=pixels)
    if syntax == DeflatedExplicitVRLittleEndian:
        deflate = zlib.compressobj(wbits=-zlib.MAX_WBITS)
        body = [deflate.compress(b"".join(body)) + deflate.flush()]
        body.append(b"\0" * (len(body[0]) % 2))
    content = b"".join([PREAMBLE, b"DICM", _file_meta(ds, syntax), *body])
    return FinishedFile(content, tuple(actions))


def _file_meta(ds: FileDataset, syntax: UID) -> bytes:
    """File meta information: what the standard demands and no more (PS3.10 table 7.1-1)."""
    about = Dataset(dict(ds.items()))
    values = (
        (0x0002, b"UI", str(about.SOPClassUID)),
        (0x0003, b"UI", str(about.SOPInstanceUID)),
        (0x0010, b"UI", str(syntax)),
        (0x0012, b"UI", IMPLEMENTATION_CLASS_UID),
        (0x0013, b"SH", IMPLEMENTATION_VERSION_NAME),
    )
    parts = [b"\x02\0\x01\0OB\0\0\x02\0\0\0\0\x01"]
    for number, vr, text in values:
        value = text.encode("ascii")
        value += (b"\0" if vr == b"UI" else b" ") * (len(value) % 2)
        start = b"\x02\0" + number.to_bytes(2, "little") + vr
        parts.append(start + len(value).to_bytes(2, "little") + value)
    group = b"".join(parts)
    return b"\x02\0\0\0UL\x04\0" + len(group).to_bytes(4, "little") + group


def _clean_pixels(
    ds: FileDataset, syntax: UID, actions: list[FileAction], *, is_little_endian: bool
) -> bytes | None:
    """Cleans pixel data in place; returns the items of encapsulated ones, which stay apart.

    Raises:
        Rejected: They are damaged.
    """
    # Reading an attribute decodes it; in a copy, so that what was read can be written as it was.
    about = Dataset(dict(ds.items()))
    try:
        for tag, bits in FLOAT_BITS.items():
            if tag in ds:
                _replace(ds, tag, native.exact(about, ds[tag].value, bits), "length", actions)
        if PIXEL_DATA not in ds:
            return None
        content = ds.get_item(PIXEL_DATA).value
        if not isinstance(content, bytes):
            raise Rejected("its pixel data have no value; send it again", reason="pixels")
        cells = native.cells_of(about, is_little_endian=is_little_endian)
        if syntax.is_encapsulated:
            return _clean_frames(ds, content, syntax, cells, actions)
        is_swapped = not is_little_endian and ds.get_item(PIXEL_DATA).VR == "OW"
        content = native.exact(about, content, cells.allocated, is_swapped=is_swapped)
        _replace(ds, PIXEL_DATA, content, "length", actions)
        if cells.allocated == 1:
            cleared: bytes | None = native.without_spare_bits(about, content)
        else:
            cleared = cells.cleaned(content)
        if cleared is not None:
            _replace(ds, PIXEL_DATA, cleared, "high_bits", actions)
    except (AttributeError, TypeError, ValueError, KeyError) as error:
        raise Rejected(
            f"its pixels cannot be described ({type(error).__name__}); send it again",
            reason="pixels",
        ) from None
    return None


def _clean_frames(
    ds: FileDataset, content: bytes, syntax: UID, cells: native.Cells, actions: list[FileAction]
) -> bytes:
    items = frames.cleaned(ds, content, syntax, cells)
    if items != content:
        actions.append(FileAction(f"{PIXEL_DATA:08X}", Change.REWRITTEN, "frames"))
    for tag in FRAME_TABLES:
        if tag in ds:
            del ds[tag]
            actions.append(FileAction(f"{tag:08X}", Change.DROPPED, "frame_table"))
    return items


def _replace(
    ds: FileDataset, tag: int, content: bytes, rule: str, actions: list[FileAction]
) -> None:
    element = ds.get_item(tag)
    if element.value is not content and element.value != content:
        ds[tag].value = content
        change = Change.CUT if rule == "length" else Change.CLEARED
        actions.append(FileAction(f"{tag:08X}", change, rule))
