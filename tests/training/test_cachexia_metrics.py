"""Metrics of a risk and the gate on them, against examples worked by hand."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import expit

from training.cachexia.gate import criteria, passed
from training.cachexia.metrics import (
    Calibration,
    Judgement,
    calibration,
    calibration_error,
    judge,
    reliability,
    roc_area,
    wilson,
)


def test_wilson_s_interval_of_24_in_26() -> None:
    assert wilson(24, 26) == pytest.approx((0.759, 0.979), abs=5e-4)
    assert wilson(0, 0) == (0.0, 1.0)


def test_the_calibration_error_weighs_the_gap_of_each_bin_by_its_patients() -> None:
    probability = np.array([0.15, 0.15, 0.85, 0.85])
    label = np.array([False, True, True, True])
    # First bin: 0.15 against 0.5; last: 0.85 against 1.
    assert calibration_error(probability, label) == pytest.approx(0.5 * 0.35 + 0.5 * 0.15)


def test_the_roc_area_is_the_share_of_pairs_in_order() -> None:
    score = np.array([0.1, 0.4, 0.35, 0.8])
    label = np.array([False, False, True, True])
    area, (low, high) = roc_area(score, label)
    assert area == 3 / 4
    assert low < area < high
    tied, _ = roc_area(np.full(4, 0.5), label)
    assert tied == 0.5
    with pytest.raises(ValueError, match="both classes"):
        roc_area(score, np.full(4, fill_value=True))


@pytest.mark.parametrize(("slope", "shift"), [(1.0, 0.0), (0.5, 0.0), (1.0, 0.7)])
def test_calibration_recovers_how_predictions_were_distorted(slope: float, shift: float) -> None:
    rng = np.random.default_rng(3)
    logit = rng.normal(0, 1.5, 40_000)
    label = rng.random(40_000) < expit(slope * logit + shift)
    found = calibration(np.asarray(expit(logit)), label)
    assert found.slope == pytest.approx(slope, abs=0.05)
    assert 0 < found.slope_interval[1] - found.slope_interval[0] < 0.1
    if slope == 1.0:
        assert found.intercept == pytest.approx(shift, abs=0.05)


def test_points_of_the_curve_hold_equally_many_patients() -> None:
    probability = np.linspace(0, 1, 100)
    points = reliability(probability, probability > 0.5, bins=4)
    assert [n for _, _, n in points] == [25, 25, 25, 25]
    assert [share for _, share, _ in points] == [0, 0, 1, 1]


GOOD = Judgement(
    n=600,
    events=380,
    accuracy=0.72,
    accuracy_interval=(0.68, 0.76),
    area=0.76,
    area_interval=(0.72, 0.80),
    ece=0.03,
    brier=0.19,
    calibration=Calibration(1.0, (0.85, 1.15), 0.0, (-0.2, 0.2)),
)


def test_the_gate_passes_when_every_criterion_holds() -> None:
    assert passed(criteria(GOOD))
    assert not passed([])


@pytest.mark.parametrize(
    ("name", "bad"),
    [
        ("patients", replace(GOOD, events=99)),
        ("patients", replace(GOOD, events=501)),
        ("slope", replace(GOOD, calibration=Calibration(0.9, (0.79, 1.01), 0.0, (-0.2, 0.2)))),
        ("slope", replace(GOOD, calibration=Calibration(1.1, (0.95, 1.26), 0.0, (-0.2, 0.2)))),
        ("large", replace(GOOD, calibration=Calibration(1.0, (0.85, 1.15), 0.1, (-0.1, 0.31)))),
        ("large", replace(GOOD, calibration=Calibration(1.0, (0.85, 1.15), -0.1, (-0.31, 0.1)))),
        ("calibration error", replace(GOOD, ece=0.051)),
        ("ROC", replace(GOOD, area_interval=(0.649, 0.8))),
    ],
)
def test_one_criterion_that_fails_closes_the_gate_and_is_named(name: str, bad: Judgement) -> None:
    found = criteria(bad)
    assert not passed(found)
    assert [name in line.name for line in found if not line.passed] == [True]


def test_at_their_limits_the_criteria_still_hold() -> None:
    edge = replace(
        GOOD,
        n=200,
        events=100,
        ece=0.05,
        area_interval=(0.65, 0.9),
        calibration=Calibration(1.0, (0.80, 1.25), 0.0, (-0.30, 0.30)),
    )
    assert passed(criteria(edge))


def test_a_judgement_of_perfect_predictions() -> None:
    label = np.array([True, False] * 50)
    found = judge(np.where(label, 0.9, 0.1), label)
    assert (found.n, found.events, found.accuracy, found.area) == (100, 50, 1.0, 1.0)
    assert found.brier == pytest.approx(0.01)
