"""Finds and reads text in an image with models that run elsewhere: boxes, words, confidence."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import files

import cv2
import numpy as np
from numpy.typing import NDArray

from services.redactor.pixels.boxes import Box, in_colour
from services.redactor.pixels.detection import (
    DETECTION,
    DetectionSettings,
    Region,
    padded_to_multiple,
    regions_in,
)

Infer = Callable[[str, Mapping[str, NDArray[np.generic]]], Mapping[str, NDArray[np.generic]]]
"""Runs a model of the repository by name; a handler binds it to its inference port."""

LINE_HEIGHT_PX = 48
"""Height of a line that the recognisers were trained on."""

WIDTH_STEP_PX = 64
MAX_WIDTH_PX = 1920
"""Lines are padded to a multiple of the step, so that a reading depends on its own line alone."""

BATCH = 8
UPRIGHT_RATIO = 1.5
"""A region this much taller than wide holds text that runs up or down, as published."""


@dataclass(frozen=True)
class Engine:
    """A detector and a recogniser that belong together.

    Attributes:
        detector: Model in the repository.
        recogniser: Model in the repository; its alphabet is `characters/<recogniser>.txt`.
    """

    detector: str
    recogniser: str


REMOVAL = Engine("textdet", "textrec")
CHECK = Engine("textdet_check", "textrec_check")
"""Another generation of networks, for the verifier: it shares no weights with `REMOVAL`."""


@dataclass(frozen=True)
class Word:
    """A line of text as read.

    Attributes:
        text: What it says; "" when nothing could be read. Identifying until proven otherwise.
        confidence: Mean probability of its characters, 0..1.
        box: Where it stands.
        angle: Degrees, clockwise, by which the text is turned: 0, 90 (down) or 270 (up).
        probability: The detector's for its region, 0..1.
    """

    text: str = field(repr=False)
    confidence: float
    box: Box
    angle: int = 0
    probability: float = 1.0


@lru_cache
def alphabet(recogniser: str) -> tuple[str, ...]:
    """Characters by class: the blank, the listed ones, the space."""
    text = (files("services.redactor.pixels") / "characters" / f"{recogniser}.txt").read_text(
        encoding="utf-8"
    )
    return ("", *text.removesuffix("\n").split("\n"), " ")


@dataclass(frozen=True)
class Reader:
    """Reads images with one engine.

    Attributes:
        infer: Runs a model.
        engine: Which models.
        settings: How the detector's map is read.
    """

    infer: Infer
    engine: Engine = REMOVAL
    settings: DetectionSettings = DETECTION

    def words(self, image: NDArray[np.uint8]) -> tuple[Word, ...]:
        """Every line of text in an image (rows, columns) or (rows, columns, 3), one plain view."""
        return self.read(image, self.detect(image)[0])

    def detect(self, image: NDArray[np.uint8]) -> tuple[tuple[Region, ...], bool]:
        """Regions, and whether the detector took a large part of the image for one."""
        padded = padded_to_multiple(image)
        answer = self.infer(self.engine.detector, {"image": padded[None]})
        probability = np.asarray(answer["probability"], np.float32)[0, 0]
        rows, columns = image.shape[:2]
        return regions_in(np.ascontiguousarray(probability[:rows, :columns]), self.settings)

    def read(self, image: NDArray[np.uint8], regions: Sequence[Region]) -> tuple[Word, ...]:
        """What each region says, in their order."""
        lines: list[NDArray[np.uint8]] = []
        turns: list[tuple[int, int]] = []
        for index, region in enumerate(regions):
            for angle, line in lines_of(image, region):
                lines.append(line)
                turns.append((index, angle))
        best: dict[int, Word] = {}
        for (index, angle), (text, confidence) in zip(turns, self._read_lines(lines), strict=True):
            region = regions[index]
            word = Word(text, confidence, region.box(image.shape), angle, region.probability)
            if index not in best or confidence > best[index].confidence:
                best[index] = word
        return tuple(best[index] for index in range(len(regions)))

    def _read_lines(self, lines: Sequence[NDArray[np.uint8]]) -> list[tuple[str, float]]:
        by_width: dict[int, list[int]] = {}
        for index, line in enumerate(lines):
            by_width.setdefault(line.shape[1], []).append(index)
        made: dict[int, tuple[str, float]] = {}
        for indices in by_width.values():
            for start in range(0, len(indices), BATCH):
                chosen = indices[start : start + BATCH]
                answer = self.infer(
                    self.engine.recogniser, {"image": np.stack([lines[i] for i in chosen])}
                )
                made |= dict(zip(chosen, self._decoded(answer), strict=True))
        return [made[index] for index in range(len(lines))]

    def _decoded(self, answer: Mapping[str, NDArray[np.generic]]) -> Iterator[tuple[str, float]]:
        characters = alphabet(self.engine.recogniser)
        for classes, probability in zip(answer["character"], answer["probability"], strict=True):
            yield decoded(
                np.asarray(classes, np.int64), np.asarray(probability, np.float64), characters
            )


def decoded(
    classes: NDArray[np.int64], probability: NDArray[np.float64], characters: Sequence[str]
) -> tuple[str, float]:
    """Text and mean probability of the best path (Graves et al., CTC, ICML 2006, section 3.2).

    Repeated classes are one character, class 0 separates.
    """
    first = np.append(True, classes[1:] != classes[:-1])
    chosen = first & (classes != 0)
    if not chosen.any():
        return "", 0.0
    text = "".join(characters[index] for index in classes[chosen])
    return text.strip(), float(probability[chosen].mean())


def lines_of(image: NDArray[np.uint8], region: Region) -> Iterator[tuple[int, NDArray[np.uint8]]]:
    """Region as a line for the recogniser; one that stands upright is offered turned both ways."""
    crop = straightened(image, region.corners)
    if crop.shape[0] < UPRIGHT_RATIO * crop.shape[1]:
        yield 0, line_of(crop)
    else:
        yield 270, line_of(np.rot90(crop, -1))
        yield 90, line_of(np.rot90(crop))


def straightened(image: NDArray[np.uint8], corners: NDArray[np.float32]) -> NDArray[np.uint8]:
    """The quadrilateral of an image as an upright rectangle, at least one pixel each way."""
    width = max(1, round(float(np.linalg.norm(corners[1] - corners[0]))))
    height = max(1, round(float(np.linalg.norm(corners[3] - corners[0]))))
    target = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    matrix = cv2.getPerspectiveTransform(corners.astype(np.float32), target)
    made = cv2.warpPerspective(
        image, matrix, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(made, np.uint8)


def line_of(crop: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Crop as (48, columns, 3): height scaled, width padded with grey."""
    planes = np.ascontiguousarray(crop if in_colour(crop) else np.repeat(crop[:, :, None], 3, 2))
    width = round(crop.shape[1] * LINE_HEIGHT_PX / crop.shape[0])
    width = min(MAX_WIDTH_PX, max(4, width))
    scaled = cv2.resize(planes, (width, LINE_HEIGHT_PX), interpolation=cv2.INTER_LINEAR)
    line = np.full((LINE_HEIGHT_PX, -(-width // WIDTH_STEP_PX) * WIDTH_STEP_PX, 3), 128, np.uint8)
    line[:, :width] = scaled
    return line
