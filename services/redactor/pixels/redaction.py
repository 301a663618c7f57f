"""Removes burned-in text from one object, in place, and tells what was done and how sure it is."""

import hashlib
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset

from services.redactor.pixels.blanking import blank
from services.redactor.pixels.boxes import Box, covered, painted
from services.redactor.pixels.display import COARSE, FINE, levels, local_contrast
from services.redactor.pixels.frames import Frames, frames_of
from services.redactor.pixels.gate import must_be_read, text_like
from services.redactor.pixels.harmless import Harmless
from services.redactor.pixels.reach import activity, reach
from services.redactor.pixels.reading import REMOVAL, Engine, Infer, Reader
from services.redactor.pixels.search import Finding, Findings, Pictures, search
from services.redactor.pixels.verdicts import Identifies, Reason, Verdict, judged
from services.redactor.pixels.views import plain_views

COVERED = 0.7
"""Text that blanked boxes hold to this share needs no second look."""


class Decision(StrEnum):
    """What was done with an object."""

    NOT_AN_IMAGE = "not_an_image"
    NO_TEXT_LIKE_STRUCTURE = "no_text_like_structure"
    """Slices as acquired, in which nothing is built like text; no detector saw them."""
    NOTHING_DETECTED = "nothing_detected"
    """Slices as acquired, in which a detector found nothing in two views; no further views."""
    READ = "read"


@dataclass(frozen=True)
class PixelSettings:
    """How pixels are searched and blanked.

    Attributes:
        engine: Models that find and read.
        padding_px: Added around blanked text on every side.
        keep_harmless: False blanks every text, also what is known to be harmless.
        searched_frames: Distinct frames of a multi-frame object that get all views; the others get
            one view, after what is known has been blanked.
    """

    engine: Engine = REMOVAL
    padding_px: int = 4
    keep_harmless: bool = True
    searched_frames: int = 3


@dataclass(frozen=True)
class BlankedBox:
    """Rectangle of a frame that was painted over.

    Attributes:
        frame: Frame, counted from 0.
        box: Where, padding included.
        reason: Why. Never the word.
        confidence: Of the reading, 0..1.
        probability: That it is text, as the detector says, 0..1.
    """

    frame: int
    box: Box
    reason: Reason
    confidence: float
    probability: float


@dataclass(frozen=True)
class KeptBox:
    """Rectangle of a frame whose text may stay."""

    frame: int
    box: Box
    reason: Harmless
    confidence: float


@dataclass(frozen=True)
class PixelRedaction:
    """What was done with the pixels of one object.

    Attributes:
        decision: Whether they were read.
        blanked: Rectangles that were painted over.
        kept: Rectangles whose text stays.
        frames: Frames of the object.
        distinct_frames: Those that differ from each other.
        blanked_area: Share of all pixels that was painted over, 0..1.
        probability_missed: Raw score, 0..1, that identifying text is left: from how many views
            found each text. Not calibrated; see `services.redactor.risk`.
        doubts: What speaks against trusting the result; words, never values.
    """

    decision: Decision
    blanked: tuple[BlankedBox, ...] = ()
    kept: tuple[KeptBox, ...] = ()
    frames: int = 0
    distinct_frames: int = 0
    blanked_area: float = 0.0
    probability_missed: float = 0.0
    doubts: tuple[str, ...] = ()

    @property
    def changed(self) -> bool:
        """Whether any pixel was painted over."""
        return bool(self.blanked)

    @property
    def ocr_ran(self) -> bool:
        """Whether a detector saw the pixels."""
        return self.decision in (Decision.READ, Decision.NOTHING_DETECTED)


def redact_pixels(
    ds: Dataset,
    *,
    infer: Infer,
    identifies: Identifies = lambda _: False,
    settings: PixelSettings | None = None,
) -> PixelRedaction:
    """Paints over every text that is not known to be harmless, in place.

    Args:
        ds: Object with file meta information. Pixels, and what describes them, may change.
        infer: Runs a model of the repository.
        identifies: Whether a text holds something of the identity of the study; "" of none.
        settings: How pixels are searched and blanked.

    Raises:
        Rejected: The pixels cannot be read here (`pixels_unsupported`, `pixels_undecodable`,
            `pixels_too_large`): nobody can say what they show.
    """
    frames = frames_of(ds)
    if frames is None:
        return PixelRedaction(Decision.NOT_AN_IMAGE)
    job = _Job(ds, frames, settings or PixelSettings(), infer, identifies)
    if must_be_read(ds):
        return job.run()
    open_frames = [index for index in range(frames.count) if job.text_like(index)]
    if not open_frames:
        return PixelRedaction(Decision.NO_TEXT_LIKE_STRUCTURE, frames=frames.count)
    if not any(job.detected(index) for index in open_frames):
        return PixelRedaction(Decision.NOTHING_DETECTED, frames=frames.count)
    return job.run()


