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
            if path.exists():
                self._require_same(path, ref)
                return ref
            path.parent.mkdir(parents=True, exist_ok=True)
            _write_durably(path, content)
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

    @staticmethod
    def _require_same(path: Path, ref: ObjectRef) -> None:
        if hashlib.sha256(path.read_bytes()).hexdigest() != ref.sha256:
            raise Rejected(
                f"other content lies under {ref.key} already; keys are written once",
                reason="conflict",
            )


def _write_durably(path: Path, content: bytes) -> None:
    """Writes beside the target, syncs, renames, syncs the folder: never half a file."""
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


def _unavailable(error: OSError) -> Unavailable:
    return Unavailable(
        f"the object store does not answer ({type(error).__name__}, errno {error.errno}); "
        "check space and permissions",
        dependency="object_store",
    )
