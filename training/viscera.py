"""Everything inside the muscle wall: fluid, solid organs, bowel, vessels, mesentery."""

import numpy as np

from training.axial_canvas import Mask, chance, ellipse, smooth_noise
from training.body import Body

AORTA_HU = ((35, 50), (200, 400), (110, 200), (80, 140))
CAVA_SHARE = ((0.9, 1.0), (0.15, 0.5), (0.7, 1.0), (0.8, 1.0))
KIDNEY_HU = ((25, 45), (90, 190), (140, 240), (110, 230))
SOLID_HU = ((32, 70), (45, 85), (80, 135), (65, 110))
BOWEL_WALL_HU = ((25, 55), (50, 120), (40, 100), (35, 80))
"""Per contrast phase (none, arterial, portal venous, delayed) at 120 kV; ranges by eye."""


def paint_viscera(body: Body) -> None:
    """Paints organs in front of the spine; later ones cover earlier ones."""
    room = cavity(body, gap=body.rng.uniform(0, 4) if chance(body.rng, 0.5) else 0.0)
    wide_room = flank_cavity(body)
    if body.variants.ascites:
        paint_ascites(body, wide_room)
    paint_solid_organs(body, room, wide_room)
    if body.variants.crescent_mm:
        paint_crescent(body, wide_room)
    paint_kidneys(body, room)
    for _ in range(body.rng.integers(4, 26)):
        paint_bowel_loop(body, room)
    strands = smooth_noise(body.rng, 3) > body.rng.uniform(1.6, 2.6)
    body.hu[room & strands & (body.hu < -60)] = body.rng.uniform(-60, 40)
    paint_vessels(body, room)


def cavity(body: Body, gap: float) -> Mask:
    """Where organs may lie: inside the wall, not behind the spine's front."""
    at = body.spine_at
    behind = (at.y > body.spine_y + 10) & (np.abs(at.x) < 66 * body.scale)
    return free(body) & (body.wall_outside - body.at.radius > body.wall + gap) & ~behind


def flank_cavity(body: Body) -> Mask:
    """As `cavity`, reaching further back beside the spine, as liver and fluid do."""
    at = body.spine_at
    column = ellipse(at, (0, body.spine_y + 18), (75 * body.scale, 45 * body.scale)) < 1
    deep = body.wall_outside - body.at.radius > body.wall
    return free(body) & deep & ~column & (at.y < body.spine_y + 43)


def free(body: Body) -> Mask:
    """Inside the wall and neither muscle nor bone nor canal."""
    return body.inside & ~body.muscle & ~body.bone & ~body.canal


def paint_ascites(body: Body, room: Mask) -> None:
    """Fluid that touches the wall, with a level that rises from behind."""
    b = body.half_axes[1]
    front = body.spine_y + 40 - body.variants.ascites * (b + body.spine_y + 40)
    edge = front + 10 * smooth_noise(body.rng, 25)
    body.hu[room & (body.at.y > edge)] = body.rng.uniform(-8, 35)


def paint_solid_organs(body: Body, room: Mask, wide_room: Mask) -> None:
    """Liver or spleen against the wall, further organs, now and then a mass."""
    rng, at, (a, b) = body.rng, body.at, body.half_axes
    hu = rng.uniform(*SOLID_HU[body.phase])
    if chance(rng, 0.45):
        side = -1 if chance(rng, 0.6) else 1
        bend = rng.uniform(-0.5, 0.5) * (at.y / b) ** 2 + 0.06 * smooth_noise(rng, 28)
        beside = side * at.x > a * (rng.uniform(-0.15, 0.75) + bend)
        span = (at.y > -b * rng.uniform(0.1, 1.0)) & (at.y < b * rng.uniform(0.2, 0.9))
        body.hu[wide_room & beside & span] = hu
    for side, probability in ((-1, 0.45), (1, 0.25)):
        if chance(rng, probability):
            centre = (side * a * rng.uniform(0.45, 0.8), -b * rng.uniform(-0.2, 0.4))
            axes = (a * rng.uniform(0.15, 0.55), b * rng.uniform(0.2, 0.6))
            organ = ellipse(at, centre, axes, turn=rng.uniform(-0.6, 0.6)) < 1
            body.hu[room & organ] = hu * rng.uniform(0.8, 1.2)
    if chance(rng, 0.08):
        centre = (rng.uniform(-40, 40), -b * rng.uniform(0.1, 0.4))
        axes = (a * rng.uniform(0.4, 0.75), b * rng.uniform(0.4, 0.65))
        body.hu[room & (ellipse(at, centre, axes) < 1)] = rng.uniform(0, 60)


