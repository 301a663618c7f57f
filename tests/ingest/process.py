"""`radloom serve ingest` as its users run it: a process over files, on loopback."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from radloom.cli.stack import free_port

START_TIMEOUT_S = 120.0
STOP_TIMEOUT_S = 30.0


@dataclass
class IngestProcess:
    """One process and where it keeps things; processes may share a folder.

    Attributes:
        folder: Databases, bus, instances, log.
        settings: Settings beyond or instead of those needed, by name without prefix.
    """

    folder: Path
    settings: dict[str, str] = field(default_factory=dict)
    http_port: int = field(default_factory=free_port)
    grpc_port: int = field(default_factory=free_port)
    dimse_port: int = field(default_factory=free_port)
    child: "subprocess.Popen[bytes] | None" = None

    @property
    def root(self) -> str:
        """DICOMweb root."""
        return f"http://127.0.0.1:{self.http_port}/dicom-web"

    @property
    def log(self) -> Path:
        """What it says."""
        return self.folder / f"ingest-{self.http_port}.log"

    def environment(self) -> dict[str, str]:
        """Settings as the process reads them."""
        values = {
            "BUS_URL": f"sqlite:///{self.folder / 'bus.sqlite'}",
            "DATABASE_URL": f"sqlite:///{self.folder / 'ingest.sqlite'}",
            "STORAGE_DIR": str(self.folder / "instances"),
            "SITE_SECRET": "a secret of the site, 32 bytes or more",
            "QUIET_S": "1",
            "HTTP_PORT": str(self.http_port),
            "GRPC_PORT": str(self.grpc_port),
            "DIMSE_PORT": str(self.dimse_port),
        }
        return {f"RADLOOM_INGEST_{name}": text for name, text in (values | self.settings).items()}

    def start(self) -> None:
        """Returns when it is ready."""
        with self.log.open("ab") as log:
            self.child = subprocess.Popen(
                [sys.executable, "-m", "radloom.cli", "serve", "ingest", "--until-stdin-closes"],
                env=os.environ | self.environment(),
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        deadline = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < deadline and self.child.poll() is None:
            try:
                if httpx.get(f"http://127.0.0.1:{self.http_port}/readyz", timeout=2).is_success:
                    return
            except httpx.HTTPError:
                pass
            time.sleep(0.05)
        pytest.fail(f"ingest is not ready:\n{self.log.read_text()[-2000:]}")

    def kill(self) -> None:
        """Ends it at once, as loss of power would."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """Ends it as an operator would."""
        self._end(signal.SIGTERM)

    def _end(self, how: signal.Signals) -> None:
        child, self.child = self.child, None
        if child is None:
            return
        child.send_signal(how)
        try:
            child.wait(STOP_TIMEOUT_S)
        finally:
            child.kill()
            child.wait()
            if child.stdin is not None:
                child.stdin.close()


@contextmanager
def running(folder: Path, **settings: str) -> Iterator[IngestProcess]:
    """A process until the block ends."""
    made = IngestProcess(folder, settings)
    try:
        made.start()
        yield made
    finally:
        made.stop()
