"""What is left of planted identifiers in the output bytes, and what is left of useful values."""

import io
import re
import subprocess
import sys
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from pydicom import dcmread
from pydicom.dataset import FileDataset

from evaluation.redactor.beyond_the_table import hidden_in_bits
from evaluation.redactor.byte_search import Haystack, at_place
from evaluation.redactor.objects import Source
from evaluation.redactor.planter import Planted, Truth

Tool = Callable[[Sequence[bytes]], list[bytes | None]]
"""Redacts the instances of one study; None for one that was refused."""


@dataclass
class HeaderScore:
    """Counts over files.

    Attributes:
        files, processed: Files, and those of which there is an output.
        planted, leaked: Identifiers in processed files, and those found in the output, by group.
        useful, kept: Useful values in processed files, and those still there.
        left: What leaked, as (file, group, name); for development seeds only.
        lost: Useful values that went, as (file, name).
        refused: Files without output.
        seconds: Time of all files.
    """

    files: int = 0
    processed: int = 0
    planted: Counter[str] = field(default_factory=Counter)
    leaked: Counter[str] = field(default_factory=Counter)
    useful: int = 0
    kept: int = 0
    left: list[tuple[str, str, str]] = field(default_factory=list)
    lost: list[tuple[str, str]] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def add(self, planted: Planted, output: bytes | None) -> None:
        """Counts one file."""
        self.files += 1
        if output is None:
            self.refused.append(planted.source)
            return
        self.processed += 1
        haystack, ds = Haystack(output), parsed(output)
        for truth in planted.truths:
            if truth.kind.startswith("useful"):
                kept = useful_kept(truth, ds, haystack)
                self.useful += 1
                self.kept += kept
                if not kept:
                    self.lost.append((planted.source, truth.name))
            else:
                self.planted[truth.group] += 1
                if leaks(truth, ds, haystack):
                    self.leaked[truth.group] += 1
                    self.left.append((planted.source, truth.group, truth.name))


def scored(planted: Iterable[Planted], tool: Tool) -> HeaderScore:
    """Counts of one tool, one object at a time."""
    score = HeaderScore()
    for one in planted:
        start = time.process_time()
        output = tool([one.content])[0]
        score.seconds += time.process_time() - start
        score.add(one, output)
    return score


def parsed(content: bytes) -> FileDataset | None:
    """The data set of an output; None when it cannot be read."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            ds = dcmread(io.BytesIO(content))
            ds.decode()
        except Exception:  # noqa: BLE001 - any output that cannot be read counts as unreadable
            return None
        return ds


def leaks(truth: Truth, ds: FileDataset | None, haystack: Haystack) -> bool:
    """Whether a planted identifier is in an output."""
    if truth.kind in {"date", "age"}:
        return ds is not None and at_place(ds, truth.place) == truth.token
    if truth.kind == "bits":
        pixels = ds.get("PixelData", b"") if ds is not None else b""
        return hidden_in_bits(pixels, len(truth.token)) == truth.token if pixels else False
    return haystack.has(truth.token)


def useful_kept(truth: Truth, ds: FileDataset | None, haystack: Haystack) -> bool:
    """Whether a useful value is still at its place."""
    if truth.kind == "useful-anywhere":
        return haystack.has(truth.token)
    found = at_place(ds, truth.place) if ds is not None else None
    return found is not None and truth.token.casefold() in found.casefold()


# ------------------------------------------------------------------------------- conformance

_VALUE: Final = re.compile(r"(?<=value )<[^>]*>|= <[^>]*>|'[^']*'|\"[^\"]*\"|\b[\d.]*\d")
"""What differs between two messages of one kind: values, numbers, UIDs; never the attribute."""
DCIODVFY: Final = Path(sys.executable).with_name("dciodvfy")


def new_errors(before: Sequence[Source], outputs: Sequence[bytes | None]) -> list[tuple[str, str]]:
    """Kinds of error of dciodvfy that an output has and its original had not, with the object."""
    pairs = [(b, o) for b, o in zip(before, outputs, strict=True) if o is not None]
    with ThreadPoolExecutor(1) as pool:
        kinds = list(pool.map(_kinds, [c for b, o in pairs for c in (b.content, o)]))
    return [
        (source.name, kind)
        for number, (source, _) in enumerate(pairs)
        for kind in sorted(kinds[2 * number + 1] - kinds[2 * number])
    ]


def _kinds(content: bytes) -> set[str]:
    with tempfile.NamedTemporaryFile(suffix=".dcm") as held:
        held.write(content)
        held.flush()
        ended = subprocess.run(  # noqa: S603 - the checker of the environment, on our own file
            [str(DCIODVFY), held.name], capture_output=True, check=False, timeout=120
        )
    lines = (ended.stderr + ended.stdout).decode("latin-1").splitlines()
    return {_VALUE.sub("", line).strip() for line in lines if line.startswith("Error")}
