"""The scores of one subject over time, each with what changed since the one before."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from typing import TypeAlias

from pydantic import BaseModel

from radloom.wire.v1.cachexia_scored_pb2 import CachexiaScored, CriterionResult

Value: TypeAlias = bool | int | float | None
"""Result of a criterion; null when it could not be computed."""


class Change(BaseModel):
    """A criterion whose result is another than in the score before."""

    name: str
    before: Value
    after: Value


class RiskAt(BaseModel):
    """What one head of the risk model said. Shadow: research, never to be acted on."""

    head: str
    probability: float
    interval: tuple[float, float]
    set: str
    mode: str


class ScoreAt(BaseModel):
    """One score.

    Attributes:
        revision: Counts the scores of the subject from 1.
        result_id: The same for the same evidence, engine and models.
        at: Moment that freshness and age were judged at.
        scored_at: When it was computed.
        criteria: Result of every criterion, by name.
        risks: By head; empty when nothing that the models read was known.
        evidence: Ids of all evidence that was read.
        changes: Criteria that differ from the score before.
    """

    revision: int
    result_id: str
    at: datetime
    scored_at: datetime
    criteria: dict[str, Value]
    risks: list[RiskAt]
    evidence: list[str]
    changes: list[Change]


def trend(scores: Sequence[CachexiaScored]) -> Iterator[ScoreAt]:
    """Every score, oldest first as given."""
    nothing = CachexiaScored()
    for before, score in pairwise([nothing, *scores]):
        yield ScoreAt(
            revision=score.revision,
            result_id=score.result_id,
            at=score.at.ToDatetime(UTC),
            scored_at=score.scored_at.ToDatetime(UTC),
            criteria={c.name: value_of(c) for c in score.criteria},
            risks=[
                RiskAt(
                    head=risk.head,
                    probability=risk.probability,
                    interval=(risk.interval.low, risk.interval.high),
                    set=risk.prediction_set,
                    mode=risk.mode,
                )
                for risk in score.risks
            ],
            evidence=list(score.evidence),
            changes=list(_changes(before, score)),
        )


def value_of(criterion: CriterionResult) -> Value:
    """Result of a criterion."""
    which = criterion.WhichOneof("result")
    return None if which is None else getattr(criterion, which)


def _changes(before: CachexiaScored, after: CachexiaScored) -> Iterator[Change]:
    known = {c.name: value_of(c) for c in before.criteria}
    for criterion in after.criteria:
        value, former = value_of(criterion), known.get(criterion.name)
        if value != former:
            yield Change(name=criterion.name, before=former, after=value)
