"""A real Orthanc with DICOMweb as a child process, on loopback."""

import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

PLUGIN = Path("/usr/share/orthanc/plugins/libOrthancDicomWeb.so")
START_TIMEOUT_S = 90.0
STOP_TIMEOUT_S = 15.0
AE_TITLE = "ORTHANC"


@dataclass(frozen=True)
class Orthanc:
    """A running archive.

    Attributes:
        dicomweb_url: DICOMweb root.
        rest_url: Orthanc's own REST API.
        dimse_port: Port of its C-STORE door.
    """

    dicomweb_url: str
    rest_url: str
    dimse_port: int


def orthanc_program() -> str:
    """Path of the program; skips the test where it is not installed, fails in CI."""
    program = shutil.which("Orthanc", path=f"{os.environ['PATH']}:/usr/sbin")
    if program and PLUGIN.exists():
        return program
    text = "no Orthanc with DICOMweb; as root: apt-get install orthanc orthanc-dicomweb"
    if os.environ.get("CI") == "true":
        pytest.fail(text)
    pytest.skip(text)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def orthanc() -> Iterator[Orthanc]:
    """An empty archive until the block ends."""
    program = orthanc_program()
    http, dimse = free_port(), free_port()
    with tempfile.TemporaryDirectory(prefix="orthanc-") as folder:
        config = {
            "StorageDirectory": folder,
            "IndexDirectory": folder,
            "HttpPort": http,
            "RemoteAccessAllowed": False,
            "AuthenticationEnabled": False,
            "DicomPort": dimse,
            "DicomAet": AE_TITLE,
            "DicomCheckCalledAet": False,
            "Plugins": [str(PLUGIN)],
            "DicomWeb": {"Enable": True, "Root": "/dicom-web/"},
        }
        path = Path(folder) / "orthanc.json"
        path.write_text(json.dumps(config))
        with (Path(folder) / "log").open("wb") as log:
            process = subprocess.Popen([program, path], stdout=log, stderr=subprocess.STDOUT)
        rest = f"http://127.0.0.1:{http}"
        try:
            wait_ready(rest, process, Path(folder) / "log")
            yield Orthanc(f"{rest}/dicom-web", rest, dimse)
        finally:
            process.terminate()
            try:
                process.wait(STOP_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def wait_ready(rest: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline:
        assert process.poll() is None, log.read_text()[-2000:]
        try:
            if httpx.get(f"{rest}/system", timeout=2).is_success:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.05)
    pytest.fail(f"Orthanc is not ready:\n{log.read_text()[-2000:]}")
