"""The model: one additive encoder per modality, gates that know which modalities are missing.

For a patient x of whom modalities P were observed, a member answers the logit

    bias[P] + sum over observed modalities m of (1 + gate[P, m]) * sum over columns d of m
        w[d] * reliability(feature of d) * phi_d(x)

with phi_d a standardised straight line or hinge max(x - knot, 0). Missing features add nothing, but
for one case: that a note was read and does not speak of a symptom is a state with a column of its
own ("silent"), for notes name what is there more often than what is not. The logit is a sum over
features, exactly. Modality dropout is not drawn but summed: the loss is its expectation over all 16
patterns, so training is deterministic.

With K time intervals the same logit, plus alpha[k], is that of the hazard in interval k.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit

from services.cachexia_scorer.risk import FEATURES, MODALITIES
from training.cachexia.outcomes import Outcome

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.intp]

PATTERNS = 1 << len(MODALITIES)
SILENT = -1
"""Rank of a column that says that the notes were read and are silent about a symptom."""

MODALITY_OF = np.array([MODALITIES.index(feature.modality) for feature in FEATURES])
BITS = np.array([[p >> m & 1 for m in range(len(MODALITIES))] for p in range(PATTERNS)], dtype=bool)
"""(16, 4) modalities of each pattern."""


@dataclass(frozen=True)
class Basis:
    """Columns phi_d, shared by all members.

    Attributes:
        feature: (D,) column of the feature vector.
        knot: (D,) where the hinge bends; `NO_HINGE` for a straight line.
        rank: (D,) 0 straight line, 1 inner knot, 2 outer knot: configurations use a part; `SILENT`
            for the column that says that the notes do not speak of the feature.
        low: (F,) features are clipped to [low, high], so nothing is extrapolated.
        high: (F,).
        mean: (D,) of the hinge over patients.
        sd: (D,).
        variance: (F,) of the feature over patients; see `reliability`.
    """

    feature: Ints
    knot: Floats
    rank: Ints
    low: Floats
    high: Floats
    mean: Floats
    sd: Floats
    variance: Floats

    @property
    def modality(self) -> Ints:
        """(D,) modality of each column."""
        return MODALITY_OF[self.feature]

    def columns(self, features: Floats, observed: Bools, error_sd: Floats) -> Floats:
        """(n, D) standardised columns, 0 where the feature is missing."""
        x = np.clip(features, self.low, self.high)[:, self.feature]
        value = np.maximum(x - self.knot, np.where(self.rank == 0, -np.inf, 0.0))
        trust = (observed * self.variance / (self.variance + error_sd**2))[:, self.feature]
        silent = self.rank == SILENT
        read = BITS[patterns_of(observed, self)][:, self.modality]
        value = np.where(silent, ~observed[:, self.feature], value)
        phi = (value - self.mean) / self.sd
        return np.asarray(phi * np.where(silent, read, trust))


def basis_of(features: Floats, observed: Bools, used: Bools) -> Basis:
    """Columns for the features that are `used` and vary, knots at quantiles of what is observed.

    Args:
        features: (n, F).
        observed: (n, F).
        used: (F,) features that the head reads.
    """
    count = len(FEATURES)
    low, high, variance = np.zeros(count), np.ones(count), np.ones(count)
    columns: list[tuple[int, float, int, float, float]] = []
    notes = np.array([feature.modality == "notes" for feature in FEATURES])
    read = observed[:, used & notes].any(1)
    for f in np.flatnonzero(used):
        seen = features[observed[:, f], f]
        if len(seen) < 10 or seen.std() == 0:
            continue
        low[f], high[f] = np.quantile(seen, [0.005, 0.995])
        if high[f] == low[f]:
            low[f], high[f] = seen.min(), seen.max()
        clipped = np.clip(seen, low[f], high[f])
        variance[f] = clipped.var()
        columns.append((int(f), 0.0, 0, clipped.mean(), clipped.std()))
        silent = ~observed[read, f]
        if FEATURES[f].modality == "notes" and silent.std() > 0:
            columns.append((int(f), 0.0, SILENT, silent.mean(), silent.std()))
        quantiles = np.quantile(clipped, [0.1, 0.35, 0.65, 0.9])
        knots = dict(zip(quantiles, (2, 1, 1, 2), strict=True))
        for knot, rank in knots.items():
            hinge = np.maximum(clipped - knot, 0)
            if low[f] < knot < high[f] and hinge.std() > 0 and len(np.unique(seen)) > 2:
                columns.append((int(f), float(knot), rank, hinge.mean(), hinge.std()))
    feature, knot, rank, mean, sd = (np.array(part) for part in zip(*columns, strict=True))
    return Basis(feature, knot, rank, low, high, mean, sd, variance)


@dataclass(frozen=True)
class Configuration:
    """One of the five configurations that are averaged.

    Attributes:
        rank: Columns up to this rank are used: 0 straight lines, 1 two knots, 2 four knots.
        dropout: Probability that a modality is hidden in training.
        ridge: Penalty of the weights, per patient-equivalent.
    """

    rank: int
    dropout: float
    ridge: float


CONFIGURATIONS = (
    Configuration(rank=0, dropout=0.3, ridge=3.0),
    Configuration(rank=1, dropout=0.3, ridge=5.0),
    Configuration(rank=2, dropout=0.3, ridge=8.0),
    Configuration(rank=2, dropout=0.5, ridge=15.0),
    Configuration(rank=0, dropout=0.5, ridge=5.0),
)
GATE_RIDGE = 20.0
"""Gates and biases differ between patterns only as far as the data insist."""


@dataclass(frozen=True)
class Member:
    """Weights of one member: w (D,), gate (16, 4) as difference from 1, bias (16,), alpha (K,)."""

    w: Floats
    gate: Floats
    bias: Floats
    alpha: Floats


def patterns_of(observed: Bools, basis: Basis) -> Ints:
    """(n,) index of the pattern: modalities of which a feature that the basis has was observed."""
    known = np.isin(np.arange(len(FEATURES)), basis.feature) & observed
    seen = [known[:, np.flatnonzero(m == MODALITY_OF)].any(1) for m in range(len(MODALITIES))]
    return np.asarray(np.stack(seen, 1) @ (1 << np.arange(len(MODALITIES))), dtype=np.intp)


def sums(subscripts: str, *operands: Floats) -> Floats:
    """Products summed by numpy itself: these arrays are too thin for a threaded BLAS to help.

    On a busy machine its threads wait for each other; and the sums would depend on their number.
    """
    return np.asarray(np.einsum(subscripts, *operands, optimize=False))


def by_modality(columns: Floats, modality: Ints) -> list[tuple[Ints, Floats]]:
    """For each modality its columns: where they are, and (k, n) what they hold."""
    where = [np.flatnonzero(modality == m) for m in range(len(MODALITIES))]
    return [(rows, np.ascontiguousarray(columns[:, rows].T)) for rows in where]


def encode(parts: list[tuple[Ints, Floats]], w: Floats) -> Floats:
    """(n, 4) sum of each modality's encoder."""
    return np.stack([sums("dn,d->n", held, w[where]) for where, held in parts], axis=1)


