"""DICOM Part 10 files in memory."""

from io import BytesIO

from pydicom import Dataset, dcmread
from pydicom.errors import InvalidDicomError

from radloom.errors import Rejected


def encode(ds: Dataset) -> bytes:
    """`ds` as a Part 10 file; equal data sets give equal bytes."""
    buffer = BytesIO()
    ds.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


def decode(content: bytes) -> Dataset:
    """Data set of a Part 10 file.

    Raises:
        Rejected: The bytes are none.
    """
    try:
        return dcmread(BytesIO(content))
    except (InvalidDicomError, EOFError) as error:
        raise Rejected(
            f"{len(content)} bytes are no DICOM Part 10 file ({type(error).__name__})",
            reason="not_dicom",
        ) from error
