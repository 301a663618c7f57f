"""Skin, subcutaneous fat, abdominal wall, and what muscle is filled with."""

import numpy as np

from training.axial_canvas import (
    BACKGROUND,
    MUSCLE,
    SUBCUTANEOUS,
    Field,
    Mask,
    chance,
    sigmoid,
    smooth_noise,
    wave,
)
from training.body import Body


def back(angle: Field) -> Field:
    """0 in front and at the sides, rising to 1 straight behind."""
    return np.asarray(np.clip((np.abs(angle) - np.pi * 0.62) / (np.pi * 0.38), 0, 1), np.float32)


def paint_skin_and_fat(body: Body) -> None:
    """Skin and subcutaneous fat around the muscle wall; hardly any in a starved body."""
    rng, angle, of = body.rng, body.at.angle, body.variants
    typical = float(np.clip(rng.gamma(2.2, 7.0), 1.5, 50))
    typical = typical * (1 - of.low_bmi) + 0.8 * of.low_bmi + 30 * of.obese
    front = np.exp(-((angle / 0.9) ** 2))
    thickness = typical * (
        0.65
        + 0.5 * front * rng.uniform(0.3, 1.6)
        + 0.9 * back(angle) * rng.uniform(0.3, 1.3)
        + 0.25 * wave(rng, angle, (0.4, 0.4, 0.3, 0.2))
    )
    edge = body.wall_outside + np.clip(thickness, 0.3, 75) + 2.0
    body.body = body.at.radius < edge
    skin = body.body & (body.at.radius > edge - rng.uniform(1.5, 3))
    body.hu[body.body] = body.fat_hu
    body.labels[body.body] = SUBCUTANEOUS
    body.hu[skin] = rng.uniform(-10, 40)
    body.labels[skin] = BACKGROUND
    if of.oedema:
        paint_oedema(body, skin)
    if of.anasarca:
        wet = body.body & ~body.inside & ~skin
        patches = sigmoid(1.5 * smooth_noise(rng, 15)) * of.anasarca
        body.hu[wet] += (patches * rng.uniform(30, 110))[wet]


def paint_oedema(body: Body, skin: Mask) -> None:
    """Fluid strands in the subcutaneous fat, mostly of the back."""
    rng = body.rng
    strands = np.abs(smooth_noise(rng, rng.uniform(3, 6))) < 0.15 * body.variants.oedema
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


def fill_muscle(body: Body, planes: Field) -> None:
    """Muscle attenuation with fatty infiltration, more of it behind and between the layers."""
    rng, of = body.rng, body.variants
    texture = (
        0.6 * smooth_noise(rng, 2) + 0.8 * smooth_noise(rng, 4.4) + 0.5 * smooth_noise(rng, 10)
    )
    share = float(np.clip(rng.beta(1.3, 6) * 1.2 + 0.25 * of.sarcopenic, 0, 0.6))
    fat = sigmoid((texture - np.quantile(texture, 1 - share)) * 3) if share > 0.005 else 0 * texture
    fat = np.clip(fat * (0.5 + 0.5 * back(body.at.angle)) + planes * rng.uniform(0.3, 1.0), 0, 1)
    lean = body.muscle_hu - 15 * of.anasarca + (5 if body.phase > 1 else 0)
    hu = lean * (1 - fat) + body.fat_hu * fat + 4 * texture
    body.hu[body.muscle] = hu[body.muscle]
    body.labels[body.muscle] = MUSCLE
