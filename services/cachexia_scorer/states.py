"""What is known of one feature: a number, a word, or nothing and why."""

from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Literal

Bound = Literal["", "<", "<=", ">", ">="]
"""FHIR Quantity.comparator; empty when the value is known itself."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A number that may be used.

    Attributes:
        value: In `unit`, exact.
        unit: UCUM code.
        observed_at: When the newest evidence behind it was observed.
        evidence: Ids of the evidence that it was read or computed from.
        bound: How the true value lies to `value`: "<" when it is only known to be smaller.
        limit: Why no more than a bound is known; empty without bound.
        grade: Of a muscle measurement: "A" or "B".
        variance: Of a muscle measurement, in `unit` squared; None where the source gives none.
    """

    value: Fraction
    unit: str
    observed_at: datetime
    evidence: tuple[str, ...]
    bound: Bound = ""
    limit: str = ""
    grade: str = ""
    variance: float | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """A word that may be used: a sex, a stage, the status of a symptom or of a diagnosis."""

    value: str
    observed_at: datetime | None
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Missing:
    """Nothing that may be used; `reason` completes "albumin ...": "missing", "stale: ..."."""

    reason: str


State = Reading | Finding | Missing
