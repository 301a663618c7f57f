"""Medplum's FHIR R4 router and validator in a process of its own."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

FOLDER = Path(__file__).parents[2] / ".peers" / "medplum"


@dataclass(frozen=True)
class Medplum:
    """A running peer.

    Attributes:
        url: FHIR base.
    """

    url: str

    def issues(self, resource: dict[str, Any]) -> list[str]:
        """What its validator finds: "severity path message"."""
        answer = httpx.post(f"{self.url}/validate", json=resource, timeout=30.0)
        answer.raise_for_status()
        return [
            f"{issue['severity']} {' '.join(issue.get('expression', []))} "
            f"{issue.get('details', {}).get('text', '')}"
            for issue in answer.json()["issues"]
        ]

    def count(self, resource_type: str) -> int:
        """How many resources of a type it holds."""
        answer = httpx.get(f"{self.url}/{resource_type}?_summary=count&_total=accurate")
        answer.raise_for_status()
        return int(answer.json()["total"])


def require() -> None:
    """Skips the test, or fails it in CI, when the peer is not installed."""
    if shutil.which("node") and (FOLDER / "node_modules" / "@medplum" / "core").is_dir():
        return
    message = "Medplum peer is missing: install node 20, then run tests/peers/install_medplum.sh"
    if os.environ.get("CI") == "true":
        pytest.fail(message)
    pytest.skip(message)


@contextmanager
def running() -> Iterator[Medplum]:
    """An empty server, up until the block ends."""
    require()
    process = subprocess.Popen(
        ["node", "server.mjs"], cwd=FOLDER, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdin
    assert process.stdout
    try:
        line = process.stdout.readline()
        assert line, "the peer ended before it listened"
        yield Medplum(f"http://127.0.0.1:{json.loads(line)['port']}")
    finally:
        process.stdin.close()
        process.wait(timeout=10)
        process.stdout.close()
