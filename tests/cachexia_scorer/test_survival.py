from pathlib import Path

import numpy as np
import pytest

from radloom.adapters.onnx import EmbeddedInference
from services.cachexia_scorer.risk import Value, inputs
from services.cachexia_scorer.survival import (
    EDGES_MONTHS,
    HORIZONS_MONTHS,
    MODEL,
    Survival,
    median_months,
    survival,
    survival_at,
)

INFERENCE = EmbeddedInference(Path(__file__).parents[2] / "triton_models")


def asked(values: dict[str, Value]) -> Survival | None:
    given = inputs(values)
    return survival(given, INFERENCE.infer(MODEL, given.tensors).outputs)


def test_survival_falls_with_time_and_with_stage() -> None:
    early = asked({"age_years": Value(60.0), "stage": Value(1.0)})
    late = asked({"age_years": Value(60.0), "stage": Value(4.0)})
    assert early is not None
    assert late is not None
    for found in (early, late):
        probabilities = [at.probability for at in found.horizons]
        assert probabilities == sorted(probabilities, reverse=True)
        assert [at.months for at in found.horizons] == list(HORIZONS_MONTHS)
        assert all(at.interval[0] < at.probability < at.interval[1] for at in found.horizons)
    assert late.median_months is not None
    assert early.median_months is not None
    assert late.median_months < early.median_months


def test_nothing_known_gives_no_survival() -> None:
    assert asked({}) is None


def test_the_median_lies_where_the_straight_logarithm_crosses_one_half() -> None:
    # Exponential with median 7 months: exact on every interval.
    curve = np.array([0.5 ** (edge / 7) for edge in EDGES_MONTHS[1:]])
    assert median_months(curve) == pytest.approx(7.0)
    assert median_months(np.full(len(EDGES_MONTHS) - 1, 0.6)) is None


def test_survival_between_the_ends_of_intervals_is_exponential() -> None:
    curve = np.array([[0.5 ** (edge / 7) for edge in EDGES_MONTHS[1:]]] * 3)
    at = survival_at(curve, np.array([0.0, 5.3, 100.0]))
    assert at == pytest.approx([1.0, 0.5 ** (5.3 / 7), 0.5 ** (36 / 7)])
