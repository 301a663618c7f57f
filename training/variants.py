"""What may be unusual about a patient or a scan, each as one named number with its range.

A slice draws every variant by its own probability, so two or three meet in most of them. Ranges
are wider than what is common; where one rests on a source, the source stands beside it.
"""

from dataclasses import Field, dataclass, field, fields, replace
from typing import Any

import numpy as np


def varies(probability: float, low: float, high: float, *, absent: float = 0.0) -> Any:  # noqa: ANN401 - as dataclasses.field
    """Field that is `absent`, or with `probability` uniform in `low`..`high`."""
    return field(default=absent, metadata={"range": (probability, low, high)})


@dataclass(frozen=True)
class Variants:
    """One patient and one scan; the defaults are the ordinary case.

    Attributes:
        low_bmi: How thin: 0 ordinary, 1 hardly any subcutaneous or visceral fat.
        obese: How fat: 0 ordinary, 1 subcutaneous fat of 75 mm and a wide window.
        sarcopenic: How wasted and how infiltrated with fat the muscle is, 0..1.
        missing_rectus: 0 none, below 1 a part of one rectus, above 1 most of both.
        scar: Width of a surgical scar through fat and linea alba, mm.
        hernia_mm: Radius of a ventral hernia's sac.
        stoma_mm: Radius of a bowel loop brought out through one rectus.
        scoliosis_mm: Sideways distance of the spine from the middle, to either side.
        spine_turn_deg: Rotation of the vertebra and the muscles around it, to either side.
        implant: Screws and rods in the vertebra: 1 one side, 2 both.
        oedema: Fluid strands in the subcutaneous fat, 0..1.
        anasarca: Diffuse fluid in fat and muscle, 0..1.
        ascites: Share of the peritoneal space that is fluid, from behind forwards, 0..1.
        arms_down: Arms beside the trunk: 1 one, 2 both.
        gantry_tilt_deg: Tilt, to either side; an oblique section is longer front to back by
            1/cos and shows another level in front than behind.
        field_of_view_mm: Diameter of the reconstruction circle.
        contrast_phase: 0 none, 1 arterial, 2 portal venous, 3 delayed; the fraction is dropped.
        kv: Tube voltage; 80 to 140 kV shifts area by up to 5 % in patients scanned at both.
        slice_mm: Slice thickness.
        kernel: Below 0 softer, above 0 sharper (edges overshoot) than a standard kernel.
        noise_hu: Standard deviation of the noise at the middle of the body.
        streak_hu: Amplitude of parallel streaks, as arms make them.
        pixel_mm: Pixel size that the slice was reconstructed with, then interpolated to 1.5 mm.
        crescent_mm: Thickness of a crescent of liver, spleen, bowel or fluid that lies flush
            against the flank and thins out to both ends; only `draw_hard` draws it.
    """

    low_bmi: float = varies(0.12, 0.4, 1.0)
    obese: float = varies(0.12, 0.3, 1.0)
    sarcopenic: float = varies(0.20, 0.2, 1.0)
    missing_rectus: float = varies(0.05, 0.2, 2.0)
    scar: float = varies(0.08, 2.0, 10.0)
    hernia_mm: float = varies(0.06, 10.0, 45.0)
    stoma_mm: float = varies(0.04, 9.0, 18.0)
    scoliosis_mm: float = varies(0.12, -22.0, 22.0)
    spine_turn_deg: float = varies(0.15, -22.0, 22.0)
    implant: float = varies(0.06, 1.0, 3.0)
    oedema: float = varies(0.45, 0.1, 1.0)
    anasarca: float = varies(0.08, 0.2, 1.0)
    ascites: float = varies(0.22, 0.15, 1.0)
    arms_down: float = varies(0.18, 1.0, 3.0)
    gantry_tilt_deg: float = varies(0.10, -25.0, 25.0)
    field_of_view_mm: float = varies(0.55, 270.0, 390.0, absent=1000.0)
    contrast_phase: float = varies(0.65, 1.0, 4.0)
    kv: float = varies(0.5, 80.0, 140.0, absent=120.0)
    slice_mm: float = varies(0.45, 2.0, 10.0, absent=1.0)
    kernel: float = varies(0.7, -1.0, 1.0)
    noise_hu: float = varies(0.97, 3.0, 40.0)
    streak_hu: float = varies(0.22, 5.0, 40.0)
    pixel_mm: float = varies(0.4, 1.5, 3.3, absent=1.5)
    crescent_mm: float = 0.0


def draw(rng: np.random.Generator) -> Variants:
    """A patient and a scan by chance; thin and obese exclude each other."""
    ordinary, drawn = Variants(), dict[str, float]()
    for each in drawable():
        probability, low, high = each.metadata["range"]
        happens, value = rng.random() < probability, rng.uniform(low, high)
        drawn[each.name] = float(value) if happens else float(getattr(ordinary, each.name))
    if drawn["low_bmi"]:
        drawn["obese"] = 0.0
    # Most scans are quiet: the square of a uniform share leans to the low end.
    drawn["noise_hu"] = drawn["noise_hu"] * drawn["noise_hu"] / 40 + 2.0
    return Variants(**drawn)


def drawable() -> list[Field[float]]:
    """Variants that `draw` draws, in its order."""
    return [each for each in fields(Variants) if "range" in each.metadata]


HARD = {
    "low_bmi": (0.20, 0.4, 1.0),
    "sarcopenic": (0.35, 0.2, 1.0),
    "ascites": (0.45, 0.15, 1.0),
    "implant": (0.15, 1.0, 3.0),
    "hernia_mm": (0.15, 10.0, 45.0),
    "scoliosis_mm": (0.25, -22.0, 22.0),
    "spine_turn_deg": (0.25, -22.0, 22.0),
    "crescent_mm": (0.45, 3.0, 24.0),
}
"""Probability and range of what networks err on most, `HARD` cases having more of it."""


def draw_hard(rng: np.random.Generator) -> Variants:
    """As `draw`, with more of what networks err on."""
    drawn = draw(rng)
    added = {}
    for name, (probability, low, high) in HARD.items():
        happens, value = rng.random() < probability, rng.uniform(low, high)
        if happens:
            added[name] = float(value)
    if "low_bmi" in added:
        added["obese"] = 0.0
    return replace(drawn, **added)
