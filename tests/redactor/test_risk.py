import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from services.redactor.risk import (
    UNFITTED,
    Constants,
    Control,
    Monitor,
    Stratum,
    assured_bound,
    assured_threshold,
    calibration_error,
    controlled_threshold,
    fitted,
    leaked_share,
    missed_share,
    read,
    reference,
    shipped_constants,
    written,
)

REPORTS = Stratum("text", "", "en")
DRAWS = 20


def items(rng: np.random.Generator, n: int) -> list[list[float]]:
    """Scores of the identifying spans of `n` items: harder items have lower scores."""
    hardness = rng.beta(1, 6, n)
    return [
        list(np.clip(1 - hard * rng.random(rng.integers(1, 12)) ** 2, 0, 1)) for hard in hardness
    ]


def releases(rng: np.random.Generator, n: int) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    risks = rng.beta(0.5, 8, n)
    return risks, rng.random(n) < risks


def missed(known: list[list[float]]) -> Callable[[float], NDArray[np.float64]]:
    return lambda threshold: missed_share(known, threshold)


def leaked(
    risks: Sequence[float] | NDArray[np.float64], leaks: Sequence[bool] | NDArray[np.bool_]
) -> Callable[[float], NDArray[np.float64]]:
    return lambda threshold: leaked_share(list(risks), list(leaks), threshold)


def controlled(references: Mapping[str, list[float]], below: float = 0.05) -> Constants:
    spread = {name: reference(scores) for name, scores in references.items()}
    calibration = fitted([0.0, 0.1, 0.2, 0.9], [False, False, False, True])
    return Constants(
        version="2026-11-24",
        provenance={"command": "test"},
        calibrations={"text-missed": calibration},
        controls={REPORTS: Control(below, 0.01, 0.02, 4, 1, 0.1, spread)},
    )


def test_the_realised_false_negative_rate_stays_below_alpha_in_19_of_20_draws() -> None:
    alpha, grid = 0.05, list(np.linspace(0, 1, 41))
    rng = np.random.default_rng(1)
    kept = 0
    for _ in range(DRAWS):
        known, new = items(rng, 600), items(rng, 4000)
        threshold = assured_threshold(grid, missed(known), alpha)
        kept += float(missed_share(new, threshold).mean()) <= alpha
    assert kept >= 19


def test_the_expected_loss_of_the_next_item_stays_below_alpha_on_average_over_draws() -> None:
    alpha, grid = 0.05, list(np.linspace(0, 1, 41))
    rng = np.random.default_rng(2)
    realised = []
    for _ in range(60):
        known, new = items(rng, 100), items(rng, 500)
        threshold = controlled_threshold(grid, missed(known), alpha)
        realised.append(float(missed_share(new, threshold).mean()))
    standard_error = np.std(realised) / math.sqrt(len(realised))
    assert np.mean(realised) <= alpha + 2 * standard_error
    assert np.mean(realised) > alpha / 3  # not won by redacting everything


def test_released_leaks_stay_below_alpha_in_19_of_20_draws() -> None:
    alpha, grid = 0.01, list(np.linspace(0, 1, 81))
    rng = np.random.default_rng(3)
    kept = 0
    for _ in range(DRAWS):
        risks, leaks = releases(rng, 3000)
        threshold = assured_threshold(grid, leaked(risks, leaks), alpha)
        new_risks, new_leaks = releases(rng, 20_000)
        kept += float(leaked_share(list(new_risks), list(new_leaks), threshold).mean()) <= alpha
    assert kept >= 19


def test_too_few_items_for_the_bound_give_no_threshold() -> None:
    risks, leaks = [0.0] * 50, [False] * 50
    found = controlled_threshold([0.1, 0.5], leaked(risks, leaks), 0.01)
    assert found == -math.inf


def test_an_assured_bound_of_one_percent_without_a_leak_needs_its_300_items() -> None:
    def threshold(n: int) -> float:
        return assured_threshold([0.5], leaked([0.0] * n, [False] * n), 0.01)

    assert threshold(298) == -math.inf
    assert threshold(299) == 0.5  # (1 - 0.01) ** 299 < 0.05


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.floats(-5, 5), st.booleans()), min_size=1, max_size=60))
def test_a_calibration_rises_and_never_claims_certainty(rows: list[tuple[float, bool]]) -> None:
    found = fitted([score for score, _ in rows], [label for _, label in rows])
    said = [found(score) for score in sorted(score for score, _ in rows)]
    assert said == sorted(said)
    assert all(0 < p < 1 for p in said)
    assert found.items == len(rows)


def test_an_assured_bound_is_the_rule_of_three_where_nothing_leaked() -> None:
    assert assured_bound(np.zeros(300)) == pytest.approx(3 / 300, rel=0.02)
    assert assured_bound(np.ones(10)) == 1