def logits(member: Member, columns: Floats, modality: Ints, patterns: Ints) -> Floats:
    """(n,) logit, alpha left out, when only the modalities of `patterns` are shown."""
    z = encode(by_modality(columns, modality), member.w)
    return np.asarray(
        member.bias[patterns] + (z * BITS[patterns] * (1 + member.gate[patterns])).sum(1)
    )


@dataclass(frozen=True)
class Rows:
    """Patients as the fit reads them: columns (n, D), patterns (n,), outcome."""

    columns: Floats
    patterns: Ints
    outcome: Outcome

    def take(self, rows: NDArray[np.generic]) -> "Rows":
        """These patients only."""
        return Rows(self.columns[rows], self.patterns[rows], self.outcome.take(rows))


def fit(rows: Rows, basis: Basis, configuration: Configuration) -> Member:
    """Fits one member by L-BFGS on the expected loss over modality dropout."""
    problem = _Problem(rows, basis, configuration)
    found = minimize(
        problem.loss,
        problem.start(),
        jac=True,
        method="L-BFGS-B",
        options={"maxiter": 200, "ftol": 1e-9, "gtol": 1e-6, "maxcor": 20},
    )
    w, gate, bias, alpha = problem.split(found.x)
    full = np.zeros(len(basis.feature))
    full[problem.kept] = w
    return Member(full, gate, bias, alpha)


