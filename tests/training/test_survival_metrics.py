"""Metrics of survival against examples worked by hand."""

import numpy as np
import pytest
from numpy.typing import NDArray

from training.cachexia.survival_metrics import (
    brier,
    concordance,
    d_calibration,
    hazard_ratio,
    kaplan_meier,
    kaplan_meier_median,
    step_at,
)


def array(*values: float) -> NDArray[np.float64]:
    return np.array(values, dtype=float)


def flags(*values: int) -> NDArray[np.bool_]:
    return np.array(values, dtype=bool)


def test_kaplan_meier_of_five_patients() -> None:
    # Deaths at 1 and 3 (5 and 3 at risk), censored at 2; at 4 two at risk, one dies, one censored.
    times, survival = kaplan_meier(array(1, 2, 3, 4, 4), flags(1, 0, 1, 1, 0))
    assert times == pytest.approx([1, 3, 4])
    assert survival == pytest.approx([4 / 5, 4 / 5 * 2 / 3, 4 / 5 * 2 / 3 * 1 / 2])
    assert step_at(times, survival, array(0.5, 1, 3.5)) == pytest.approx([1, 0.8, 8 / 15])
    assert step_at(times, survival, array(1), before=True) == pytest.approx([1])


def test_the_median_is_the_first_time_at_one_half_or_never() -> None:
    assert kaplan_meier_median(array(1, 2, 3, 4), flags(1, 1, 1, 1)) == 2
    assert kaplan_meier_median(array(1, 2, 3, 4), flags(1, 0, 0, 0)) == float("inf")


def test_concordance_counts_pairs_whose_shorter_time_ended_with_death() -> None:
    # Pairs: (1,2) won, (1,3) won, (1,4) won; 2 is censored; (3,4) lost.
    assert concordance(array(4, 1, 2, 3), array(1, 2, 3, 4), flags(1, 0, 1, 1)) == 3 / 4
    # Equal risks count one half.
    assert concordance(array(1, 1), array(1, 2), flags(1, 1)) == 0.5
    # A death and a censoring at the same time compare: the censored one lived longer.
    assert concordance(array(2, 1), array(1, 1), flags(1, 0)) == 1.0
    # Two deaths at the same time do not.
    assert np.isnan(concordance(array(2, 1), array(1, 1), flags(1, 1)))


def test_the_brier_score_without_censoring_is_the_mean_squared_error() -> None:
    found = brier(array(0.9, 0.2, 0.6), 2.0, array(1, 2, 3), flags(1, 1, 1))
    assert found == pytest.approx((0.9**2 + 0.2**2 + 0.4**2) / 3)


def test_the_brier_score_weighs_by_the_chance_of_not_being_censored() -> None:
    # Censored at 1 of four at risk: G is 1 before, 3/4 after. At 2.5: the death at 2 weighs
    # 1 / (3/4), the two alive 1 / (3/4), the censored one nothing.
    found = brier(array(0.5, 0.4, 0.7, 0.8), 2.5, array(1, 2, 3, 4), flags(0, 1, 1, 1))
    assert found == pytest.approx((0.4**2 + 0.3**2 + 0.2**2) / 0.75 / 4)


def test_d_calibration_counts_deaths_by_bin_and_spreads_the_censored() -> None:
    # A death with survival 0.95 lies in the last of two bins, one with 0.3 in the first.
    found = d_calibration(array(0.95, 0.3), flags(1, 1), bins=2)
    assert found.counts == pytest.approx([1, 1])
    assert (found.statistic, found.p_value, found.largest_gap) == (0, 1, 0)
    # Censored at 0.8: 0.3 / 0.8 of him dies in (0.5, 0.8], the rest in the lower half.
    found = d_calibration(array(0.8), flags(0), bins=2)
    assert found.counts == pytest.approx([0.5 / 0.8, 0.3 / 0.8])


def test_exponential_times_are_d_calibrated_under_their_own_curve_and_no_other() -> None:
    rng = np.random.default_rng(1)
    death, censored = rng.exponential(10, 5_000), rng.uniform(2, 30, 5_000)
    months, died = np.minimum(death, censored), death <= censored
    assert d_calibration(np.exp(-months / 10), died).p_value > 0.01
    assert d_calibration(np.exp(-months / 14), died).p_value < 1e-6


def test_the_hazard_ratio_of_a_group_that_dies_twice_as_fast_is_two() -> None:
    rng = np.random.default_rng(2)
    group = rng.random(20_000) < 0.4
    death = rng.exponential(10, 20_000) / np.where(group, 2, 1)
    censored = rng.uniform(5, 40, 20_000)
    found = hazard_ratio(group, np.minimum(death, censored), death <= censored)
    assert found == pytest.approx(2.0, abs=0.08)


def test_the_hazard_ratio_of_four_patients_solves_the_partial_likelihood() -> None:
    # In the group: deaths at 1 and 3; outside: deaths at 2 and 4. With r the ratio, the score
    # 2 - 2r/(2r+2) - r/(r+2) - r/(r+1) = 0 gives r^2 + r - 4 = 0.
    found = hazard_ratio(flags(1, 0, 1, 0), array(1, 2, 3, 4), flags(1, 1, 1, 1))
    r = found
    assert 2 - 2 * r / (2 * r + 2) - r / (r + 2) - r / (r + 1) == pytest.approx(0, abs=1e-6)
