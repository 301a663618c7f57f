import subprocess
import sys
from pathlib import Path

import pytest

from tests.peers.tansu import tansu_program

ROOT = Path(__file__).parents[2]


@pytest.mark.peer
def test_what_a_broker_did_not_acknowledge_is_published_to_the_next_one() -> None:
    tansu_program()
    run = subprocess.run(
        [sys.executable, "-m", "tests.faults.broker_restart"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )
    assert run.stdout.splitlines() == [
        "with a broker: True",
        "without: False, waiting: 1",
        "with another: during, waiting: 0",
    ], run.stderr[-2000:]
