"""A real llama.cpp server (llama-cpp-python) with a model of random weights, on loopback."""

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.peers.triton import die_with_parent, free_ports

ROOT = Path(__file__).parents[2]
PYTHON = ROOT / ".llama-venv" / "bin" / "python"
START_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 10.0


@dataclass(frozen=True)
class Llama:
    """A running server.

    Attributes:
        url: `http://127.0.0.1:port`.
    """

    url: str


def require_llama() -> None:
    """Skips the test where the server is not installed; fails in CI."""
    if PYTHON.exists() and any(PYTHON.parents[1].glob("lib/*/site-packages/llama_cpp")):
        return
    text = "no llama.cpp server; run: bash tests/peers/install_llama.sh python3.11 .llama-venv"
    if os.environ.get("CI") == "true":
        pytest.fail(text)
    pytest.skip(text)


@contextmanager
def llama(folder: Path) -> Iterator[Llama]:
    """Serves the random model until the block ends; its files and log lie in `folder`."""
    require_llama()
    model, log = folder / "random.gguf", folder / "llama.log"
    subprocess.run([PYTHON, Path(__file__).with_name("random_gguf.py"), model], check=True)
    (port,) = free_ports(1)
    command: list[str | Path] = [
        PYTHON,
        "-m",
        "llama_cpp.server",
        "--model",
        model,
        "--model_alias",
        "random",
    ]
    command += ["--host", "127.0.0.1", "--port", str(port), "--n_ctx", "4096", "--n_threads", "1"]
    command += ["--n_threads_batch", "1", "--chat_format", "chatml", "--verbose", "false"]
    kept = {k: v for k, v in os.environ.items() if k not in ("PYTHONHOME", "PYTHONPATH")}
    with log.open("wb") as out:
        process = subprocess.Popen(
            command,
            env=kept,
            stdout=out,
            stderr=subprocess.STDOUT,
            preexec_fn=die_with_parent,  # noqa: PLW1509 - one thread runs here
        )
        try:
            server = Llama(f"http://127.0.0.1:{port}")
            wait_ready(server, process, log)
            yield server
        finally:
            process.terminate()
            try:
                process.wait(STOP_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def wait_ready(server: Llama, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline:
        assert process.poll() is None, log.read_text()[-2000:]
        try:
            if httpx.get(f"{server.url}/v1/models", timeout=2).is_success:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.05)
    pytest.fail(f"the llama.cpp server is not ready:\n{log.read_text()[-2000:]}")
