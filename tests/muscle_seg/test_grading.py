"""From what the ensemble gives away to a bound and a grade."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from radloom.errors import Unavailable
from services.muscle_seg.grading import (
    AGREEMENT_A,
    AGREEMENT_B,
    BOUND_A,
    BOUND_B,
    Grading,
    Signals,
    around,
    grade,
    signals,
)

SHA = "ab" * 32
# The missing Dice is the disagreement itself.
PLAIN = Grading((0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0), 2.0, 50.0, 0.8, 0.3, 0.3)
SEEN = Signals(0.02, 0.01, 0.02, 0.1, heterogeneity=12.0, edgeless=0.2)


def test_constants_come_back_as_they_were_written() -> None:
    assert Grading.of(PLAIN.parameters(SHA), SHA) == PLAIN


@pytest.mark.parametrize("parameters", [{}, PLAIN.parameters("cd" * 32)], ids=["none", "others"])
def test_constants_of_other_weights_are_not_used(parameters: dict[str, str]) -> None:
    with pytest.raises(Unavailable, match=r"training\.grading"):
        Grading.of(parameters, SHA)


def test_the_bound_is_the_missing_dice_times_the_quantile() -> None:
    assert PLAIN.missing_dice(SEEN) == pytest.approx(0.02)
    assert PLAIN.bound(SEEN) == pytest.approx(0.04)


@given(st.floats(0, 1), st.floats(0, 1))
def test_more_disagreement_never_means_a_smaller_bound(a: float, b: float) -> None:
    low, high = (PLAIN.bound(replace(SEEN, disagreement=d)) for d in sorted((a, b)))
    assert 0 < low <= high


@pytest.mark.parametrize(
    ("bound", "agreement", "doubtful", "told"),
    [
        (BOUND_A, AGREEMENT_A, False, "A"),
        (BOUND_A + 1e-6, 0.99, False, "B"),
        (BOUND_A, AGREEMENT_A - 1e-6, False, "B"),
        (BOUND_A, 0.99, True, "B"),
        (BOUND_B, AGREEMENT_B, True, "B"),
        (BOUND_B + 1e-6, 0.99, False, "C"),
        (BOUND_A, AGREEMENT_B - 1e-6, False, "C"),
    ],
)
def test_the_grade_is_read_from_bound_agreement_and_doubt(
    bound: float,
    agreement: float,
    doubtful: bool,  # noqa: FBT001 - a case of the table
    told: str,
) -> None:
    assert grade(bound, agreement, doubtful=doubtful) == told


def test_signals_are_sums_per_pixel_of_muscle() -> None:
    mean = np.zeros((256, 256), np.float32)
    mean[:10, :10], mean[10:20, :10] = 1.0, 0.5
    variance = np.full((256, 256), 1 / 65536, np.float32)
    got = signals(mean, variance, 2 * variance, agreement=0.97, texture=(12.0, 0.2))
    assert got.disagreement == pytest.approx(0.03)
    assert got.variance == pytest.approx(0.01)
    assert got.information == pytest.approx(0.02)
    assert got.entropy == pytest.approx(np.log(2), rel=0.05)


def test_signals_of_nothing_are_finite() -> None:
    nothing = np.zeros((256, 256), np.float32)
    assert np.isfinite(
        signals(nothing, nothing, nothing, agreement=0.0, texture=(0.0, 0.0)).vector()
    ).all()


def test_an_interval_does_not_hold_what_cannot_be() -> None:
    assert around(3.0, 5.0) == (0.0, 8.0)
    assert around(-20.0, 5.0, low=-1024.0) == (-25.0, -15.0)
