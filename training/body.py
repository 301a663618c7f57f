"""A phantom in the making, as its painters hand it on."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.axial_canvas import Coordinates, Field, Mask
from training.variants import Variants

REFERENCE_KV = 120.0


@dataclass
class Body:
    """A phantom in the making.

    Attributes:
        rng: Dice of this phantom.
        variants: What is unusual about it.
        at: Pixel coordinates.
        spine_at: The same as the spine lies in them: shifted and turned by a scoliosis.
        scale: Size relative to an average adult.
        bulk: Muscle bulk, 0.2 (wasted) to 1.2 (strong).
        half_axes: Outer half axes of the muscle wall, mm, sideways and front-back.
        wall_outside: Radius of the wall's outer face in the direction of each pixel, mm.
        spine_y: Centre of the vertebral body behind the body's centre, mm.
        fat_hu: Attenuation of fat.
        muscle_hu: Attenuation of lean muscle.
        hernia_angle: Where a hernia leaves the wall, from straight ahead, rad.
        stoma_angle: Where a stoma does; through one rectus.
        hu: Picture so far, HU.
        labels: Classes so far.
        metal: Implants.
    """

    rng: np.random.Generator
    variants: Variants
    at: Coordinates
    spine_at: Coordinates
    scale: float
    bulk: float
    half_axes: tuple[float, float]
    wall_outside: Field
    spine_y: float
    fat_hu: float
    muscle_hu: float
    hernia_angle: float
    stoma_angle: float
    hu: Field
    labels: NDArray[np.uint8]
    canal: Mask
    bone: Mask
    muscle: Mask
    inside: Mask
    body: Mask
    metal: Mask
    wall: Field

    @property
    def iodine_gain(self) -> float:
        """Iodine attenuates about 1.75 times as much at 80 as at 120 kV."""
        return float((REFERENCE_KV / self.variants.kv) ** 1.4)

    @property
    def bone_gain(self) -> float:
        """Bone mineral attenuates about 1.4 times as much at 80 as at 120 kV."""
        return float((REFERENCE_KV / self.variants.kv) ** 0.9)

    @property
    def phase(self) -> int:
        """Contrast phase: 0 none, 1 arterial, 2 portal venous, 3 delayed."""
        return int(self.variants.contrast_phase)
