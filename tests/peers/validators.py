"""Independent validators and readers of DICOM objects, as programs.

Exit codes do not tell: dciodvfy and DicomSRValidator print errors and exit 0. Their text is read.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

PIXELMED = Path("/usr/share/java/pixelmed.jar")
LIMITS = [f"-Djdk.xml.xpath{kind}Limit=0" for kind in ("TotalOp", "ExprOp", "ExprGrp")]
"""The templates of PixelMed exceed the limits that Java sets for XPath by default."""

INSTALL = {
    "dciodvfy": "pip install -e .[dev]",
    "tid1500reader": "pip install -e .[dev]",
    "segimage2itkimage": "pip install -e .[dev]",
    "dsrdump": "apt-get install dcmtk",
    "java": "apt-get install openjdk-17-jre-headless",
    "pixelmed.jar": "apt-get install pixelmed-apps",
}


def dciodvfy(path: Path) -> list[str]:
    """Errors and warnings of dicom3tools' IOD validator."""
    run = _run([_program("dciodvfy"), "-new", str(path)])
    return [line for line in run.splitlines() if line.startswith(("Error", "Warning"))]


def sr_validator(path: Path, template: str = "TID_1500") -> list[str]:
    """Errors and warnings of PixelMed's validator of SR templates."""
    java = _program("java")
    if not PIXELMED.is_file():
        _missing("pixelmed.jar")
    text = _run([java, *LIMITS, "-cp", str(PIXELMED), _SR_VALIDATOR, str(path)])
    assert "IOD validation complete" in text, text
    assert f"Found Root Template {template}" in text, text
    return [line for line in text.splitlines() if line.startswith(("Error", "Warning"))]


_SR_VALIDATOR = "com.pixelmed.validate.DicomSRValidator"


def dsrdump(path: Path, kind: str = "Comprehensive 3D SR") -> list[str]:
    """What DCMTK says against an SR of a kind while it reads it."""
    text = _run([_program("dsrdump"), str(path)])
    assert f"{kind} Document" in text, text
    return [line for line in text.splitlines() if re.match(r"[WEF]: ", line)]


def tid1500reader(path: Path, scratch: Path) -> dict[str, Any]:
    """A TID 1500 report as dcmqi reads it."""
    metadata = scratch / "report.json"
    program = _program("tid1500reader")
    _run([program, "--inputDICOM", str(path), "--outputMetadata", str(metadata)])
    read: dict[str, Any] = json.loads(metadata.read_text())
    return read


def segimage2itkimage(path: Path, scratch: Path) -> Path:
    """The first segment of a Segmentation as NIfTI file, written by dcmqi."""
    program = _program("segimage2itkimage")
    out = ["--outputDirectory", str(scratch), "--prefix", "mask", "--outputType", "nii"]
    _run([program, "--inputDICOM", str(path), *out])
    (image,) = scratch.glob("mask-1.nii*")
    return image


def _run(command: list[str]) -> str:
    run = subprocess.run(command, capture_output=True, text=True, timeout=180, check=False)
    return run.stdout + run.stderr


def _program(name: str) -> str:
    beside_python = Path(sys.executable).parent / name
    found = str(beside_python) if beside_python.exists() else shutil.which(name)
    return found or _missing(name)


def _missing(name: str) -> str:
    message = f"{name} is missing: {INSTALL[name]}"
    (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(message)
    raise AssertionError(message)
