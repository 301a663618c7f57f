"""One score: criteria and predictions from a list of evidence at one moment."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from radloom.wire.v1.common_pb2 import ModelUse
from services.cachexia_scorer.criteria.result import Result
from services.cachexia_scorer.evidence import Evidence
from services.cachexia_scorer.features import Features, features
from services.cachexia_scorer.panel import panel
from services.cachexia_scorer.relevance import relevant
from services.cachexia_scorer.risk import Contribution, Mode, Risk
from services.cachexia_scorer.states import Missing
from services.cachexia_scorer.survival import Survival


@dataclass(frozen=True)
class Predictions:
    """What the models say about one patient.

    Attributes:
        risks: By head, "early" first; none when nothing that they read is known.
        survival: None when nothing is known.
        risk_mode: Whether the risk may leave the desk.
        survival_mode: The same of the survival model.
        models: Models that answered, in order of use.
    """

    risks: tuple[Risk, ...]
    survival: Survival | None
    risk_mode: Mode
    survival_mode: Mode
    models: tuple[ModelUse, ...]


Ask = Callable[[Features], Predictions]


@dataclass(frozen=True)
class Score:
    """A score and what it can be computed from again.

    Attributes:
        at: Moment that freshness and age are judged at.
        results: Every criterion.
        predictions: What the models say.
        evidence: The list that gives the same score at the same moment.
        used: Ids of evidence that a feature was read from, sorted.
        state: The features between evidence and results.
    """

    at: datetime
    results: tuple[Result, ...]
    predictions: Predictions
    evidence: tuple[Evidence, ...]
    used: tuple[str, ...]
    state: Features

    @property
    def says_something(self) -> bool:
        """Whether any criterion was computed, or any model answered."""
        computed = any(result.result is not None for result in self.results)
        return computed or bool(self.predictions.risks) or self.predictions.survival is not None


def score(evidence: Iterable[Evidence], at: datetime, ask: Ask) -> Score:
    """The score of one patient; the same for every order of the evidence."""
    listed = relevant(evidence, at)
    state = features(listed, at)
    used = {
        name
        for known in (*state.states.values(), *state.symptoms.values())
        if not isinstance(known, Missing)
        for name in known.evidence
    }
    return Score(at, panel(state), ask(state), listed, tuple(sorted(used)), state)


def predicted(predictions: Predictions) -> Mapping[str, Any]:
    """Risk and survival as plain values, ready for JSON; None for what nothing is known of."""
    by_head = {risk.head: risk for risk in predictions.risks}
    early, full = by_head.get("early"), by_head.get("full")
    return {
        "risk": None if early is None else _risk(early, predictions.risk_mode),
        "risk_full": None if full is None else _risk(full, predictions.risk_mode),
        "survival": _survival(predictions),
        "models": [
            {"name": m.name, "version": m.version, "sha256": m.sha256,
             "training_provenance": m.training_provenance}
            for m in predictions.models
        ],
    }  # fmt: skip


def _risk(risk: Risk, mode: Mode) -> dict[str, Any]:
    return {
        "head": risk.head,
        "probability": risk.probability,
        "interval": list(risk.interval),
        "set": risk.prediction_set,
        "mode": mode,
        "base_logit": risk.base_logit,
        "contributions": [_contribution(c) for c in risk.contributions],
        "modalities": {name: risk.of_modality(name) for name in risk.modalities},
    }


def _contribution(contribution: Contribution) -> dict[str, Any]:
    return {
        "feature": contribution.feature,
        "modality": contribution.modality,
        "logit": contribution.logit,
        "known": contribution.known,
    }


def _survival(predictions: Predictions) -> dict[str, Any] | None:
    found = predictions.survival
    if found is None:
        return None
    return {
        "mode": predictions.survival_mode,
        "horizons": [
            {"months": h.months, "probability": h.probability, "interval": list(h.interval)}
            for h in found.horizons
        ],
        "median_months": found.median_months,
        "contributions": [_contribution(c) for c in found.contributions],
    }
