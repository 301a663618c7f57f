"""What a scanner makes of a phantom: arms, table, slice, kernel, noise, streaks, pixels, FOV."""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from training.axial_canvas import (
    BACKGROUND,
    SIDE,
    SPACING_MM,
    Coordinates,
    Field,
    Mask,
    chance,
    ellipse,
    smooth_noise,
)
from training.body import Body

HU_MIN, HU_MAX = -1024, 3071
"""Range of 12-bit CT with an intercept of -1024."""


def acquire(body: Body) -> tuple[NDArray[np.int16], NDArray[np.uint8]]:
    """Picture in HU and labels (256, 256) as a scanner would deliver them."""
    rng, of, at = body.rng, body.variants, body.at
    solid = np.asarray(ndimage.binary_fill_holes(body.hu > -500), dtype=bool)
    surround(body, solid)
    picture = body.hu
    if of.slice_mm > 1:
        picture = thick(rng, picture, of.slice_mm)
    picture = through_kernel(rng, picture, of.kernel)
    picture = picture + noise(rng, at, body.half_axes[0], solid, of.noise_hu)
    if of.streak_hu:
        picture = picture + streaks(rng, at, of.streak_hu) * solid
    if body.metal.any():
        picture = picture + metal_streaks(rng, body.metal)
    if of.pixel_mm > SPACING_MM:
        picture = coarse(picture, of.pixel_mm / SPACING_MM)
    picture = picture * rng.normal(1, 0.01) + rng.normal(0, 5)
    truncate(rng, picture, body.labels, of.field_of_view_mm)
    return np.clip(np.rint(picture), HU_MIN, HU_MAX).astype(np.int16), body.labels


def surround(body: Body, solid: Mask) -> None:
    """Arms and table, beside and behind the body."""
    for side in (-1, 1)[: int(body.variants.arms_down)]:
        paint_arm(body, side, solid)
    if chance(body.rng, 0.85):
        paint_table(body.rng, body.hu, body.at, body.half_axes, solid)


def paint_arm(body: Body, side: int, solid: Mask) -> None:
    """An arm beside the body: fat, muscle that does not count, and bone."""
    rng = body.rng
    width = body.half_axes[0] + (35 * body.variants.obese)
    centre = (side * (width + rng.uniform(35, 75)), rng.uniform(-30, 60))
    level = ellipse(body.at, centre, (rng.uniform(22, 38), rng.uniform(22, 38)))
    arm = (level < 1) & ~solid
    body.hu[arm] = -100
    body.hu[arm & (level < rng.uniform(0.6, 0.9))] = body.muscle_hu
    body.hu[arm & (level < rng.uniform(0.2, 0.32))] = rng.uniform(400, 900)
    body.labels[arm] = BACKGROUND


def paint_table(
    rng: np.random.Generator,
    hu: Field,
    at: Coordinates,
    half_axes: tuple[float, float],
    body: Mask,
) -> None:
    """One or two thin curved shells behind the body."""
    top = half_axes[1] + rng.uniform(10, 85)
    curve = top - rng.uniform(0, 0.0022) * at.x**2
    width = rng.uniform(120, 230)
    for shell in range(rng.integers(1, 3)):
        offset = at.y - curve - shell * rng.uniform(10, 40)
        hit = (np.abs(offset) < rng.uniform(1, 3)) & ~body & (np.abs(at.x) < width)
        hu[hit] = rng.uniform(-500, 150)


def thick(rng: np.random.Generator, picture: Field, slice_mm: float) -> Field:
    """Mean of the slice and its neighbours: organs slope through a thick slice.

    The neighbours are the same slice, displaced by up to half the thickness times a slope.
    """
    rows, columns = np.mgrid[0:SIDE, 0:SIDE].astype(np.float32)
    slope = rng.uniform(0.1, 0.5) * slice_mm / 2 / SPACING_MM
    dy, dx = slope * smooth_noise(rng, 20), slope * smooth_noise(rng, 20)
    moved = [
        ndimage.map_coordinates(picture, [rows + k * dy, columns + k * dx], order=1, mode="nearest")
        for k in (-1.0, 1.0)
    ]
    return np.asarray((picture + moved[0] + moved[1]) / 3, np.float32)


