"""Fifty members, averaged, calibrated on patients that they have not seen.

Ten folds times five configurations, as in the protocol of the published multimodal biomarker. A
patient's out-of-fold logit is the mean of the five members trained without his fold; calibration,
conformal cuts and every choice are made on those. Logits are averaged, not probabilities, so that
the contributions of the features still sum to the answer.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from services.cachexia_scorer.conformal import COVERAGE, cut_of
from training.cachexia.additive import (
    BITS,
    CONFIGURATIONS,
    MODALITY_OF,
    PATTERNS,
    Basis,
    Bools,
    Configuration,
    Floats,
    Ints,
    Member,
    Rows,
    basis_of,
    fit,
    logits,
    patterns_of,
)
from training.cachexia.cohort import Cohort
from training.cachexia.outcomes import Outcome

FOLDS = 10
Z_90 = 1.6449
"""95th percentile of the normal distribution: half a 90 % interval in standard errors."""

CALIBRATION_PRIOR = 10.0
"""Pseudo-information that pulls a pattern's calibration to that of all patterns."""


@dataclass(frozen=True)
class Ensemble:
    """A head, as trained.

    Attributes:
        basis: Columns that all members share.
        members: Fold-major: the configurations of fold 0, then of fold 1, ...
        folds: Number of folds.
        slope: (16,) calibration of the mean logit, per pattern.
        offset: (16,).
        cuts: (16, 2) conformal cuts of "cachexia" and "not", per pattern.
        interval_factor: Half the interval in jackknife standard errors of the logit.
    """

    basis: Basis
    members: tuple[Member, ...]
    folds: int
    slope: Floats
    offset: Floats
    cuts: Floats
    interval_factor: float = Z_90

    @property
    def alpha(self) -> Floats:
        """(K,) mean over the members."""
        return np.asarray(np.mean([member.alpha for member in self.members], axis=0))


@dataclass(frozen=True)
class Answers:
    """What an ensemble says about n patients; see `services.cachexia_scorer.risk.Risk`."""

    logit: Floats
    half: Floats
    base: Floats
    contributions: Floats
    patterns: Ints

    @property
    def probability(self) -> Floats:
        """(n,) calibrated."""
        return np.asarray(expit(self.logit))

    @property
    def interval(self) -> Floats:
        """(n, 2) of the probability."""
        return np.stack([expit(self.logit - self.half), expit(self.logit + self.half)], 1)


def train(
    cohort: Cohort,
    outcome: Outcome,
    used: Bools,
    seed: int,
    *,
    folds: int = FOLDS,
    configurations: Sequence[Configuration] = CONFIGURATIONS,
) -> Ensemble:
    """Trains and calibrates a head on a cohort.

    Args:
        cohort: Patients.
        outcome: Their outcome, as the head predicts it.
        used: (F,) features that the head reads.
        seed: Of the folds; nothing else is drawn.
        folds: Number of folds.
        configurations: Members per fold.
    """
    basis = basis_of(cohort.features, cohort.observed, used)
    rows = Rows(
        basis.columns(cohort.features, cohort.observed, cohort.error_sd),
        patterns_of(cohort.observed, basis),
        outcome,
    )
    fold = np.random.default_rng([seed, 0xF0]).permutation(len(cohort)) % folds
    members = tuple(
        fit(rows.take(np.flatnonzero(fold != k)), basis, configuration)
        for k in range(folds)
        for configuration in configurations
    )
    bare = Ensemble(
        basis, members, folds, np.ones(PATTERNS), np.zeros(PATTERNS), np.zeros((PATTERNS, 2))
    )
    return calibrated(bare, rows, out_of_fold(bare, rows, fold))


def split_calibrated(ensemble: Ensemble, cohort: Cohort, outcome: Outcome) -> Ensemble:
    """The ensemble calibrated on patients of whom no member has seen any.

    Where patients can be spared: the answer of all members is then calibrated itself. Out of fold
    it is that of five members, which scatters a little more, so that conformal sets come out a
    little too large where the signal is weak.
    """
    basis = ensemble.basis
    rows = Rows(
        basis.columns(cohort.features, cohort.observed, cohort.error_sd),
        patterns_of(cohort.observed, basis),
        outcome,
    )
    shown = [np.full(len(cohort), p) for p in range(PATTERNS)]
    made = [
        np.mean([logits(m, rows.columns, basis.modality, each) for m in ensemble.members], axis=0)
        for each in shown
    ]
    return calibrated(ensemble, rows, np.array(made))


def out_of_fold(ensemble: Ensemble, rows: Rows, fold: Ints) -> Floats:
    """(16, n) logit of each patient by members that have not seen him, per pattern shown."""
    each = len(ensemble.members) // ensemble.folds
    made = np.zeros((PATTERNS, len(fold)))
    for k in range(ensemble.folds):
        inside = np.flatnonzero(fold == k)
        mine = ensemble.members[k * each : (k + 1) * each]
        for p in range(PATTERNS):
            shown = np.full(len(inside), p)
            made[p, inside] = np.mean(
                [logits(m, rows.columns[inside], ensemble.basis.modality, shown) for m in mine], 0
            )
    return made


