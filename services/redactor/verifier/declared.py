"""Whether an object says that it was de-identified, and how (PS3.15 E.1.1, PS3.3 C.7.1.1)."""

from collections.abc import Iterator

from pydicom import Dataset

PIXEL_KEYWORDS = ("PixelData", "FloatPixelData", "DoubleFloatPixelData")


def undeclared(ds: Dataset) -> Iterator[str]:
    """Places of declarations that are missing or deny it."""
    if ds.get("PatientIdentityRemoved") != "YES":
        yield "00120062"
    if not ds.get("DeidentificationMethod") and not ds.get("DeidentificationMethodCodeSequence"):
        yield "00120063"
    if any(keyword in ds for keyword in PIXEL_KEYWORDS) and ds.get("BurnedInAnnotation") == "YES":
        yield "00280301"
