"""What a result says, once: SR, key image and FHIR all print the numbers of one `Statement`.

Rounding happens here and nowhere else: areas and the index to 0.1, attenuation to 0.1 HU, agreement
and shares to 0.001. Halves are rounded to even in decimal, from the shortest decimal form of the
double that the event carries, so that every reader of the event rounds alike.
"""

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from importlib.metadata import version

from radloom.codes import GRADES
from radloom.errors import Rejected
from radloom.identifiers import derived_uid
from radloom.wire.v1.common_pb2 import Interval, ModelUse
from radloom.wire.v1.muscle_measured_pb2 import MuscleMeasured, MuscleMeasurement

TENTH = Decimal("0.1")
THOUSANDTH = Decimal("0.001")

MANUFACTURER = "radloom"
ALGORITHM_NAME = "radloom muscle at L3"

NOT_REVIEWED = "AI, not reviewed"
"""Label of every output that no physician has accepted."""


@dataclass(frozen=True)
class Algorithm:
    """The software and weights that made a result, as TID 4019 and FHIR Device name them.

    Attributes:
        name: Algorithm Name (111001, DCM).
        version: Software version and a digest over all weights; fits LO, 64 characters.
        parameters: One line per model: name, version, SHA-256 of the weights, training provenance.
    """

    name: str
    version: str
    parameters: tuple[str, ...]

    @property
    def uid(self) -> str:
        """Device Observer UID (121012, DCM) in SR, identifier of the Device in FHIR."""
        return derived_uid("device", self.version, *self.parameters)


def algorithm_of(models: Sequence[ModelUse]) -> Algorithm:
    """Names the algorithm that `models` make up; the order of `models` does not matter.

    How a model was run (embedded, managed, remote) is left out: it does not change the result.

    Raises:
        Rejected: There are none, or one lacks its digest: the result has no provenance.
    """
    if not models or not all(model.sha256 for model in models):
        raise Rejected(
            f"{len(models)} models with digests {[m.sha256[:8] for m in models]}: expected at "
            "least one, each with the SHA-256 of its weights",
            reason="no_provenance",
        )
    parameters = tuple(
        sorted(
            f"{m.name} {m.version} sha256={m.sha256} trained-on={m.training_provenance}"
            for m in models
        )
    )
    weights = hashlib.sha256("\n".join(parameters).encode()).hexdigest()[:16]
    return Algorithm(ALGORITHM_NAME, f"{version('radloom')}+{weights}", parameters)


@dataclass(frozen=True)
class Range:
    """A closed interval with its nominal coverage, 0..1."""

    low: Decimal
    high: Decimal
    coverage: Decimal


@dataclass(frozen=True)
class Estimate:
    """A number with its interval."""

    value: Decimal
    interval: Range


@dataclass(frozen=True)
class Statement:
    """One muscle measurement as it is told to people, rounded.

    Attributes:
        result_id: As in MuscleMeasured.
        study_instance_uid: Study measured.
        series_instance_uid: Series measured.
        sop_instance_uid: Slice measured.
        tracking_uid: Same in SEG, SR and FHIR.
        area_cm2: Skeletal muscle area at L3.
        area_interval_cm2: Interval of the area.
        mean_hu: Mean attenuation inside the mask.
        smi_cm2_per_m2: Skeletal muscle index; None when no height is known.
        height_m: Height the index was computed with, m.
        agreement: Mean pairwise Dice of the members' masks, 0..1.
        grade: "A" or "B".
        algorithm: What made it.
        measured_at: When, UTC, whole seconds.
        mean_hu_interval: Interval of the attenuation; None when the event gives none, as events of
            earlier versions do. So it is with all that follows.
        smi_interval: Interval of the index.
        low_attenuation: Share of the muscle with -29 to 29 HU, 0..1.
        subcutaneous_cm2: Subcutaneous fat in the slice.
        visceral_cm2: Visceral fat in the slice.
        remarks: What a reader should know, one sentence each.
    """

    result_id: str
    study_instance_uid: str
    series_instance_uid: str
    sop_instance_uid: str
    tracking_uid: str
    area_cm2: Decimal
    area_interval_cm2: Range
    mean_hu: Decimal
    smi_cm2_per_m2: Decimal | None
    height_m: Decimal | None
    agreement: Decimal
    grade: str
    algorithm: Algorithm
    measured_at: datetime
    mean_hu_interval: Range | None = None
    smi_interval: Range | None = None
    low_attenuation: Estimate | None = None
    subcutaneous_cm2: Estimate | None = None
    visceral_cm2: Estimate | None = None
    remarks: tuple[str, ...] = ()

    @property
    def tracking_id(self) -> str:
        """Tracking Identifier (112039, DCM): the UID's readable companion."""
        return "Skeletal muscle at L3"

    @property
    def sentence(self) -> str:
        """The measurement in one line, for people."""
        interval = self.area_interval_cm2
        return (
            f"Muscle at L3: {self.area_cm2} cm2 ({interval.coverage:.0%} interval {interval.low} "
            f"to {interval.high}), mean {self.mean_hu} HU, grade {self.grade}"
        )

    def identifier(self, part: str) -> str:
        """UID of a part of this study's muscle result, the same for every revision of it."""
        return derived_uid("muscle at L3", self.study_instance_uid, part)


