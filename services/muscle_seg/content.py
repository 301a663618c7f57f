"""Whether the pixels of a volume can be what its headers claim: a patient's trunk, this way up.

Headers alone may lie: pixels are mirrored by a converter, an intercept is lost, a phantom is
scanned as a patient. Every gate here reads Hounsfield units only.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from services.muscle_seg.gates import Gate, within

SOLID_HU = -300.0
"""Between air and fat."""
BONE_HU = 200.0
"""Above soft tissue, and above most of what contrast makes bright when 4 mm are averaged."""

BODY_MEDIAN_HU = (-150.0, 150.0)
"""Median of everything denser than -300 HU in a torso: fat to muscle."""
AIR_HU = -700.0
FAT_PEAK_HU = (-140.0, -45.0)
"""Fat at L3 averages -84 HU at 80 kV and -69 HU at 140 kV with contrast (pubmed 29625351), about
-100 HU at 120 kV: a peak outside means another scale."""
FAT_SEARCH_HU = (-220, 0)
FAT_HU = (-190, -30)
FAT_LEAST_SHARE = 0.03
"""Of the solid voxels: 40 % and more in the real trunks looked at; edges of air alone give less."""
FAT_PEAK_SHARE = 0.1
"""Leaner bodies have no peak to read."""

BONE_SHARE = 0.003
"""Of the solid voxels: 1 to 8 % in every slice of the real trunks looked at."""
ROUND_SHARE = 0.01
"""Root mean square distance of the outline from its circle, over its radius. Trunks are ellipses:
0.1 and more."""
SKULL_SHARE = 0.4
"""Of a slice, enclosed by bone; at most 0.1 in a trunk."""

LIVER_ML = 600.0
"""Homogeneous soft tissue that opens by 12 mm: nothing but a liver is as large (1,026 ml on the
sample study, where the scan cuts it; 2,448 ml on a whole one). Smaller, and sides stay unknown."""
LIVER_RIGHT_SHARE = 0.35
"""Of that tissue, on the patient's right: 0.92 and 0.69 on the two real volumes."""
LIVER_HU = (20.0, 160.0)

NEAR_MM = 60.0
"""Slices this far above and below L3 show the lumbar spine."""

COARSE_MM = 4.0
COARSE_SLICE_MM = 6.0


@dataclass(frozen=True)
class Coarse:
    """A volume averaged over blocks of about 4 mm, every 6 mm.

    Attributes:
        hu: (z, y, x) float32 in the frame of `projections.py`.
        spacing_mm: Along z, y, x.
    """

    hu: NDArray[np.float32]
    spacing_mm: tuple[float, float, float]


