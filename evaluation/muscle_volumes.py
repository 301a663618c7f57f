"""Volumes that are no patient, and changes to one that is; shapes fit the sample study."""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Volume = NDArray[np.int16]


def cylinder(_: Volume) -> Volume:
    """A bottle of water, 200 mm wide."""
    y, x = np.mgrid[:101, :122]
    plane = np.where(np.hypot(y - 50, x - 61) * 3 < 100, 0, -1000)
    return np.repeat(plane[None], 112, axis=0).astype(np.int16)


def inserts(_: Volume) -> Volume:
    """A round phantom of fat-like plastic with inserts of bone, water and air."""
    y, x = np.mgrid[:101, :122]
    plane = np.where(np.hypot(y - 50, x - 61) * 3 < 110, -100, -1000)
    for dy, dx, hu in ((20, 0, 955), (-20, 0, 120), (0, 20, 0), (0, -20, -1000)):
        plane[np.hypot(y - 50 - dy, x - 61 - dx) * 3 < 24] = hu
    return np.repeat(plane[None], 112, axis=0).astype(np.int16)


def head(_: Volume) -> Volume:
    """A skull with brain and scalp, 180 by 220 mm."""
    y, x = np.mgrid[:101, :122]
    radius = np.hypot((y - 50) / 1.2, x - 61) * 3
    plane = np.where(radius < 90, -90, -1000)
    plane[radius < 84] = 900
    plane[radius < 75] = 38
    return np.repeat(plane[None], 112, axis=0).astype(np.int16)


def scaled(hu: Volume, slope: float, offset: float) -> Volume:
    """Numbers on another scale."""
    return np.asarray(np.clip(np.rint(hu * slope + offset), -32768, 32767), np.int16)


def noisy(hu: Volume, sd_hu: float) -> Volume:
    """With quantum noise, as a low dose has it."""
    noise = np.random.default_rng(5).normal(0, sd_hu, hu.shape)
    return np.asarray(np.clip(np.rint(hu + noise), -1024, 3071), np.int16)


def narrow(hu: Volume, cut: int) -> Volume:
    """A field of view that cuts both flanks."""
    return hu[:, :, cut:-cut]


def stretched(hu: Volume) -> Volume:
    """A body a quarter wider, padded with air so that no skin is cut."""
    wide = ndimage.zoom(hu, (1, 1, 1.25), order=1)
    return np.asarray(np.pad(wide, ((0, 0), (8, 8), (8, 8)), constant_values=-1000), np.int16)


def bland(hu: Volume) -> Volume:
    """Around L3, everything soft in the body has the attenuation of fat."""
    changed = hu.copy()
    near = changed[68:83]
    near[(near > -300) & (near < 180)] = -95
    return changed