def rounded(value: float, step: Decimal, name: str) -> Decimal:
    """`value` rounded to `step`.

    Raises:
        Rejected: It is not finite.
    """
    if not math.isfinite(value):
        raise Rejected(f"{name} is {value}; expected a finite number", reason="not_a_number")
    return Decimal(repr(value)).quantize(step, ROUND_HALF_EVEN) + Decimal(0)


def state(event: MuscleMeasured) -> Statement:
    """The statement that `event` makes.

    Raises:
        Rejected: It carries no measurement, an impossible number or an unpublishable grade.
    """
    if event.WhichOneof("outcome") != "measurement":
        raise Rejected("the event carries no measurement", reason="no_measurement")
    m = event.measurement
    if m.grade not in GRADES:
        raise Rejected(
            f"grade is {m.grade!r}; expected one of {', '.join(GRADES)}", reason="unpublishable"
        )
    return Statement(
        result_id=event.result_id,
        study_instance_uid=event.study_instance_uid,
        series_instance_uid=event.series_instance_uid,
        sop_instance_uid=m.l3.sop_instance_uid,
        tracking_uid=m.tracking_uid,
        area_cm2=_positive(m.area_cm2, "area_cm2"),
        area_interval_cm2=_interval(m.area_interval_cm2, m.area_cm2, TENTH),
        mean_hu=rounded(m.mean_hu, TENTH, "mean_hu"),
        smi_cm2_per_m2=_index(m),
        height_m=rounded(m.height_m, THOUSANDTH, "height_m") if m.HasField("height_m") else None,
        agreement=_fraction(m.agreement, "agreement"),
        grade=m.grade,
        algorithm=algorithm_of(event.models),
        measured_at=event.measured_at.ToDatetime(UTC).replace(microsecond=0),
        mean_hu_interval=_interval(m.mean_hu_interval, m.mean_hu, TENTH)
        if m.HasField("mean_hu_interval")
        else None,
        smi_interval=_interval(m.smi_interval_cm2_per_m2, m.smi_cm2_per_m2, TENTH)
        if m.HasField("smi_interval_cm2_per_m2")
        else None,
        low_attenuation=_low_attenuation(m),
        subcutaneous_cm2=_area(m.sat_area_cm2, m.sat_interval_cm2, "sat_area_cm2")
        if m.HasField("sat_area_cm2")
        else None,
        visceral_cm2=_area(m.vat_area_cm2, m.vat_interval_cm2, "vat_area_cm2")
        if m.HasField("vat_area_cm2")
        else None,
        remarks=tuple(remark.reason for remark in m.remarks),
    )


def _positive(value: float, name: str) -> Decimal:
    number = rounded(value, TENTH, name)
    if number <= 0:
        raise Rejected(f"{name} is {value}; expected more than 0", reason="impossible_number")
    return number


def _fraction(value: float, name: str) -> Decimal:
    number = rounded(value, THOUSANDTH, name)
    if not 0 <= number <= 1:
        raise Rejected(f"{name} is {value}; expected 0..1", reason="impossible_number")
    return number


def _low_attenuation(m: MuscleMeasurement) -> Estimate | None:
    if not m.HasField("low_attenuation_fraction"):
        return None
    share = m.low_attenuation_fraction
    interval = _interval(m.low_attenuation_interval, share, THOUSANDTH)
    return Estimate(_fraction(share, "low_attenuation_fraction"), interval)


def _area(area_cm2: float, interval: Interval, name: str) -> Estimate:
    """Area of a kind of fat; a lean body may have none of it."""
    if area_cm2 < 0:
        raise Rejected(f"{name} is {area_cm2}; expected 0 or more", reason="impossible_number")
    return Estimate(rounded(area_cm2, TENTH, name), _interval(interval, area_cm2, TENTH))


def _interval(interval: Interval, value: float, step: Decimal) -> Range:
    if not interval.low <= value <= interval.high:
        raise Rejected(
            f"interval {interval.low}..{interval.high} does not hold its value {value}",
            reason="impossible_number",
        )
    return Range(
        rounded(interval.low, step, "interval.low"),
        rounded(interval.high, step, "interval.high"),
        _fraction(interval.coverage, "interval.coverage"),
    )


def _index(m: MuscleMeasurement) -> Decimal | None:
    """SMI = area / height^2 (Mourtzakis 2008), checked against the event's own number."""
    if not m.HasField("smi_cm2_per_m2"):
        return None
    if not m.HasField("height_m") or m.height_m <= 0:
        raise Rejected(
            "an index without the height it was computed with cannot be checked",
            reason="impossible_number",
        )
    index = _positive(m.smi_cm2_per_m2, "smi_cm2_per_m2")
    if not math.isclose(m.smi_cm2_per_m2, m.area_cm2 / m.height_m**2, rel_tol=1e-3):
        raise Rejected(
            f"index {m.smi_cm2_per_m2} is not {m.area_cm2} cm2 / ({m.height_m} m)^2",
            reason="impossible_number",
        )
    return index
