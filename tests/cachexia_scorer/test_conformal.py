import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.cachexia_scorer.conformal import cut_of, prediction_set


def test_the_cut_is_the_order_statistic_of_the_formula() -> None:
    # n = 19, 90 %: k = floor(0.1 * 20) = 2, the second smallest.
    probabilities = np.linspace(0.05, 0.95, 19)
    assert cut_of(probabilities, 0.90) == pytest.approx(0.10)


def test_too_few_patients_exclude_nothing() -> None:
    assert cut_of(np.full(8, 0.9), 0.90) == 0.0
    assert cut_of(np.array([]), 0.90) == 0.0


@given(st.integers(20, 200), st.integers(0, 2**32 - 1))
def test_on_its_own_calibration_patients_the_cut_leaves_out_at_most_a_tenth(
    n: int, seed: int
) -> None:
    probabilities = np.random.default_rng(seed).random(n)
    assert (probabilities < cut_of(probabilities, 0.90)).mean() <= 0.10


def test_new_patients_of_the_same_kind_are_covered_as_promised() -> None:
    rng = np.random.default_rng(4)
    covered = [(rng.beta(2, 3, 400) >= cut_of(rng.beta(2, 3, 99), 0.90)).mean() for _ in range(300)]
    assert 0.89 <= np.mean(covered) <= 0.92


@pytest.mark.parametrize(
    ("probability", "cuts", "expected"),
    [
        (0.9, (0.5, 0.5), "cachexia"),
        (0.1, (0.5, 0.5), "not"),
        (0.5, (0.5, 0.5), "unsure"),  # both cuts are reached
        (0.5, (0.3, 0.3), "unsure"),
        (0.5, (0.7, 0.7), "unsure"),  # neither is: unlike every calibration patient
        (0.7, (0.7, 0.4), "cachexia"),
        (0.0, (0.0, 0.0), "unsure"),  # too few patients to exclude anything
    ],
)
def test_one_label_only_when_the_other_is_excluded(
    probability: float, cuts: tuple[float, float], expected: str
) -> None:
    assert prediction_set(probability, *cuts) == expected
