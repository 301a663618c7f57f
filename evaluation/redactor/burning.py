"""Burns text into images whose backgrounds, formats, fonts and words vary, and keeps every box."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray
from pydicom import dcmread
from pydicom.dataset import FileDataset
from pydicom.uid import CTImageStorage, UltrasoundImageStorage, UltrasoundMultiFrameImageStorage

from evaluation.redactor import calendar_forms
from evaluation.redactor.backgrounds import Grey, background
from evaluation.redactor.lettering import FONTS, rendered
from evaluation.redactor.objects import ROOT, content_of, secondary_capture_shell
from evaluation.redactor.people import Person, institution, person
from evaluation.redactor.report_writer import phone

READABLE_PX, READABLE_CONTRAST = 9, 0.2
"""From these on a label counts as readable."""
PARTS: Final = 6
"""A text is as readable as the worst of its parts: anatomy behind it may have its colour."""
FORMATS: Final = ("mono8", "mono8", "mono12", "mono16", "mono1", "rgb", "rgb", "palette", "frames")
SAFE: Final = (
    "L", "R", "MI 0.8", "TIS 0.4", "W 400 L 40", "WL: 50 WW: 350", "kVp 120", "AXIAL", "SUPINE",
    "PORTABLE", "Se 3", "Im: 45/120", "DFOV 35.0cm", "T1", "FLAIR", "10 fps", "Gain 60 dB",
    "5 cm", "SAG", "PA", "LAT", "ERECT", "Zoom 1.5", "THK 1.25 mm", "TR 500 TE 15", "CHEST",
    "KNEE", "A", "P",
)  # fmt: skip


@dataclass(frozen=True)
class Label:
    """One text in an image.

    Attributes:
        text: What it says.
        identifying: Whether it must go; else it may stay.
        box: Left, top, right, bottom in pixels, right and bottom exclusive.
        frame: Frame, from 0; -1 for all.
        size: Height of its capitals in pixels.
        contrast: Of the text to what is behind it, 0..1 of the range, where it is worst.
    """

    text: str
    identifying: bool
    box: tuple[int, int, int, int]
    frame: int
    size: int
    contrast: float

    @property
    def readable(self) -> bool:
        """Whether people would read it without effort."""
        return self.size >= READABLE_PX and self.contrast >= READABLE_CONTRAST


@dataclass(frozen=True)
class Burnt:
    """An object with text in its pixels."""

    name: str
    content: bytes
    labels: tuple[Label, ...]
    format: str


def burnt(seed: int, number: int) -> Burnt:
    """Image `number` of a seed."""
    rng = Random(f"{seed}:pixels:{number}")  # noqa: S311 - synthetic data
    kind, who = rng.choice(FORMATS), person(rng)
    frames = 3 if kind == "frames" else 1
    picture = background(rng)
    shown = [picture.copy() for _ in range(frames)]
    style = _Style.drawn(rng)
    labels: list[Label] = []
    for text, identifying in _words(rng, who):
        frame = rng.randrange(frames) if frames > 1 and rng.random() < 0.3 else -1
        label = style.put(shown, text, frame, [known.box for known in labels], rng)
        if label:
            labels.append(Label(text, identifying, *label))
    ds = _object(kind, shown, who if rng.random() < 0.5 else None, rng)
    return Burnt(f"burnt{number}", content_of(ds), tuple(labels), kind)


# --------------------------------------------------------------------------------------- words


def _words(rng: Random, who: Person) -> list[tuple[str, bool]]:
    day, number = calendar_forms.day(rng), rng.randint(10**5, 10**9)
    date = rng.choice(calendar_forms.FORMS[:12])(day)
    phi = [
        rng.choice((f"{who.family}, {who.given}", who.dicom, f"{who.given} {who.family}",
                    f"{who.family.upper()} {who.given[0]}", who.dicom.upper())),
        rng.choice((str(number), f"ID: {number}", f"MRN {number}", f"A{number}")),
        rng.choice((date, f"DOB {date}", f"{date} {day.day:02d}:41:07", f"*{date}")),
        rng.choice((institution(rng), f"DR {person(rng).family}", f"Tech: {person(rng).given}",
                    phone(rng), institution(rng).upper())),
    ]  # fmt: skip
    chosen = rng.sample(phi, rng.randint(2, 4))
    safe = rng.sample(SAFE, rng.randint(2, 4))
    words = [(text, True) for text in chosen] + [(text, False) for text in safe]
    rng.shuffle(words)
    return words


# ----------------------------------------------------------------------------------- rendering


@dataclass(frozen=True)
class _Style:
    font: str
    size: int
    contrast: float
    turned: int
    outlined: bool

    @classmethod
    def drawn(cls, rng: Random) -> "_Style":
        size = rng.choice((7, 8, 9, 10, 11, 12, 13, 14, 16, 18, 20, 24, 30, 40))
        contrast = rng.choice((1.0, 1.0, 1.0, 0.8, 0.6, 0.5, 0.35, 0.25, 0.2, 0.15, 0.12))
        turned = rng.choice((1, 3)) if rng.random() < 0.1 else 0
        return cls(rng.choice(FONTS), size, contrast, turned, rng.random() < 0.15)

    def put(
        self,
        shown: Sequence[Grey],
        text: str,
        frame: int,
        taken: Sequence[tuple[int, int, int, int]],
        rng: Random,
    ) -> tuple[tuple[int, int, int, int], int, int, float] | None:
        """Draws `text` where nothing is yet; None when it does not fit."""
        mask = np.rot90(rendered(text, self.font, self.size), self.turned)
        high, wide = mask.shape
        rows, columns = shown[0].shape
        if high > rows - 4 or wide > columns - 4:
            return None
        for _ in range(60):
            left, top = self._corner(rng, columns - wide, rows - high)
            box = (left, top, left + wide, top + high)
            if not any(_near(box, other) for other in taken):
                contrasts = [
                    self._blend(image[top : top + high, left : left + wide], mask)
                    for number, image in enumerate(shown)
                    if frame in (-1, number)
                ]
                return box, frame, self.size, min(contrasts)
        return None

    def _corner(self, rng: Random, x: int, y: int) -> tuple[int, int]:
        if rng.random() < 0.6:
            left = rng.choice((rng.randint(0, x // 8), rng.randint(7 * x // 8, x)))
            return left, rng.randint(0, y)
        return rng.randint(0, x), rng.randint(0, y)

    def _blend(self, patch: Grey, mask: NDArray[np.float32]) -> float:
        """Draws, and says the contrast where it is worst along the text."""
        behind = float(patch.mean())
        colour = behind + 255 * self.contrast
        if colour > 255:
            colour = max(0.0, behind - 255 * self.contrast) if behind > 127 else 255.0
        if self.outlined:
            patch[:] = np.where(cv2.dilate(mask, np.ones((3, 3))) > 0.3, behind * 0.5, patch)
        parts = np.array_split(patch, PARTS, axis=int(mask.shape[1] > mask.shape[0]))
        worst = min(abs(colour - float(part.mean())) for part in parts if part.size) / 255
        patch[:] = np.clip(patch * (1 - mask) + colour * mask, 0, 255).astype(np.uint8)
        return worst


def _near(a: tuple[int, int, int, int], b: tuple[int, int, int, int], gap: int = 8) -> bool:
    return a[0] < b[2] + gap and b[0] < a[2] + gap and a[1] < b[3] + gap and b[1] < a[3] + gap


# ------------------------------------------------------------------------------------- objects


def _object(kind: str, shown: Sequence[Grey], who: Person | None, rng: Random) -> FileDataset:
    image = dcmread(ROOT / "samples/ct_torso/0016.dcm")
    ds = secondary_capture_shell(image)
    ds.PatientName, ds.PatientID = (who.dicom, "4711") if who else ("", "")
    ds.SpecificCharacterSet = "ISO_IR 192"
    grey = kind in {"mono8", "mono12", "mono16", "mono1"}
    sop_class = UltrasoundImageStorage if rng.random() < 0.3 else ds.SOPClassUID
    if kind == "frames":
        sop_class, ds.NumberOfFrames = UltrasoundMultiFrameImageStorage, len(shown)
        ds.FrameTime, ds.FrameIncrementPointer = "40", 0x00181063
    elif grey and rng.random() < 0.2:
        sop_class, ds.Modality = CTImageStorage, "CT"
        ds.RescaleIntercept, ds.RescaleSlope = 0, 1
    ds.SOPClassUID = ds.file_meta.MediaStorageSOPClassUID = sop_class
    if sop_class in {UltrasoundImageStorage, UltrasoundMultiFrameImageStorage}:
        ds.Modality = "US"
    ds.ImageType = ["DERIVED", "SECONDARY"]
    _pixels(ds, kind, np.stack(shown))
    return ds


def _pixels(ds: FileDataset, kind: str, shown: NDArray[np.uint8]) -> None:
    bits = {"mono12": 12, "mono16": 16}.get(kind, 8)
    ds.Rows, ds.Columns = shown.shape[1:]
    ds.SamplesPerPixel, ds.PixelRepresentation = 1, 0
    ds.BitsAllocated = 8 if bits == 8 else 16
    ds.BitsStored, ds.HighBit = bits, bits - 1
    ds.PhotometricInterpretation = {"mono1": "MONOCHROME1", "palette": "PALETTE COLOR"}.get(
        kind, "MONOCHROME2"
    )
    if kind == "mono1":
        shown = 255 - shown
    if kind == "palette":
        table = (np.arange(256, dtype="<u2") * 257).tobytes()
        for colour in ("Red", "Green", "Blue"):
            setattr(ds, f"{colour}PaletteColorLookupTableDescriptor", [256, 0, 16])
            setattr(ds, f"{colour}PaletteColorLookupTableData", table)
    if kind == "rgb":
        ds.SamplesPerPixel, ds.PhotometricInterpretation, ds.PlanarConfiguration = 3, "RGB", 0
        ds.PixelData = np.repeat(shown[0][..., None], 3, axis=2).tobytes()
        return
    scaled = shown.astype(np.uint16) << (bits - 8)
    ds.PixelData = (shown if bits == 8 else scaled.astype("<u2")).tobytes()