def through_kernel(rng: np.random.Generator, picture: Field, kernel: float) -> Field:
    """Blur of the system; softer below 0, with overshooting edges above."""
    sigma = rng.uniform(0.35, 0.8) + max(0.0, -kernel) * 0.5
    soft = ndimage.gaussian_filter(picture, sigma)
    if kernel > 0:
        soft = soft + kernel * rng.uniform(0.3, 1.0) * (soft - ndimage.gaussian_filter(soft, 1.2))
    return np.asarray(soft, np.float32)


def noise(
    rng: np.random.Generator, at: Coordinates, half_width: float, body: Mask, level_hu: float
) -> Field:
    """Band-limited noise, as filtered back projection makes it; stronger in the middle."""
    spectrum = np.fft.fft2(rng.standard_normal((SIDE, SIDE)))
    frequency = np.hypot(np.fft.fftfreq(SIDE)[:, None], np.fft.fftfreq(SIDE)[None])
    shape = frequency ** rng.uniform(0.3, 1) * np.exp(-((frequency / rng.uniform(0.12, 0.4)) ** 2))
    grain = np.real(np.fft.ifft2(spectrum * shape))
    grain = grain / grain.std()
    middle = 0.4 + 0.6 * np.exp(-((at.radius / (0.7 * half_width)) ** 2))
    level = np.where(body, level_hu * middle, rng.uniform(2, 8))
    return np.asarray(grain * level, dtype=np.float32)


def streaks(rng: np.random.Generator, at: Coordinates, level_hu: float) -> Field:
    """Parallel streaks, sideways as from arms or at an angle as from metal."""
    angle = rng.uniform(-0.25, 0.25) + (rng.uniform(0, 3) if chance(rng, 0.3) else 0)
    profile = ndimage.gaussian_filter1d(rng.standard_normal(4 * SIDE), rng.uniform(1, 2.7))
    along = (at.y * np.cos(angle) + at.x * np.sin(angle)) / SPACING_MM + 2 * SIDE
    return np.asarray(profile[along.astype(int) % (4 * SIDE)] * level_hu, np.float32)


def metal_streaks(rng: np.random.Generator, metal: Mask) -> Field:
    """Rays out of every piece of metal, fading; a dark band along the line that joins two."""
    pieces, count = ndimage.label(metal)
    total = np.zeros((SIDE, SIDE), np.float32)
    rows, columns = np.mgrid[0:SIDE, 0:SIDE]
    for centre in ndimage.center_of_mass(metal, pieces, range(1, count + 1)):
        y, x = rows - centre[0], columns - centre[1]
        turn = ((np.arctan2(y, x) / (2 * np.pi) + 0.5) * 360).astype(int) % 360
        white = rng.standard_normal(360)
        profile = ndimage.gaussian_filter1d(white, rng.uniform(1.5, 6), mode="wrap")
        profile = profile / profile.std()
        profile -= 1.5 * np.exp(-(((np.arange(360) - 180) % 180 - rng.uniform(0, 12)) ** 2) / 60)
        fade = np.exp(-np.hypot(y, x) / rng.uniform(15, 60))
        total += np.asarray(profile[turn] * fade * rng.uniform(20, 160), np.float32)
    return total


def coarse(picture: Field, factor: float) -> Field:
    """The same slice as if its pixels had been `factor` times larger and were interpolated back."""
    soft = ndimage.gaussian_filter(picture, factor * 0.35)
    small = ndimage.zoom(soft, 1 / factor, order=1, grid_mode=True, mode="nearest")
    zoom = (SIDE / small.shape[0], SIDE / small.shape[1])
    return np.asarray(
        ndimage.zoom(small, zoom, order=1, grid_mode=True, mode="nearest"), np.float32
    )


def truncate(
    rng: np.random.Generator, picture: Field, labels: NDArray[np.uint8], diameter_mm: float
) -> None:
    """Nothing outside the reconstruction circle; what is cut off has no class."""
    if diameter_mm >= SIDE * SPACING_MM * np.sqrt(2):
        return
    rows, columns = np.mgrid[0:SIDE, 0:SIDE]
    centre = SIDE / 2 + rng.normal(0, 3, 2)
    off = np.hypot(rows - centre[0], columns - centre[1]) * SPACING_MM - diameter_mm / 2
    if chance(rng, 0.4):  # data that miss the rim brighten it
        cut = (off > -15) & (off < 0) & (picture > -300)
        picture[cut] += (rng.uniform(0, 80) * np.exp(off / 6))[cut]
    picture[off > 0] = rng.choice([HU_MIN, -1000.0])
    labels[off > 0] = BACKGROUND
