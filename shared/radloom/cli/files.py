"""Finds DICOM files and splits them into posts of bounded size."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from radloom.errors import Rejected

DICM_OFFSET = 128
"""The prefix "DICM" follows a preamble of 128 bytes (PS3.10 section 7.1)."""

BATCH_BYTES = 16 * 2**20
BATCH_FILES = 40
"""Posts stay small, so that a failure repeats little and progress shows."""


def is_dicom_file(path: Path) -> bool:
    """Whether `path` is a DICOM Part 10 file other than a directory of them (DICOMDIR)."""
    if path.name.upper() == "DICOMDIR":
        return False
    with path.open("rb") as file:
        return file.read(DICM_OFFSET + 4)[DICM_OFFSET:] == b"DICM"


def dicom_files(paths: Sequence[Path]) -> list[Path]:
    """DICOM files at `paths`, folders searched to any depth, sorted, each once.

    Raises:
        Rejected: A path does not exist, or no DICOM file lies at any of them.
    """
    found: set[Path] = set()
    for path in paths:
        if not path.exists():
            raise Rejected(f"{path}: no such file or folder", reason="not_found")
        inside = path.rglob("*") if path.is_dir() else [path]
        found.update(p for p in inside if p.is_file() and is_dicom_file(p))
    if not found:
        names = ", ".join(str(path) for path in paths)
        raise Rejected(
            f"{names}: no DICOM file found; give Part 10 files or folders that hold some",
            reason="no_dicom",
        )
    return sorted(found)


@dataclass(frozen=True)
class Batch:
    """Files that go in one post."""

    paths: tuple[Path, ...]

    def contents(self) -> list[bytes]:
        """Bytes of the files, in order."""
        return [path.read_bytes() for path in self.paths]


def batches(
    files: Iterable[Path], *, max_files: int = BATCH_FILES, max_bytes: int = BATCH_BYTES
) -> Iterator[Batch]:
    """Splits `files` so that no batch exceeds either limit; a larger file travels alone."""
    held: list[Path] = []
    size = 0
    for path in files:
        length = path.stat().st_size
        if held and (len(held) == max_files or size + length > max_bytes):
            yield Batch(tuple(held))
            held, size = [], 0
        held.append(path)
        size += length
    if held:
        yield Batch(tuple(held))
