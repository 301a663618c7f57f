"""A folder that stands in for an imaging archive.

Files a person can open: `<study>/seg.dcm`, `sr.dcm`, `key.dcm`, `key.png` and `report.dcm`. Writes
are atomic and locked, so several threads and processes may share a folder.
"""

import fcntl
import hashlib
import os
import re
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

from PIL import Image
from pydicom import Dataset, dcmread
from pydicom.uid import (
    Comprehensive3DSRStorage,
    EnhancedSRStorage,
    SecondaryCaptureImageStorage,
    SegmentationStorage,
)

from radloom.dicom.part10 import decode
from radloom.errors import Rejected, Unavailable
from radloom.ports import StoredInstance

READABLE = {
    SegmentationStorage: "seg",
    Comprehensive3DSRStorage: "sr",
    EnhancedSRStorage: "report",
    SecondaryCaptureImageStorage: "key",
}
"""File names of result objects; a second one of a study is `sr-2.dcm`. Others are named by UID."""

UID = re.compile(r"[0-9.]{1,64}")
NEEDED = ("SOPClassUID", "SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID")
SERIES_ATTRIBUTES = ("StudyInstanceUID", "SeriesInstanceUID", "Modality", "SeriesDescription")


class FolderArchive:
    """Implements `ports.Archive` on a folder.

    Args:
        root: Created when missing.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    def series(self, study_instance_uid: str) -> Sequence[Dataset]:
        """One data set per series; see `ports.Archive`."""
        found: dict[str, Dataset] = {}
        for path in self._files(study_instance_uid):
            header = _header(path)
            uid = str(header.SeriesInstanceUID)
            if uid not in found:
                found[uid] = Dataset()
                for name in SERIES_ATTRIBUTES:
                    if name in header:
                        setattr(found[uid], name, header[name].value)
                found[uid].NumberOfSeriesRelatedInstances = 0
            found[uid].NumberOfSeriesRelatedInstances += 1
        return list(found.values())

    def retrieve_series(
        self, study_instance_uid: str, series_instance_uid: str
    ) -> Sequence[Dataset]:
        """Every instance of a series; see `ports.Archive`."""
        paths = [
            path
            for path in self._files(study_instance_uid)
            if _header(path).SeriesInstanceUID == series_instance_uid
        ]
        if not paths:
            raise Rejected("the archive does not hold the series", reason="not_found")
        with named_failures("archive"):
            return [decode(path.read_bytes()) for path in paths]

    def store(self, instances: Sequence[bytes]) -> Sequence[StoredInstance]:
        """Stores Part 10 files; see `ports.Archive`."""
        checked = [(content, _identified(content)) for content in instances]
        with named_failures("archive"), locked(self._root):
            return [self._keep(content, ds) for content, ds in checked]

    def _keep(self, content: bytes, ds: Dataset) -> StoredInstance:
        stored = StoredInstance(
            sop_class_uid=str(ds.SOPClassUID),
            sop_instance_uid=str(ds.SOPInstanceUID),
            series_instance_uid=str(ds.SeriesInstanceUID),
            sha256=hashlib.sha256(content).hexdigest(),
        )
        study = str(ds.StudyInstanceUID)
        for path in self._files(study):
            if _header(path).SOPInstanceUID == stored.sop_instance_uid:
                if path.read_bytes() != content:
                    raise Rejected(
                        "the archive holds other content under this SOP Instance UID",
                        reason="conflict",
                    )
                return stored
        path = self._free_name(study, ds)
        if ds.SOPClassUID == SecondaryCaptureImageStorage:
            write_durably(path.with_suffix(".png"), _png(ds))
        write_durably(path, content)
        return stored

    def _free_name(self, study: str, ds: Dataset) -> Path:
        folder = self._root / study
        stem = READABLE.get(ds.SOPClassUID)
        if stem is None:
            return folder / f"{ds.SOPInstanceUID}.dcm"
        number = 1
        while (
            path := folder / (f"{stem}.dcm" if number == 1 else f"{stem}-{number}.dcm")
        ).exists():
            number += 1
        return path

    def _files(self, study_instance_uid: str) -> list[Path]:
        if not UID.fullmatch(study_instance_uid):
            raise Rejected("not a Study Instance UID", reason="invalid_uid")
        return sorted((self._root / study_instance_uid).glob("*.dcm"))


def _header(path: Path) -> Dataset:
    with named_failures("archive"):
        return dcmread(path, specific_tags=[*NEEDED, "Modality", "SeriesDescription"])


def _identified(content: bytes) -> Dataset:
    ds = decode(content)
    bad = [name for name in NEEDED if not UID.fullmatch(str(ds.get(name) or ""))]
    if bad:
        raise Rejected(f"the instance lacks a valid {', '.join(bad)}", reason="invalid_uid")
    return ds


def _png(capture: Dataset) -> bytes:
    buffer = BytesIO()
    Image.fromarray(capture.pixel_array).save(buffer, format="PNG")
    return buffer.getvalue()


# ---------------------------------------------------------------- files


@contextmanager
def locked(root: Path) -> Iterator[None]:
    """One writer of `root` at a time, among threads and processes."""
    root.mkdir(parents=True, exist_ok=True)
    with (root / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextmanager
def named_failures(dependency: str) -> Iterator[None]:
    """Failures of the file system, as the dependency that the folder stands in for.

    Raises:
        Unavailable: No space, no permission, no folder.
    """
    try:
        yield
    except OSError as error:
        raise Unavailable(
            f"the folder of the {dependency} does not answer ({type(error).__name__}); "
            "check space and permissions",
            dependency=dependency,
        ) from error


def write_durably(path: Path, content: bytes) -> None:
    """Writes beside the target, syncs, renames, syncs the folder: never half a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".", delete=False) as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    Path(file.name).replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
