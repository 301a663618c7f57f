"""Letters as scanners and workstations draw them: strokes, outlines, bitmaps."""

from functools import cache
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

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
