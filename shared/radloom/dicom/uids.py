"""UIDs that derive from content, so that a re-run is the same object and a change is another."""

import hashlib

from pydicom import Dataset
from pydicom.uid import UID

from radloom.dicom.part10 import encode
from radloom.identifiers import derived_uid

__all__ = ["UNSEALED", "derived_uid", "seal"]

UNSEALED = "2.25.0"
"""Stands for the UIDs of an object until `seal` derives them."""


def seal(ds: Dataset) -> None:
    """Gives `ds` the Series and SOP Instance UIDs that its own content derives.

    Objects with equal content get equal UIDs; any change gives others. Each result is a series of
    its own, so that instances of different runs never share instance numbers.
    """
    _assign(ds, UNSEALED, UNSEALED)
    digest = hashlib.sha256(encode(ds)).hexdigest()
    _assign(ds, derived_uid("series", digest), derived_uid("instance", digest))


def _assign(ds: Dataset, series: str, instance: str) -> None:
    ds.SeriesInstanceUID = series
    ds.SOPInstanceUID = UID(instance)
    ds.file_meta.MediaStorageSOPInstanceUID = UID(instance)
