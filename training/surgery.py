"""What surgery and weak walls leave: a missing rectus, scars, hernias, stomas."""

import numpy as np

from training.axial_canvas import VISCERAL, Mask, chance, ellipse
from training.body import Body
from training.viscera import paint_loop

RECTUS_END_RAD = 0.62
"""Angle from straight ahead at which the rectus meets the flank muscles."""


def alter_wall(body: Body) -> None:
    """Takes muscle out of the wall, before anything inside is painted."""
    if body.variants.missing_rectus:
        remove_rectus(body)
    if body.variants.hernia_mm:
        open_wall(body, body.hernia_angle, 0.5 * body.variants.hernia_mm)
    if body.variants.stoma_mm:
        open_wall(body, body.stoma_angle, body.variants.stoma_mm)


def paint_surgery(body: Body) -> None:
    """Sacs and loops outside the wall, and scars, over fat that is painted already."""
    if body.variants.hernia_mm:
        paint_hernia(body)
    if body.variants.stoma_mm:
        paint_stoma(body)
    if body.variants.scar:
        paint_scar(body)


def remove_rectus(body: Body) -> None:
    """A part of one rectus, or most of both, as after a flap."""
    angle, rng = body.at.angle, body.rng
    share = body.variants.missing_rectus
    side = -1.0 if chance(rng, 0.5) else 1.0
    start = rng.uniform(0, RECTUS_END_RAD * max(0.0, 1 - share))
    end = start + RECTUS_END_RAD * min(share, 1.0)
    front = np.abs(angle) < end if share > 1 else (side * angle > start) & (side * angle < end)
    depth = body.wall_outside - body.at.radius
    body.muscle &= ~(front & (depth < body.wall))


def open_wall(body: Body, angle: float, half_width_mm: float) -> None:
    """A hole in the wall in the given direction."""
    off = np.abs(body.at.angle - angle) * body.at.radius
    depth = body.wall_outside - body.at.radius
    body.muscle &= ~((off < half_width_mm) & (depth < body.wall + 2))


def outside(body: Body, angle: float, beyond_mm: float) -> tuple[float, float]:
    """Point `beyond_mm` outside the wall in the given direction, mm."""
    nearest = np.argmin(np.abs(body.at.angle - angle) + 100 * (body.at.radius < 40))
    r = float(body.wall_outside.ravel()[nearest]) + beyond_mm
    return float(np.sin(angle)) * r, float(-np.cos(angle)) * r


def paint_hernia(body: Body) -> None:
    """A sac of fat, and mostly bowel, in front of the wall."""
    rng, radius = body.rng, body.variants.hernia_mm
    centre = outside(body, body.hernia_angle, 0.45 * radius)
    bulge = ellipse(body.at, centre, (radius, 0.7 * radius)) < 1
    skin = (ellipse(body.at, centre, (radius + 5, 0.7 * radius + 5)) < 1) & ~body.body
    body.hu[skin] = rng.uniform(-10, 40)
    body.body |= skin
    sac = bulge & ~(body.inside & (body.wall_outside - body.at.radius > body.wall))
    sac &= ~body.muscle
    rim = sac & ~(ellipse(body.at, centre, (radius - 2, 0.7 * radius - 2)) < 1)
    body.hu[sac] = body.fat_hu
    body.labels[sac] = VISCERAL
    body.hu[rim & ~body.inside] = rng.uniform(-40, 40)
    for _ in range(rng.integers(0, 4)):
        shift = rng.normal(0, 0.3 * radius, 2)
        place = (centre[0] + float(shift[0]), centre[1] + float(shift[1]))
        paint_loop(body, place, radius * rng.uniform(0.25, 0.6), sac)


def paint_stoma(body: Body) -> None:
    """A bowel loop through wall and fat to the skin."""
    angle, radius = body.stoma_angle, body.variants.stoma_mm
    off = np.abs(body.at.angle - angle) * body.at.radius
    depth = body.wall_outside - body.at.radius
    tube: Mask = (off < radius) & (depth < body.wall + 2) & body.body
    body.labels[tube] = VISCERAL
    body.hu[tube] = body.rng.uniform(20, 60)
    lumen = tube & (off < radius * body.rng.uniform(0.2, 0.6))
    body.hu[lumen] = body.rng.uniform(-900, 40)


def paint_scar(body: Body) -> None:
    """A strand from the skin through fat and wall, in the midline or beside it."""
    rng, at = body.rng, body.at
    centre = rng.normal(0, 12) if chance(rng, 0.7) else rng.uniform(-90, 90)
    strand = np.abs(at.x - centre) < 0.5 * body.variants.scar * rng.uniform(0.4, 1)
    strand &= body.body & ~body.inside & (at.y < 0)
    body.hu[strand] = rng.uniform(-60, 50)
