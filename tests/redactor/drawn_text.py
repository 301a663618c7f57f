"""Images with drawn text whose places are known: nobody's anatomy, nobody's name.

Letters are OpenCV's Hershey strokes and Aileron (CC0), which Pillow carries as its default font.
"""

from dataclasses import dataclass, field
from io import BytesIO

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from pydicom import Dataset, dcmread
from pydicom.dataset import FileMetaDataset
from pydicom.uid import UID, ExplicitVRLittleEndian, SecondaryCaptureImageStorage

Values = NDArray[np.float64]


@dataclass(frozen=True)
class Label:
    """A text and the rectangle of its strokes: left, top, right, bottom."""

    text: str
    box: tuple[int, int, int, int]
    identifying: bool
    height: int
    contrast: float


@dataclass
class Scene:
    """A grey picture, 0..1, and what is written on it."""

    picture: Values
    labels: list[Label] = field(default_factory=list)


def picture_of(rng: np.random.Generator, rows: int, columns: int, kind: str) -> Values:
    """Background of a kind: `flat`, `body`, `speckle`, `film`."""
    y, x = np.mgrid[0:rows, 0:columns]
    noise = rng.normal(size=(rows, columns))
    if kind == "flat":
        return np.full((rows, columns), rng.uniform(0, 0.1))
    if kind == "speckle":
        fan = (np.hypot(x - columns / 2, y) < rows * 0.9) & (abs(x - columns / 2) < y * 0.8)
        grain = np.abs(cv2.GaussianBlur(noise, (0, 0), 1.5)) * 1.2
        return np.asarray(np.clip(grain * fan, 0, 1))
    smooth = cv2.GaussianBlur(noise, (0, 0), 25)
    smooth = (smooth - smooth.min()) / np.ptp(smooth)
    if kind == "film":
        return np.asarray(np.clip(0.2 + 0.5 * smooth + 0.01 * noise, 0, 1))
    body = ((x - columns / 2) / (columns * 0.4)) ** 2 + ((y - rows / 2) / (rows * 0.33)) ** 2 < 1
    texture = 0.25 + 0.4 * smooth + 0.03 * cv2.GaussianBlur(noise, (0, 0), 1.0)
    for _ in range(6):
        cx, cy = rng.uniform(0.25, 0.75) * columns, rng.uniform(0.3, 0.7) * rows
        radius = rng.uniform(0.03, 0.12) * columns
        inside = np.hypot(x - cx, (y - cy) * rng.uniform(0.7, 1.4)) < radius
        texture = np.where(inside, rng.uniform(0.1, 0.9), texture)
    return np.asarray(np.clip(np.where(body, texture, 0.01), 0, 1))


