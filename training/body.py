"""A phantom in the making, as its painters hand it on."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.axial_canvas import Coordinates, Field, Mask


@dataclass
class Body:
    """A phantom in the making.

    Attributes:
        rng: Dice of this phantom.
        at: Pixel coordinates.
        scale: Size relative to an average adult.
        bulk: Muscle bulk, 0.25 (wasted) to 1.2 (strong).
        half_axes: Outer half axes of the muscle wall, mm, sideways and front-back.
        wall_outside: Radius of the wall's outer face in the direction of each pixel, mm.
        spine_y: Centre of the vertebral body behind the body's centre, mm.
        fat_hu: Attenuation of fat.
        muscle_hu: Attenuation of lean muscle.
        hu: Picture so far, HU.
        labels: Classes so far.
    """

    rng: np.random.Generator
    at: Coordinates
    scale: float
    bulk: float
    half_axes: tuple[float, float]
    wall_outside: Field
    spine_y: float
    fat_hu: float
    muscle_hu: float
    hu: Field
    labels: NDArray[np.uint8]
    canal: Mask
    bone: Mask
    muscle: Mask
    inside: Mask
    body: Mask
    wall: Field
