"""Weight loss, from weights measured and from what the patient said.

Rule: the loss within a window is from the highest weight measured in it to the newest weight. It
can only grow as older weights arrive, so "more than 5 %" never flips back, and it rules a loss
*out* only when the weights reach far enough back; until then it is a lower bound.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from services.cachexia_scorer.evidence import Evidence
from services.cachexia_scorer.quantities import SCALES, converted
from services.cachexia_scorer.states import Missing, Reading, State

SIX_MONTHS_DAYS = 183
"""Half of 365.25 days, rounded up: "within past 6 months" (Fearon 2011, GLIM 2019)."""

REACH_DAYS = 150
"""How far back weights must reach to rule out a loss within six months: ours, a month short of
six, because people are weighed when they come."""

LONGEST_DAYS = 730
"""How far back "beyond 6 months" goes: ours; GLIM gives no end."""


@dataclass(frozen=True, slots=True)
class Weighing:
    """One weight, kg."""

    value: Fraction
    observed_at: datetime
    id: str


def within_six_months(weighings: Sequence[Weighing], told: Sequence[Reading]) -> State:
    """Loss in percent within the six months before the newest weight, never below 0.

    Args:
        weighings: Readable weights, oldest first, the newest of them fresh; may be empty.
        told: Losses that the patient stated, in percent; see `stated`. They count when the
            weights alone do not cover the window.
    """
    measured = _measured(weighings)
    if isinstance(measured, Reading) and not measured.bound:
        return measured
    candidates = [r for r in (measured, *told) if isinstance(r, Reading)]
    if not candidates:
        return measured
    return max(candidates, key=lambda r: (r.value, not r.bound, r.observed_at, r.evidence))


def beyond_six_months(weighings: Sequence[Weighing], told: Sequence[Reading]) -> State:
    """Loss in percent from the highest weight of more than six months before the newest one."""
    if weighings:
        newest = weighings[-1]
        older = [w for w in weighings if SIX_MONTHS_DAYS < _days(w, newest) <= LONGEST_DAYS]
        if older:
            return _loss(_highest(older), newest)
    if told:
        return max(told, key=lambda r: (r.value, r.observed_at, r.evidence))
    return Missing("missing: no weight of more than 6 months earlier")


def stated(mention: Evidence, weight: State) -> Reading | Missing:
    """A stated loss in percent of the weight before it.

    Pounds and kilograms need a weight of now: 6 kg lost by somebody who weighs 54 kg is 10 %.
    """
    if mention.value is None or mention.observed_at is None:
        return Missing("stated without amount")
    if mention.interval_days is None:
        return Missing("stated without the time within which it was lost")
    ids: tuple[str, ...] = (mention.id,)
    if mention.unit == "%":
        percent = mention.value
    else:
        lost = _kilograms(mention)
        if lost is None or not isinstance(weight, Reading):
            return Missing("stated in a unit that needs a current weight")
        percent = 100 * lost / (weight.value + lost)
        ids += weight.evidence
    if not 0 <= percent < 100:  # noqa: PLR2004 - a percentage
        return Missing("stated as an impossible share of the weight")
    short = mention.interval_days < REACH_DAYS
    limit = f"weight loss only stated for the last {mention.interval_days} days" if short else ""
    return Reading(percent, "%", mention.observed_at, ids, ">=" if short else "", limit)


def _kilograms(mention: Evidence) -> Fraction | None:
    """The weight lost; None in another unit than those of weights."""
    unit = {"lb": "[lb_av]"}.get(mention.unit, mention.unit)
    factor = SCALES["weight"].factors.get(unit)
    return None if factor is None or mention.value is None else mention.value * factor


def _measured(weighings: Sequence[Weighing]) -> Reading | Missing:
    if not weighings:
        return Missing("missing: no current weight")
    newest = weighings[-1]
    inside = [w for w in weighings[:-1] if _days(w, newest) <= SIX_MONTHS_DAYS]
    if not inside:
        return Missing("missing: no weight of the last 6 months to compare with")
    reach = _days(inside[0], newest)
    loss = _loss(max(_highest(inside), newest, key=lambda w: w.value), newest)
    if reach >= REACH_DAYS:
        return loss
    limit = f"weight loss known for {reach} days only, {REACH_DAYS} needed to rule a loss out"
    return Reading(loss.value, "%", loss.observed_at, loss.evidence, ">=", limit)


def _days(earlier: Weighing, later: Weighing) -> int:
    """Whole days between two weights."""
    return (later.observed_at - earlier.observed_at).days


def _highest(weighings: Sequence[Weighing]) -> Weighing:
    return max(weighings, key=lambda w: (w.value, w.observed_at, w.id))


def _loss(highest: Weighing, newest: Weighing) -> Reading:
    percent = max(Fraction(0), 100 * (highest.value - newest.value) / highest.value)
    ids = (highest.id, newest.id) if highest is not newest else (newest.id,)
    return Reading(percent, "%", newest.observed_at, ids)


def weighing(item: Evidence) -> Weighing | str:
    """The weight, or why it cannot be used."""
    if item.problem or item.value is None or item.observed_at is None:
        return item.problem or "missing"
    kilograms = converted("weight", item.value, item.unit)
    if isinstance(kilograms, str):
        return kilograms
    return Weighing(kilograms, item.observed_at, item.id)
