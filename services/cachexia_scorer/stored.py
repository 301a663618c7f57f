"""Evidence as JSON and back, exactly."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import fields
from datetime import datetime
from fractions import Fraction
from typing import Any

from services.cachexia_scorer.evidence import Evidence

_MOMENTS = ("observed_at", "recorded_at")


def as_json(item: Evidence) -> dict[str, Any]:
    """One piece of evidence; what is empty is left out."""
    found: dict[str, Any] = {}
    for field in fields(Evidence):
        value = getattr(item, field.name)
        if field.default == value:
            continue
        if isinstance(value, Fraction):
            value = f"{value.numerator}/{value.denominator}"
        found[field.name] = value.isoformat() if isinstance(value, datetime) else value
    return found


def of_json(stored: Mapping[str, Any]) -> Evidence:
    """The evidence that `as_json` wrote."""
    given = dict(stored)
    if "value" in given:
        given["value"] = Fraction(given["value"])
    for name in _MOMENTS:
        if name in given:
            given[name] = datetime.fromisoformat(given[name])
    return Evidence(**given)


def sha256_of(evidence: Iterable[Evidence]) -> str:
    """Digest of a list of evidence, whatever its order."""
    lines = sorted(json.dumps(as_json(item), sort_keys=True) for item in evidence)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
