import pytest

from radloom.runtime.checkpoint import CRASH_POINTS
from tests.faults.kill_harness import Case, run_on


@pytest.mark.parametrize("kind", ["local", pytest.param("kafka", marks=pytest.mark.peer)])
def test_replicas_killed_at_every_point_lose_nothing_and_do_nothing_twice(kind: str) -> None:
    report = run_on(kind, Case(events=400, crashes=1, kills=3, seed=7, limit_s=150))
    assert report.faults() == {}, report
    assert set(report.crashes) == set(CRASH_POINTS)
    assert report.kills == 3
