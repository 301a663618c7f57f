"""What the command line and the HTTP door print: plain values, ready for JSON."""

from collections.abc import Callable, Mapping
from datetime import datetime
from fractions import Fraction
from typing import Any

from radloom.errors import Rejected
from services.cachexia_scorer.bundle import evidence_of
from services.cachexia_scorer.criteria.result import Input, Result
from services.cachexia_scorer.evidence import Evidence
from services.cachexia_scorer.features import Features, features
from services.cachexia_scorer.panel import NOT_INCLUDED, panel
from services.cachexia_scorer.relevance import moment_of

Models = Callable[[Features], Mapping[str, Any]]
"""What the risk models add to the answer, under keys of their own: "risk", "survival"."""


def scored(
    bundle: Mapping[str, Any], at: datetime | None = None, models: Models | None = None
) -> dict[str, Any]:
    """The score of the patient of a FHIR R4 Bundle.

    Args:
        bundle: The bundle as `json` reads it; floats stand for their shortest decimal form.
        at: The moment that freshness is judged at, with time zone; without one the moment of the
            newest evidence, which calls nothing stale that is as new as the rest.
        models: What adds risk and survival.

    Raises:
        Rejected: It is no bundle of one patient, it holds no dated evidence and there is no `at`,
            or `at` has no time zone.
    """
    if at is not None and at.tzinfo is None:
        raise Rejected(
            "the moment of the score has no time zone: expected one, as in 2026-04-03T09:00:00Z",
            reason="no_time_zone",
        )
    evidence = evidence_of(bundle)
    return answer(features(evidence, at or newest(evidence)), evidence, models)


def answer(
    state: Features, evidence: tuple[Evidence, ...], models: Models | None = None
) -> dict[str, Any]:
    """The score of a feature state; `evidence` is what it was computed from."""
    found: dict[str, Any] = {
        "at": state.at.isoformat(),
        "criteria": [_result(result) for result in panel(state)],
        "not_included": [{"name": name, "reason": why} for name, why in NOT_INCLUDED.items()],
        "problems": [
            {"evidence": item.id, "problem": item.problem} for item in evidence if item.problem
        ],
    }
    return found | dict(models(state)) if models else found


def newest(evidence: tuple[Evidence, ...]) -> datetime:
    """When the newest evidence that stands was observed.

    Raises:
        Rejected: None of it is dated.
    """
    found = moment_of(evidence)
    if found is None:
        raise Rejected(
            "the bundle holds no dated evidence: expected Observations with an effective time;"
            " give the moment of the score to see what is missing",
            reason="no_evidence",
        )
    return found


def _result(result: Result) -> dict[str, Any]:
    return {
        "name": result.name,
        "result": _plain(result.result),
        "inputs": [_input(item) for item in result.inputs],
        "missing": list(result.missing),
        "citation": result.citation,
    }


def _input(item: Input) -> dict[str, Any]:
    return {
        "name": item.name,
        "value": _plain(item.value),
        "unit": item.unit or None,
        "comparator": item.bound or None,
        "observed_at": None if item.observed_at is None else item.observed_at.isoformat(),
        "evidence": list(item.evidence),
    }


def _plain(value: bool | int | Fraction | str | None) -> bool | int | float | str | None:  # noqa: FBT001 - a result
    return float(value) if isinstance(value, Fraction) else value
