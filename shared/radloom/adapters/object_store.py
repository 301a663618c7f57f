"""Objects as files of one folder, for one machine."""

import hashlib
import os
import re
import tempfile
from pathlib import Path

from radloom.errors import Rejected, Unavailable
from radloom.wire.v1.common_pb2 import ObjectRef

KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)*")
"""Keys are paths of plain names: none starts with a dot, so none leaves the folder."""


class FileObjectStore:
    """Implements `ports.ObjectStore` on a folder.

    Args:
        root: Created when missing. Every write is synced to disk before `put` returns.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        root.mkdir(parents=True, exist_ok=True)

    def put(self, key: str, content: bytes) -> ObjectRef:
        """Makes `content` durable; see `ports.ObjectStore`."""
        path = self._path(key)
        ref = ObjectRef(
            key=key, sha256=hashlib.sha256(content).hexdigest(), size_bytes=len(content)
        )
        try:
            self._make_folder(path.parent)
            try:
                _write_durably(path, content)
            except FileExistsError:
                self._require_same(path, ref)
                _sync_folder(path.parent)  # whoever wrote it may have died before that
        except OSError as error:
            raise _unavailable(error) from error
        return ref

    def get(self, ref: ObjectRef) -> bytes:
        """Bytes behind `ref`; see `ports.ObjectStore`."""
        path = self._path(ref.key)
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            raise Rejected(f"no object under {ref.key}", reason="not_found") from None
        except OSError as error:
            raise _unavailable(error) from error
        if hashlib.sha256(content).hexdigest() != ref.sha256:
            raise Rejected(f"the object under {ref.key} is not what was put", reason="digest")
        return content

    def _path(self, key: str) -> Path:
        if not KEY.fullmatch(key):
            raise Rejected(
                f"object key {key!r}; expected plain names joined by '/'", reason="object_key"
            )
        return self._root / key

    def _make_folder(self, folder: Path) -> None:
        """Creates what is missing; a new folder's name is durable once its parent is synced."""
        missing = [p for p in (folder, *folder.parents) if p.is_relative_to(self._root)]
        for path in reversed(missing):
            if not path.exists():
                path.mkdir(exist_ok=True)
                _sync_folder(path.parent)

    @staticmethod
    def _require_same(path: Path, ref: ObjectRef) -> None:
        if hashlib.sha256(path.read_bytes()).hexdigest() != ref.sha256:
            raise Rejected(
                f"other content lies under {ref.key} already; keys are written once",
                reason="conflict",
            )


def _write_durably(path: Path, content: bytes) -> None:
    """Writes beside the target, syncs, links, syncs the folder: never half a file, never over one.

    Raises:
        FileExistsError: There is a file already, perhaps of another process a moment ago.
    """
    if path.exists():
        raise FileExistsError(path.name)
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
        os.link(file.name, path)
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _unavailable(error: OSError) -> Unavailable:
    return Unavailable(
        f"the object store does not answer ({type(error).__name__}, errno {error.errno}); "
        "check space and permissions",
        dependency="object_store",
    )