class _Problem:
    def __init__(self, rows: Rows, basis: Basis, configuration: Configuration) -> None:
        self.kept = np.flatnonzero(basis.rank <= configuration.rank)
        self.parts = by_modality(rows.columns[:, self.kept], basis.modality[self.kept])
        self.outcome = rows.outcome
        self.ridge = configuration.ridge
        keep = np.where(BITS, 1 - configuration.dropout, configuration.dropout).prod(1)
        # (16, n): the chance that dropout leaves a patient with a pattern.
        self.weight = np.zeros((PATTERNS, len(rows.columns)))
        for p in range(PATTERNS):
            shown = rows.patterns & p
            np.add.at(self.weight, (shown, np.arange(len(shown))), keep[p])

    def start(self) -> Floats:
        """All weights 0; biases and alphas at the average."""
        event, risk = self.outcome.event.sum(0), self.outcome.at_risk.sum(0)
        share = np.clip(event / np.maximum(risk, 1), 1e-4, 1 - 1e-4)
        alpha = np.log(share / (1 - share))
        k, m = len(self.kept), len(MODALITIES)
        if len(alpha) > 1:
            return np.concatenate([np.zeros(k + PATTERNS * m + PATTERNS), alpha])
        return np.concatenate([np.zeros(k + PATTERNS * m), np.full(PATTERNS, alpha[0]), [0.0]])

    def split(self, x: Floats) -> tuple[Floats, Floats, Floats, Floats]:
        """w, gate (16, 4), bias (16,), alpha (K,)."""
        k, m = len(self.kept), len(MODALITIES)
        w, gate, bias, alpha = np.split(x, np.cumsum([k, PATTERNS * m, PATTERNS]))
        return w, gate.reshape(PATTERNS, m), bias, alpha

    def loss(self, x: Floats) -> tuple[float, Floats]:
        """Expected penalised negative log-likelihood and its gradient."""
        w, gate, bias, alpha = self.split(x)
        z = encode(self.parts, w)
        gain = BITS * (1 + gate)
        eta = bias[:, None] + sums("pm,nm->pn", gain, z)
        total, slope = 0.0, np.zeros_like(eta)
        slope_alpha = np.zeros_like(alpha)
        for k in range(len(alpha)):
            logit = eta + alpha[k]
            event, risk = self.outcome.event[:, k], self.outcome.at_risk[:, k]
            softplus = np.logaddexp(0, logit)
            total += float((self.weight * (risk * softplus - event * logit)).sum())
            residual = self.weight * (risk * expit(logit) - event)
            slope += residual
            slope_alpha[k] = residual.sum()
        centre = bias - bias.mean()
        free = len(alpha) > 1
        total += 0.5 * (
            self.ridge * (w @ w)
            + GATE_RIDGE * ((gate * BITS) ** 2).sum()
            + 0.1 * ((gate * ~BITS) ** 2).sum()
            + GATE_RIDGE * ((bias @ bias) if free else (centre @ centre)) / PATTERNS
        )
        if not free:
            total += 0.5 * float(alpha @ alpha)
        grad_z = sums("pn,pm->nm", slope, gain)
        grad_w = self.ridge * w
        for m, (where, held) in enumerate(self.parts):
            grad_w[where] += sums("dn,n->d", held, grad_z[:, m])
        grad_gate = BITS * sums("pn,nm->pm", slope, z) + np.where(BITS, GATE_RIDGE, 0.1) * gate
        pull = bias if free else centre
        grad_bias = slope.sum(1) + GATE_RIDGE * pull / PATTERNS
        grad_alpha = slope_alpha + (0 if free else alpha)
        return total, np.concatenate([grad_w, grad_gate.ravel(), grad_bias, grad_alpha])
