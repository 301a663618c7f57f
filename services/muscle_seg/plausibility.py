"""Gates on the level, on the slice to be measured and on the measurement itself."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from services.muscle_seg.evidence import Landmark
from services.muscle_seg.gates import Gate, within
from services.muscle_seg.slices import FieldOfView

LEVEL_SHARE = 0.7
"""Share of the locator's probability within 9 mm of the place it chose. First cut: of 88 accepted
simulated volumes 2 had less, and both were a level off; of some 60 parts cut from the sample study
all that were a level off had less (at most 0.69), the whole scan has 0.76."""
CONFIRMED_SHARE = 0.5
"""The same where the iliac crests confirm the level: more likely than all others together."""
SURE = 0.9
"""Probability from which on head and feet are said to be exchanged, when it is as unlikely the
right way up: short parts of a spine look alike both ways."""

BODY_AREA_CM2 = (150.0, 1900.0)
"""Cross sections of adults at L3, generously."""
FOV_CONTACT = 0.05
FOV_MUSCLE_CONTACT = 0.1
"""Skin that touches the edge is common and harmless (0.00 on the demo study, which touches along
4 to 5 % of its contour); the same slice cut through the flank muscles gives 0.4 to 0.5."""
OUTSIDE_GRID = 0.02
MUSCLE_AREA_CM2 = (25.0, 350.0)
"""Adults in cohorts lie within 50 to 300 cm2 (Derstine 2018, Martin 2013)."""
MUSCLE_HU = (-10.0, 90.0)


def coverage_gates(probability: float, upside_down: float, threshold: float) -> list[Gate]:
    """Whether L3 lies wholly inside the series, read this way up.

    Args:
        probability: That L3 is covered.
        upside_down: The same for the volume with head and feet exchanged.
        threshold: Least probability that the model was calibrated for.
    """
    if upside_down >= SURE and probability < 1 - SURE:
        found = f"L3 is inside with probability {upside_down:.3f} only when read from the feet"
        return [Gate("upside_down", found, f"less than {SURE}", "head and feet exchanged?")]
    if probability >= threshold:
        return []
    found = f"L3 is inside with probability {probability:.3f}"
    return [Gate("l3_not_covered", found, f"at least {threshold:.3f}")]


def level_gate(share: float, marks: Sequence[Landmark]) -> list[Gate]:
    """Whether the locator knows L3 from its neighbours, which look alike.

    Less certainty will do where the iliac crests confirm the level and no landmark contradicts it:
    a vertebra up or down, they would lie outside what is usual.

    Args:
        share: Of the locator's probability, at the level chosen.
        marks: What bone says of that level.
    """
    contradicted = any(mark.agrees is False for mark in marks)
    crest = any(mark.name == "iliac_crest" and mark.agrees for mark in marks)
    limit = CONFIRMED_SHARE if crest and not contradicted else LEVEL_SHARE
    if share >= limit:
        return []
    found = f"{share:.2f} of the probability lies at one level"
    return [Gate("l3_ambiguous", found, f"at least {limit}", "it may be another vertebra")]


def slice_gates(
    body: NDArray[np.bool_],
    hu: NDArray[np.int16],
    spacing_mm: tuple[float, float],
    view: FieldOfView,
) -> list[Gate]:
    """Gates on the slice to be measured."""
    area = float(body.sum()) * spacing_mm[0] * spacing_mm[1] / 100
    failed = within("body_area", area, BODY_AREA_CM2, "cm2 of body in the slice")
    if view.contact > FOV_CONTACT and view.muscle_contact > FOV_MUSCLE_CONTACT:
        found = (
            f"{view.contact:.1%} of the contour touches the edge of the field of view, "
            f"{view.muscle_contact:.0%} of it with muscle behind"
        )
        limit = f"at most {FOV_CONTACT:.0%}, or {FOV_MUSCLE_CONTACT:.0%} of it"
        failed.append(Gate("fov_truncated", found, limit, "muscle may be cut off"))
    if view.outside_grid > OUTSIDE_GRID:
        found = f"{view.outside_grid:.1%} of the body lies outside 384 mm"
        failed.append(Gate("wider_than_grid", found, f"at most {OUTSIDE_GRID:.0%}"))
    bone = (hu > 180) & body  # noqa: PLR2004 - cortex and marrow
    if bone.any():
        rows = np.arange(len(body))
        behind = float((bone.sum(1) * rows).sum() / bone.sum())
        middle = float((body.sum(1) * rows).sum() / body.sum())
        if behind < middle:
            found = "bone lies in front of the body's middle in the slice of L3"
            failed.append(Gate("orientation", found, "behind it", "turned over?"))
    return failed


def muscle_gates(area_cm2: float, mean_hu: float) -> list[Gate]:
    """Whether any adult has this; an area of 0 has no attenuation."""
    failed = within("muscle_area", area_cm2, MUSCLE_AREA_CM2, "cm2 of muscle")
    if area_cm2 > 0:
        failed += within("muscle_hu", mean_hu, MUSCLE_HU, "HU on average in muscle")
    return failed
