"""Simulated axial CT slices at L3 with their label map; a body painted from outside inwards.

Ranges are wide on purpose: a network that has seen more than anatomy allows reads real anatomy.
They were set by eye against two public slices (see the model card), so those are not unseen.
"""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from training.acquisition import acquire
from training.axial_canvas import (
    BACKGROUND,
    BONE,
    MUSCLE,
    SIDE,
    SPACING_MM,
    SUBCUTANEOUS,
    VISCERAL,
    Field,
    Mask,
    chance,
    coordinates,
    ellipse,
    sigmoid,
    smooth_noise,
    wave,
)
from training.body import Body
from training.viscera import paint_viscera


def back(angle: Field) -> Field:
    """0 in front and at the sides, rising to 1 straight behind."""
    return np.asarray(np.clip((np.abs(angle) - np.pi * 0.62) / (np.pi * 0.38), 0, 1), np.float32)


def start(rng: np.random.Generator) -> Body:
    """A body with its outline, before anything is inside."""
    at = coordinates(rng)
    scale = rng.uniform(0.82, 1.14)
    a = rng.uniform(112, 145) * scale
    b = a * rng.uniform(0.58, 0.86)
    power = rng.uniform(2.0, 2.7)
    outside = 1 / (
        (np.abs(np.sin(at.angle) / a) ** power + np.abs(np.cos(at.angle) / b) ** power)
        ** (1 / power)
    )
    outside = outside * (1 + wave(rng, at.angle, (0.012, 0.012, 0.01, 0.006, 0.004)))
    groove = np.exp(-(((np.pi - np.abs(at.angle)) / 0.18) ** 2))
    face = np.asarray(outside * (1 - 0.05 * rng.uniform() * groove), dtype=np.float32)
    empty = np.zeros((SIDE, SIDE), dtype=bool)
    return Body(
        rng=rng,
        at=at,
        scale=scale,
        bulk=float(np.clip(rng.beta(2.5, 1.8) * 1.25, 0.25, 1.2)),
        half_axes=(a, b),
        wall_outside=face,
        spine_y=b * rng.uniform(0.26, 0.46),
        fat_hu=rng.normal(-102, 6),
        muscle_hu=float(np.clip(rng.normal(45, 12), 10, 75)),
        hu=np.full((SIDE, SIDE), -1000, dtype=np.float32),
        labels=np.zeros((SIDE, SIDE), dtype=np.uint8),
        canal=empty.copy(),
        bone=empty.copy(),
        muscle=empty.copy(),
        inside=at.radius < face,
        body=empty.copy(),
        wall=np.zeros((SIDE, SIDE), dtype=np.float32),
    )


def paint_skin_and_fat(body: Body) -> None:
    """Skin and subcutaneous fat around the muscle wall; hardly any in a starved body."""
    rng, angle = body.rng, body.at.angle
    typical = float(np.clip(rng.gamma(2.2, 7.0), 1.5, 50))
    front = np.exp(-((angle / 0.9) ** 2))
    thickness = typical * (
        0.65
        + 0.5 * front * rng.uniform(0.3, 1.6)
        + 0.9 * back(angle) * rng.uniform(0.3, 1.3)
        + 0.25 * wave(rng, angle, (0.4, 0.4, 0.3, 0.2))
    )
    edge = body.wall_outside + np.clip(thickness, 0.8, 75) + 2.0
    body.body = body.at.radius < edge
    skin = body.body & (body.at.radius > edge - rng.uniform(1.5, 3))
    body.hu[body.body] = body.fat_hu
    body.labels[body.body] = SUBCUTANEOUS
    body.hu[skin] = rng.uniform(-10, 40)
    body.labels[skin] = BACKGROUND
    if chance(rng, 0.5):
        paint_oedema(body, skin)


def paint_oedema(body: Body, skin: Mask) -> None:
    """Fluid strands in the subcutaneous fat, mostly of the back."""
    rng = body.rng
    strands = np.abs(smooth_noise(rng, rng.uniform(3, 6))) < rng.uniform(0.02, 0.12)
    region = body.body & ~body.inside & ~skin
    if chance(rng, 0.7):
        region &= body.at.y > body.half_axes[1] * 0.3
    region &= smooth_noise(rng, 20) > rng.uniform(-0.5, 1)
    body.hu[region & strands] = rng.uniform(-70, 20)


def lateral(body: Body) -> Field:
    """1 where the flank muscles run, 0 in front and behind."""
    angle = np.abs(body.at.angle)
    end = body.rng.uniform(1.9, 2.35)
    return np.asarray(sigmoid((angle - 0.80) / 0.10) * sigmoid((end - angle) / 0.13))


def paint_wall(body: Body) -> Field:
    """Abdominal wall: rectus in front, three layers at the sides; returns the fat planes."""
    rng, angle = body.rng, np.abs(body.at.angle)
    flank = lateral(body)
    rectus = np.exp(-(((angle - 0.30) / 0.26) ** 4))
    thickness = (
        rng.uniform(7, 15) * body.bulk**0.6 * rectus
        + rng.uniform(11, 32) * body.bulk**0.7 * flank
        + rng.uniform(1.5, 3)
    )
    thickness = thickness * (1 + 0.12 * wave(rng, body.at.angle, (0.5, 0.5, 0.5, 0.4, 0.3)))
    body.wall = np.asarray(np.clip(thickness, 1.0, 45), dtype=np.float32)
    depth = body.wall_outside - body.at.radius
    wall = body.inside & (depth < body.wall) & (angle < rng.uniform(2.2, 2.6))
    gap = rng.uniform(2, 14) * (2 if chance(rng, 0.2) else 1)  # linea alba; wide after pregnancy
    wall &= ~((np.abs(body.at.x) < gap / 2) & (body.at.y < 0))
    body.muscle |= wall
    planes = np.zeros_like(depth)
    for fraction in (0.33, 0.66):
        off = (depth - fraction * body.wall + 0.8 * smooth_noise(rng, 12)) / rng.uniform(0.6, 1.4)
        planes = np.maximum(planes, np.exp(-(off**2)) * flank)
    return planes