def strokes(text: str, height: int, face: int | str) -> NDArray[np.uint8]:
    """Coverage 0..255 of a line whose capitals are about `height` pixels tall, cut to the ink."""
    if isinstance(face, int):
        scale = cv2.getFontScaleFromHeight(face, height, 1)
        thick = max(1, round(height / 12))
        (width, tall), base = cv2.getTextSize(text, face, scale, thick)
        canvas = np.zeros((tall + base + 8, width + 8), np.uint8)
        cv2.putText(canvas, text, (4, tall + 4), face, scale, 255, thick, cv2.LINE_AA)
    else:
        size = round(height / 0.72)
        font = ImageFont.truetype(face, size) if face else ImageFont.load_default(size)
        image = Image.new("L", (len(text) * size + 8, 2 * size + 8))
        ImageDraw.Draw(image).text((4, 4), text, 255, font)
        canvas = np.asarray(image, np.uint8)
    rows, columns = np.nonzero(canvas > 60)
    return np.ascontiguousarray(
        canvas[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    )


def write(
    scene: Scene,
    text: str,
    at: tuple[int, int],
    *,
    height: int = 16,
    contrast: float = 1.0,
    face: int | str = cv2.FONT_HERSHEY_SIMPLEX,
    turned: int = 0,
    identifying: bool = True,
) -> bool:
    """Writes a line with its top left corner at (column, row); False if it does not fit there.

    Its grey differs from the mean around it by `contrast` of the whole range, or by as much as the
    range allows; the label tells.
    """
    ink = np.rot90(strokes(text, height, face), -turned // 90) / 255.0
    left, top = at
    box = (left, top, left + ink.shape[1], top + ink.shape[0])
    fits = box[2] <= scene.picture.shape[1] and box[3] <= scene.picture.shape[0]
    clear = all(
        box[2] + 8 < o.box[0]
        or o.box[2] + 8 < box[0]
        or box[3] + 8 < o.box[1]
        or o.box[3] + 8 < box[1]
        for o in scene.labels
    )
    if not fits or not clear or min(at) < 0:
        return False
    place = scene.picture[top : box[3], left : box[2]]
    mean = float(place.mean())
    grey = min(1.0, mean + contrast) if mean < 0.5 else max(0.0, mean - contrast)
    contrast = abs(grey - mean)
    place[:] = place * (1 - ink) + grey * ink
    scene.labels.append(Label(text, box, identifying, height, contrast))
    return True


def object_of(
    scene: Scene,
    *,
    bits: int = 8,
    photometric: str = "MONOCHROME2",
    signed: bool = False,
    sop_class: UID = SecondaryCaptureImageStorage,
) -> Dataset:
    """The scene as an uncompressed object."""
    picture = 1 - scene.picture if photometric == "MONOCHROME1" else scene.picture
    top = (1 << bits) - 1
    values = np.rint(picture * top).astype(np.int64) - (1 << (bits - 1) if signed else 0)
    allocated = 8 if bits <= 8 else 16
    samples = values.astype(f"{'i' if signed else 'u'}{allocated // 8}")
    if photometric in ("RGB", "YBR_FULL"):
        samples = np.repeat(samples[:, :, None], 3, axis=2)
        if photometric == "YBR_FULL":
            samples[:, :, 1:] = 128
    ds = described(samples, bits, photometric, sop_class)
    if photometric == "PALETTE COLOR":
        with_grey_palette(ds)
    return ds


def described(samples: NDArray[np.generic], bits: int, photometric: str, sop_class: UID) -> Dataset:
    """An object of one frame around samples."""
    ds = Dataset()
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds.file_meta.MediaStorageSOPClassUID = ds.SOPClassUID = sop_class
    ds.SOPInstanceUID = UID("1.2.826.0.1.3680043.8.498.1")
    ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID
    ds.ImageType = ["ORIGINAL", "PRIMARY"]
    ds.Rows, ds.Columns = samples.shape[:2]
    ds.SamplesPerPixel = 3 if samples.ndim == 3 else 1
    if samples.ndim == 3:
        ds.PlanarConfiguration = 0
    ds.PhotometricInterpretation = photometric
    ds.BitsAllocated = samples.dtype.itemsize * 8
    ds.BitsStored, ds.HighBit = bits, bits - 1
    ds.PixelRepresentation = int(samples.dtype.kind == "i")
    ds.PixelData = samples.tobytes()
    ds["PixelData"].VR = "OW" if samples.dtype.itemsize > 1 else "OB"
    return ds


def with_grey_palette(ds: Dataset) -> None:
    """A palette of 256 greys in which higher indices are darker."""
    ramp = (np.arange(255, -1, -1, dtype=np.uint16) * 257).tobytes()
    for colour in ("Red", "Green", "Blue"):
        setattr(ds, f"{colour}PaletteColorLookupTableDescriptor", [256, 0, 16])
        setattr(ds, f"{colour}PaletteColorLookupTableData", ramp)


def reopened(ds: Dataset) -> Dataset:
    """The object after a round through a file."""
    buffer = BytesIO()
    ds.save_as(buffer, enforce_file_format=True)
    buffer.seek(0)
    return dcmread(buffer)
