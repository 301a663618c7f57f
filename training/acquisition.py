"""What a scanner makes of a phantom: arms, table, blur, noise, streaks, coarse pixels, FOV."""

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
)

HU_MIN, HU_MAX = -1024, 3071
"""Range of 12-bit CT with an intercept of -1024."""


def acquire(
    rng: np.random.Generator,
    hu: Field,
    labels: NDArray[np.uint8],
    at: Coordinates,
    half_axes: tuple[float, float],
    muscle_hu: float,
) -> tuple[NDArray[np.int16], NDArray[np.uint8]]:
    """Picture in HU and labels (256, 256) as a scanner would deliver them."""
    body = hu > -500
    body = np.asarray(ndimage.binary_fill_holes(body), dtype=bool)
    if chance(rng, 0.2):
        paint_arms(rng, hu, labels, at, half_axes, muscle_hu, body)
    if chance(rng, 0.85):
        paint_table(rng, hu, at, half_axes, body)
    picture = ndimage.gaussian_filter(hu, rng.uniform(0.25, 0.9) * 2 / SPACING_MM)
    picture = picture + noise(rng, at, half_axes[0], body)
    if chance(rng, 0.25):
        picture = picture + streaks(rng, at) * body
    if chance(rng, 0.4):
        picture = coarse(picture, rng.uniform(1.0, 2.2))
    picture = picture * rng.normal(1, 0.01) + rng.normal(0, 5)
    if chance(rng, 0.5):
        rows, columns = np.mgrid[0:SIDE, 0:SIDE]
        picture[np.hypot(rows - SIDE / 2, columns - SIDE / 2) > SIDE / 2] = HU_MIN
    return np.clip(np.rint(picture), HU_MIN, HU_MAX).astype(np.int16), labels


def paint_arms(
    rng: np.random.Generator,
    hu: Field,
    labels: NDArray[np.uint8],
    at: Coordinates,
    half_axes: tuple[float, float],
    muscle_hu: float,
    body: Mask,
) -> None:
    """Arms beside the body: fat, muscle that does not count, and bone."""
    for side in (-1, 1):
        centre = (side * (half_axes[0] + rng.uniform(35, 75)), rng.uniform(-30, 60))
        level = ellipse(at, centre, (rng.uniform(22, 38), rng.uniform(22, 38)))
        arm = (level < 1) & ~body
        hu[arm] = -100
        hu[arm & (level < rng.uniform(0.6, 0.9))] = muscle_hu
        hu[arm & (level < rng.uniform(0.2, 0.32))] = rng.uniform(400, 900)
        labels[arm] = BACKGROUND


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


def noise(rng: np.random.Generator, at: Coordinates, half_width: float, body: Mask) -> Field:
    """Band-limited noise, as filtered back projection makes it; stronger in the middle."""
    spectrum = np.fft.fft2(rng.standard_normal((SIDE, SIDE)))
    frequency = np.hypot(np.fft.fftfreq(SIDE)[:, None], np.fft.fftfreq(SIDE)[None])
    shape = frequency ** rng.uniform(0.3, 1) * np.exp(-((frequency / rng.uniform(0.12, 0.4)) ** 2))
    grain = np.real(np.fft.ifft2(spectrum * shape))
    grain = grain / grain.std()
    middle = 0.5 + 0.8 * np.exp(-((at.radius / (0.7 * half_width)) ** 2))
    level = np.where(body, rng.gamma(1.8, 7.0) * middle, rng.uniform(2, 8))
    return np.asarray(grain * level, dtype=np.float32)


def streaks(rng: np.random.Generator, at: Coordinates) -> Field:
    """Parallel streaks, sideways as from arms or at an angle as from metal."""
    angle = rng.uniform(-0.25, 0.25) + (rng.uniform(0, 3) if chance(rng, 0.3) else 0)
    profile = ndimage.gaussian_filter1d(rng.standard_normal(4 * SIDE), rng.uniform(1, 2.7))
    along = (at.y * np.cos(angle) + at.x * np.sin(angle)) / SPACING_MM + 2 * SIDE
    return np.asarray(profile[along.astype(int) % (4 * SIDE)] * rng.uniform(5, 40), np.float32)


def coarse(picture: Field, factor: float) -> Field:
    """The same slice as if its pixels had been `factor` times larger and were interpolated back."""
    soft = ndimage.gaussian_filter(picture, factor * 0.35)
    small = ndimage.zoom(soft, 1 / factor, order=1, grid_mode=True, mode="nearest")
    zoom = (SIDE / small.shape[0], SIDE / small.shape[1])
    return np.asarray(
        ndimage.zoom(small, zoom, order=1, grid_mode=True, mode="nearest"), np.float32
    )
