"""All text of one frame: several views, one list of words, and how far the views agreed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from services.redactor.pixels.boxes import Box
from services.redactor.pixels.detection import Region
from services.redactor.pixels.reading import Reader, Word
from services.redactor.pixels.views import Kind, View, contrast_views, views_of

SAME = 0.6
"""Boxes with this intersection over union are one finding."""

SEEN_AGAIN = 0.3
CLEAR_READING = 0.9
"""A reading below it is tried again on the picture of local contrast."""


@dataclass(frozen=True)
class Finding:
    """One place that at least one view took for text.

    Attributes:
        word: Best reading of it.
        seen: Kinds of view that found it, and how sure the best of them was.
    """

    word: Word
    seen: frozenset[Kind]


@dataclass(frozen=True)
class Findings:
    """What a frame shows.

    Attributes:
        findings: Places, the most probable first.
        too_large: A view took a large part of the image for one line.
    """

    findings: tuple[Finding, ...]
    too_large: bool


@dataclass(frozen=True)
class _Seen:
    region: Region
    box: Box
    kind: Kind
    image: int


@dataclass(frozen=True)
class Pictures:
    """What is searched: display levels, and two pictures of local contrast, all of one size."""

    levels: Sequence[NDArray[np.uint8]]
    coarse: NDArray[np.uint8]
    fine: NDArray[np.uint8]

    def views(self) -> Iterator[tuple[int, View]]:
        """Every view, with the level that its findings are read from."""
        for index, image in enumerate(self.levels):
            yield from ((index, view) for view in views_of(image))
        yield from ((0, view) for view in contrast_views("local", self.coarse, 1.5))
        yield from ((0, view) for view in contrast_views("fine", self.fine, 1.0))


def search(reader: Reader, pictures: Pictures) -> Findings:
    """Words of a frame."""
    seen: list[_Seen] = []
    too_large = False
    for index, view in pictures.views():
        regions, large = _detected(reader, view)
        too_large |= large
        shape = pictures.coarse.shape
        seen += [_Seen(r, r.box(shape), view.kind, index) for r in regions]
    kept, kinds = _distinct([one for one in seen if one.box.area])
    words = _read(reader, pictures, kept)
    return Findings(
        tuple(Finding(word, frozenset(k)) for word, k in zip(words, kinds, strict=True)), too_large
    )


def _detected(reader: Reader, view: View) -> tuple[tuple[Region, ...], bool]:
    regions, large = reader.detect(view.pixels)
    return tuple(view.placed(region) for region in regions), large


def _distinct(seen: Sequence[_Seen]) -> tuple[list[_Seen], list[set[Kind]]]:
    """Findings without repetition, the most probable first, and the views that saw each."""
    kept: list[_Seen] = []
    for one in sorted(seen, key=lambda s: -s.region.probability):
        if all(_union_share(one.box, other.box) < SAME for other in kept):
            kept.append(one)
    kinds = [
        {other.kind for other in seen if _union_share(one.box, other.box) >= SEEN_AGAIN}
        for one in kept
    ]
    return kept, kinds


def _union_share(one: Box, other: Box) -> float:
    shared = one.shared(other)
    return shared / max(1, one.area + other.area - shared)


def _read(reader: Reader, pictures: Pictures, kept: Sequence[_Seen]) -> list[Word]:
    made: dict[int, Word] = {}
    for index, image in enumerate(pictures.levels):
        places = [place for place, one in enumerate(kept) if one.image == index]
        words = reader.read(image, [kept[place].region for place in places])
        made |= dict(zip(places, words, strict=True))
    for picture in (pictures.coarse, pictures.fine):
        faint = [place for place, word in made.items() if word.confidence < CLEAR_READING]
        again = reader.read(picture, [kept[place].region for place in faint])
        for place, word in zip(faint, again, strict=True):
            if word.confidence > made[place].confidence:
                made[place] = replace(made[place], text=word.text, confidence=word.confidence)
    return [made[place] for place in range(len(kept))]