def paint_spine(body: Body) -> None:
    """Vertebral body, canal, and as much of arch and processes as the level happens to show."""
    rng, at, scale = body.rng, body.at, body.scale
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
    paint_back_muscles(body, half[0], canal_y)


def paint_back_muscles(body: Body, vertebra_half_width: float, canal_y: float) -> None:
    """Erector spinae, multifidus, psoas and quadratus lumborum on both sides."""
    rng, at, scale, bulk = body.rng, body.at, body.scale, body.bulk
    erector = (
        rng.uniform(26, 40) * scale * bulk**0.35,
        rng.uniform(18, 28) * scale * bulk**0.45,
    )
    aside = rng.uniform(30, 40) * scale
    for side in (-1, 1):
        centre = (side * aside, canal_y + rng.uniform(10, 18) * scale)
        turn = side * rng.uniform(-0.25, 0.15)
        mass = ellipse(at, centre, erector, turn=turn, power=2.4) < 1
        if chance(rng, 0.95):
            near = (side * 14 * scale, canal_y + 22 * scale)
            mass |= ellipse(at, near, (12 * scale, 15 * scale)) < 1
        body.muscle |= mass & body.inside
        psoas = (
            rng.uniform(12, 25) * scale * bulk**0.5,
            rng.uniform(13, 30) * scale * bulk**0.5,
        )
        if chance(rng, 0.93):
            x = side * (vertebra_half_width + psoas[0] * rng.uniform(0.55, 0.95))
            centre = (x, body.spine_y + rng.uniform(-2, 12) * scale)
            body.muscle |= ellipse(at, centre, psoas, turn=side * rng.uniform(-0.2, 0.5)) < 1
        if chance(rng, 0.88):
            x = side * (vertebra_half_width + rng.uniform(38, 56) * scale)
            centre = (x, body.spine_y + rng.uniform(14, 28) * scale)
            quadratus = (
                rng.uniform(14, 26) * scale * bulk**0.4,
                rng.uniform(6, 14) * scale * bulk**0.5,
            )
            shape = ellipse(at, centre, quadratus, turn=side * rng.uniform(0, 0.5)) < 1
            body.muscle |= shape & body.inside


def fill_muscle(body: Body, planes: Field) -> None:
    """Muscle attenuation with fatty infiltration, more of it behind and between the layers."""
    rng = body.rng
    texture = (
        0.6 * smooth_noise(rng, 2) + 0.8 * smooth_noise(rng, 4.4) + 0.5 * smooth_noise(rng, 10)
    )
    share = float(np.clip(rng.beta(1.3, 6) * 1.2, 0, 0.6))
    fat = sigmoid((texture - np.quantile(texture, 1 - share)) * 3) if share > 0.005 else 0 * texture
    fat = np.clip(fat * (0.5 + 0.5 * back(body.at.angle)) + planes * rng.uniform(0.3, 1.0), 0, 1)
    hu = body.muscle_hu * (1 - fat) + body.fat_hu * fat + 4 * texture
    body.hu[body.muscle] = hu[body.muscle]
    body.labels[body.muscle] = MUSCLE


def fill_bone(body: Body) -> None:
    """Cortex around marrow; the canal stays soft."""
    rng = body.rng
    depth = ndimage.distance_transform_edt(body.bone) * SPACING_MM
    marrow = rng.uniform(80, 280) + 25 * smooth_noise(rng, 2.4)
    hu = np.where(depth < rng.uniform(1.8, 3.5), rng.uniform(350, 900), marrow)
    body.hu[body.bone] = hu[body.bone]
    body.labels[body.bone] = BONE
    body.hu[body.canal] = rng.uniform(5, 35)
    body.labels[body.canal & ~body.bone] = BACKGROUND


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
            body.hu[rib] = np.where(
                level[rib] > 0.6,
                rng.uniform(300, 700),
                rng.uniform(60, 250),
            )
            body.labels[rib] = BONE


def make(rng: np.random.Generator) -> tuple[NDArray[np.int16], NDArray[np.uint8]]:
    """One phantom.

    Returns:
        Picture (256, 256) in HU, -1024..3071, and labels (256, 256): 0 other, 1 muscle,
        2 subcutaneous fat, 3 visceral fat and organs, 4 bone. Pixels of 1.5 mm; rows run to the
        back, columns to the patient's left.
    """
    body = start(rng)
    paint_skin_and_fat(body)
    body.labels[body.inside] = VISCERAL
    body.hu[body.inside] = body.fat_hu + rng.uniform(0, 8)
    planes = paint_wall(body)
    paint_spine(body)
    body.muscle &= ~body.bone & ~body.canal
    paint_viscera(body)
    fill_muscle(body, planes)
    fill_bone(body)
    if chance(rng, 0.5):
        paint_ribs_and_crests(body)
    return acquire(rng, body.hu, body.labels, body.at, body.half_axes, body.muscle_hu)
