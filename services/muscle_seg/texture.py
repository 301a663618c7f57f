"""Signs that a muscle mask holds something else, which members of one ensemble may all get wrong.

Seen: a tip of the liver or ascites that touches the wall, counted by every member at an agreement
of 0.99. What was added has another attenuation than muscle, and no edge where the mask ends.
"""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

SMOOTH_MM = 2.25
"""Takes noise out, leaves muscles apart."""
CORE_MM = 3.0
"""Farther inside than this no partial volume reaches."""
CORE_LEAST = 50
"""Pixels of core; a thinner mask is read as a whole."""
EDGE_BLUR_MM = 1.5
EDGE_HU_PER_MM = 8.0
"""Muscle against fat falls by 140 HU over some millimetres; against an organ by little."""

Mask = NDArray[np.bool_]


def heterogeneity_hu(mask: Mask, hu: NDArray[np.int16], spacing_mm: tuple[float, float]) -> float:
    """Standard deviation of the smoothed attenuation inside the mask, away from its rim, HU."""
    if not mask.any():
        return 0.0
    smooth = ndimage.gaussian_filter(hu.astype(np.float32), [SMOOTH_MM / mm for mm in spacing_mm])
    core = ndimage.distance_transform_edt(mask, sampling=spacing_mm) > CORE_MM
    chosen = core if int(core.sum()) >= CORE_LEAST else mask
    return float(smooth[chosen].std())


def edgeless_share(mask: Mask, hu: NDArray[np.int16], spacing_mm: tuple[float, float]) -> float:
    """Share of the mask's outline where attenuation does not change, 0..1."""
    outline = mask & ~ndimage.binary_erosion(mask)
    if not outline.any():
        return 0.0
    sigma = [EDGE_BLUR_MM / mm for mm in spacing_mm]
    slopes = [
        ndimage.gaussian_filter(hu.astype(np.float32), sigma, order=order) / mm
        for order, mm in (((1, 0), spacing_mm[0]), ((0, 1), spacing_mm[1]))
    ]
    return float((np.hypot(*slopes)[outline] < EDGE_HU_PER_MM).mean())
