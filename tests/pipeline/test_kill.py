"""A service killed with -9 anywhere on the path: one result, nothing lost."""

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pydicom
import pytest

from radloom.cli.sample_run import send_sample, wait_for_result
from radloom.cli.stack import SERVICES, Stack

SEEDS = range(3)
LONGEST_PAUSE_S = 3.0
"""Kills fall between the last acknowledged post and the delivery, which takes a few seconds."""


def kill_each_once(stack: Stack, chance: random.Random) -> None:
    """Kills every service, in random order at random moments, and starts it again."""
    for service in chance.sample(SERVICES, len(SERVICES)):
        time.sleep(chance.uniform(0, LONGEST_PAUSE_S))
        os.kill(stack.pid(service), signal.SIGKILL)
        os.waitid(os.P_PID, stack.pid(service), os.WEXITED | os.WNOWAIT)
        assert stack.restart_dead() == [service]


def delivered(results: Path) -> Counter[str]:
    return Counter(
        str(pydicom.dcmread(path, stop_before_pixels=True).Modality)
        for path in results.rglob("*.dcm")
    )


@pytest.mark.parametrize("seed", SEEDS)
def test_services_killed_on_the_way_deliver_one_result(
    seed: int, start_stack: Callable[..., Stack], tmp_path: Path
) -> None:
    stack = start_stack()
    send_sample(stack.plan.dicomweb_url)
    kill_each_once(stack, random.Random(seed))  # noqa: S311 - a test's dice
    row = wait_for_result(stack.plan)
    assert row["status"] == "delivered"
    assert delivered(tmp_path / "results") == Counter(SEG=1, SR=1, OT=3)


def test_the_whole_stack_killed_and_started_again_delivers_one_result(
    start_stack: Callable[..., Stack], tmp_path: Path
) -> None:
    first = start_stack()
    send_sample(first.plan.dicomweb_url)
    time.sleep(2.0)
    for service in SERVICES:
        os.kill(first.pid(service), signal.SIGKILL)
    second = start_stack()
    row = wait_for_result(second.plan)
    assert row["status"] == "delivered"
    assert delivered(tmp_path / "results") == Counter(SEG=1, SR=1, OT=3)
