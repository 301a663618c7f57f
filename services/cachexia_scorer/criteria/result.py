"""What one criterion says: a result with its inputs, or what is missing to compute it."""

from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from services.cachexia_scorer.features import LABELS, Features
from services.cachexia_scorer.states import Bound, Finding, Missing, Reading
from services.cachexia_scorer.verdicts import Verdict, above, below, unknown


@dataclass(frozen=True, slots=True)
class Input:
    """A feature that a criterion looked at.

    Attributes:
        name: A key of `features.LABELS`, or "nlr".
        value: Exact number, or a word.
        unit: UCUM code; empty for words.
        bound: FHIR Quantity.comparator; empty when `value` is known itself.
        observed_at: When the newest evidence behind it was observed.
        evidence: Ids of the evidence.
    """

    name: str
    value: Fraction | str
    unit: str
    bound: Bound
    observed_at: datetime | None
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Result:
    """One criterion of one patient.

    Attributes:
        name: Stable name, "fearon_2011_cachexia".
        result: Truth, score, or exact number; None when it cannot be computed.
        inputs: Known features that the criterion looks at.
        missing: Why there is no result; empty when there is one.
        citation: Where the criterion was published.
    """

    name: str
    result: bool | int | Fraction | None
    inputs: tuple[Input, ...]
    missing: tuple[str, ...]
    citation: str


def inputs(features: Features, *names: str) -> tuple[Input, ...]:
    """Those of the features that are known."""
    found = []
    for name in names:
        state = features.states[name]
        if isinstance(state, Reading):
            found.append(
                Input(name, state.value, state.unit, state.bound, state.observed_at, state.evidence)
            )
        elif isinstance(state, Finding):
            found.append(Input(name, state.value, "", "", state.observed_at, state.evidence))
    return tuple(found)


def judged(
    name: str, citation: str, verdict: Verdict, features: Features, *looked_at: str
) -> Result:
    """The result of a criterion that is true, false or unknown."""
    return Result(name, verdict.value, inputs(features, *looked_at), verdict.missing, citation)


def is_below(features: Features, name: str, cut: Fraction) -> Verdict:
    """Whether a feature is smaller than a cut-off in the unit of the feature."""
    state = features.states[name]
    return below(state, cut) if isinstance(state, Reading) else unknown(features.why(name))


def is_above(features: Features, name: str, cut: Fraction) -> Verdict:
    """Whether a feature is greater than a cut-off in the unit of the feature."""
    state = features.states[name]
    return above(state, cut) if isinstance(state, Reading) else unknown(features.why(name))


def exact(features: Features, name: str) -> Reading | Missing:
    """A feature whose value itself is known; the reason names the feature."""
    state = features.reading(name)
    if isinstance(state, Missing):
        return Missing(features.why(name))
    return Missing(state.limit) if state.bound else state


def together(features: Features, first: str, second: str, days: int) -> Missing | None:
    """Why two features do not describe the same time: more than `days` apart."""
    one, other = features.states[first], features.states[second]
    if not (isinstance(one, Reading) and isinstance(other, Reading)):
        return None
    apart = abs((one.observed_at.date() - other.observed_at.date()).days)
    if apart <= days:
        return None
    return Missing(f"{LABELS[first]} and {LABELS[second]} {apart} days apart, {days} allowed")


@dataclass(frozen=True, slots=True)
class Lacking:
    """What is missing to compute a number."""

    missing: tuple[str, ...]


def combined(
    features: Features, first: str, second: str, days: int
) -> tuple[Fraction, Fraction] | Lacking:
    """Two exact values of the same time, or everything that is missing."""
    one, other = exact(features, first), exact(features, second)
    if isinstance(one, Missing) or isinstance(other, Missing):
        return Lacking(tuple(s.reason for s in (one, other) if isinstance(s, Missing)))
    apart = together(features, first, second, days)
    return Lacking((apart.reason,)) if apart else (one.value, other.value)


def quotient(features: Features, first: str, second: str, days: int) -> Fraction | Lacking:
    """The first over the second, both of the same time."""
    pair = combined(features, first, second, days)
    if isinstance(pair, Lacking):
        return pair
    if not pair[1]:
        return Lacking((f"{LABELS[second]} 0: no ratio",))
    return pair[0] / pair[1]


def computed(
    name: str, citation: str, found: Fraction | Lacking, features: Features, *looked_at: str
) -> Result:
    """The result of a criterion that is a number."""
    known = inputs(features, *looked_at)
    if isinstance(found, Lacking):
        return Result(name, None, known, found.missing, citation)
    return Result(name, found, known, (), citation)


SAME_SAMPLE_DAYS = 1
"""Two values of one blood sample, which a date or a time zone may put a day apart. Ours."""

SAME_ILLNESS_DAYS = 7
"""Two values of one episode: C-reactive protein changes within days, albumin within a week. Ours;
publications take both from one visit."""
