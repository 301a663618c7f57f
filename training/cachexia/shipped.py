"""The models of a repository, asked as the service asks them."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from radloom.adapters.model_repository import models_of
from radloom.adapters.onnx import EmbeddedInference, open_session
from services.cachexia_scorer import risk, survival
from services.cachexia_scorer.risk import HEADS, Head
from training.cachexia.cohort import Cohort
from training.cachexia.repository import tensors

CHUNK = 1_000
Floats = NDArray[np.float64]
Outputs = Mapping[str, NDArray[np.float32]]


@dataclass(frozen=True)
class Answered:
    """A head's answers about n patients: probability (n,), interval (n, 2), cuts (n, 2)."""

    probability: Floats
    interval: Floats
    cuts: Floats

    @property
    def sets(self) -> NDArray[np.bool_]:
        """(n, 2) whether "cachexia" and "not" are possible; both when neither would be."""
        p = np.stack([self.probability, 1 - self.probability], 1)
        inside = p >= self.cuts
        return np.asarray(inside | ~inside.any(1, keepdims=True))


class Shipped:
    """Both models of a repository folder."""

    def __init__(self, repository: Path) -> None:
        self.models = models_of(repository)
        self.embedded = EmbeddedInference(repository)
        self._sessions = {
            name: open_session(self.models[name], "1") for name in (risk.MODEL, survival.MODEL)
        }

    def asked(self, model: str, cohort: Cohort) -> Outputs:
        """Outputs of a model for all patients of a cohort, by name."""
        session = self._sessions[model]
        names = [output.name for output in session.get_outputs()]
        given = tensors(cohort)
        parts = [
            session.run(names, {key: rows[k : k + CHUNK] for key, rows in given.items()})
            for k in range(0, len(cohort), CHUNK)
        ]
        return {name: np.concatenate([p[k] for p in parts]) for k, name in enumerate(names)}

    def heads(self, cohort: Cohort) -> dict[Head, Answered]:
        """What both risk heads say."""
        outputs = self.asked(risk.MODEL, cohort)
        return {
            head: Answered(
                outputs[f"{head}_probability"][:, 0].astype(np.float64),
                outputs[f"{head}_interval"].astype(np.float64),
                outputs[f"{head}_cuts"].astype(np.float64),
            )
            for head in HEADS
        }

    def rates(self, cohort: Cohort) -> tuple[float, float]:
        """Scores per CPU second, one patient per call: by onnxruntime, by `EmbeddedInference`.

        A score is one call of `cachexia_risk`, both heads, and its reading by the service.
        """
        each = [tensors(cohort.take(np.array([k]))) for k in range(len(cohort))]
        session = self._sessions[risk.MODEL]
        names = [output.name for output in session.get_outputs()]
        read = [risk.Inputs(given, ()) for given in each]

        def direct() -> None:
            for given in read:
                outputs = dict(zip(names, session.run(names, dict(given.tensors)), strict=True))
                for head in HEADS:
                    risk.risk(given, outputs, head)

        def embedded() -> None:
            for given in read:
                outputs = self.embedded.infer(risk.MODEL, given.tensors).outputs
                for head in HEADS:
                    risk.risk(given, outputs, head)

        rates = []
        for run in (direct, embedded):
            run()
            started = time.process_time()
            run()
            rates.append(len(each) / (time.process_time() - started))
        return rates[0], rates[1]
