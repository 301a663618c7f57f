"""What bone says of the level, on skeletons as simple as one can be."""

import numpy as np
import pytest

from services.muscle_seg.content import Coarse
from services.muscle_seg.evidence import Landmark, landmarks

STEP_MM = 6.0
L3_MM = 150.0


def skeleton(*, crest_mm: float, rib_mm: float) -> Coarse:
    """A fat cylinder with a spine, ilia up to one height and ribs from another on."""
    z, y, x = np.mgrid[:60, :50, :80]
    hu = np.where(np.hypot((y - 25) / 20, (x - 40) / 34) < 1, -90.0, -1000.0)
    hu[(np.abs(x - 40) < 5) & (np.abs(y - 35) < 6)] = 400
    beside = (np.abs(np.abs(x - 40) - 22) < 4) & (np.abs(y - 32) < 4)
    height = z * STEP_MM
    hu[beside & (height < crest_mm)] = 500
    hu[beside & (height >= rib_mm)] = 500
    return Coarse(hu.astype(np.float32), (STEP_MM, 4.0, 4.0))


def told(**heights: float) -> dict[str, Landmark]:
    return {mark.name: mark for mark in landmarks(skeleton(**heights), L3_MM)}


def test_the_usual_skeleton_confirms_the_level() -> None:
    found = told(crest_mm=105.0, rib_mm=195.0)
    assert {mark.agrees for mark in found.values()} == {True}
    crest, rib = found["iliac_crest"].z_mm, found["last_rib"].z_mm
    assert crest == pytest.approx(105.0, abs=STEP_MM)
    assert rib == pytest.approx(195.0, abs=STEP_MM)


@pytest.mark.parametrize("vertebrae", [-1, 1])
def test_a_level_off_contradicts_the_iliac_crest(vertebrae: int) -> None:
    crest = told(crest_mm=105.0 + 36.0 * vertebrae, rib_mm=195.0 + 36.0 * vertebrae)["iliac_crest"]
    assert crest.agrees is False
    assert "below L3" in crest.reason


@pytest.mark.parametrize(("rib_mm", "vertebrae"), [(150.0, "4 lumbar"), (240.0, "6 lumbar")])
def test_a_vertebra_more_or_less_is_flagged(rib_mm: float, vertebrae: str) -> None:
    count = told(crest_mm=100.0, rib_mm=rib_mm)["lumbar_count"]
    assert count.agrees is False
    assert vertebrae in count.reason


def test_without_pelvis_and_ribs_bone_says_nothing() -> None:
    found = told(crest_mm=0.0, rib_mm=900.0)
    assert {mark.agrees for mark in found.values()} == {None}
    assert {mark.z_mm for mark in found.values()} == {None}
