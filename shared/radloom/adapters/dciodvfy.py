"""dicom3tools' IOD validator, where the site has it."""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from radloom.errors import Rejected, Unavailable

TIMEOUT_S = 60.0


class Dciodvfy:
    """Errors and warnings about a DICOM file; called with its bytes.

    Args:
        program: Path of the program, or its name on PATH or beside Python.

    Raises:
        Rejected: There is no such program.
    """

    def __init__(self, program: str) -> None:
        beside_python = Path(sys.executable).parent / program
        found = str(beside_python) if beside_python.is_file() else shutil.which(program)
        if found is None:
            raise Rejected(
                f"validator {program!r} is not on PATH; install dicom3tools, or leave it out",
                reason="no_validator",
            )
        self._program = found

    def __call__(self, content: bytes) -> list[str]:
        """Lines that begin with Error or Warning; they may quote values of the file.

        Raises:
            Unavailable: The program does not end in time, or cannot be started.
        """
        with tempfile.NamedTemporaryFile(prefix="radloom-", suffix=".dcm") as file:
            file.write(content)
            file.flush()
            try:
                run = subprocess.run(  # noqa: S603 - a program that the operator named
                    [self._program, "-new", file.name],
                    capture_output=True,
                    timeout=TIMEOUT_S,
                    check=False,
                )
            except (OSError, subprocess.TimeoutExpired) as error:
                raise Unavailable(
                    f"the validator does not answer ({type(error).__name__})",
                    dependency="validator",
                    affects_all=False,
                ) from error
        text = (run.stdout + run.stderr).decode(errors="replace")
        return [line for line in text.splitlines() if line.startswith(("Error", "Warning"))]
