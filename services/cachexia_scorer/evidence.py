"""Evidence about one patient, and which of it stands."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction
from typing import Literal

from services.cachexia_scorer.states import Bound

Status = Literal["present", "retracted", "superseded"]

Polarity = Literal["present", "absent", "historical", "other"]
"""As report_structurer says it: "other" is intended, of somebody else, a warning."""

_RANK = {"present": 0, "superseded": 1, "retracted": 2}
_UNDATED = datetime.min.replace(tzinfo=UTC)
_LAST = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Evidence:
    """One observed fact in one version.

    Attributes:
        id: What the source calls the fact, "Observation/17": the same for all its versions.
        kind: A key of `quantities.SCALES`, or "sex", "birth_date", "age" (completed years on the
            day of `observed_at`), "diagnosis", "stage", "symptom".
        value: The number as it was written, or the amount of a symptom; None without one.
        unit: UCUM code of `value`.
        word: "female", "1954-07-01", "malignancy", "III", "weight_loss".
        observed_at: When it was so, with time zone; None where the source gives no day.
        recorded_at: When this version was recorded: the later version stands.
        status: "retracted" takes the fact back; "superseded" says that another one replaced it.
        source: Where it came from: "fhir", an event's topic and result id.
        comparator: FHIR Quantity.comparator.
        grade: Of a muscle measurement: "A", "B" or "C".
        variance: Of a muscle measurement, in `unit` squared.
        polarity: Of a symptom or a diagnosis.
        interval_days: Days within which the weight of a "weight_loss" was lost.
        problem: Why it cannot be used: "no day of observation ..."; empty when it can.
    """

    id: str
    kind: str
    value: Fraction | None = None
    unit: str = ""
    word: str = ""
    observed_at: datetime | None = None
    recorded_at: datetime | None = None
    status: Status = "present"
    source: str = ""
    comparator: Bound = ""
    grade: str = ""
    variance: float | None = None
    polarity: Polarity = "present"
    interval_days: int | None = None
    problem: str = ""


def standing(evidence: Iterable[Evidence]) -> list[Evidence]:
    """The newest version of each fact that is neither retracted nor superseded.

    The same for every order of `evidence`. A retraction that does not say when it was made counts
    as the last word: a wrong number is worse than none.
    """
    newest: dict[str, Evidence] = {}
    for item in evidence:
        other = newest.get(item.id)
        if other is None or _version(item) > _version(other):
            newest[item.id] = item
    return [item for item in newest.values() if item.status == "present"]


def _version(item: Evidence) -> tuple[datetime, int, str]:
    """Order of the versions of a fact; the content decides between equals."""
    unknown = _UNDATED if item.status == "present" else _LAST
    return item.recorded_at or unknown, _RANK[item.status], repr(item)
