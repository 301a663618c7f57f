"""The event that says a score, and whether two say the same."""

import hashlib
from collections.abc import Iterable
from fractions import Fraction

from radloom.identifiers import derived_uuid
from radloom.wire.v1.cachexia_scored_pb2 import (
    CachexiaRisk,
    CachexiaScored,
    CriterionInput,
    CriterionResult,
    FeatureContribution,
    SurvivalAtHorizon,
    SurvivalForecast,
)
from radloom.wire.v1.common_pb2 import Interval
from services.cachexia_scorer.criteria.result import Input, Result
from services.cachexia_scorer.risk import Contribution, Mode, Risk
from services.cachexia_scorer.score import Score
from services.cachexia_scorer.stored import sha256_of
from services.cachexia_scorer.survival import Survival

INTERVAL_COVERAGE = 0.90
"""Of the intervals of the models (`Risk.interval`, `AtHorizon.interval`)."""


def outcome(score: Score, subject_key: str, engine: str) -> CachexiaScored:
    """The event, without revision and time of scoring."""
    predictions = score.predictions
    event = CachexiaScored(
        subject_key=subject_key,
        criteria=[_criterion(result) for result in score.results],
        risks=[_risk(risk, predictions.risk_mode) for risk in predictions.risks],
        evidence=score.used,
        evidence_sha256=sha256_of(score.evidence),
        models=predictions.models,
        engine=engine,
    )
    if predictions.survival is not None:
        event.survival.CopyFrom(_survival(predictions.survival, predictions.survival_mode))
    event.at.FromDatetime(score.at)
    models = [f"{m.name} {m.version} {m.sha256}" for m in event.models]
    parts = (subject_key, event.evidence_sha256, score.at.isoformat(), engine, *models)
    event.result_id = str(derived_uuid("cachexia_scorer result", *parts))
    return event


def fingerprint(event: CachexiaScored) -> str:
    """Digest of what a score tells people: equal for two that say the same.

    The moment is left out, and of a reason what follows the colon: evidence that grows old by a day
    is no news.
    """
    told = CachexiaScored()
    told.CopyFrom(event)
    for name in ("result_id", "revision", "at", "evidence_sha256", "scored_at"):
        told.ClearField(name)
    for criterion in told.criteria:
        shortened = [reason.partition(":")[0] for reason in criterion.missing]
        del criterion.missing[:]
        criterion.missing.extend(shortened)
        for given in criterion.inputs:
            if given.name == "age":
                given.ClearField("observed_at")  # it is the moment itself
    for model in told.models:
        model.ClearField("mode")
    return hashlib.sha256(told.SerializeToString(deterministic=True)).hexdigest()


def _criterion(result: Result) -> CriterionResult:
    made = CriterionResult(
        name=result.name,
        inputs=[_input(item) for item in result.inputs],
        missing=result.missing,
        citation=result.citation,
    )
    match result.result:
        case bool(holds):
            made.holds = holds
        case int(points):
            made.points = points
        case Fraction() as number:
            made.number = float(number)
    return made


def _input(item: Input) -> CriterionInput:
    made = CriterionInput(
        name=item.name, unit=item.unit, comparator=item.bound, evidence=item.evidence
    )
    if isinstance(item.value, str):
        made.word = item.value
    else:
        made.number = float(item.value)
    if item.observed_at is not None:
        made.observed_at.FromDatetime(item.observed_at)
    return made


def _risk(risk: Risk, mode: Mode) -> CachexiaRisk:
    return CachexiaRisk(
        head=risk.head,
        probability=risk.probability,
        interval=_interval(risk.interval),
        prediction_set=risk.prediction_set,
        mode=mode,
        base_logit=risk.base_logit,
        contributions=_contributions(risk.contributions),
        modalities=risk.modalities,
    )


def _survival(found: Survival, mode: Mode) -> SurvivalForecast:
    made = SurvivalForecast(
        horizons=[
            SurvivalAtHorizon(
                months=h.months, probability=h.probability, interval=_interval(h.interval)
            )
            for h in found.horizons
        ],
        mode=mode,
        contributions=_contributions(found.contributions),
    )
    if found.median_months is not None:
        made.median_months = found.median_months
    return made


def _interval(bounds: tuple[float, float]) -> Interval:
    return Interval(low=bounds[0], high=bounds[1], coverage=INTERVAL_COVERAGE)


def _contributions(found: Iterable[Contribution]) -> list[FeatureContribution]:
    return [
        FeatureContribution(feature=c.feature, modality=c.modality, logit=c.logit, known=c.known)
        for c in found
    ]