def coarse(hu: NDArray[np.int16], spacing_mm: tuple[float, float, float]) -> Coarse:
    """The volume as the gates of this module read it."""
    every = max(1, round(COARSE_SLICE_MM / spacing_mm[0]))
    by, bx = (max(1, round(COARSE_MM / mm)) for mm in spacing_mm[1:])
    ny, nx = max(1, hu.shape[1] // by), max(1, hu.shape[2] // bx)
    cut = hu[every // 2 :: every, : ny * by, : nx * bx]
    cut = hu[:, : ny * by, : nx * bx] if len(cut) == 0 else cut
    blocks = cut.reshape(len(cut), ny, cut.shape[1] // ny, nx, cut.shape[2] // nx)
    small = blocks.mean(axis=(2, 4), dtype=np.float32)
    return Coarse(small, (spacing_mm[0] * every, spacing_mm[1] * by, spacing_mm[2] * bx))


def content_gates(hu: NDArray[np.int16], small: Coarse) -> list[Gate]:
    """Gates on the whole volume; those on its scale first, for the others rely on it."""
    if failed := attenuation_gates(hu):
        return failed
    if failed := phantom_gates(small):
        return failed
    return head_gate(small)


def attenuation_gates(hu: NDArray[np.int16]) -> list[Gate]:
    """Whether numbers can be Hounsfield units of a person in air."""
    sample = hu[:: max(1, len(hu) // 16)]
    solid = sample[sample > SOLID_HU]
    if solid.size < sample.size // 100:
        share = solid.size / sample.size
        return [
            Gate("not_a_body", f"{share:.1%} of the volume denser than -300 HU", "at least 1 %")
        ]
    median = float(np.median(solid))
    failed = within("hu_scale", median, BODY_MEDIAN_HU, "HU in the middle of all that is solid")
    darkest = float(np.percentile(sample, 0.5))
    if darkest > AIR_HU:
        limit = f"at most {AIR_HU:.0f} HU, as air has"
        failed.append(Gate("hu_scale", f"{darkest:.0f} HU in the darkest voxels", limit))
    return failed or _fat_gate(solid)


def _fat_gate(solid: NDArray[np.int16]) -> list[Gate]:
    """Whether fat, which every body has under its skin, is there with the numbers of fat."""
    share = float(((solid >= FAT_HU[0]) & (solid <= FAT_HU[1])).mean())
    if share < FAT_LEAST_SHARE:
        found = f"{share:.1%} of all that is solid has -190 to -30 HU, as fat has"
        return [Gate("hu_scale", found, f"at least {FAT_LEAST_SHARE:.0%}")]
    if share < FAT_PEAK_SHARE:
        return []
    counts, edges = np.histogram(solid, bins=44, range=FAT_SEARCH_HU)
    smooth = np.convolve(counts, np.ones(3), mode="same")
    peak = float(edges[int(smooth.argmax())] + edges[int(smooth.argmax()) + 1]) / 2
    return within("hu_scale", peak, FAT_PEAK_HU, "HU where fat is most frequent")


def phantom_gates(small: Coarse) -> list[Gate]:
    """Whether this is a person: trunks hold bone and are not round."""
    solid = small.hu > SOLID_HU
    share = float((small.hu > BONE_HU).sum() / max(1, solid.sum()))
    if share < BONE_SHARE:
        return [Gate("phantom", f"{share:.2%} of the body is bone", f"at least {BONE_SHARE:.1%}")]
    off = float(np.median([_off_round(plane, small.spacing_mm[1:]) for plane in solid]))
    if off < ROUND_SHARE:
        limit = f"at least {ROUND_SHARE:.0%} of the radius"
        return [Gate("phantom", f"outline {off:.1%} off a circle", limit, "no trunk is round")]
    return []


def _off_round(solid: NDArray[np.bool_], spacing_mm: tuple[float, float]) -> float:
    """Root mean square distance of the outline from its circle, over the circle's radius."""
    pieces, count = ndimage.label(np.pad(solid, 1))
    if count == 0:
        return 1.0
    sizes = np.bincount(pieces.ravel())
    sizes[0] = 0
    body = ndimage.binary_fill_holes(pieces == sizes.argmax())
    area = float(body.sum()) * spacing_mm[0] * spacing_mm[1]
    y, x = (np.argwhere(body & ~ndimage.binary_erosion(body)) * spacing_mm).T
    distance = np.hypot(y - y.mean(), x - x.mean())
    # A pixel grid leaves a third of a pixel: that is no ellipse either.
    rough = float(np.std(distance)) - max(spacing_mm) / 3
    return max(0.0, rough) / max(1.0, float(np.sqrt(area / np.pi)))


def head_gate(small: Coarse) -> list[Gate]:
    """Whether bone encloses what was scanned, as a skull does."""
    bone = small.hu > BONE_HU
    shares = []
    for plane, bony in zip(small.hu > SOLID_HU, bone, strict=True):
        body = ndimage.binary_fill_holes(plane)
        shares.append(float(ndimage.binary_fill_holes(bony).sum() / max(1, body.sum())))
    share = float(np.median(shares))
    if share <= SKULL_SHARE:
        return []
    limit = f"at most {SKULL_SHARE:.0%}"
    return [Gate("head", f"bone encloses {share:.0%} of the slices", limit, "a skull?")]


def front_gate(small: Coarse, l3_z_mm: float) -> list[Gate]:
    """Whether the spine lies at the back, near L3: in a pelvis bone lies all around."""
    rows = np.arange(small.hu.shape[1]) * small.spacing_mm[1]
    heights = np.arange(len(small.hu)) * small.spacing_mm[0]
    behind = []
    for plane in small.hu[np.abs(heights - l3_z_mm) <= NEAR_MM]:
        bone, body = plane > BONE_HU, plane > SOLID_HU
        if bone.any():
            centre = float((bone.sum(1) * rows).sum() / bone.sum())
            behind.append(centre - float((body.sum(1) * rows).sum() / body.sum()))
    middle = float(np.median(behind)) if behind else 0.0
    if middle > 0:
        return []
    found = f"bone lies {-middle:.0f} mm in front of the body's middle"
    return [Gate("orientation", found, "behind it", "turned over?")]


def side_gate(small: Coarse, l3_z_mm: float) -> list[Gate]:
    """Whether the liver, where the scan shows it above L3, is on the patient's right."""
    above = small.hu[int(l3_z_mm // small.spacing_mm[0]) :]
    smooth = ndimage.gaussian_filter(above, [0.5, 1, 1])
    soft = (smooth > LIVER_HU[0]) & (smooth < LIVER_HU[1])
    cross = ndimage.generate_binary_structure(2, 1)
    reach = max(1, round(12.0 / small.spacing_mm[1]))
    opened = np.stack([ndimage.binary_opening(plane, cross, iterations=reach) for plane in soft])
    pieces, count = ndimage.label(opened)
    if count == 0:
        return []
    sizes = np.bincount(pieces.ravel())
    sizes[0] = 0
    if sizes.max() * float(np.prod(small.spacing_mm)) / 1000 < LIVER_ML:
        return []
    x = np.arange(small.hu.shape[2])
    body = (small.hu > SOLID_HU).sum(axis=(0, 1))
    middle = float((body * x).sum() / body.sum())
    right = float((np.nonzero(pieces == sizes.argmax())[2] < middle).mean())
    if right >= LIVER_RIGHT_SHARE:
        return []
    limit = f"at least {LIVER_RIGHT_SHARE:.0%}"
    found = f"{right:.0%} of the largest organ lies on the patient's right"
    return [Gate("mirrored", found, limit, "left and right exchanged, or situs inversus")]
