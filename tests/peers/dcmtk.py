"""DCMTK's command-line tools: a C-STORE and C-ECHO sender that is not pynetdicom."""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

TIMEOUT_S = 60
AE_TITLE = "RADLOOM"


@cache
def dcmtk_program(name: str) -> str:
    """Path of a tool; skips the test where it is not installed, fails in CI.

    pynetdicom installs programs of the same names, which may come first on PATH.
    """
    for folder in os.get_exec_path():
        program = shutil.which(name, path=folder)
        if (
            program
            and b"$dcmtk"
            in subprocess.run(
                [program, "--version"], capture_output=True, timeout=TIMEOUT_S, check=False
            ).stdout
        ):
            return program
    text = f"no {name}; as root: apt install dcmtk"
    if os.environ.get("CI") == "true":
        pytest.fail(text)
    pytest.skip(text)


@dataclass(frozen=True)
class Told:
    """What a tool said.

    Attributes:
        succeeded: Whether the peer answered with success throughout.
        text: Its output.
    """

    succeeded: bool
    text: str

    def statuses(self) -> list[int]:
        """DIMSE status of each C-STORE that was answered, in order; needs debug output."""
        return [
            int(found, 16) for found in re.findall(r"DIMSE Status +: 0x([0-9a-fA-F]{4})", self.text)
        ]


def echoscu(port: int, *options: str, called: str = AE_TITLE) -> Told:
    """C-ECHO to a peer on loopback."""
    return _run("echoscu", [*options, "-aec", called, "127.0.0.1", str(port)])


def storescu(port: int, contents: Sequence[bytes], *options: str, called: str = AE_TITLE) -> Told:
    """C-STORE of Part 10 files to a peer on loopback, over one association."""
    with tempfile.TemporaryDirectory(prefix="storescu-") as folder:
        for number, content in enumerate(contents):
            (Path(folder) / f"{number:05}.dcm").write_bytes(content)
        files = [str(path) for path in sorted(Path(folder).iterdir())]
        return _run("storescu", ["-d", *options, "-aec", called, "127.0.0.1", str(port), *files])


def dcmdump(content: bytes) -> Told:
    """A Part 10 file as DCMTK reads it."""
    with tempfile.NamedTemporaryFile(suffix=".dcm") as file:
        file.write(content)
        file.flush()
        return _run("dcmdump", ["+fo", file.name])


def _run(name: str, arguments: Sequence[str]) -> Told:
    done = subprocess.run(
        [dcmtk_program(name), *arguments],
        capture_output=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    text = (done.stdout + done.stderr).decode("utf-8", "replace")
    return Told(done.returncode == 0, text)
