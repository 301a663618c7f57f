"""What a site's training run made, before it is written down."""

from collections.abc import Mapping
from dataclasses import dataclass

from services.cachexia_scorer.risk import Head, Mode
from training.cachexia.bulk import Export
from training.cachexia.gate import Criterion
from training.cachexia.metrics import Judgement

HELD_OUT = 0.30
"""Share of the patients, the newest, that the report is made of."""


@dataclass(frozen=True)
class HeldOut:
    """One head on the patients held out.

    Attributes:
        judgement: Its figures.
        gate: Every criterion.
        coverage: Of the conformal set, "cachexia" and "not".
        curve: Points of the calibration curve.
    """

    judgement: Judgement
    gate: list[Criterion]
    coverage: tuple[float, float]
    curve: list[tuple[float, float, int]]


@dataclass(frozen=True)
class SiteRun:
    """What a training run made.

    Attributes:
        mode: "active" only when the gate passed for every head.
        patients: The risk heads were trained on.
        survival_patients: Of them with a known follow-up: survival was trained on these.
        held_out: By head.
        survival: Concordance on the held-out patients; None where no model was trained.
        digests: SHA-256 of the weights, by model.
        export: What the export held.
    """

    mode: Mode
    patients: int
    survival_patients: int
    held_out: Mapping[Head, HeldOut]
    survival: float | None
    digests: Mapping[str, str]
    export: Export