def calibrated(ensemble: Ensemble, rows: Rows, unseen: Floats) -> Ensemble:
    """The ensemble with slope, offset and cuts fitted to out-of-fold logits.

    A pattern is calibrated on every patient of whom at least its modalities were observed, the
    others hidden: patterns that are rare in the record are calibrated as well as frequent ones.
    """
    has = np.array([(rows.patterns & p) == p for p in range(PATTERNS)])
    alpha = ensemble.alpha
    where = [np.flatnonzero(has[p]) for p in range(PATTERNS)]
    parts = [(unseen[p, where[p]], rows.outcome.take(where[p])) for p in range(1, PATTERNS)]
    every = Outcome(
        np.concatenate([o.event for _, o in parts]), np.concatenate([o.at_risk for _, o in parts])
    )
    prior = platt(np.concatenate([logit for logit, _ in parts]), every, alpha, (1.0, 0.0), 1.0)
    slope, offset, cuts = np.ones(PATTERNS), np.zeros(PATTERNS), np.zeros((PATTERNS, 2))
    for p in range(PATTERNS):
        mine = rows.outcome.take(where[p])
        logit = unseen[p, where[p]]
        slope[p], offset[p] = platt(logit, mine, alpha, prior, CALIBRATION_PRIOR)
        if len(alpha) == 1:
            probability = expit(slope[p] * logit + offset[p] + alpha[0])
            label = mine.event[:, 0] > 0
            cuts[p] = (cut_of(probability[label]), cut_of(1 - probability[~label]))
    return replace(ensemble, slope=slope, offset=offset, cuts=cuts)


def platt(
    logit: Floats, outcome: Outcome, alpha: Floats, prior: tuple[float, float], strength: float
) -> tuple[float, float]:
    """Slope and offset of least cross-entropy (Platt 1999), pulled to a prior; Newton's method."""
    at = np.array(prior)
    design = np.stack([logit, np.ones_like(logit)])
    for _ in range(30):
        gradient, hessian = strength * (at - prior), strength * np.eye(2)
        for k in range(len(alpha)):
            p = expit(at @ design + alpha[k])
            risk = outcome.at_risk[:, k]
            gradient = gradient + design @ (risk * p - outcome.event[:, k])
            hessian = hessian + (design * (risk * p * (1 - p))) @ design.T
        step = np.linalg.solve(hessian, gradient)
        at = at - step
        if np.abs(step).max() < 1e-9:
            break
    return float(at[0]), float(at[1])


def answer(ensemble: Ensemble, cohort: Cohort) -> Answers:
    """What the ensemble says about every patient; the reference of the exported graph."""
    basis = ensemble.basis
    columns = basis.columns(cohort.features, cohort.observed, cohort.error_sd)
    patterns = patterns_of(cohort.observed, basis)
    to_feature = np.zeros((len(basis.feature), cohort.features.shape[1]))
    to_feature[np.arange(len(basis.feature)), basis.feature] = 1
    slope, offset = ensemble.slope[patterns], ensemble.offset[patterns]
    added = np.zeros(cohort.features.shape)
    member_logits = []
    for m in ensemble.members:
        gain = (BITS * (1 + m.gate))[patterns][:, MODALITY_OF]
        mine = ((columns * m.w) @ to_feature) * gain
        added += mine / len(ensemble.members)
        member_logits.append(m.bias[patterns] + mine.sum(1))
    by_fold = np.mean(np.reshape(member_logits, (ensemble.folds, -1, len(cohort))), axis=1)
    bias = np.mean([m.bias[patterns] for m in ensemble.members], axis=0)
    base = slope * bias + offset + (ensemble.alpha[0] if len(ensemble.alpha) == 1 else 0.0)
    contributions = added * slope[:, None]
    half = ensemble.interval_factor * slope * jackknife_error(by_fold)
    return Answers(base + contributions.sum(1), half, base, contributions, patterns)


def jackknife_error(by_fold: Floats) -> Floats:
    """Standard error of a mean over folds by the delete-a-group jackknife (Kott 2001).

    Folds share most of their patients, so their plain spread would be too small by sqrt(folds - 1).
    """
    folds = len(by_fold)
    spread = ((by_fold - by_fold.mean(0)) ** 2).sum(0)
    return np.asarray(np.sqrt(spread * (folds - 1) / folds))


def curves(ensemble: Ensemble, logit: Floats) -> Floats:
    """(n, K) survival at the ends of the intervals."""
    hazard = np.logaddexp(0, logit[:, None] + ensemble.alpha)
    return np.asarray(np.exp(-np.cumsum(hazard, axis=1)))


Sets = NDArray[np.bool_]


def sets(ensemble: Ensemble, given: Answers) -> Sets:
    """(n, 2) whether "cachexia" and "not" are in the conformal set, both when neither would be."""
    cuts = ensemble.cuts[given.patterns]
    both = np.stack([given.probability >= cuts[:, 0], 1 - given.probability >= cuts[:, 1]], 1)
    return np.asarray(both | ~both.any(1, keepdims=True))


__all__ = [
    "COVERAGE",
    "Answers",
    "Ensemble",
    "answer",
    "curves",
    "sets",
    "split_calibrated",
    "train",
]