def paint_crescent(body: Body, room: Mask) -> None:
    """Liver, spleen, bowel or fluid as a sickle along the flank, without fat before the wall.

    Its outer edge is the wall's inner face, so only the run of the wall beyond its ends tells
    them apart where both attenuate alike.
    """
    rng, at = body.rng, body.at
    side = -1.0 if chance(rng, 0.6) else 1.0
    centre, span = rng.uniform(0.6, 2.0), rng.uniform(0.15, 0.75)
    off = (side * at.angle - centre) / span
    thickness = body.variants.crescent_mm * np.clip(1 - off**2, 0, None) ** rng.uniform(0.5, 1.5)
    depth = body.wall_outside - at.radius - body.wall
    sickle = room & (depth < thickness + smooth_noise(rng, 12))
    alike = body.muscle_hu + rng.normal(0, 8)
    body.hu[sickle & (np.abs(off) < 1)] = (
        alike if chance(rng, 0.5) else rng.uniform(*SOLID_HU[body.phase])
    )


def paint_kidneys(body: Body, room: Mask) -> None:
    """Kidneys beside the psoas, with the renal sinus."""
    rng, at = body.rng, body.at
    for side in (-1, 1):
        if not chance(rng, 0.75):
            continue
        x = side * body.half_axes[0] * rng.uniform(0.42, 0.66)
        y = body.spine_y + rng.uniform(-25, 5)
        axes = (rng.uniform(18, 32), rng.uniform(18, 34))
        level = ellipse(at, (x, y), axes, turn=side * 0.6)
        kidney = room & (level < 1)
        gain = body.iodine_gain if body.phase else 1.0
        body.hu[kidney] = rng.uniform(*KIDNEY_HU[body.phase]) * gain
        if body.phase == 1:  # the medulla fills later than the cortex
            body.hu[kidney & (level < 0.7)] *= rng.uniform(0.35, 0.7)
        sinus = ellipse(at, (x - side * 6, y), (axes[0] * 0.4, axes[1] * 0.4)) < 1
        body.hu[room & sinus] = rng.uniform(-60, 60)


def paint_bowel_loop(body: Body, room: Mask) -> None:
    """One loop somewhere in the abdomen."""
    rng, (a, b) = body.rng, body.half_axes
    angle, out = rng.uniform(-2, 2), rng.uniform(0.1, 0.97)
    centre = (float(np.sin(angle)) * a * out * 0.92, float(-np.cos(angle)) * b * out * 0.9 + 5)
    paint_loop(body, centre, rng.uniform(7, 26), room)


def paint_loop(body: Body, centre: tuple[float, float], radius: float, room: Mask) -> None:
    """A loop with its wall: fluid, gas, oral contrast or stool inside."""
    rng = body.rng
    axes = (radius, radius * rng.uniform(0.55, 1))
    level = ellipse(body.at, centre, axes, turn=rng.uniform(0, 3))
    loop = room & (level < 1)
    kind = rng.random()
    if kind < 0.6:
        body.hu[loop] = rng.uniform(5, 60)
    elif kind < 0.8:
        body.hu[loop] = -rng.uniform(500, 950)
    elif kind < 0.88:
        body.hu[loop] = rng.uniform(150, 420)
    else:
        body.hu[loop] = -rng.uniform(0, 300) + 60 * smooth_noise(rng, 2)[loop]
    rim = loop & (level > 1 - rng.uniform(2, 4) / radius)
    body.hu[rim] = rng.uniform(*BOWEL_WALL_HU[body.phase])


def paint_vessels(body: Body, room: Mask) -> None:
    """Aorta and vena cava in front of the spine, mesenteric vessels further forward."""
    rng, at, near = body.rng, body.spine_at, free(body)
    hu = rng.uniform(*AORTA_HU[body.phase]) * (body.iodine_gain if body.phase else 1.0)
    front = body.spine_y - 18 * body.scale
    aorta = (rng.uniform(4, 14), front - rng.uniform(8, 13))
    axes = (rng.uniform(8, 13), rng.uniform(8, 13))
    level = ellipse(at, aorta, axes)
    body.hu[near & (level < 1)] = hu
    if chance(rng, 0.3):  # calcified wall
        plaque = near & (level < 1) & (level > 0.82) & (smooth_noise(rng, 6) > 0.5)
        body.hu[plaque] = rng.uniform(300, 900)
    cava = (-rng.uniform(12, 20), front - rng.uniform(4, 11))
    axes = (rng.uniform(9, 14), rng.uniform(6, 12))
    share = rng.uniform(*CAVA_SHARE[body.phase])
    body.hu[near & (ellipse(at, cava, axes) < 1)] = max(40.0, hu * share)
    for _ in range(rng.integers(0, 5)):
        centre = (rng.uniform(-50, 50), body.spine_y - rng.uniform(25, 60))
        axes = (rng.uniform(2, 5), rng.uniform(2, 5))
        body.hu[room & (ellipse(at, centre, axes) < 1)] = hu
