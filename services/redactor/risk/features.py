"""The scores of one item, the same at calibration and in service."""

import re
from collections.abc import Collection
from typing import Protocol

from services.redactor.risk.constants import MISSED, Features
from services.redactor.spans import RedactedText

WEAK = 0.7
"""Confidence below which a span was redacted on little evidence."""

_WORD = re.compile(r"[^\W_]+")


class RedactedPixels(Protocol):
    """What `services.redactor.pixels.PixelRedaction` says of itself."""

    @property
    def probability_missed(self) -> float:
        """Raw score, 0..1, that text is left."""

    @property
    def blanked(self) -> Collection[object]:
        """Rectangles that were painted over."""

    @property
    def distinct_frames(self) -> int:
        """Frames that differ."""


def text_features(text: str, redacted: RedactedText) -> Features:
    """Scores of one text: the engine's own, and how much was found."""
    words = max(1, len(_WORD.findall(text)))
    weak = sum(span.confidence < WEAK for span in redacted.spans)
    return {
        MISSED: redacted.probability_missed,
        "spans_per_100_words": 100 * len(redacted.spans) / words,
        "weak_spans": float(weak),
    }


def pixel_features(made: RedactedPixels) -> Features:
    """Scores of one image: disagreement of the views, and how much was found per frame."""
    return {
        MISSED: made.probability_missed,
        "boxes_per_frame": len(made.blanked) / max(1, made.distinct_frames),
    }
