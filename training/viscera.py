"""Everything inside the muscle wall: fluid, solid organs, bowel, vessels, mesentery."""

import numpy as np

from training.axial_canvas import Mask, chance, ellipse, smooth_noise
from training.body import Body


def paint_viscera(body: Body) -> None:
    """Paints organs in front of the spine; later ones cover earlier ones."""
    contrast = chance(body.rng, 0.6)
    room = cavity(body, gap=body.rng.uniform(0, 4) if chance(body.rng, 0.5) else 0.0)
    wide_room = flank_cavity(body)
    if chance(body.rng, 0.22):
        body.hu[wide_room] = body.rng.uniform(-5, 35)  # ascites touches the wall all around
    paint_solid_organs(body, room, wide_room)
    paint_kidneys(body, room, contrast=contrast)
    for _ in range(body.rng.integers(4, 26)):
        paint_bowel_loop(body, room, contrast=contrast)
    strands = smooth_noise(body.rng, 3) > body.rng.uniform(1.6, 2.6)
    body.hu[room & strands & (body.hu < -60)] = body.rng.uniform(-60, 40)
    paint_vessels(body, room, contrast=contrast)


def cavity(body: Body, gap: float) -> Mask:
    """Where organs may lie: inside the wall, not behind the spine's front."""
    at = body.at
    behind = (at.y > body.spine_y + 10) & (np.abs(at.x) < 66 * body.scale)
    return free(body) & (body.wall_outside - at.radius > body.wall + gap) & ~behind


def flank_cavity(body: Body) -> Mask:
    """As `cavity`, reaching further back beside the spine, as liver and fluid do."""
    at = body.at
    column = ellipse(at, (0, body.spine_y + 18), (75 * body.scale, 45 * body.scale)) < 1
    deep = body.wall_outside - at.radius > body.wall
    return free(body) & deep & ~column & (at.y < body.spine_y + 43)


def free(body: Body) -> Mask:
    """Inside the wall and neither muscle nor bone nor canal."""
    return body.inside & ~body.muscle & ~body.bone & ~body.canal


def paint_solid_organs(body: Body, room: Mask, wide_room: Mask) -> None:
    """Liver or spleen against the wall, further organs, now and then a mass."""
    rng, at, (a, b) = body.rng, body.at, body.half_axes
    if chance(rng, 0.45):
        side = -1 if chance(rng, 0.6) else 1
        bend = rng.uniform(-0.5, 0.5) * (at.y / b) ** 2 + 0.06 * smooth_noise(rng, 28)
        beside = side * at.x > a * (rng.uniform(-0.15, 0.75) + bend)
        span = (at.y > -b * rng.uniform(0.1, 1.0)) & (at.y < b * rng.uniform(0.2, 0.9))
        hu = rng.uniform(32, 75) if chance(rng, 0.6) else rng.uniform(75, 130)
        body.hu[wide_room & beside & span] = hu
    if chance(rng, 0.45):
        centre = (-a * rng.uniform(0.45, 0.8), -b * rng.uniform(-0.1, 0.4))
        axes = (a * rng.uniform(0.2, 0.6), b * rng.uniform(0.3, 0.7))
        organ = ellipse(at, centre, axes, turn=rng.uniform(-0.6, 0.6)) < 1
        body.hu[room & organ] = rng.uniform(35, 125)
    if chance(rng, 0.25):
        centre = (a * rng.uniform(0.5, 0.8), -b * rng.uniform(-0.2, 0.4))
        axes = (a * rng.uniform(0.1, 0.4), b * rng.uniform(0.2, 0.5))
        organ = ellipse(at, centre, axes, turn=rng.uniform(-0.6, 0.6)) < 1
        body.hu[room & organ] = rng.uniform(35, 125)
    if chance(rng, 0.08):
        centre = (rng.uniform(-40, 40), -b * rng.uniform(0.1, 0.4))
        axes = (a * rng.uniform(0.4, 0.75), b * rng.uniform(0.4, 0.65))
        body.hu[room & (ellipse(at, centre, axes) < 1)] = rng.uniform(0, 60)


def paint_kidneys(body: Body, room: Mask, *, contrast: bool) -> None:
    """Kidneys beside the psoas, with the renal sinus."""
    rng, at = body.rng, body.at
    for side in (-1, 1):
        if not chance(rng, 0.75):
            continue
        x = side * body.half_axes[0] * rng.uniform(0.42, 0.66)
        y = body.spine_y + rng.uniform(-25, 5)
        axes = (rng.uniform(18, 32), rng.uniform(18, 34))
        kidney = room & (ellipse(at, (x, y), axes, turn=side * 0.6) < 1)
        body.hu[kidney] = rng.uniform(90, 230) if contrast else rng.uniform(25, 45)
        sinus = ellipse(at, (x - side * 6, y), (axes[0] * 0.4, axes[1] * 0.4)) < 1
        body.hu[room & sinus] = rng.uniform(-60, 60)


def paint_bowel_loop(body: Body, room: Mask, *, contrast: bool) -> None:
    """One loop with its wall: fluid, gas, oral contrast or stool inside."""
    rng, (a, b) = body.rng, body.half_axes
    angle, out = rng.uniform(-2, 2), rng.uniform(0.1, 0.97)
    centre = (float(np.sin(angle)) * a * out * 0.92, float(-np.cos(angle)) * b * out * 0.9 + 5)
    radius = rng.uniform(7, 26)
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
    body.hu[rim] = rng.uniform(30, 100 if contrast else 60)


def paint_vessels(body: Body, room: Mask, *, contrast: bool) -> None:
    """Aorta and vena cava in front of the spine, mesenteric vessels further forward."""
    rng, at, near = body.rng, body.at, free(body)
    hu = rng.uniform(100, 320) if contrast else rng.uniform(35, 50)
    front = body.spine_y - 18 * body.scale
    aorta = (rng.uniform(4, 14), front - rng.uniform(8, 13))
    axes = (rng.uniform(8, 13), rng.uniform(8, 13))
    body.hu[near & (ellipse(at, aorta, axes) < 1)] = hu
    cava = (-rng.uniform(12, 20), front - rng.uniform(4, 11))
    axes = (rng.uniform(9, 14), rng.uniform(6, 12))
    body.hu[near & (ellipse(at, cava, axes) < 1)] = hu * rng.uniform(0.6, 1)
    for _ in range(rng.integers(0, 5)):
        centre = (rng.uniform(-50, 50), body.spine_y - rng.uniform(25, 60))
        axes = (rng.uniform(2, 5), rng.uniform(2, 5))
        body.hu[room & (ellipse(at, centre, axes) < 1)] = hu
