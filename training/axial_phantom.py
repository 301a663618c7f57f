"""Simulated axial CT slices at L3 with their label map; a body painted from outside inwards.

Ranges are wide on purpose: a network that has seen more than anatomy allows reads real anatomy.
They were set by eye against two public slices (see the model card), so those are not unseen.
"""

import numpy as np
from numpy.typing import NDArray

from training.acquisition import acquire
from training.axial_canvas import SIDE, VISCERAL, chance, coordinates, moved, wave
from training.body import REFERENCE_KV, Body
from training.spine import fill_bone, paint_ribs_and_crests, paint_spine
from training.surgery import alter_wall, paint_surgery
from training.trunk import fill_muscle, paint_skin_and_fat, paint_wall
from training.variants import Variants, draw
from training.viscera import paint_viscera


def start(rng: np.random.Generator, variants: Variants) -> Body:
    """A body with its outline, before anything is inside."""
    at = coordinates(rng, variants.gantry_tilt_deg)
    scale = rng.uniform(0.82, 1.14) * (1 - 0.08 * variants.low_bmi)
    a = rng.uniform(112, 145) * scale * (1 + 0.12 * variants.obese)
    b = a * rng.uniform(0.58, 0.86)
    power = rng.uniform(2.0, 2.7)
    outside = 1 / (
        (np.abs(np.sin(at.angle) / a) ** power + np.abs(np.cos(at.angle) / b) ** power)
        ** (1 / power)
    )
    outside = outside * (1 + wave(rng, at.angle, (0.012, 0.012, 0.01, 0.006, 0.004)))
    groove = np.exp(-(((np.pi - np.abs(at.angle)) / 0.18) ** 2))
    face = np.asarray(outside * (1 - 0.05 * rng.uniform() * groove), dtype=np.float32)
    spine_y = b * rng.uniform(0.26, 0.46)
    bulk = float(np.clip(rng.beta(2.5, 1.8) * 1.25, 0.25, 1.2))
    empty = np.zeros((SIDE, SIDE), dtype=bool)
    return Body(
        rng=rng,
        variants=variants,
        at=at,
        spine_at=moved(at, variants.scoliosis_mm, variants.spine_turn_deg, spine_y),
        scale=scale,
        bulk=max(0.18, bulk * (1 - 0.6 * max(variants.sarcopenic, 0.7 * variants.low_bmi))),
        half_axes=(a, b),
        wall_outside=face,
        spine_y=spine_y,
        fat_hu=rng.normal(-102, 6) * (REFERENCE_KV / variants.kv) ** 0.35,
        muscle_hu=float(np.clip(rng.normal(45, 12) - 12 * variants.sarcopenic, 8, 75)),
        hernia_angle=rng.normal(0, 0.1) if chance(rng, 0.8) else rng.uniform(-1.6, 1.6),
        stoma_angle=float(rng.choice([-1.0, 1.0])) * rng.uniform(0.25, 0.5),
        hu=np.full((SIDE, SIDE), -1000, dtype=np.float32),
        labels=np.zeros((SIDE, SIDE), dtype=np.uint8),
        canal=empty.copy(),
        bone=empty.copy(),
        muscle=empty.copy(),
        inside=at.radius < face,
        body=empty.copy(),
        metal=empty.copy(),
        wall=np.zeros((SIDE, SIDE), dtype=np.float32),
    )


def anatomy(rng: np.random.Generator, variants: Variants) -> Body:
    """A body as it is, before a scanner sees it."""
    body = start(rng, variants)
    paint_skin_and_fat(body)
    body.labels[body.inside] = VISCERAL
    body.hu[body.inside] = body.fat_hu + rng.uniform(0, 8)
    planes = paint_wall(body)
    alter_wall(body)
    paint_spine(body)
    body.muscle &= ~body.bone & ~body.canal
    paint_viscera(body)
    paint_surgery(body)
    fill_muscle(body, planes)
    fill_bone(body)
    if chance(rng, 0.5):
        paint_ribs_and_crests(body)
    return body


def make(
    rng: np.random.Generator, variants: Variants | None = None
) -> tuple[NDArray[np.int16], NDArray[np.uint8]]:
    """One phantom.

    Args:
        rng: Dice; the same state makes the same phantom.
        variants: What is unusual; drawn when not given.

    Returns:
        Picture (256, 256) in HU, -1024..3071, and labels (256, 256): 0 other, 1 muscle,
        2 subcutaneous fat, 3 visceral fat and organs, 4 bone. Pixels of 1.5 mm; rows run to the
        back, columns to the patient's left.
    """
    return acquire(anatomy(rng, variants if variants is not None else draw(rng)))
