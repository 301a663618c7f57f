"""Grid, coordinates and shapes that the axial phantom is painted with. Lengths in mm."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

SIDE = 256
"""Rows and columns, as the segmentation network takes them."""
SPACING_MM = 1.5
"""Pixel size, as the segmentation network takes it."""

BACKGROUND, MUSCLE, SUBCUTANEOUS, VISCERAL, BONE = range(5)
"""Classes of the label map."""

Field = NDArray[np.float32]
Mask = NDArray[np.bool_]


def smooth_noise(rng: np.random.Generator, sigma_mm: float) -> Field:
    """Noise of unit standard deviation that varies over about `sigma_mm`; periodic."""
    white = rng.standard_normal((SIDE, SIDE)).astype(np.float32)
    soft = ndimage.gaussian_filter(white, sigma_mm / SPACING_MM, mode="wrap")
    return np.asarray(soft / (soft.std() + 1e-6), dtype=np.float32)


@dataclass(frozen=True)
class Coordinates:
    """Position of every pixel relative to the body's centre, warped so that shapes look grown.

    Attributes:
        x: To the patient's left (to the right of the picture), mm.
        y: To the patient's back (downwards), mm.
        angle: From straight ahead (0) over the sides to the back (+-pi), rad.
        radius: Distance from the centre, mm.
    """

    x: Field
    y: Field
    angle: Field
    radius: Field


def coordinates(rng: np.random.Generator, tilt_deg: float = 0.0) -> Coordinates:
    """A body position: shifted, turned a little and elastically warped.

    Args:
        rng: Dice of the phantom.
        tilt_deg: Gantry tilt; the section is longer from front to back by 1/cos.
    """
    rows, columns = np.mgrid[0:SIDE, 0:SIDE].astype(np.float32)
    x = (columns - SIDE / 2) * SPACING_MM - np.float32(rng.normal(0, 8))
    y = (rows - SIDE / 2) * SPACING_MM - np.float32(rng.normal(0, 10))
    y = y * np.float32(np.cos(np.deg2rad(tilt_deg)))
    turn = rng.normal(0, np.deg2rad(4))
    x, y = x * np.cos(turn) - y * np.sin(turn), x * np.sin(turn) + y * np.cos(turn)
    strength = rng.uniform(0.5, 3.5)
    x = x + strength * smooth_noise(rng, rng.uniform(16, 36))
    y = y + strength * smooth_noise(rng, rng.uniform(16, 36))
    return polar(x, y)


def polar(x: Field, y: Field) -> Coordinates:
    """Coordinates with their polar form."""
    return Coordinates(x, y, np.arctan2(x, -y), np.hypot(x, y))


def moved(at: Coordinates, aside_mm: float, turn_deg: float, pivot_y: float) -> Coordinates:
    """The same pixels as seen from something shifted sideways and turned about (0, pivot_y)."""
    cos, sin = np.cos(np.deg2rad(turn_deg)), np.sin(np.deg2rad(turn_deg))
    x, y = at.x - aside_mm, at.y - pivot_y
    return polar(
        np.asarray(x * cos + y * sin, np.float32),
        np.asarray(y * cos - x * sin + pivot_y, np.float32),
    )


def ellipse(
    at: Coordinates,
    centre: tuple[float, float],
    half_axes: tuple[float, float],
    *,
    turn: float = 0.0,
    power: float = 2.0,
) -> Field:
    """Superellipse level: below 1 inside, 1 on the edge."""
    cos, sin = np.cos(turn), np.sin(turn)
    u = (at.x - centre[0]) * cos + (at.y - centre[1]) * sin
    v = -(at.x - centre[0]) * sin + (at.y - centre[1]) * cos
    level = (np.abs(u / half_axes[0]) ** power + np.abs(v / half_axes[1]) ** power) ** (1 / power)
    return np.asarray(level, dtype=np.float32)


def wave(rng: np.random.Generator, angle: Field, amplitudes: tuple[float, ...]) -> Field:
    """Random periodic function of the angle; amplitude per harmonic, from the first."""
    total = np.zeros_like(angle)
    for harmonic, amplitude in enumerate(amplitudes, 1):
        total += amplitude * rng.standard_normal() * np.cos(harmonic * angle)
        total += amplitude * rng.standard_normal() * np.sin(harmonic * angle)
    return total


def sigmoid(value: NDArray[np.floating[Any]]) -> Field:
    """Logistic function."""
    return np.asarray(1 / (1 + np.exp(-value)), dtype=np.float32)


def chance(rng: np.random.Generator, probability: float) -> bool:
    """True with the given probability."""
    return bool(rng.random() < probability)
