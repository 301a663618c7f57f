"""Burns text into images whose backgrounds, formats, fonts and words vary, and keeps every box."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from pydicom import dcmread
from pydicom.dataset import FileDataset
from pydicom.uid import CTImageStorage, UltrasoundImageStorage, UltrasoundMultiFrameImageStorage

from evaluation.redactor import calendar_forms
from evaluation.redactor.objects import ROOT, WHEEL, content_of, secondary_capture_shell
from evaluation.redactor.people import Person, institution, person
from evaluation.redactor.report_writer import phone

Grey = NDArray[np.uint8]
SIDE: Final = (384, 512)
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
    picture = _background(rng)
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


STROKES: Final = {
    "hershey": cv2.FONT_HERSHEY_SIMPLEX,
    "hershey plain": cv2.FONT_HERSHEY_PLAIN,
    "hershey duplex": cv2.FONT_HERSHEY_DUPLEX,
    "hershey complex": cv2.FONT_HERSHEY_COMPLEX_SMALL,
}
FOLDER: Final = Path("/usr/share/fonts/truetype/dejavu")
OUTLINES: Final = ("DejaVuSans", "DejaVuSansMono", "DejaVuSerif", "DejaVuSansCondensed-Bold")
FONTS: Final = (*STROKES, "aileron", "bitmap", *OUTLINES)


def rendered(text: str, font: str, size: int) -> NDArray[np.float32]:
    """`text` as opacity 0..1, cut to its ink; capitals about `size` pixels high."""
    plain = text.encode("ascii", "ignore").decode() or "X"
    if font in STROKES:
        drawn = _stroked(plain, STROKES[font], size)
    elif font == "bitmap":
        drawn = _bitmap(plain, size)
    else:
        drawn = _outlined(text if font in OUTLINES else plain, font, size)
    ys, xs = np.nonzero(drawn > 0.3)
    return drawn[ys.min() : ys.max() + 1, xs.min() : xs.max() + 1]


def _stroked(text: str, font: int, size: int) -> NDArray[np.float32]:
    height = cv2.getTextSize("X", font, 1.0, 1)[0][1]
    scale = size / height
    thick = max(1, round(scale * 1.4))
    wide, high = cv2.getTextSize(text, font, scale, thick)[0]
    canvas = np.zeros((high * 3, wide + 20), np.uint8)
    cv2.putText(canvas, text, (10, high * 2), font, scale, 255, thick, cv2.LINE_AA)
    return (canvas / 255).astype(np.float32)


def _bitmap(text: str, size: int) -> NDArray[np.float32]:
    font = ImageFont.load_default_imagefont()
    box = font.getbbox(text)
    image = Image.new("L", (int(box[2]) + 4, int(box[3]) + 6))
    ImageDraw.Draw(image).text((2, 2), text, fill=255, font=font)
    factor = max(1, round(size / 8))
    scaled = np.kron(np.asarray(image) / 255, np.ones((factor, factor)))
    return scaled.astype(np.float32)


def _outlined(text: str, font: str, size: int) -> NDArray[np.float32]:
    chosen = _font(font, round(size / 0.72))
    box = chosen.getbbox(text)
    image = Image.new("L", (int(box[2]) + 10, int(box[3]) + 10))
    ImageDraw.Draw(image).text((5, 3), text, fill=255, font=chosen)
    return (np.asarray(image) / 255).astype(np.float32)


@cache
def _font(name: str, size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    file = FOLDER / f"{name}.ttf"
    # Pillow carries Aileron, so there is a font on every machine.
    return ImageFont.truetype(str(file), size) if file.exists() else ImageFont.load_default(size)


# --------------------------------------------------------------------------------- backgrounds


def _background(rng: Random) -> Grey:
    made = rng.choice((_slice, _slice, _magnetic, _fan, _radiograph, _scan_of_pydicom, _dark))
    image = made(rng)
    side = rng.choice(SIDE)
    return cv2.resize(image, (side, side), interpolation=cv2.INTER_AREA).astype(np.uint8)


def _slice(rng: Random) -> Grey:
    ds = dcmread(ROOT / f"samples/ct_torso/{rng.randint(1, 32):04d}.dcm")
    centre, width = rng.choice(((40, 400), (-600, 1500), (300, 1500)))
    hu = ds.pixel_array * float(ds.RescaleSlope) + float(ds.RescaleIntercept)
    return _grey((hu - centre + width / 2) / width * 255)


def _magnetic(rng: Random) -> Grey:
    name = rng.choice(("MR_small.dcm", "examples_overlay.dcm"))
    image = dcmread(WHEEL / "test_files" / name).pixel_array.astype(np.float32)
    top = float(np.percentile(image, 99.5)) or 1.0
    return _grey(image / top * 255)


def _scan_of_pydicom(rng: Random) -> Grey:
    del rng
    image = dcmread(WHEEL / "test_files/CT_small.dcm").pixel_array.astype(np.float32)
    return _grey((image - image.min()) / np.ptp(image) * 255)


def _fan(rng: Random) -> Grey:
    noise = np.random.default_rng(rng.randrange(1 << 30))
    side = 512
    y, x = np.mgrid[0:side, 0:side]
    radius, angle = np.hypot(y + 40, x - side / 2), np.abs(np.arctan2(x - side / 2, y + 40))
    speckle = cv2.GaussianBlur(noise.gamma(1.2, 55, (side, side)).astype(np.float32), (0, 0), 1.2)
    inside = (radius > 90) & (radius < 500) & (angle < 0.65)
    return _grey(np.where(inside, speckle, 0))


def _radiograph(rng: Random) -> Grey:
    noise = np.random.default_rng(rng.randrange(1 << 30))
    field = cv2.GaussianBlur(noise.random((512, 512)).astype(np.float32), (0, 0), 45)
    field = (field - field.min()) / np.ptp(field)
    ribs = 0.12 * np.sin(np.mgrid[0:512, 0:512][0] / rng.randint(9, 25))
    grain = noise.normal(0, 0.02, field.shape)
    return _grey((0.2 + 0.7 * field + ribs + grain) * 255)


def _dark(rng: Random) -> Grey:
    noise = np.random.default_rng(rng.randrange(1 << 30))
    return _grey(noise.normal(8, 4, (512, 512)))


def _grey(values: NDArray[Any]) -> Grey:
    grey: Grey = np.clip(values, 0, 255).astype(np.uint8)
    return grey


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
