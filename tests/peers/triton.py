"""A real Triton server as a child process, on the CPU, on loopback."""

import ctypes
import os
import shutil
import signal
import socket
import subprocess
import sysconfig
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

ROOT = Path(__file__).parents[2]
VENV = ROOT / ".triton-venv"
BACKENDS = ROOT / "tests" / "triton" / "backends_cpu"
STUB_PYTHON = "3.11"
START_TIMEOUT_S = 120.0
STOP_TIMEOUT_S = 30.0
PR_SET_PDEATHSIG = 1


@dataclass(frozen=True)
class Triton:
    """A running server.

    Attributes:
        grpc_url: `grpc://127.0.0.1:port`.
        http_url: `http://127.0.0.1:port`.
        pid: Process id of the server; its stubs are its children.
    """

    grpc_url: str
    http_url: str
    pid: int


def require_triton() -> None:
    """Skips the test where the server is not installed; fails in CI."""
    if (VENV / "bin" / "python").exists() and any(VENV.glob("lib/*/site-packages/pytriton")):
        return
    text = "no Triton server; run: bash tests/peers/install_triton.sh python3.11 .triton-venv"
    if os.environ.get("CI") == "true":
        pytest.fail(text)
    pytest.skip(text)


def free_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [int(probe.getsockname()[1]) for probe in probes]


def backend_folder(site: Path, target: Path) -> None:
    """Copies the Python backend and ours; the server refuses symlinks."""
    server = site / "pytriton" / "tritonserver"
    python = target / "python"
    python.mkdir()
    for name in (
        "backends/python/libtriton_python.so",
        "backends/python/triton_python_backend_utils.py",
        f"python_backend_stubs/{STUB_PYTHON}/triton_python_backend_stub",
    ):
        shutil.copy2(server / name, python)
    for backend in BACKENDS.iterdir():
        shutil.copytree(backend, target / backend.name)


def environment(site: Path) -> dict[str, str]:
    """What the stub needs: `python3` of its venv on PATH, its libraries, libpython."""
    kept = {k: v for k, v in os.environ.items() if k not in ("PYTHONHOME", "PYTHONPATH")}
    libraries = [str(site / "nvidia_pytriton.libs"), str(sysconfig.get_config_var("LIBDIR"))]
    return kept | {
        "PATH": f"{VENV / 'bin'}:{kept['PATH']}",
        "LD_LIBRARY_PATH": ":".join(libraries),
    }


def die_with_parent() -> None:
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


@contextmanager
def triton(repository: Path, log: Path, *options: str) -> Iterator[Triton]:
    """Serves `repository` until the block ends."""
    require_triton()
    site = next(VENV.glob("lib/*/site-packages"))
    http, grpc, metrics = free_ports(3)
    with tempfile.TemporaryDirectory(prefix="triton-") as folder, log.open("wb") as out:
        backend_folder(site, Path(folder))
        process = subprocess.Popen(
            [
                site / "pytriton/tritonserver/bin/tritonserver",
                f"--model-repository={repository}",
                f"--backend-directory={folder}",
                "--disable-auto-complete-config",
                "--allow-gpu-metrics=false",
                "--http-address=127.0.0.1",
                "--grpc-address=127.0.0.1",
                "--metrics-address=127.0.0.1",
                f"--http-port={http}",
                f"--grpc-port={grpc}",
                f"--metrics-port={metrics}",
                "--pinned-memory-pool-byte-size=0",
                *options,
            ],
            env=environment(site),
            stdout=out,
            stderr=subprocess.STDOUT,
            preexec_fn=die_with_parent,  # noqa: PLW1509 - one thread runs here
        )
        try:
            server = Triton(f"grpc://127.0.0.1:{grpc}", f"http://127.0.0.1:{http}", process.pid)
            wait_ready(server, process, log)
            yield server
        finally:
            process.terminate()
            try:
                process.wait(STOP_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def wait_ready(server: Triton, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline:
        assert process.poll() is None, log.read_text()[-2000:]
        try:
            if httpx.get(f"{server.http_url}/v2/health/ready", timeout=2).is_success:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.05)
    pytest.fail(f"Triton is not ready:\n{log.read_text()[-2000:]}")
