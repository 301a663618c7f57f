"""A PostgreSQL server of the system in another process, with an empty cluster that ends with it.

`RADLOOM_TEST_POSTGRES_URL=postgresql+psycopg://user@host/name` names another one instead.
"""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.peers.tansu import free_port

START_TIMEOUT_S = 120.0


def programs() -> Path:
    """Folder of initdb and postgres; skips where the system has none."""
    found = shutil.which("initdb")
    folders = [Path(found).parent] if found else []
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    for folder in folders:
        if (folder / "initdb").exists():
            return folder
    pytest.skip(
        "no PostgreSQL; `apt-get install postgresql`, or name one in RADLOOM_TEST_POSTGRES_URL"
    )


@contextmanager
def postgres() -> Iterator[str]:
    """URL of the server that the environment names, or of an own one."""
    named = os.environ.get("RADLOOM_TEST_POSTGRES_URL")
    if named:
        yield named
        return
    folder = Path(tempfile.mkdtemp(prefix="postgres"))
    try:
        yield from _own_server(programs(), folder)
    finally:
        shutil.rmtree(folder)


def _own_server(bin_folder: Path, folder: Path) -> Iterator[str]:
    user = "postgres" if os.geteuid() == 0 else None  # it refuses to run as root
    if user:
        shutil.chown(folder, user)
    data = str(folder / "data")
    options = ["--auth", "trust", "--username", "radloom", "--no-sync", "--encoding", "UTF8"]
    subprocess.run(
        [str(bin_folder / "initdb"), "--pgdata", data, *options],
        check=True,
        capture_output=True,
        user=user,
        cwd=folder,
    )
    port = free_port()
    settings = ["-h", "127.0.0.1", "-p", str(port), "-k", str(folder)]
    log = (folder / "log").open("wb")
    server = subprocess.Popen(
        [str(bin_folder / "postgres"), "-D", data, *settings],
        stdout=log,
        stderr=log,
        user=user,
        cwd=folder,
    )
    try:
        _wait_for(folder / "log", server)
        yield f"postgresql+psycopg://radloom@127.0.0.1:{port}/postgres"
    finally:
        server.terminate()
        server.wait(timeout=START_TIMEOUT_S)
        log.close()


def _wait_for(log: Path, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while "ready to accept connections" not in log.read_text():
        if time.monotonic() > deadline or server.poll() is not None:
            pytest.fail(f"PostgreSQL does not start: {log.read_text()[-1000:]}")
        time.sleep(0.05)
