"""Shape of the answer to a scored bundle, for OpenAPI."""

from typing import Any, Literal

from pydantic import BaseModel


class InputAnswer(BaseModel):
    """A known feature that a criterion looked at."""

    name: str
    value: float | str
    unit: str | None
    comparator: str | None
    observed_at: str | None
    evidence: list[str]


class CriterionAnswer(BaseModel):
    """One criterion: a result, or what is missing to compute it."""

    name: str
    result: bool | int | float | None
    inputs: list[InputAnswer]
    missing: list[str]
    citation: str


class ContributionAnswer(BaseModel):
    """What one feature adds to a linear predictor."""

    feature: str
    modality: str
    logit: float
    known: bool


class RiskAnswer(BaseModel):
    """Risk of cachexia as one head of the model says; shadow is research, never to be acted on."""

    head: Literal["early", "full"]
    probability: float
    interval: tuple[float, float]
    set: Literal["cachexia", "not", "unsure"]
    mode: Literal["shadow", "active"]
    base_logit: float
    contributions: list[ContributionAnswer]
    modalities: dict[str, float]


class HorizonAnswer(BaseModel):
    """Probability of being alive after so many months."""

    months: float
    probability: float
    interval: tuple[float, float]


class SurvivalAnswer(BaseModel):
    """Overall survival from the moment of the score."""

    mode: Literal["shadow", "active"]
    horizons: list[HorizonAnswer]
    median_months: float | None
    contributions: list[ContributionAnswer]


class ScoredAnswer(BaseModel):
    """A score: criteria one by one, risk and survival with mode."""

    at: str
    criteria: list[CriterionAnswer]
    not_included: list[dict[str, str]]
    problems: list[dict[str, str]]
    risk: RiskAnswer | None
    risk_full: RiskAnswer | None
    survival: SurvivalAnswer | None
    models: list[dict[str, Any]]
