"""Picture of the level: coronal and sagittal projections with the place and interval of L3."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from pydicom import Dataset

from radloom.dicom.secondary_capture import (
    MARGIN_PX,
    TEXT_COLOUR,
    WIDTH_PX,
    KeyImage,
    Kind,
    captured,
    framed,
    windowed,
)
from radloom.dicom.source import source_header
from radloom.dicom.volume import Volume
from radloom.results import Statement

LEVEL = Kind(9004, "Muscle at L3: level (AI, not reviewed)")

WINDOW_CENTRE_HU, WINDOW_WIDTH_HU = 350.0, 1300.0
"""Bone in maximum projections, with soft tissue as a shade."""
SLAB_MM = 12.0
"""Half thickness of the sagittal slab: a vertebral body is about 45 mm wide."""
BONE_HU = 200.0

PLACE_COLOUR, INTERVAL_COLOUR, OTHER_COLOUR = (255, 64, 64), (255, 140, 0), (120, 170, 255)


@dataclass(frozen=True)
class Level:
    """Where L3 was found, patient frame.

    Attributes:
        z_mm: Of the slice measured.
        interval_mm: 90 % interval.
        others: Heights and words of other marks: candidates, landmarks.
    """

    z_mm: float
    interval_mm: tuple[float, float]
    others: tuple[tuple[float, str], ...] = ()


def build_level_image(
    statement: Statement, volume: Volume, level: Level, source: Dataset
) -> KeyImage:
    """Coronal and sagittal maximum projections, head up, with the level drawn across.

    Args:
        statement: The numbers.
        volume: The series.
        level: Where L3 was found.
        source: The slice measured; its pixels are not looked at.

    Raises:
        Rejected: The source lacks what a result needs.
    """
    header = source_header(source)
    coronal = volume.hu.max(axis=1)[::-1]
    sagittal = _sagittal(volume)[::-1]
    slice_mm, row_mm, column_mm = volume.spacing_mm
    wide_mm = coronal.shape[1] * column_mm + sagittal.shape[1] * row_mm
    scale = (WIDTH_PX - 3 * MARGIN_PX) / wide_mm
    height = max(64, round(len(coronal) * slice_mm * scale))
    views = [
        windowed(view.astype(np.float32), WINDOW_CENTRE_HU, WINDOW_WIDTH_HU).resize(
            (max(1, round(view.shape[1] * mm * scale)), height), Image.Resampling.BICUBIC
        )
        for view, mm in ((coronal, column_mm), (sagittal, row_mm))
    ]
    canvas = Image.new("RGB", (WIDTH_PX, height))
    left = MARGIN_PX
    for view, sides in zip(views, (("R", "L"), ("A", "P")), strict=True):
        canvas.paste(view, (left, 0))
        _mark(canvas, (left, view.width), volume, level, sides)
        left += view.width + MARGIN_PX
    low, high = level.interval_mm
    line = f"L3 at z {level.z_mm:.0f} mm, 90 % interval {low:.0f} to {high:.0f} mm"
    return captured(framed(canvas, statement, line), statement, header, LEVEL, ("L", "F"))


def _sagittal(volume: Volume) -> NDArray[np.int16]:
    """Maximum over a slab about the spine, (z, y)."""
    x = np.arange(volume.hu.shape[2])
    middle = np.abs(x - x.mean()) < len(x) / 6
    bone = (volume.hu[:, :, middle] > BONE_HU).sum(axis=(0, 1))
    spine = float((bone * x[middle]).sum() / bone.sum()) if bone.any() else float(x.mean())
    slab = np.abs(x - spine) * volume.spacing_mm[2] <= SLAB_MM
    return np.asarray(volume.hu[:, :, slab].max(axis=2), dtype=np.int16)


def _mark(
    canvas: Image.Image,
    across: tuple[int, int],
    volume: Volume,
    level: Level,
    sides: Sequence[str],
) -> None:
    """Draws interval, place and other marks over one view."""
    draw, font = ImageDraw.Draw(canvas, "RGBA"), ImageFont.load_default(18)
    left, width = across

    def row(z_mm: float) -> float:
        slices = (z_mm - volume.z_mm[0]) / volume.spacing_mm[0] + 0.5
        return canvas.height * (1 - slices / len(volume.hu))

    low, high = (row(z) for z in level.interval_mm)
    draw.rectangle((left, high, left + width, low), fill=(*INTERVAL_COLOUR, 60))
    for z_mm, words in level.others:
        draw.line((left, row(z_mm), left + width, row(z_mm)), fill=(*OTHER_COLOUR, 160), width=1)
        draw.text((left + 6, row(z_mm) - 20), words, OTHER_COLOUR, font)
    place = row(level.z_mm)
    draw.line((left, place, left + width, place), fill=PLACE_COLOUR, width=3)
    draw.text((left + width - 34, place - 24), "L3", PLACE_COLOUR, font)
    for side, x, anchor in ((sides[0], left + 4, "lm"), (sides[1], left + width - 4, "rm")):
        draw.text((x, canvas.height // 2), side, TEXT_COLOUR, font, anchor=anchor)
