"""`radloom score`: one FHIR Bundle in a file, no broker and no server."""

import importlib
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from rich.markup import escape
from rich.table import Table

from radloom.errors import Rejected

SHADOW = "shadow: research, not to be acted on"
MAX_CONTRIBUTIONS = 5


def run(bundle: Path, at: str) -> dict[str, Any]:
    """What cachexia_scorer answers on the bundle in a file.

    Args:
        bundle: FHIR R4 Bundle, JSON.
        at: Moment of the score, ISO 8601 with time zone; empty for that of the newest evidence.

    Raises:
        Rejected: The file or the moment cannot be used.
    """
    try:
        moment = datetime.fromisoformat(at) if at else None
    except ValueError as error:
        raise Rejected(
            f"--at {at}: expected ISO 8601 with a time zone, as in 2026-04-03T09:00:00Z",
            reason="no_moment",
        ) from error
    scorer = importlib.import_module("services.cachexia_scorer.app")
    return dict(scorer.score_file(bundle, moment))


def tables(answer: dict[str, Any]) -> Iterator[Table]:
    """The score for people: criteria, then risk and survival."""
    criteria = Table("criterion", "result", "from, or what is missing", box=None)
    for criterion in answer["criteria"]:
        why = ", ".join(_input(item) for item in criterion["inputs"])
        missing = "; ".join(criterion["missing"])
        criteria.add_row(criterion["name"], _result(criterion["result"]), escape(missing or why))
    yield criteria
    predicted = Table("prediction", "value", "", box=None)
    for name in ("risk", "risk_full"):
        if answer[name] is not None:
            predicted.add_row(*_risk(answer[name]))
    if answer["survival"] is not None:
        for horizon in answer["survival"]["horizons"]:
            low, high = horizon["interval"]
            predicted.add_row(
                f"alive after {horizon['months']:g} months",
                f"{horizon['probability']:.2f} (90 %: {low:.2f} to {high:.2f})",
                SHADOW if answer["survival"]["mode"] == "shadow" else "",
            )
    for model in answer["models"]:
        predicted.add_row(model["name"], f"trained on {model['training_provenance']}", "")
    yield predicted


def _result(result: bool | float | None) -> str:  # noqa: FBT001 - a result
    match result:
        case None:
            return "cannot be computed"
        case bool():
            return "yes" if result else "no"
        case _:
            return f"{result:.4g}"


def _input(item: dict[str, Any]) -> str:
    value = item["value"]
    shown = value if isinstance(value, str) else f"{value:.4g} {item['unit'] or ''}".strip()
    return f"{item['name'].replace('_', ' ')} {item['comparator'] or ''}{shown}"


def _risk(risk: dict[str, Any]) -> tuple[str, str, str]:
    low, high = risk["interval"]
    strongest = sorted(risk["contributions"], key=lambda c: -abs(c["logit"]))[:MAX_CONTRIBUTIONS]
    why = ", ".join(f"{c['feature']} {c['logit']:+.2f}" for c in strongest)
    note = f"{SHADOW}; {why}" if risk["mode"] == "shadow" else why
    return (
        f"cachexia, {risk['head']}",
        f"{risk['probability']:.2f} (90 %: {low:.2f} to {high:.2f}), {risk['set']}",
        note,
    )
