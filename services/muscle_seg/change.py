"""Whether muscle changed between two studies of one patient, or only the measurement did.

The least significant change is the larger of what the model's own uncertainty allows and of what
scanning alone does. Scanning alone: smallest detectable difference at 95 %, 5.6 cm2 between scans
of one tube voltage (with and without contrast) and 19.9 cm2 between tube voltages (41 people,
van der Werf 2018, Clinical Physiology and Functional Imaging 38:366).
"""

from dataclasses import dataclass
from datetime import date
from math import hypot
from statistics import NormalDist
from typing import Literal

from pydicom import Dataset

from radloom.wire.v1.muscle_measured_pb2 import MuscleMeasured

SAME_PROTOCOL_CM2 = 5.6
OTHER_PROTOCOL_CM2 = 19.9
CONFIDENCE = 1.96
"""Two-sided 95 %."""
SLICE_TOLERANCE_MM = 1.0
PER_DAYS = 100

Verdict = Literal["gain", "loss", "no reliable change", "not comparable"]


@dataclass(frozen=True)
class Protocol:
    """How a series was acquired, as far as areas depend on it.

    Attributes:
        kvp: Tube voltage, kV; None when it is not told.
        contrast: Whether a contrast agent was given; None when it is not told.
        kernel: Convolution Kernel.
        slice_mm: Slice Thickness.
    """

    kvp: float | None
    contrast: bool | None
    kernel: str
    slice_mm: float | None

    @classmethod
    def of(cls, ds: Dataset) -> "Protocol":
        """The protocol that an image names."""
        agent = ds.get("ContrastBolusAgent")
        return cls(
            kvp=_number(ds, "KVP"),
            contrast=None if "ContrastBolusAgent" not in ds else bool(agent),
            kernel=str(ds.get("ConvolutionKernel") or ""),
            slice_mm=_number(ds, "SliceThickness"),
        )


def differences(now: Protocol, prior: Protocol) -> tuple[str, ...]:
    """In what two protocols differ, or may: a tube voltage that is not told is another one."""
    found = []
    if now.kvp is None or prior.kvp is None:
        found.append("tube voltage unknown")
    elif now.kvp != prior.kvp:
        found.append(f"tube voltage {prior.kvp:.0f} and {now.kvp:.0f} kV")
    if now.contrast != prior.contrast:
        found.append("contrast agent")
    if now.kernel != prior.kernel:
        found.append("kernel")
    if (
        now.slice_mm is None
        or prior.slice_mm is None
        or abs(now.slice_mm - prior.slice_mm) > SLICE_TOLERANCE_MM
    ):
        found.append("slice thickness")
    return tuple(found)


@dataclass(frozen=True)
class Change:
    """What came of a comparison.

    Attributes:
        verdict: In one word, or that there is none.
        reason: One sentence, with numbers.
        difference_cm2: Area now minus area then.
        least_significant_cm2: A smaller difference means nothing.
        days: Between the studies; None when a study does not say when it was made.
        per_100_days_cm2: Rate; None without days, or when the change is not reliable.
        protocol: In what the protocols differ; empty when they match.
    """

    verdict: Verdict
    reason: str
    difference_cm2: float | None = None
    least_significant_cm2: float | None = None
    days: int | None = None
    per_100_days_cm2: float | None = None
    protocol: tuple[str, ...] = ()


def compare(
    now: MuscleMeasured,
    prior: MuscleMeasured,
    protocols: tuple[Protocol, Protocol],
    *,
    same_patient: bool,
) -> Change:
    """The change from a prior study to this one.

    Args:
        now: This study's outcome.
        prior: The prior study's.
        protocols: Of both, in that order.
        same_patient: Whether both studies name the same Patient ID.
    """
    if not same_patient:
        return Change("not comparable", "the studies are of different patients")
    if not (now.HasField("measurement") and prior.HasField("measurement")):
        which = "this study" if prior.HasField("measurement") else "the prior study"
        return Change("not comparable", f"{which} was not measured")
    if now.study_instance_uid == prior.study_instance_uid:
        return Change("not comparable", "both are the same study")
    differ = differences(*protocols)
    same = not any(text.startswith("tube voltage") for text in differ)
    floor = SAME_PROTOCOL_CM2 if same else OTHER_PROTOCOL_CM2
    least = max(CONFIDENCE * hypot(_sigma_cm2(now), _sigma_cm2(prior)), floor)
    difference = now.measurement.area_cm2 - prior.measurement.area_cm2
    days = _days(now, prior)
    if days is not None and days < 0:
        return Change("not comparable", "the prior study is the later one", protocol=differ)
    reliable = abs(difference) > least
    verdict: Verdict = "no reliable change"
    if reliable:
        verdict = "gain" if difference > 0 else "loss"
    reason = f"{difference:+.1f} cm2, least significant change {least:.1f} cm2"
    rate = difference / days * PER_DAYS if reliable and days else None
    return Change(verdict, reason, difference, least, days, rate, differ)


def _sigma_cm2(event: MuscleMeasured) -> float:
    """Standard deviation of the area, of a normal error with the interval that was told."""
    interval = event.measurement.area_interval_cm2
    deviations = 2 * NormalDist().inv_cdf(0.5 + interval.coverage / 2)
    return (interval.high - interval.low) / deviations


def _days(now: MuscleMeasured, prior: MuscleMeasured) -> int | None:
    try:
        late, early = (date.fromisoformat(event.acquired[:10]) for event in (now, prior))
    except ValueError:
        return None
    return (late - early).days


def _number(ds: Dataset, name: str) -> float | None:
    try:
        return float(ds.get(name))
    except (TypeError, ValueError):
        return None
