"""One thread ends every call that takes too long, the earliest first."""

import threading

from radloom.adapters.deadlines import Deadlines

SOON_S, LATE_S, PATIENCE_S = 0.02, 600.0, 30.0


def test_a_call_that_takes_too_long_is_ended_once() -> None:
    ended = threading.Semaphore(0)
    with Deadlines().ending(SOON_S, ended.release):
        assert ended.acquire(timeout=PATIENCE_S)
        assert not ended.acquire(timeout=5 * SOON_S)


def test_a_call_that_is_over_in_time_is_left_alone() -> None:
    deadlines, late = Deadlines(), threading.Event()
    with deadlines.ending(SOON_S, late.set):
        pass
    other = threading.Event()
    with deadlines.ending(5 * SOON_S, other.set):
        assert other.wait(PATIENCE_S)
    assert not late.is_set()


def test_an_earlier_deadline_does_not_wait_for_a_later_one() -> None:
    deadlines, early, late = Deadlines(), threading.Event(), threading.Event()
    with deadlines.ending(LATE_S, late.set), deadlines.ending(SOON_S, early.set):
        assert early.wait(PATIENCE_S)
    assert not late.is_set()


def test_many_calls_share_one_thread() -> None:
    deadlines = Deadlines()
    before = threading.active_count()
    for _ in range(100):
        with deadlines.ending(LATE_S, lambda: None):
            pass
    assert threading.active_count() <= before + 1