def test_a_calibration_says_what_happens() -> None:
    rng = np.random.default_rng(4)
    scores = rng.random(20_000)
    found = fitted(list(scores[:10_000]), list(rng.random(10_000) < scores[:10_000] ** 3))
    said = [found(score) for score in scores[10_000:]]
    assert calibration_error(said, list(rng.random(10_000) < scores[10_000:] ** 3)) <= 0.03


def test_no_alarm_while_items_stay_exchangeable() -> None:
    alarms = 0
    for draw in range(DRAWS):
        rng = np.random.default_rng(100 + draw)
        monitor = Monitor.started({"missed": reference(list(rng.beta(1, 9, 300)))})
        for score in rng.beta(1, 9, 400):
            monitor = monitor.after({"missed": float(score)}, tie=rng.random())
        alarms += monitor.alarmed
    assert alarms <= 1


@pytest.mark.parametrize(("a", "b"), [(2, 6), (1, 40), (30, 270)])
def test_items_of_another_kind_raise_the_alarm_and_it_stays(a: float, b: float) -> None:
    rng = np.random.default_rng(5)
    monitor = Monitor.started({"missed": reference(list(rng.beta(1, 9, 300)))})
    for score in rng.beta(a, b, 200):
        monitor = monitor.after({"missed": float(score)}, tie=rng.random())
    assert monitor.alarmed
    for score in rng.beta(1, 9, 50):
        monitor = monitor.after({"missed": float(score)}, tie=rng.random())
    assert monitor.alarmed


def test_one_of_several_scores_that_shifts_is_enough() -> None:
    rng = np.random.default_rng(6)
    names = {"missed": reference(list(rng.random(300))), "spans": reference(list(rng.random(300)))}
    monitor = Monitor.started(names)
    for _ in range(200):
        features = {"missed": rng.random(), "spans": 0.8 + 0.2 * rng.random()}
        monitor = monitor.after(features, tie=rng.random())
    assert monitor.alarmed


def test_the_state_of_a_monitor_survives_json_and_restarts_with_new_constants() -> None:
    rng = np.random.default_rng(7)
    known = {"missed": reference(list(rng.random(100)))}
    monitor = Monitor.started(known).after({"missed": 0.3}, tie=0.5)
    assert Monitor.from_json(monitor.as_json(), known) == monitor
    other = {"missed": reference(list(rng.random(100)), bins=5)}
    assert Monitor.from_json(monitor.as_json(), other) == Monitor.started(other)


def test_a_tie_outside_its_range_is_an_error() -> None:
    monitor = Monitor.started({"missed": reference([0.1, 0.2])})
    with pytest.raises(ValueError, match="tie"):
        monitor.after({"missed": 0.1}, tie=1.0)


def test_what_was_never_calibrated_goes_to_review() -> None:
    constants = controlled({"missed": [0.0, 0.1, 0.2]})
    judged = constants.judged(Stratum("US"), {"missed": 0.0}, constants.monitor(Stratum("US")))
    assert (judged.release, judged.reason) == (False, "uncalibrated")


def test_low_risk_is_released_and_high_risk_reviewed() -> None:
    constants = controlled({"missed": [0.0, 0.1, 0.2]}, below=0.5)
    monitor = constants.monitor(REPORTS)
    assert constants.judged(REPORTS, {"missed": 0.05}, monitor).release
    high = constants.judged(REPORTS, {"missed": 0.95}, monitor)
    assert (high.release, high.reason, high.version) == (False, "risk", "2026-11-24")


def test_an_unknown_source_falls_back_to_its_modality_and_language() -> None:
    constants = controlled({"missed": [0.0, 0.1, 0.2]}, below=0.5)
    other = Stratum("text", "another system", "en")
    assert constants.judged(other, {"missed": 0.0}, constants.monitor(other)).release
    assert constants.control(Stratum("text", "", "de")) is None


def test_a_stratum_that_shifted_is_reviewed_whatever_the_risk() -> None:
    rng = np.random.default_rng(8)
    constants = controlled({"missed": list(rng.random(300))}, below=0.99)
    monitor = constants.monitor(REPORTS)
    for _ in range(200):
        monitor = monitor.after({"missed": 0.99}, tie=rng.random())
    judged = constants.judged(REPORTS, {"missed": 0.0}, monitor)
    assert (judged.release, judged.reason) == (False, "shift")


def test_constants_survive_json() -> None:
    constants = controlled({"missed": [0.0, 0.1, 0.2], "spans": [1.0, 2.0]})
    assert read(written(constants)) == constants


def test_constants_that_are_none_are_refused() -> None:
    with pytest.raises(ValueError, match="constants of risk"):
        read('{"version": "x"}')


def test_the_shipped_constants_can_be_read_and_say_where_they_are_from() -> None:
    constants = shipped_constants()
    assert constants.version
    if constants.calibrations:
        assert {"data", "images", "text"} == set(constants.provenance)
    assert constants.calibration("never fitted") is UNFITTED
