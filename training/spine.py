"""Vertebra, the muscles around it, ribs and iliac crests, and implants."""

import numpy as np
from scipy import ndimage

from training.axial_canvas import BACKGROUND, BONE, SPACING_MM, chance, ellipse, smooth_noise
from training.body import Body

METAL_HU = 3000.0


def paint_spine(body: Body) -> None:
    """Vertebral body, canal, and as much of arch and processes as the level happens to show."""
    rng, at, scale = body.rng, body.spine_at, body.scale
    half = (rng.uniform(21, 28) * scale, rng.uniform(16, 21) * scale)
    body.bone = ellipse(at, (0, body.spine_y), half, power=2.2) < 1
    canal_y = body.spine_y + half[1] + rng.uniform(6, 10) * scale
    canal_axes = (rng.uniform(9, 13) * scale, rng.uniform(7, 10) * scale)
    body.canal = ellipse(at, (0, canal_y), canal_axes) < 1
    if chance(rng, 0.85):
        body.bone |= (ellipse(at, (0, canal_y), (17 * scale, 14 * scale)) < 1) & ~body.canal
    if chance(rng, 0.75):
        tip = canal_y + (9 + rng.uniform(18, 34)) * scale
        slim = np.abs(at.x) < rng.uniform(2.5, 4.5) * scale
        body.bone |= slim & (at.y > canal_y + 9 * scale) & (at.y < tip)
    if chance(rng, 0.6):
        level = np.abs(at.y - canal_y + 3) < rng.uniform(2.5, 4.5)
        reach = np.abs(at.x) < rng.uniform(25, 48) * scale
        body.bone |= level & reach & (np.abs(at.x) > 8)
    if chance(rng, 0.5):
        for side in (-1, 1):
            joint = (side * 17 * scale, canal_y + 9 * scale)
            body.bone |= ellipse(at, joint, (7 * scale, 6 * scale)) < 1
    body.bone &= body.inside
    paint_back_muscles(body, half[0], canal_y)
    if body.variants.implant:
        place_implant(body, canal_y)


def paint_back_muscles(body: Body, vertebra_half_width: float, canal_y: float) -> None:
    """Erector spinae, multifidus, psoas and quadratus lumborum on both sides."""
    rng, at, scale, bulk = body.rng, body.spine_at, body.scale, body.bulk
    erector = (
        rng.uniform(26, 40) * scale * bulk**0.35,
        rng.uniform(18, 28) * scale * bulk**0.45,
    )
    aside = rng.uniform(30, 40) * scale
    lean = body.variants.scoliosis_mm / 22 * rng.uniform(0, 0.35)
    for side in (-1, 1):
        size = 1 + side * lean  # the muscles of the concave side are smaller
        centre = (side * aside, canal_y + rng.uniform(10, 18) * scale)
        turn = side * rng.uniform(-0.25, 0.15)
        axes = (erector[0] * size, erector[1] * size)
        mass = ellipse(at, centre, axes, turn=turn, power=2.4) < 1
        if chance(rng, 0.95):
            near = (side * 14 * scale, canal_y + 22 * scale)
            mass |= ellipse(at, near, (12 * scale, 15 * scale)) < 1
        body.muscle |= mass & body.inside
        psoas = (
            rng.uniform(12, 25) * scale * bulk**0.5 * size,
            rng.uniform(13, 30) * scale * bulk**0.5 * size,
        )
        if chance(rng, 0.93):
            x = side * (vertebra_half_width + psoas[0] * rng.uniform(0.55, 0.95))
            centre = (x, body.spine_y + rng.uniform(-2, 12) * scale)
            shape = ellipse(at, centre, psoas, turn=side * rng.uniform(-0.2, 0.5)) < 1
            body.muscle |= shape & body.inside
        if chance(rng, 0.88):
            x = side * (vertebra_half_width + rng.uniform(38, 56) * scale)
            centre = (x, body.spine_y + rng.uniform(14, 28) * scale)
            quadratus = (
                rng.uniform(14, 26) * scale * bulk**0.4,
                rng.uniform(6, 14) * scale * bulk**0.5,
            )
            shape = ellipse(at, centre, quadratus, turn=side * rng.uniform(0, 0.5)) < 1
            body.muscle |= shape & body.inside


def place_implant(body: Body, canal_y: float) -> None:
    """Pedicle screws along their path and rods behind the joints."""
    rng, at, scale = body.rng, body.spine_at, body.scale
    for side in (-1, 1)[: int(body.variants.implant)]:
        rod = (side * rng.uniform(20, 30) * scale, canal_y + rng.uniform(14, 24) * scale)
        body.metal |= ellipse(at, rod, (3, 3)) < 1
        if chance(rng, 0.6):
            middle = (side * 17 * scale, (canal_y + body.spine_y) / 2)
            axes = (2.6, rng.uniform(14, 24) * scale)
            body.metal |= ellipse(at, middle, axes, turn=side * rng.uniform(0.1, 0.5)) < 1


def fill_bone(body: Body) -> None:
    """Cortex around marrow; the canal stays soft; metal covers all."""
    rng = body.rng
    depth = ndimage.distance_transform_edt(body.bone) * SPACING_MM
    marrow = rng.uniform(80, 280) + 25 * smooth_noise(rng, 2.4)
    cortex = rng.uniform(350, 900) * body.bone_gain
    hu = np.where(depth < rng.uniform(1.8, 3.5), cortex, marrow * body.bone_gain)
    body.hu[body.bone] = hu[body.bone]
    body.labels[body.bone] = BONE
    body.hu[body.canal] = rng.uniform(5, 35)
    body.labels[body.canal & ~body.bone] = BACKGROUND
    body.hu[body.metal] = METAL_HU
    body.labels[body.metal] = BONE


def paint_ribs_and_crests(body: Body) -> None:
    """Lower ribs or iliac crests inside the wall, as slices beside L3 show them."""
    rng, at = body.rng, body.at
    for side in (-1, 1):
        for _ in range(rng.integers(1, 6)):
            angle = side * rng.uniform(0.8, 2.6)
            nearest = np.argmin(np.abs(at.angle - angle))
            r = float(body.wall_outside.ravel()[nearest]) - rng.uniform(2, 10)
            centre = (float(np.sin(angle)) * r, float(-np.cos(angle)) * r)
            axes = (rng.uniform(6, 18), rng.uniform(3, 6))
            level = ellipse(at, centre, axes, turn=-angle + rng.normal(0, 0.2))
            rib = body.inside & (level < 1)
            cortex, marrow = rng.uniform(300, 700), rng.uniform(60, 250)
            body.hu[rib] = np.where(level[rib] > 0.6, cortex, marrow) * body.bone_gain
            body.labels[rib] = BONE
