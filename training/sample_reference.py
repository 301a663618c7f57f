"""Muscle in the L3 slice of the sample study as one person drew it: an engineering reference.

Drawn by hand on the slice by the author of the training code, who is no clinician, before any
model's answer on it was looked at; one reading, no second reader. Muscle is what lies inside a
polygon and at -29 to 150 HU. Outlines are tight, and at pixels of 3 mm a rim of half a pixel weighs
as much as the errors one looks for. Good for "did this get worse", not for a claim of accuracy.
"""

import numpy as np
from numpy.typing import NDArray

from services.muscle_seg.slices import MUSCLE_HU_MAX, MUSCLE_HU_MIN

POLYGONS = {
    "wall, patient's right": (
        *((60, 12), (56, 12.6), (50, 13.6), (45, 14.8), (40, 16.3), (35, 18.2), (31, 20.2)),
        *((28, 22.3), (24, 24.3), (20, 26.8), (16.5, 30.3), (14, 34), (12.2, 38), (11, 43)),
        *((10.7, 48), (11, 53), (12, 57.5), (13.8, 62.5), (16.5, 66.8), (20, 70.3), (24, 72.4)),
        *((28, 73.6), (32, 74.2), (35, 74.2), (35, 72.9), (31, 72.2), (27, 70.3), (24, 68.2)),
        *((21, 65), (18.5, 61.5), (16.8, 57), (16, 52.5), (16.2, 48), (16.6, 44), (17, 40)),
        *((18, 36), (19.6, 32.3), (22, 29.3), (25, 26.8), (28.5, 24), (31, 22), (34, 20.5)),
        *((38, 19.3), (42, 18.6), (46, 16.8), (50, 16), (55, 15.4), (57.5, 14.2), (60, 13.2)),
    ),
    "wall, patient's left": (
        *((62, 12), (66, 12.8), (70, 13.6), (75, 14.8), (80, 16), (86, 17.6), (91, 19.6)),
        *((96, 22.3), (100, 25), (104, 28.6), (108, 33), (111, 37.5), (113.5, 42.5)),
        *((115.3, 48), (115.8, 52), (115.3, 57), (114, 62), (111.5, 67), (108, 70), (103, 72.3)),
        *((97, 74), (91.5, 74.8), (91.5, 73.2), (96, 72.3), (101, 70.3), (105, 67.8)),
        *((108, 64.5), (110, 60), (111, 55), (111, 50), (110.3, 46), (109, 42), (107, 38)),
        *((104.5, 33.5), (101.5, 29.3), (98.5, 26), (95.5, 24), (93.5, 22.3), (90, 21.2)),
        *((86, 20.4), (82, 19.2), (78, 18), (74, 16.7), (70, 16), (62, 13.2)),
    ),
    "psoas, right": (
        *((50.5, 52), (54.5, 52), (55.5, 55), (55.5, 60), (54.8, 63.5), (51, 65.5), (46, 65.6)),
        *((45, 64), (46, 61), (47.5, 57), (49, 54)),
    ),
    "psoas, left": (
        *((72.5, 53), (77.5, 53), (78.5, 56), (80, 60), (81.5, 62.5), (80, 64.2), (76, 65)),
        *((72.5, 65.5), (71, 63.5), (72.5, 60)),
    ),
    "quadratus, right": (
        *((34.5, 72.5), (35, 70.5), (37, 68.3), (41, 66.8), (45, 65.6), (49, 65.5), (51, 67)),
        *((50, 69.5), (46, 69.5), (43, 69.5), (40, 71.5), (37, 72.8)),
    ),
    "quadratus, left": (
        *((73, 65.5), (77, 65), (82, 66), (86, 67), (89.5, 69), (91, 71), (91, 73), (88, 73)),
        *((85, 71.5), (82, 69.5), (78, 69), (74, 68.5)),
    ),
    "erector, right": (
        *((43, 70), (47, 69), (52, 69), (54, 69), (58, 68.5), (59.5, 70), (60, 74), (60, 80)),
        *((58.5, 82.5), (55, 84.3), (50, 84), (45, 84), (41, 81), (38.5, 78.5), (37, 76)),
        *((38.5, 74.5), (41, 72.5)),
    ),
    "erector, left": (
        *((64.5, 70.5), (67, 69.5), (71, 69), (75, 69), (80, 70), (84, 72), (87, 74.5)),
        *((87.6, 77), (86, 80), (83.5, 83), (80, 85.7), (75, 86), (70, 85.8), (66.5, 84)),
        *((64, 81.5), (63, 79.5), (64, 75)),
    ),
}
"""Column and row of corners, pixels of 3 mm counted from the picture's upper left corner."""


def reference(hu: NDArray[np.int16]) -> NDArray[np.bool_]:
    """Muscle mask of the sample's L3 slice, (101, 122) HU."""
    drawn = np.zeros(hu.shape, dtype=bool)
    for corners in POLYGONS.values():
        drawn |= within(corners, hu.shape)
    return np.asarray(drawn & (hu >= MUSCLE_HU_MIN) & (hu <= MUSCLE_HU_MAX), dtype=bool)


def within(corners: tuple[tuple[float, float], ...], shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Pixels whose centre lies in a polygon: a ray to the right crosses its border oddly often."""
    y, x = np.mgrid[: shape[0], : shape[1]] + 0.5
    odd = np.zeros(y.shape, dtype=bool)
    for (x0, y0), (x1, y1) in zip(corners, (*corners[1:], corners[0]), strict=True):
        if y0 != y1:
            odd ^= ((y0 > y) != (y1 > y)) & (x < x0 + (y - y0) * (x1 - x0) / (y1 - y0))
    return odd