@dataclass
class _Job:
    """One object on its way.

    Attributes:
        same: Frames by the digest of their samples, in order of the first.
        active: Of searched frames, where paint may follow a line.
    """

    ds: Dataset
    frames: Frames
    settings: PixelSettings
    infer: Infer
    identifies: Identifies
    same: dict[bytes, list[int]] = field(default_factory=dict)
    active: dict[int, NDArray[np.float32]] = field(default_factory=dict)

    def text_like(self, index: int) -> bool:
        """Whether any display level of a frame holds something built like text."""
        return any(text_like(level) for level in levels(self.ds, self.frames.stored(index)))

    def detected(self, index: int) -> bool:
        """Whether a detector finds anything in the first display level or in local contrast.

        Bones are built like characters often enough to open the gate, but not to a network.
        """
        stored = self.frames.stored(index)
        reader = Reader(self.infer, self.settings.engine)
        views = (*levels(self.ds, stored)[:1], local_contrast(stored, COARSE))
        return any(
            regions or large
            for view in views
            for band in plain_views(view)
            for regions, large in (reader.detect(band.pixels),)
        )

    def run(self) -> PixelRedaction:
        """Searches, judges, paints, tells."""
        for index in range(self.frames.count):
            key = hashlib.sha256(self.frames.stored(index).tobytes()).digest()
            self.same.setdefault(key, []).append(index)
        firsts = [indices[0] for indices in self.same.values()]
        everywhere, searched, large = self._searched(firsts)
        verdicts = {
            index: everywhere
            + (searched[index] if index in searched else self._rechecked(index, everywhere))
            for index in firsts
        }
        return self._painted(verdicts, large=large)

    def _searched(
        self, firsts: Sequence[int]
    ) -> tuple[tuple[Verdict, ...], dict[int, tuple[Verdict, ...]], bool]:
        """Verdicts for all frames (what was blanked in any searched one), and for each searched."""
        reader = Reader(self.infer, self.settings.engine)
        chosen = _spread(firsts, self.settings.searched_frames)
        found: dict[int, Findings] = {}
        for index in chosen:
            pictures = self._pictures(index)
            found[index] = search(reader, pictures) if pictures else Findings((), too_large=False)
        verdicts = {index: self._judged(f.findings) for index, f in found.items()}
        blanked = tuple(v for vs in verdicts.values() for v in vs if v.reason)
        everywhere = blanked if len(firsts) > 1 else ()
        large = any(f.too_large for f in found.values())
        return everywhere, verdicts, large

    def _rechecked(self, index: int, known: Sequence[Verdict]) -> tuple[Verdict, ...]:
        """Verdicts on what one plain view finds outside of what is blanked anyway."""
        shown = levels(self.ds, self.frames.stored(index))
        if not shown:
            return ()
        mask = painted((v.finding.word.box for v in known), shown[0].shape)
        reader = Reader(self.infer, self.settings.engine)
        regions, _ = reader.detect(shown[0])
        left = [r for r in regions if covered(r.box(mask.shape), mask) < COVERED]
        words = reader.read(shown[0], left)
        return self._judged([Finding(word, frozenset(("plain", "large"))) for word in words])

    def _pictures(self, index: int) -> Pictures | None:
        stored = self.frames.stored(index)
        shown = levels(self.ds, stored)
        if not shown:
            return None
        self.active[index] = activity(stored)
        return Pictures(shown, local_contrast(stored, COARSE), local_contrast(stored, FINE))

    def _judged(self, findings: Sequence[Finding]) -> tuple[Verdict, ...]:
        verdicts = judged(findings, self.identifies)
        if self.settings.keep_harmless:
            return verdicts
        return tuple(
            replace(v, reason=Reason.UNKNOWN, harmless=None) if v.harmless else v for v in verdicts
        )

    def _painted(self, verdicts: dict[int, tuple[Verdict, ...]], *, large: bool) -> PixelRedaction:
        blanked: list[BlankedBox] = []
        kept: list[KeptBox] = []
        painted_px = 0
        rows, columns = int(self.ds.Rows), int(self.ds.Columns)
        for indices in self.same.values():
            chosen = verdicts[indices[0]]
            boxes = self._boxes(indices[0], chosen)
            mask = painted(boxes, (rows, columns))
            for index in indices:
                blanked += _blanked(index, chosen, boxes)
                kept += _kept(index, chosen, mask)
                if boxes:
                    self.frames.change(index, lambda s, b=boxes: blank(self.ds, s, b))  # type: ignore[misc]
            painted_px += int(mask.sum()) * len(indices)
        self.frames.finish()
        if blanked:
            declare_derived(self.ds)
        everything = [v for vs in verdicts.values() for v in vs]
        return PixelRedaction(
            Decision.READ,
            tuple(blanked),
            tuple(kept),
            frames=self.frames.count,
            distinct_frames=len(self.same),
            blanked_area=painted_px / (rows * columns * self.frames.count),
            probability_missed=disagreement(everything, large=large, textured=self._textured()),
            doubts=tuple(_doubts(everything, large=large)),
        )

    def _textured(self) -> float:
        """Share of searched pixels whose neighbours differ much: faint print is missed there."""
        shares = [float((a > TEXTURED).mean()) for a in self.active.values()]
        return max(shares, default=0.0)

    def _boxes(self, index: int, verdicts: Sequence[Verdict]) -> list[Box]:
        frame = Box(0, 0, int(self.ds.Columns), int(self.ds.Rows))
        kept = [v.finding.word.box for v in verdicts if v.harmless]
        return [
            reach(
                v.finding.word.box, self.settings.padding_px, self.active.get(index), kept
            ).within(frame)
            for v in verdicts
            if v.reason
        ]


