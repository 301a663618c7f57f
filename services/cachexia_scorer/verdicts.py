"""Three-valued logic: true, false, or unknown for want of something named.

A verdict is decided as soon as what is there decides it, whatever else is missing (Kleene's strong
logic), and an unknown one names exactly what would decide it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from services.cachexia_scorer.states import Reading


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether something holds.

    Attributes:
        value: None when unknown.
        missing: What is missing to know it; empty when known.
    """

    value: bool | None
    missing: tuple[str, ...] = ()


TRUE = Verdict(value=True)
FALSE = Verdict(value=False)


def unknown(*missing: str) -> Verdict:
    """Not known for want of `missing`."""
    return Verdict(None, missing)


def any_of(*verdicts: Verdict) -> Verdict:
    """True when one is, false when none is."""
    if any(verdict.value for verdict in verdicts):
        return TRUE
    if all(verdict.value is False for verdict in verdicts):
        return FALSE
    return unknown(*_missing(verdicts))


def all_of(*verdicts: Verdict) -> Verdict:
    """True when all are, false when one is not."""
    if any(verdict.value is False for verdict in verdicts):
        return FALSE
    if all(verdict.value for verdict in verdicts):
        return TRUE
    return unknown(*_missing(verdicts))


def negated(verdict: Verdict) -> Verdict:
    """The opposite; what is unknown stays so."""
    if verdict.value is None:
        return verdict
    return FALSE if verdict.value else TRUE


def below(reading: Reading, cut: Fraction) -> Verdict:
    """Whether the true value is smaller than `cut`, in the unit of the reading."""
    value, bound = reading.value, reading.bound
    if not bound:
        return TRUE if value < cut else FALSE
    if (bound == "<" and value <= cut) or (bound == "<=" and value < cut):
        return TRUE
    if bound in {">", ">="} and value >= cut:
        return FALSE
    return unknown(reading.limit)


def above(reading: Reading, cut: Fraction) -> Verdict:
    """Whether the true value is greater than `cut`, in the unit of the reading."""
    value, bound = reading.value, reading.bound
    if not bound:
        return TRUE if value > cut else FALSE
    if (bound == ">" and value >= cut) or (bound == ">=" and value > cut):
        return TRUE
    if bound in {"<", "<="} and value <= cut:
        return FALSE
    return unknown(reading.limit)


def _missing(verdicts: Iterable[Verdict]) -> tuple[str, ...]:
    """What the unknown ones miss, each once, in their order."""
    return tuple(dict.fromkeys(reason for verdict in verdicts for reason in verdict.missing))
