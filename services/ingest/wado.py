"""Retrieval of what ingest holds (WADO-RS, PS3.18 section 10.4)."""

import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from pydicom import Dataset, dcmread
from pydicom.encaps import generate_frames

from radloom.errors import Rejected

CHUNK_BYTES = 256 * 1024
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
    """DICOM JSON of an instance without its bulk data."""
    ds = dcmread(path, stop_before_pixels=True)
    _drop_bulk(ds)
    return dict(ds.to_json_dict())


def _drop_bulk(ds: Dataset) -> None:
    for element in list(ds):
        if element.VR in BULK_VRS:
            del ds[element.tag]
        elif element.VR == "SQ":
            for item in element.value:
                _drop_bulk(item)


def frames(path: Path, numbers: Sequence[int]) -> tuple[str, Iterator[bytes]]:
    """Content-Type and body with the frames of an instance, as they are stored.

    Args:
        path: The instance.
        numbers: Frame numbers, from 1.

    Raises:
        Rejected: A frame does not exist, or the instance has no pixels.
    """
    ds = dcmread(path)
    count = int(ds.get("NumberOfFrames") or 1)
    if "PixelData" not in ds or not all(1 <= number <= count for number in numbers):
        raise Rejected(f"frames 1 to {count} exist", reason="not_found")
    if ds.file_meta.TransferSyntaxUID.is_compressed:
        all_frames = list(generate_frames(ds.PixelData, number_of_frames=count))
    else:
        size = len(ds.PixelData) // count
        all_frames = [ds.PixelData[k * size : (k + 1) * size] for k in range(count)]
    syntax = ds.file_meta.TransferSyntaxUID
    kind = "application/octet-stream" if not syntax.is_compressed else "image/dicom"
    boundary = uuid.uuid4().hex

    def body() -> Iterator[bytes]:
        for number in numbers:
            head = f"--{boundary}\r\nContent-Type: {kind}; transfer-syntax={syntax}\r\n\r\n"
            yield head.encode()
            yield bytes(all_frames[number - 1])
            yield b"\r\n"
        yield f"--{boundary}--\r\n".encode()

    return f'multipart/related; type="{kind}"; boundary={boundary}', body()