def _blanked(index: int, verdicts: Sequence[Verdict], boxes: Sequence[Box]) -> Iterator[BlankedBox]:
    reasons = [v for v in verdicts if v.reason]
    for verdict, box in zip(reasons, boxes, strict=True):
        word = verdict.finding.word
        if verdict.reason:
            yield BlankedBox(index, box, verdict.reason, word.confidence, word.probability)


def _kept(index: int, verdicts: Sequence[Verdict], mask: NDArray[np.bool_]) -> Iterator[KeptBox]:
    for verdict in verdicts:
        word = verdict.finding.word
        if verdict.harmless and covered(word.box, mask) < COVERED:
            yield KeptBox(index, word.box, verdict.harmless, word.confidence)


def _spread(values: Sequence[int], count: int) -> list[int]:
    """At most `count` of the values, evenly spread, first and last among them."""
    if len(values) <= count:
        return list(values)
    steps = np.linspace(0, len(values) - 1, count).round().astype(int)
    return [values[int(step)] for step in steps]


def declare_derived(ds: Dataset) -> None:
    """Says in Image Type that pixels were changed (PS3.3 C.7.6.1.1.2), if the object has one."""
    kinds = ds.get("ImageType")
    if kinds:
        values = [kinds] if isinstance(kinds, str) else list(kinds)
        ds.ImageType = ["DERIVED", *values[1:]]


# ------------------------------------------------------------------ how sure

TEXTURED = 0.03
_WEIGHT_MISSED, _WEIGHT_NOISE, _WEIGHT_LARGE, _WEIGHT_TEXTURED = 0.25, 0.05, 0.25, 1.0
"""Weights of a raw score; what it means in probability is learnt elsewhere."""


def disagreement(verdicts: Sequence[Verdict], *, large: bool, textured: float) -> float:
    """Raw score that text is left, 0..1.

    Views are repeated captures of the same texts. Chao's lower bound (Scand. J. Statist. 11:265,
    1984) says how many texts no view saw, from those that one and two saw:
    f1 (f1 - 1) / 2 (f2 + 1).
    What hardly looked like text, a box around the whole picture, and speckle add to it.
    """
    texts = [v for v in verdicts if v.reason and v.finding.word.text]
    once = sum(len(v.finding.seen) == 1 for v in texts)
    twice = sum(len(v.finding.seen) == 2 for v in texts)  # noqa: PLR2004 - Chao's f2
    unseen = once * (once - 1) / (2 * (twice + 1)) + 0.5 * once
    noise = sum(v.noise for v in verdicts)
    score = _WEIGHT_MISSED * unseen + _WEIGHT_NOISE * noise + _WEIGHT_LARGE * large
    score += _WEIGHT_TEXTURED * textured
    return 1 - math.exp(-score)


def _doubts(verdicts: Sequence[Verdict], *, large: bool) -> Iterator[str]:
    if large:
        yield "detector_box_over_whole_image"
    if any(v.reason is Reason.UNREADABLE for v in verdicts):
        yield "unreadable_text"
    if any(v.noise for v in verdicts):
        yield "faint_structure"
    if any(v.reason and len(v.finding.seen) == 1 for v in verdicts):
        yield "seen_by_one_view"
