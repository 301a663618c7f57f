"""Instances as files named by the digest of their content."""

import hashlib
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from radloom.errors import Rejected, Unavailable
from radloom.ports import Incoming


class IncomingFile:
    """Implements `ports.Incoming` as a temporary file beside the kept ones."""

    def __init__(self, folder: Path) -> None:
        with _answering():
            self._file = tempfile.NamedTemporaryFile(dir=folder, delete=False)  # noqa: SIM115 - closed when kept or discarded
        self._digest = hashlib.sha256()
        self.size_bytes = 0

    @property
    def location(self) -> Path:
        """Where the file lies until it is kept."""
        return Path(self._file.name)

    def write(self, piece: bytes) -> None:
        """Appends a piece; see `ports.Incoming`."""
        with _answering():
            self._file.write(piece)
        self._digest.update(piece)
        self.size_bytes += len(piece)

    def read(self) -> BinaryIO:
        """What was written, from its start."""
        with _answering():
            self._file.flush()
            return self.location.open("rb")

    def sha256(self) -> str:
        """Digest of what was written."""
        return self._digest.hexdigest()

    def sync(self) -> None:
        """Returns when the content is on the disk."""
        with _answering():
            self._file.flush()
            os.fsync(self._file.fileno())

    def discard(self) -> None:
        """Closes and removes the temporary file."""
        self._file.close()
        self.location.unlink(missing_ok=True)


class FileInstanceStore:
    """Implements `ports.InstanceStore` on a folder.

    Args:
        root: Created when missing. What a crash left under way is removed.
    """

    def __init__(self, root: Path) -> None:
        self._kept = root / "kept"
        self._arriving = root / "arriving"
        for folder in (self._kept, self._arriving):
            folder.mkdir(parents=True, exist_ok=True)
        for left in self._arriving.iterdir():
            left.unlink()

    def incoming(self) -> IncomingFile:
        """A new, empty incoming instance."""
        return IncomingFile(self._arriving)

    def keep(self, arrived: Sequence[Incoming]) -> None:
        """Makes every one durable: content first, then names; see `ports.InstanceStore`."""
        files = [item for item in arrived if isinstance(item, IncomingFile)]
        for file in files:
            file.sync()
        with _answering():
            folders = set()
            for file in files:
                target = self._place(file.sha256())
                if not target.parent.exists():
                    target.parent.mkdir(exist_ok=True)
                    folders.add(self._kept)
                if not target.exists():
                    file.location.replace(target)
                folders.add(target.parent)
            for folder in folders:
                _sync_folder(folder)
        for file in files:
            file.discard()

    def path(self, sha256: str) -> Path:
        """File with this content; see `ports.InstanceStore`."""
        place = self._place(sha256)
        if not place.is_file():
            raise Rejected("no instance with this digest", reason="not_found")
        return place

    def _place(self, sha256: str) -> Path:
        return self._kept / sha256[:2] / f"{sha256}.dcm"


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _answering() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise Unavailable(
            f"the instance store does not answer ({type(error).__name__}, errno {error.errno}); "
            "check space and permissions",
            dependency="instance_store",
        ) from error
