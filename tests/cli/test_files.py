from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radloom.cli.files import batches, dicom_files
from radloom.errors import Rejected

PART_10 = b"\0" * 128 + b"DICM"


def write(path: Path, content: bytes = PART_10) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def test_dicom_files_are_found_at_any_depth_and_others_left_out(tmp_path: Path) -> None:
    image = write(tmp_path / "a" / "b" / "IM0001")
    write(tmp_path / "a" / "notes.txt", b"not DICOM")
    write(tmp_path / "DICOMDIR")
    assert dicom_files([tmp_path]) == [image]


def test_a_file_named_twice_is_sent_once(tmp_path: Path) -> None:
    image = write(tmp_path / "image.dcm")
    assert dicom_files([image, tmp_path, image]) == [image]


def test_a_path_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(Rejected, match=r"nowhere: no such file or folder"):
        dicom_files([tmp_path / "nowhere"])


def test_a_folder_without_dicom_is_named(tmp_path: Path) -> None:
    write(tmp_path / "readme.txt", b"short")
    with pytest.raises(Rejected, match=r"no DICOM file found; give Part 10 files"):
        dicom_files([tmp_path])


@given(
    sizes=st.lists(st.integers(0, 50), max_size=30),
    max_files=st.integers(1, 7),
    max_bytes=st.integers(1, 80),
)
def test_batches_keep_order_and_limits_and_lose_nothing(
    tmp_path_factory: pytest.TempPathFactory, sizes: list[int], max_files: int, max_bytes: int
) -> None:
    folder = tmp_path_factory.mktemp("batch")
    paths = [write(folder / str(k), b"x" * size) for k, size in enumerate(sizes)]
    made = list(batches(paths, max_files=max_files, max_bytes=max_bytes))
    assert [path for batch in made for path in batch.paths] == paths
    for batch in made:
        assert 1 <= len(batch.paths) <= max_files
        total = sum(len(content) for content in batch.contents())
        assert total <= max_bytes or len(batch.paths) == 1
