"""What may be said of a slice: remarks, doubts, what is withheld."""

from dataclasses import replace

import numpy as np
import pytest

from services.muscle_seg.evidence import Landmark
from services.muscle_seg.fat import Fat
from services.muscle_seg.findings import Findings, Remark, conclude, grade_gates, level_remarks
from services.muscle_seg.grading import Grading, Signals
from services.muscle_seg.muscle import Muscle
from services.muscle_seg.reading import Reading
from services.muscle_seg.slices import FieldOfView

WHOLE = FieldOfView(contact=0.0, muscle_contact=0.0, outside_grid=0.0)
GRADING = Grading((0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0), 2.0, 50.0, 0.8, 0.3, 0.4)
MASK = np.ones((2, 2), dtype=bool)
FAT = Fat(MASK, area_cm2=100.0, doubt_cm2=5.0)


def reading(disagreement: float = 0.02) -> Reading:
    muscle = Muscle(MASK, 150.0, 35.0, 0.4, 1 - disagreement, np.ones((2, 2), np.float32))
    return Reading(muscle, Signals(disagreement, 0.01, 0.02, 0.1, 12.0, 0.2), FAT, FAT)


def found(
    of: Reading | None = None,
    view: FieldOfView = WHOLE,
    neighbours: tuple[float, ...] = (149.0, 150.0, 152.0),
    about_level: tuple[Remark, ...] = (),
) -> Findings:
    return conclude(
        of or reading(),
        GRADING,
        view,
        height_m=2.0,
        neighbours_cm2=neighbours,
        about_level=about_level,
    )


def test_every_number_has_its_interval() -> None:
    made = found()
    assert made.bound == pytest.approx(0.04)
    assert made.area_cm2.interval == pytest.approx((144.0, 156.0))
    assert made.mean_hu.interval == pytest.approx((34.0, 36.0))
    assert made.low_attenuation.interval == pytest.approx((0.384, 0.416))
    assert made.smi_cm2_per_m2 is not None
    assert made.smi_cm2_per_m2.interval == pytest.approx((36.0, 39.0))
    assert made.visceral_cm2.interval == pytest.approx((98.0, 102.0))
    assert made.subcutaneous_cm2 is not None
    assert made.subcutaneous_cm2.interval == pytest.approx((98.5, 101.5))
    assert made.grade == "A"
    assert made.remarks == ()


@pytest.mark.parametrize(
    "view", [replace(WHOLE, contact=0.02), replace(WHOLE, outside_grid=0.001)], ids=["edge", "grid"]
)
def test_fat_that_the_slice_does_not_show_whole_is_withheld(view: FieldOfView) -> None:
    made = found(view=view)
    assert made.subcutaneous_cm2 is None
    assert [remark.name for remark in made.remarks] == ["sat_withheld"]
    assert made.grade == "A"


def test_neighbours_that_differ_ask_for_eyes() -> None:
    made = found(neighbours=(140.0, 150.0, 156.0))
    assert [remark.name for remark in made.remarks] == ["neighbours_differ"]
    assert made.grade == "B"


@pytest.mark.parametrize(
    ("disagreement", "grade", "gates"),
    [
        (0.03, "A", []),
        (0.04, "B", []),
        (0.08, "C", ["error_bound"]),
        (0.11, "C", ["disagreement", "error_bound"]),
    ],
)
def test_grade_c_is_a_refusal_by_name(disagreement: float, grade: str, gates: list[str]) -> None:
    made = found(reading(disagreement))
    assert made.grade == grade
    assert [gate.name for gate in grade_gates(made)] == gates


def marks(*agrees: bool | None) -> list[Landmark]:
    return [Landmark(f"mark{k}", None, says, "told") for k, says in enumerate(agrees)]


@pytest.mark.parametrize(
    ("share", "agrees", "doubts"),
    [
        (0.8, (True, True, True), []),
        (0.8, (True, None, None), []),
        (0.8, (True, False, True), [("level_mark1", True)]),
        (0.6, (True, True, True), [("level_share", False)]),
        (0.6, (True, None, None), [("level_share", True)]),
    ],
)
def test_bone_that_contradicts_and_a_level_that_rests_on_it_are_told(
    share: float, agrees: tuple[bool | None, ...], doubts: list[tuple[str, bool]]
) -> None:
    told = level_remarks(share, marks(*agrees))
    assert [(remark.name, remark.doubtful) for remark in told] == doubts
    assert found(about_level=told).grade == ("B" if any(d for _, d in doubts) else "A")
