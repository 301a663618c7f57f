from collections.abc import Callable
from fractions import Fraction
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.cachexia_scorer.states import Bound, Reading
from services.cachexia_scorer.verdicts import (
    FALSE,
    TRUE,
    Verdict,
    above,
    all_of,
    any_of,
    below,
    negated,
    unknown,
)
from tests.cachexia_scorer.patients import AT

VALUES = st.integers(-5, 5).map(lambda n: n / 2)


def _worlds(verdicts: tuple[Verdict, ...]) -> list[tuple[bool, ...]]:
    """Every way in which the unknown ones may turn out."""
    return list(product(*[(True, False) if v.value is None else (v.value,) for v in verdicts]))


THREE = st.sampled_from([TRUE, FALSE, unknown("a"), unknown("b")])


@given(st.lists(THREE, min_size=1, max_size=4).map(tuple))
def test_logic_is_decided_exactly_when_every_outcome_agrees(verdicts: tuple[Verdict, ...]) -> None:
    for combine, plain in ((any_of, any), (all_of, all)):
        outcomes = {plain(world) for world in _worlds(verdicts)}
        assert combine(*verdicts).value == (outcomes.pop() if len(outcomes) == 1 else None)


def test_an_unknown_verdict_names_each_thing_that_is_missing_once() -> None:
    assert any_of(unknown("a"), FALSE, unknown("a", "b")).missing == ("a", "b")
    assert all_of(unknown("a"), FALSE).missing == ()
    assert negated(unknown("a")) == unknown("a")
    assert (negated(TRUE), negated(FALSE)) == (FALSE, TRUE)


HOLDS: dict[str, Callable[[float, float], bool]] = {
    "": lambda true, value: true == value,
    "<": lambda true, value: true < value,
    "<=": lambda true, value: true <= value,
    ">": lambda true, value: true > value,
    ">=": lambda true, value: true >= value,
}


@pytest.mark.parametrize("bound", ["", "<", "<=", ">", ">="])
@given(value=st.integers(-3, 3), cut=st.integers(-3, 3))
def test_a_bound_decides_exactly_when_every_true_value_agrees(
    bound: Bound, value: int, cut: int
) -> None:
    reading = Reading(Fraction(value), "1", AT, ("id",), bound, "only a limit")
    possible = [n / 4 for n in range(-40, 41) if HOLDS[bound](n / 4, value)]

    for compare, agree in (
        (below, {true < cut for true in possible}),
        (above, {true > cut for true in possible}),
    ):
        verdict = compare(reading, Fraction(cut))
        assert verdict.value == (agree.pop() if len(agree) == 1 else None)
        assert verdict.missing == (("only a limit",) if verdict.value is None else ())
