"""The state of every feature of one patient at one moment, from the evidence alone.

The newest evidence decides. When it cannot be read (unit, plausibility) the feature is missing with
that reason, even if older evidence could be read: an outdated number would pass for the new one.
A muscle measurement of grade C, or without grade, is no evidence; an earlier one may count.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from fractions import Fraction

from services.cachexia_scorer.ages import age, stated_age
from services.cachexia_scorer.evidence import Evidence, standing
from services.cachexia_scorer.freshness import FRESH_DAYS
from services.cachexia_scorer.quantities import SCALES, converted
from services.cachexia_scorer.states import Finding, Missing, Reading, State
from services.cachexia_scorer.weight import (
    SIX_MONTHS_DAYS,
    Weighing,
    beyond_six_months,
    stated,
    weighing,
    within_six_months,
)

LABELS: Mapping[str, str] = {
    "albumin": "albumin",
    "crp": "C-reactive protein",
    "neutrophils": "neutrophils",
    "lymphocytes": "lymphocytes",
    "haemoglobin": "haemoglobin",
    "bun": "urea nitrogen",
    "creatinine": "creatinine",
    "weight": "weight",
    "height": "height",
    "bmi": "body mass index",
    "sma": "skeletal muscle area",
    "smi": "skeletal muscle index",
    "smd": "muscle attenuation",
    "weight_loss_6_months": "weight loss within 6 months",
    "weight_loss_longer": "weight loss over more than 6 months",
    "age": "age",
    "sex": "sex",
    "malignancy": "diagnosis of a malignancy",
    "stage": "stage",
}
"""Features that are always there, known or missing, and what people call them."""

_KINDS = {
    name: ("urea_nitrogen", "urea") if name == "bun" else (name,)
    for name in (
        "albumin", "crp", "neutrophils", "lymphocytes", "haemoglobin", "bun", "creatinine",
        "weight", "height", "bmi", "sma", "smi", "smd",
    )
}  # fmt: skip
"""Kinds of evidence that each measured feature is read from."""

_GRADED = {"sma", "smi", "smd"}
TRUSTED = {"A", "B"}
_RANK = {"present": 3, "absent": 2, "historical": 1, "other": 0}  # of mentions at the same moment


@dataclass(frozen=True)
class Features:
    """What is known of a patient.

    Attributes:
        at: The moment that freshness and age are judged at.
        states: By feature, every key of `LABELS`.
        symptoms: By symptom, those that evidence speaks of: a `Finding` of "present", "absent",
            "historical" or "other", or `Missing` when stale. A symptom that is not in here was not
            spoken of, which is not "absent".
    """

    at: datetime
    states: Mapping[str, State]
    symptoms: Mapping[str, State]

    def reading(self, name: str) -> Reading | Missing:
        """A number; anything else is missing."""
        state = self.states[name]
        return state if isinstance(state, Reading) else _missing(state)

    def why(self, name: str) -> str:
        """Why a feature is missing, as a sentence part: "albumin stale: 140 days old, ..."."""
        state = self.states[name]
        reason = state.reason if isinstance(state, Missing) else "missing"
        return f"{LABELS[name]} {reason}"


def features(evidence: Iterable[Evidence], at: datetime) -> Features:
    """The feature state at a moment; the same for every order of the evidence.

    Evidence observed after `at` is not looked at.

    Args:
        evidence: All versions of all facts about one patient.
        at: With time zone.
    """
    known: dict[str, list[Evidence]] = {}
    for item in standing(evidence):
        if item.observed_at is None or item.observed_at <= at:
            known.setdefault(item.kind, []).append(item)
    states: dict[str, State] = {
        name: _measured(name, [i for kind in kinds for i in known.get(kind, ())], at)
        for name, kinds in _KINDS.items()
    }
    states["bmi"] = _body_mass_index(states)
    states["smi"] = _muscle_index(states)
    mentions = known.get("symptom", [])
    states |= _weight_losses(known.get("weight", []), mentions, states["weight"], at)
    born = known.get("birth_date", [])
    states["age"] = age(born, at) if born else stated_age(known.get("age", []), at)
    states["sex"] = _sex(known.get("sex", []))
    states["malignancy"] = _malignancy(known.get("diagnosis", []))
    states["stage"] = _word("stage", known.get("stage", []), at)
    return Features(at, states, _symptoms(mentions, at))


def _missing(state: State) -> Missing:
    return state if isinstance(state, Missing) else Missing("missing")


def order(item: Evidence) -> tuple[datetime, datetime, str]:
    """Newest last; undated first, since nothing can be said of their age."""
    undated = datetime.min.replace(tzinfo=UTC)
    return item.observed_at or undated, item.recorded_at or undated, item.id


def _measured(name: str, items: Sequence[Evidence], at: datetime) -> Reading | Missing:
    if not items:
        return Missing("missing")
    trusted = [i for i in items if i.grade in TRUSTED] if name in _GRADED else items
    if not trusted:
        grade = max(items, key=order).grade
        return Missing(f"grade {grade}" if grade else "without grade")
    item = max(trusted, key=order)
    if item.problem or item.value is None or item.observed_at is None:
        return Missing(item.problem or "missing: no value")
    value = converted(item.kind, item.value, item.unit)
    if isinstance(value, str):
        return Missing(value)
    stale = _stale(name, item.observed_at, at)
    if stale:
        return stale
    unit = SCALES[item.kind].unit
    known = f"{LABELS[name]} only known to be {item.comparator} {float(value):g} {unit}"
    return Reading(
        value,
        unit,
        item.observed_at,
        (item.id,),
        item.comparator,
        known if item.comparator else "",
        item.grade,
        _rescaled(item.variance, item.value, value),
    )


def _rescaled(variance: float | None, before: Fraction, after: Fraction) -> float | None:
    """A variance in the unit that the value was converted to."""
    if variance is None or not before:
        return variance
    return variance * float(after / before) ** 2


def _stale(name: str, observed_at: datetime, at: datetime) -> Missing | None:
    allowed = FRESH_DAYS[name]
    days = (at - observed_at).days
    if allowed is None or days <= allowed:
        return None
    return Missing(f"stale: {days} days old, {allowed} allowed")


def _body_mass_index(states: Mapping[str, State]) -> State:
    """From weight and height where both are known: a charted index may be of another weight."""
    weight, height = states["weight"], states["height"]
    if not (isinstance(weight, Reading) and isinstance(height, Reading)):
        return states["bmi"]
    if weight.bound or height.bound:
        return states["bmi"]
    value = weight.value / height.value**2
    return Reading(value, "kg/m2", weight.observed_at, weight.evidence + height.evidence)


def _muscle_index(states: Mapping[str, State]) -> State:
    """As measured; else from area and height, because images rarely hold a height.

    An index that was measured with its area has the relative error of the area: the height is taken
    as exact.
    """
    index, area, height = states["smi"], states["sma"], states["height"]
    if not isinstance(area, Reading) or area.bound:
        return index
    if isinstance(index, Reading):
        if area.variance is None or area.observed_at != index.observed_at:
            return index
        return replace(index, variance=_rescaled(area.variance, area.value, index.value))
    if not isinstance(height, Reading) or height.bound:
        return index
    value = area.value / height.value**2
    return Reading(
        value,
        "cm2/m2",
        area.observed_at,
        area.evidence + height.evidence,
        grade=area.grade,
        variance=_rescaled(area.variance, area.value, value),
    )


def _weight_losses(
    items: Sequence[Evidence], mentions: Sequence[Evidence], weight: State, at: datetime
) -> dict[str, State]:
    weighings: list[Weighing] = []
    if (
        isinstance(weight, Reading) and not weight.bound
    ):  # else the newest cannot be used, so nothing can be compared
        read = [weighing(item) for item in sorted(items, key=order) if not item.comparator]
        weighings = [w for w in read if isinstance(w, Weighing)]
    told = [
        (mention, loss)
        for mention in mentions
        if mention.word == "weight_loss"
        and mention.polarity == "present"
        and mention.observed_at is not None
        and not _stale("symptom", mention.observed_at, at)
        and isinstance(loss := stated(mention, weight), Reading)
    ]
    recent = [loss for mention, loss in told if (mention.interval_days or 0) <= SIX_MONTHS_DAYS]
    longer = [loss for mention, loss in told if (mention.interval_days or 0) > SIX_MONTHS_DAYS]
    within = within_six_months(weighings, recent)
    if isinstance(within, Missing) and isinstance(weight, Missing):
        within = Missing(f"missing: weight {weight.reason}")
    return {
        "weight_loss_6_months": within,
        "weight_loss_longer": beyond_six_months(weighings, longer),
    }


def _sex(items: Sequence[Evidence]) -> State:
    if not items:
        return Missing("missing")
    item = max(items, key=order)
    if item.word not in {"female", "male"}:
        return Missing("missing: cut-offs are published for female and male")
    return Finding(item.word, item.observed_at, (item.id,))


def _malignancy(items: Sequence[Evidence]) -> State:
    """The strongest of all diagnoses: one active cancer counts, however many are past."""
    if not items:
        return Missing("missing")
    item = max(items, key=lambda i: (_RANK[i.polarity], *order(i)))
    return Finding(item.polarity, item.observed_at, (item.id,))


def _word(name: str, items: Sequence[Evidence], at: datetime) -> State:
    dated = [item for item in items if item.observed_at is not None]
    if not dated:
        return Missing("missing: no day of observation" if items else "missing")
    item = max(dated, key=order)
    stale = _stale(name, item.observed_at or at, at)
    return stale or Finding(item.word, item.observed_at, (item.id,))


def _symptoms(mentions: Sequence[Evidence], at: datetime) -> dict[str, State]:
    """The newest mention of each; of several at the same moment the one that says most."""
    newest: dict[str, Evidence] = {}
    for item in mentions:
        other = newest.get(item.word)
        if other is None or telling(item) > telling(other):
            newest[item.word] = item
    return {
        name: Missing(item.problem)
        if item.observed_at is None
        else _stale("symptom", item.observed_at, at)
        or Finding(item.polarity, item.observed_at, (item.id,))
        for name, item in sorted(newest.items())
    }


def telling(item: Evidence) -> tuple[datetime, int, datetime, str]:
    """Of two mentions of a symptom the greater decides: the newest, then the one that says most."""
    observed, recorded, identity = order(item)
    return observed, _RANK[item.polarity], recorded, identity
