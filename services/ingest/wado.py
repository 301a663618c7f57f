"""Retrieval of what ingest holds (WADO-RS, PS3.18 section 10.4)."""

import math
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from pydicom import Dataset, dcmread, uid
from pydicom.encaps import generate_frames
from pydicom.uid import ExplicitVRLittleEndian

from radloom.errors import Rejected

CHUNK_BYTES = 256 * 1024
MEDIA_TYPE_OF_SYNTAX = {
    uid.JPEGBaseline8Bit: "image/jpeg",
    uid.JPEGExtended12Bit: "image/jpeg",
    uid.JPEGLossless: "image/jpeg",
    uid.JPEGLosslessSV1: "image/jpeg",
    uid.JPEGLSLossless: "image/jls",
    uid.JPEGLSNearLossless: "image/jls",
    uid.JPEG2000Lossless: "image/jp2",
    uid.JPEG2000: "image/jp2",
    uid.JPEG2000MCLossless: "image/jpx",
    uid.JPEG2000MC: "image/jpx",
    uid.HTJ2KLossless: "image/jphc",
    uid.HTJ2KLosslessRPCL: "image/jphc",
    uid.HTJ2K: "image/jphc",
    uid.RLELossless: "image/dicom-rle",
}
"""PS3.18 table 8.7.3-5."""
BULK_VRS = ("OB", "OD", "OF", "OL", "OV", "OW", "UN")


def multipart(files: Sequence[Path]) -> tuple[str, Iterator[bytes]]:
    """Content-Type and body of a multipart/related answer with one part per file."""
    boundary = uuid.uuid4().hex
    content_type = f'multipart/related; type="application/dicom"; boundary={boundary}'
    return content_type, _parts(files, boundary)


def _parts(files: Sequence[Path], boundary: str) -> Iterator[bytes]:
    for path in files:
        yield f"--{boundary}\r\nContent-Type: application/dicom\r\n\r\n".encode()
        with path.open("rb") as file:
            while piece := file.read(CHUNK_BYTES):
                yield piece
        yield b"\r\n"
    yield f"--{boundary}--\r\n".encode()


def metadata(path: Path) -> dict[str, Any]:
    """DICOM JSON of an instance without its bulk data and without values that cannot be read."""
    ds = dcmread(path, stop_before_pixels=True)
    _drop_bulk(ds)
    return {
        tag: _writable(element)
        for tag, element in ds.to_json_dict(suppress_invalid_tags=True).items()
    }


def _writable(value: Any) -> Any:  # noqa: ANN401 - JSON
    """JSON has no NaN and no infinity; DICOM JSON writes them as text (PS3.18 table F.2.3-1)."""
    if isinstance(value, dict):
        return {name: _writable(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_writable(inner) for inner in value]
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "inf" if value > 0 else "-inf"
    return value


def _drop_bulk(ds: Dataset) -> None:
    for element in list(ds):
        if element.VR in BULK_VRS:
            del ds[element.tag]
        elif element.VR == "SQ":
            for item in element.value:
                _drop_bulk(item)


def frames(path: Path, numbers: Sequence[int]) -> tuple[str, Iterator[bytes]]:
    """Content-Type and body with the frames of an instance.

    Compressed frames are as they are stored; others are little-endian words, as the standard
    wants them on the way (PS3.18 section 8.7.3.5.2).

    Args:
        path: The instance.
        numbers: Frame numbers, from 1.

    Raises:
        Rejected: A frame does not exist, the instance has no pixels, or its frames do not begin
            at whole bytes.
    """
    ds = dcmread(path)
    count = int(ds.get("NumberOfFrames") or 1)
    if "PixelData" not in ds or not all(1 <= number <= count for number in numbers):
        raise Rejected(f"frames 1 to {count} exist", reason="not_found")
    syntax = ds.file_meta.TransferSyntaxUID
    if syntax.is_compressed:
        kind = MEDIA_TYPE_OF_SYNTAX.get(syntax, "application/octet-stream")
        found = list(generate_frames(ds.PixelData, number_of_frames=count))
    else:
        kind, found = "application/octet-stream", _uncompressed(ds, count)
        syntax = ExplicitVRLittleEndian
    boundary = uuid.uuid4().hex

    def body() -> Iterator[bytes]:
        for number in numbers:
            head = f"--{boundary}\r\nContent-Type: {kind}; transfer-syntax={syntax}\r\n\r\n"
            yield head.encode()
            yield bytes(found[number - 1])
            yield b"\r\n"
        yield f"--{boundary}--\r\n".encode()

    return f'multipart/related; type="{kind}"; boundary={boundary}', body()


def _uncompressed(ds: Dataset, count: int) -> list[bytes]:
    """Frames without the padding that evens the pixel data out."""
    bits = int(ds.Rows) * int(ds.Columns) * int(ds.SamplesPerPixel) * int(ds.BitsAllocated)
    if bits % 8:
        raise Rejected(
            "frames of this instance do not begin at whole bytes; fetch it whole", reason="frames"
        )
    size, pixels = bits // 8, bytes(ds.PixelData)
    if size * count > len(pixels):
        raise Rejected(
            f"{len(pixels)} bytes of pixels, expected {size * count}; fetch it whole",
            reason="frames",
        )
    width = int(ds.BitsAllocated) // 8
    if not ds.file_meta.TransferSyntaxUID.is_little_endian and width > 1:
        pixels = np.frombuffer(pixels, f">u{width}").astype(f"<u{width}").tobytes()
    return [pixels[k * size : (k + 1) * size] for k in range(count)]
