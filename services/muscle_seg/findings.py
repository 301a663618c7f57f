"""What may be said of a slice: numbers with their intervals, grade, remarks."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.muscle_seg.evidence import Landmark
from services.muscle_seg.fat import Fat
from services.muscle_seg.gates import Gate
from services.muscle_seg.grading import (
    AGREEMENT_B,
    BOUND_B,
    Grade,
    Grading,
    around,
    grade,
)
from services.muscle_seg.plausibility import LEVEL_SHARE
from services.muscle_seg.reading import Reading
from services.muscle_seg.slices import FieldOfView

SKIN_CONTACT = 0.01
"""Of the contour; a wider contact means that fat under the skin was cut off."""
NEIGHBOURS = 0.10
"""By how much of their median the three areas may differ: muscle changes slowly along the spine."""


@dataclass(frozen=True)
class Estimate:
    """A number with its 90 % interval."""

    value: float
    interval: tuple[float, float]


@dataclass(frozen=True)
class Remark:
    """What a reader should know of a number that may be published.

    Attributes:
        name: Stable name.
        reason: One sentence with value and limit; no patient data.
        doubtful: Whether it asks for a person's eyes: such a measurement is no A.
    """

    name: str
    reason: str
    doubtful: bool = False


@dataclass(frozen=True)
class Findings:
    """A measurement, ready to be told.

    Attributes:
        area_cm2: Skeletal muscle.
        mean_hu: Its mean attenuation.
        low_attenuation: Its share of -29 to 29 HU.
        smi_cm2_per_m2: Index; None without height.
        height_m: Height that the index was computed with.
        subcutaneous_cm2: Fat under the skin; None when the slice does not show all of it.
        visceral_cm2: Fat inside the wall.
        agreement: Of the members.
        expected_dice: With the true mask.
        bound: On the relative error of the area.
        grade: A, B or C.
        remarks: What a reader should know.
    """

    area_cm2: Estimate
    mean_hu: Estimate
    low_attenuation: Estimate
    smi_cm2_per_m2: Estimate | None
    height_m: float | None
    subcutaneous_cm2: Estimate | None
    visceral_cm2: Estimate
    agreement: float
    expected_dice: float
    bound: float
    grade: Grade
    remarks: tuple[Remark, ...]


def conclude(
    reading: Reading,
    grading: Grading,
    view: FieldOfView,
    *,
    height_m: float | None,
    neighbours_cm2: tuple[float, ...],
    about_level: tuple[Remark, ...] = (),
) -> Findings:
    """Numbers, intervals and grade of the slice measured.

    Args:
        reading: The slice.
        grading: Constants of the model that read it.
        view: How much of the body the slice cuts off.
        height_m: None when it is not known.
        neighbours_cm2: Areas in this slice and the ones beside it.
        about_level: What was found of the level.
    """
    muscle = reading.muscle
    missing = grading.missing_dice(reading.signals)
    bound = grading.bound(reading.signals)
    area = Estimate(muscle.area_cm2, around(muscle.area_cm2, bound * muscle.area_cm2))
    low = around(muscle.low_attenuation, grading.low_attenuation * missing)
    remarks = (*about_level, *_remarks(view, neighbours_cm2))
    return Findings(
        area_cm2=area,
        mean_hu=Estimate(
            muscle.mean_hu, around(muscle.mean_hu, grading.attenuation * missing, low=-1024.0)
        ),
        low_attenuation=Estimate(muscle.low_attenuation, (low[0], min(1.0, low[1]))),
        smi_cm2_per_m2=None if height_m is None else _per_square(area, height_m),
        height_m=height_m,
        subcutaneous_cm2=None
        if _cuts_skin(view)
        else _fat(reading.subcutaneous, grading.subcutaneous),
        visceral_cm2=_fat(reading.visceral, grading.visceral),
        agreement=muscle.agreement,
        expected_dice=1 - missing,
        bound=bound,
        grade=grade(bound, muscle.agreement, doubtful=any(r.doubtful for r in remarks)),
        remarks=remarks,
    )


def level_remarks(share: float, marks: Sequence[Landmark]) -> tuple[Remark, ...]:
    """What makes the level doubtful, for a person to look at.

    Where ribs, crests and the flank between them all agree, a locator that is less sure is told
    and no doubt.

    Args:
        share: Of the locator's probability, at the level chosen.
        marks: What bone says of that level.
    """
    told = [
        Remark(f"level_{mark.name}", f"The level is in doubt: {mark.reason}", doubtful=True)
        for mark in marks
        if mark.agrees is False
    ]
    if share < LEVEL_SHARE:
        reason = (
            f"The level rests on the iliac crests: {share:.2f} of the locator's probability lies "
            f"there, {LEVEL_SHARE} would do alone"
        )
        confirmed = all(mark.agrees for mark in marks)
        told.append(Remark("level_share", reason, doubtful=not confirmed))
    return tuple(told)


def grade_gates(found: Findings) -> list[Gate]:
    """Grade C as the refusal that it is."""
    failed = []
    if found.agreement < AGREEMENT_B:
        failed.append(
            Gate(
                "disagreement", f"members agree to {found.agreement:.3f}", f"{AGREEMENT_B} or more"
            )
        )
    if found.bound > BOUND_B:
        limit = f"at most {BOUND_B:.0%}"
        failed.append(Gate("error_bound", f"the area may be off by {found.bound:.1%}", limit))
    return failed


def _per_square(area: Estimate, height_m: float) -> Estimate:
    square = height_m**2
    return Estimate(area.value / square, (area.interval[0] / square, area.interval[1] / square))


def _fat(fat: Fat, factor: float) -> Estimate:
    return Estimate(fat.area_cm2, around(fat.area_cm2, factor * fat.doubt_cm2))


def _cuts_skin(view: FieldOfView) -> bool:
    return view.contact > SKIN_CONTACT or view.outside_grid > 0


def _remarks(view: FieldOfView, neighbours_cm2: tuple[float, ...]) -> tuple[Remark, ...]:
    found = []
    if _cuts_skin(view):
        told = (
            f"Subcutaneous fat is not given: {view.contact:.1%} of the contour touches the edge of "
            f"the field of view and {view.outside_grid:.1%} of the body lies outside 384 mm; "
            f"limits {SKIN_CONTACT:.0%} and 0 %"
        )
        found.append(Remark("sat_withheld", told))
    middle = sorted(neighbours_cm2)[len(neighbours_cm2) // 2]
    spread = (max(neighbours_cm2) - min(neighbours_cm2)) / middle if middle else 0.0
    if spread > NEIGHBOURS:
        told = f"Neighbouring slices differ by {spread:.1%} of their median, limit {NEIGHBOURS:.0%}"
        found.append(Remark("neighbours_differ", told, doubtful=True))
    return tuple(found)
