"""Training at toy size: all steps, in the gate, and the exported graph says what was trained."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.optimize import approx_fprime

from radloom.adapters.onnx import EmbeddedInference
from services.cachexia_scorer.risk import FEATURES, HEADS, MODALITIES, read_by
from services.cachexia_scorer.survival import EDGES_MONTHS
from training.cachexia import additive
from training.cachexia.additive import CONFIGURATIONS, PATTERNS, Rows, basis_of, patterns_of
from training.cachexia.build import SMOKE, build
from training.cachexia.cohort import Cohort, simulate
from training.cachexia.ensemble import answer, curves, jackknife_error, sets, train
from training.cachexia.graph import risk_model, survival_model
from training.cachexia.outcomes import label_outcome, survival_outcome
from training.cachexia.repository import run, tensors

EVERY = np.ones(len(FEATURES), dtype=bool)
READERS = simulate(600, 21)


def test_one_command_leaves_models_that_answer_and_cards(tmp_path: Path) -> None:
    build(SMOKE, tmp_path)
    inference = EmbeddedInference(tmp_path)
    for model in ("cachexia_risk", "cachexia_survival"):
        inference.ready(model)
        told = inference.describe(model)
        assert told.parameters["mode"] == "shadow"
        assert told.parameters["training_provenance"] == "simulation"
        assert told.sha256 in (tmp_path / model / "MODEL_CARD.md").read_text()


def test_the_same_training_gives_the_same_file() -> None:
    made = [
        risk_model({"early": train(simulate(300, 1), label_outcome(simulate(300, 1).cachexia),
                                   read_by("early"), 1, folds=2)}).SerializeToString()
        for _ in range(2)
    ]  # fmt: skip
    assert made[0] == made[1]


@pytest.mark.parametrize("head", HEADS)
def test_the_graph_answers_as_the_training_code_for_every_pattern(head: str) -> None:
    cohort = simulate(500, 1)
    made = train(cohort, label_outcome(cohort.cachexia), read_by(head), 1, folds=3)  # type: ignore[arg-type] # a Head
    graph = risk_model({head: made})
    for pattern in range(PATTERNS):
        hidden = [m for k, m in enumerate(MODALITIES) if not pattern >> k & 1]
        asked = READERS.hide(hidden)
        said, outputs = answer(made, asked), run(graph, tensors(asked))
        np.testing.assert_allclose(
            outputs[f"{head}_probability"][:, 0], said.probability, atol=2e-6
        )
        np.testing.assert_allclose(outputs[f"{head}_interval"], said.interval, atol=2e-6)
        np.testing.assert_allclose(outputs[f"{head}_base"][:, 0], said.base, atol=1e-5)
        np.testing.assert_allclose(outputs[f"{head}_contributions"], said.contributions, atol=2e-5)
        np.testing.assert_allclose(outputs[f"{head}_cuts"], made.cuts[said.patterns], atol=1e-6)


def test_the_survival_graph_answers_as_the_training_code() -> None:
    cohort = simulate(400, 1)
    outcome = survival_outcome(cohort.months, cohort.died, EDGES_MONTHS)
    made = train(cohort, outcome, EVERY, 1, folds=2)
    said, outputs = answer(made, READERS), run(survival_model(made), tensors(READERS))
    np.testing.assert_allclose(outputs["survival"], curves(made, said.logit), atol=5e-6)
    np.testing.assert_allclose(outputs["low"], curves(made, said.logit + said.half), atol=5e-6)
    assert (np.diff(outputs["survival"], axis=1) < 0).all()
    assert (outputs["low"] <= outputs["high"]).all()


def rows(n: int) -> tuple[Rows, additive.Basis, Cohort]:
    cohort = simulate(n, 3)
    basis = basis_of(cohort.features, cohort.observed, read_by("full"))
    columns = basis.columns(cohort.features, cohort.observed, cohort.error_sd)
    patterns = patterns_of(cohort.observed, basis)
    return Rows(columns, patterns, label_outcome(cohort.cachexia)), basis, cohort


@pytest.mark.parametrize("configuration", CONFIGURATIONS, ids=str)
@pytest.mark.parametrize("kind", ["label", "survival"])
def test_the_gradient_is_that_of_the_loss(kind: str, configuration: additive.Configuration) -> None:
    given, basis, cohort = rows(60)
    if kind == "survival":
        outcome = survival_outcome(cohort.months, cohort.died, EDGES_MONTHS)
        given = Rows(given.columns, given.patterns, outcome)
    problem = additive._Problem(given, basis, configuration)  # noqa: SLF001 - its gradient
    at = problem.start() + np.random.default_rng(1).normal(0, 0.2, len(problem.start()))

    def value(x: NDArray[np.float64]) -> float:
        return problem.loss(x)[0]

    numeric = approx_fprime(at, value, 1e-6)
    np.testing.assert_allclose(problem.loss(at)[1], numeric, rtol=1e-3, atol=2e-3)


def test_dropout_is_a_distribution_over_patterns_that_only_hide() -> None:
    given, basis, _ = rows(200)
    problem = additive._Problem(given, basis, CONFIGURATIONS[0])  # noqa: SLF001 - its weights
    np.testing.assert_allclose(problem.weight.sum(0), 1.0)
    for pattern in range(PATTERNS):
        shown = problem.weight[pattern] > 0
        assert ((given.patterns[shown] & pattern) == pattern).all()


def test_a_member_trained_without_a_fold_does_not_depend_on_it() -> None:
    cohort = simulate(300, 4)
    one = train(cohort, label_outcome(cohort.cachexia), read_by("early"), 5, folds=3)
    fold = np.random.default_rng([5, 0xF0]).permutation(300) % 3
    flipped = np.where(fold == 0, ~cohort.cachexia, cohort.cachexia)
    other = train(cohort, label_outcome(flipped), read_by("early"), 5, folds=3)
    each = len(CONFIGURATIONS)
    for k in range(each):
        assert np.array_equal(one.members[k].w, other.members[k].w)
    assert not np.array_equal(one.members[each].w, other.members[each].w)


def test_the_definition_has_no_column_in_the_early_head() -> None:
    cohort = simulate(1_000, 6)
    basis = basis_of(cohort.features, cohort.observed, read_by("early"))
    assert not any(FEATURES[feature].defines for feature in basis.feature)


def test_a_person_interval_ends_with_death_or_counts_for_its_share() -> None:
    months, died = np.array([5.0, 5.0, 36.0]), np.array([True, False, False])
    made = survival_outcome(months, died, (0.0, 4.0, 8.0, 36.0))
    assert made.event.tolist() == [[0, 1, 0], [0, 0, 0], [0, 0, 0]]
    assert made.at_risk.tolist() == [[1, 1, 0], [1, 0.25, 0], [1, 1, 1]]


def test_the_jackknife_error_of_a_mean_is_its_standard_error() -> None:
    # Leaving one of n values out: the jackknife of the mean is exact.
    values = np.array([1.0, 4.0, 2.0, 7.0, 6.0])
    left_out: NDArray[np.float64] = ((values.sum() - values) / 4)[:, None]
    assert jackknife_error(left_out)[0] == pytest.approx(values.std(ddof=1) / np.sqrt(5))


def test_sets_cover_new_patients_about_as_promised() -> None:
    cohort, new = simulate(1_500, 7), simulate(6_000, 8)
    made = train(cohort, label_outcome(cohort.cachexia), read_by("full"), 1, folds=4)
    inside = sets(made, answer(made, new))
    assert 0.86 <= inside[new.cachexia, 0].mean() <= 0.94
    assert 0.86 <= inside[~new.cachexia, 1].mean() <= 0.94
