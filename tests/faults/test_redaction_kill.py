"""Redactions killed with -9 at one step after the other: nothing unproven, the same end."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
EVERY = 3
"""Kills at every third step; by hand `redaction_kills.py` takes every one."""


@pytest.mark.parametrize(("kind", "fewest"), [("folder", 12), ("service", 8)])
def test_a_redaction_killed_at_any_step_releases_nothing_unproven_and_ends_the_same(
    kind: str, fewest: int, tmp_path: Path
) -> None:
    program = ROOT / "tests/faults/redaction_kills.py"
    ended = subprocess.run(
        [sys.executable, program, kind, str(tmp_path), str(EVERY)],
        capture_output=True,
        text=True,
        check=False,
        timeout=280,
        env=os.environ | {"PYTHONPATH": f"{ROOT / 'shared'}:{ROOT}"},
    )
    assert ended.returncode == 0, ended.stderr[-2000:]
    report = json.loads(ended.stdout.splitlines()[-1])
    assert report.pop("kills") >= fewest
    assert report.pop("released") == 1
    assert set(report.values()) == {0}, report
