"""A peer that fails again and again is left alone, and tried again later."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radloom.adapters.circuit_breaker import CircuitBreaker
from radloom.errors import Rejected, Unavailable

LIMIT, REST_S = 3, 60.0


@dataclass
class SetClock:
    time: datetime = field(default=datetime(2026, 11, 24, tzinfo=UTC))

    def now(self) -> datetime:
        return self.time

    def pass_s(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


def made() -> tuple[CircuitBreaker, SetClock]:
    clock = SetClock()
    return CircuitBreaker("peer", clock, failures=LIMIT, rest_s=REST_S), clock


def fail(breaker: CircuitBreaker) -> None:
    with pytest.raises(ConnectionError), breaker.call():
        broken()


def broken() -> None:
    raise ConnectionError


def is_open(breaker: CircuitBreaker) -> bool:
    """Whether it refuses; ask when it does not matter that this may count as a failure."""
    try:
        with breaker.call():
            broken()
    except (Unavailable, ConnectionError) as error:
        return isinstance(error, Unavailable)
    return False


def test_it_opens_after_failures_in_a_row_and_refuses_at_once() -> None:
    breaker, _ = made()
    for _ in range(LIMIT):
        fail(breaker)
    with pytest.raises(Unavailable) as refused, breaker.call():
        pytest.fail("the peer was asked")
    assert refused.value.dependency == "peer"


def test_a_success_between_failures_keeps_it_closed() -> None:
    breaker, _ = made()
    for _ in range(4):
        fail(breaker)
        fail(breaker)
        with breaker.call():
            pass
    assert not is_open(breaker)


def test_a_refusal_is_an_answer() -> None:
    breaker, _ = made()
    for _ in range(LIMIT * 2):
        with pytest.raises(Rejected), breaker.call():
            raise Rejected("no", reason="x")
    assert not is_open(breaker)


def test_after_the_rest_one_trial_passes_and_the_others_wait_for_it() -> None:
    breaker, clock = made()
    for _ in range(LIMIT):
        fail(breaker)
    clock.pass_s(REST_S)
    with breaker.call():
        assert is_open(breaker)
    assert not is_open(breaker)


def test_a_failed_trial_opens_it_for_another_rest() -> None:
    breaker, clock = made()
    for _ in range(LIMIT):
        fail(breaker)
    clock.pass_s(REST_S)
    fail(breaker)
    clock.pass_s(REST_S - 1)
    assert is_open(breaker)
    clock.pass_s(1)
    with breaker.call():
        pass


@given(st.lists(st.sampled_from(["ok", "fail", "wait"]), max_size=60))
def test_it_lets_through_as_the_last_outcomes_say(steps: list[str]) -> None:
    breaker, clock = made()
    failed, opened_at = 0, clock.now()
    for step in steps:
        if step == "wait":
            clock.pass_s(REST_S / 2)
            continue
        rested = clock.now() - opened_at >= timedelta(seconds=REST_S)
        try:
            with breaker.call():
                assert failed < LIMIT or rested
                if step == "fail":
                    broken()
            failed = 0
        except ConnectionError:
            failed, opened_at = failed + 1, clock.now()
        except Unavailable:
            assert failed >= LIMIT
            assert not rested
