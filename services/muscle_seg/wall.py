"""Signs that a muscle mask holds something else, which members of one ensemble may all get wrong.

Seen: a tip of the liver that touches the wall, counted by every member at an agreement of 0.99.
Muscles are paired and the wall is a band: what lies on one side only, inside the wall, is doubtful.
"""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

RAYS = 180
STEP_MM = 1.0
LONGEST_MM = 260.0
BACK_DEG = 50.0
"""Rays this close to straight back meet psoas and erectors, which are no band."""
FRONT_DEG = 15.0
"""Rays this close to straight ahead meet the gap between the recti."""
SMOOTH_RAYS = 5
PAIR_RATIO = 1.5
PAIR_MM = 5.0
"""A wall thicker than one and a half times its other side plus 5 mm is unpaired."""

Mask = NDArray[np.bool_]


def thickness_mm(mask: Mask, body: Mask, spacing_mm: tuple[float, float]) -> NDArray[np.float64]:
    """Muscle along rays from the middle of the body, mm.

    (180,), ray k at 2 k degrees from the front towards the patient's left, smoothed over 10
    degrees.
    """
    rows, columns = (np.flatnonzero(body.any(axis=axis)) for axis in (1, 0))
    centre = ((rows[0] + rows[-1]) / 2, (columns[0] + columns[-1]) / 2)
    angle = np.deg2rad(np.arange(RAYS) * 360.0 / RAYS)[:, None]
    reach = np.arange(0.0, LONGEST_MM, STEP_MM)[None]
    y = centre[0] - np.cos(angle) * reach / spacing_mm[0]
    x = centre[1] + np.sin(angle) * reach / spacing_mm[1]
    hit = ndimage.map_coordinates(mask.astype(np.uint8), [y, x], order=0, cval=0)
    thick = hit.sum(axis=1) * STEP_MM
    return np.asarray(ndimage.median_filter(thick, SMOOTH_RAYS, mode="wrap"), dtype=np.float64)


def unpaired_share(mask: Mask, body: Mask, spacing_mm: tuple[float, float]) -> float:
    """Share of the muscle area by which one flank exceeds the other, ray by ray; 0..1.

    A person's own asymmetry (a scar, a missing rectus, scoliosis) counts too: this is a reason to
    look, not a proof.
    """
    if not mask.any():
        return 0.0
    thick = thickness_mm(mask, body, spacing_mm)
    degrees = np.arange(RAYS) * 360.0 / RAYS
    from_front = np.minimum(degrees, 360 - degrees)
    flank = (from_front > FRONT_DEG) & (from_front < 180 - BACK_DEG)
    other = thick[-np.arange(RAYS) % RAYS]
    excess = np.clip(thick - PAIR_RATIO * other - PAIR_MM, 0, None) * flank
    half_width = np.sqrt(float(body.sum()) * spacing_mm[0] * spacing_mm[1] / np.pi)
    area = float(mask.sum()) * spacing_mm[0] * spacing_mm[1]
    return float(excess.sum() * np.deg2rad(360.0 / RAYS) * half_width / area)
