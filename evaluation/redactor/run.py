"""What one run measures: seeds, sizes, and where other systems live."""

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from evaluation.comparators import asked


@dataclass(frozen=True)
class Run:
    """One run.

    Attributes:
        data: Folder of the de-identification data.
        python: Interpreter with the comparators; None leaves them out.
        seeds: Fresh seeds; the first one where only one is used.
        reports, images: How many are made.
        objects: How many kinds of object are planted in.
        whole: How many objects go through the whole service, OCR and verifier included.
    """

    data: Path
    python: Path | None
    seeds: tuple[int, ...]
    reports: int
    images: int
    objects: int
    whole: int


FULL: Final = {"reports": 600, "images": 60, "objects": 99, "whole": 52}
QUICK: Final = {"reports": 12, "images": 1, "objects": 4, "whole": 1}
TOOLS: Final = ("dicognito", "dicom-anonymizer", "grand-challenge")


def anonymised(
    python: Path, tool: str, contents: Sequence[bytes]
) -> tuple[list[bytes | None], float]:
    """Output of a comparator for each file, None for what it refused; seconds in all."""
    return _files(
        contents, lambda pairs: asked(python, "deidentified_files", pairs, [tool]).answers
    )


def painted(python: Path, contents: Sequence[bytes]) -> tuple[list[bytes | None], float]:
    """Output of Presidio's image redactor for each file; seconds in all."""
    return _files(contents, lambda pairs: asked(python, "presidio_pixels", pairs).answers)


def _files(
    contents: Sequence[bytes], ask: Callable[[list[list[str]]], list[list[float]]]
) -> tuple[list[bytes | None], float]:
    with tempfile.TemporaryDirectory() as folder:
        pairs = [
            [str(Path(folder) / f"{number}.dcm"), str(Path(folder) / f"{number}.out")]
            for number in range(len(contents))
        ]
        for (source, _), content in zip(pairs, contents, strict=True):
            Path(source).write_bytes(content)
        answers = ask(pairs)
        outputs = [
            Path(target).read_bytes() if done and Path(target).exists() else None
            for (_, target), (done, _) in zip(pairs, answers, strict=True)
        ]
    return outputs, sum(seconds for _, seconds in answers)
