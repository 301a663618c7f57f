"""What every object store must do; an S3 store joins the list of stores when it comes."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from radloom.adapters.object_store import FileObjectStore
from radloom.errors import Rejected, Unavailable
from radloom.ports import ObjectStore
from radloom.wire.v1.common_pb2 import ObjectRef

STORES: list[Callable[[Path], ObjectStore]] = [FileObjectStore]


@pytest.fixture(params=STORES, ids=lambda make: str(make.__name__))
def store(request: pytest.FixtureRequest, tmp_path: Path) -> ObjectStore:
    make: Callable[[Path], ObjectStore] = request.param
    return make(tmp_path / "objects")


def test_what_was_put_comes_back(store: ObjectStore) -> None:
    ref = store.put("results/1/seg.dcm", b"mask")
    assert (ref.key, ref.size_bytes) == ("results/1/seg.dcm", 4)
    assert store.get(ref) == b"mask"


def test_the_same_content_again_is_harmless(store: ObjectStore) -> None:
    assert store.put("a", b"x") == store.put("a", b"x")


def test_other_content_under_a_key_is_rejected_and_the_first_stays(store: ObjectStore) -> None:
    ref = store.put("a", b"first")
    with pytest.raises(Rejected) as refused:
        store.put("a", b"second")
    assert refused.value.reason == "conflict"
    assert store.get(ref) == b"first"


def test_nothing_under_a_key_is_rejected(store: ObjectStore) -> None:
    with pytest.raises(Rejected) as refused:
        store.get(ObjectRef(key="nobody", sha256="0" * 64))
    assert refused.value.reason == "not_found"


def test_content_that_is_not_what_was_put_is_rejected(store: ObjectStore) -> None:
    ref = store.put("a", b"x")
    ref.sha256 = "0" * 64
    with pytest.raises(Rejected) as refused:
        store.get(ref)
    assert refused.value.reason == "digest"


def test_of_several_writers_of_one_key_exactly_one_wins(store: ObjectStore) -> None:
    contents = [bytes([i]) * 1000 for i in range(8)]

    def put(content: bytes) -> ObjectRef | None:
        try:
            return store.put("a/b/c", content)
        except Rejected as error:
            return None if error.reason == "conflict" else ObjectRef()

    with ThreadPoolExecutor(len(contents)) as pool:
        refs = [ref for ref in pool.map(put, contents) if ref is not None]
    assert len(refs) == 1
    assert store.get(refs[0]) in contents


@pytest.mark.parametrize("key", ["", "/etc/x", "../x", "a/../b", ".hidden", "a//b", "a b", "a/"])
def test_a_key_that_could_leave_the_store_is_rejected(store: ObjectStore, key: str) -> None:
    with pytest.raises(Rejected) as refused:
        store.put(key, b"x")
    assert refused.value.reason == "object_key"


def files_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def test_no_temporary_file_stays_behind(tmp_path: Path) -> None:
    store = FileObjectStore(tmp_path)
    store.put("a/b", b"x")
    with pytest.raises(Rejected):
        store.put("a/b", b"y")
    assert files_in(tmp_path) == ["b"]


def test_a_folder_that_cannot_be_written_is_unavailable(tmp_path: Path) -> None:
    store = FileObjectStore(tmp_path)
    store.put("a", b"x")
    with pytest.raises(Unavailable) as failed:
        store.put("a/b", b"x")  # a file lies where a folder is needed
    assert failed.value.dependency == "object_store"
    assert files_in(tmp_path) == ["a"]
