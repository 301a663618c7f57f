"""Scores and outcomes of items with known truth, for fitting and for checking what was fitted."""

from collections.abc import Sequence
from dataclasses import dataclass

from evaluation.redactor.burning import burnt
from evaluation.redactor.ours import Whole, redacted_report
from evaluation.redactor.pixels import PixelScore
from evaluation.redactor.report_writer import EPONYM, NEUTRAL, Report
from evaluation.redactor.texts import TextScore
from services.redactor.identity import Identity
from services.redactor.risk import MISSED, Features, text_features
from services.redactor.text import candidates


@dataclass(frozen=True)
class Observed:
    """One item.

    Attributes:
        features: Its scores.
        leaks: Whether an identifier was left.
    """

    features: Features
    leaks: bool


def texts(reports: Sequence[Report]) -> list[Observed]:
    """Each report through the engine."""
    score, found = TextScore(), []
    for one in reports:
        redacted = redacted_report(one.text, one.header)
        clean = score.add(one, [(span.start, span.end) for span in redacted.spans])
        found.append(Observed(text_features(one.text, redacted), not clean))
    return found


def images(seed: int, n: int, whole: Whole) -> list[Observed]:
    """Each image through the whole service, whatever its risk.

    One that is refused, or in which no word was found, is not judged by risk and left out. One that
    the verifier holds leaks nothing, whatever its score.
    """
    found = []
    for number in range(n):
        image = burnt(seed, number)
        (outcome,) = whole([image.content])
        pixels = outcome.record.get("pixels", {})
        boxes = sum(pixels.get("blanked", {}).values())
        if outcome.content is None or not (boxes or pixels.get("kept")):
            continue
        leaks = PixelScore().add(image, outcome.content)
        held = any(not reason.startswith("risk:") for reason in outcome.reasons)
        per_frame = boxes / max(1, pixels["distinct_frames"])
        features = {MISSED: pixels["missed"], "boxes_per_frame": per_frame}
        found.append(Observed(features, leaks and not held))
    return found


def spans(reports: Sequence[Report]) -> tuple[list[float], list[bool]]:
    """Score of every candidate, and whether more than half of it identifies somebody."""
    scores, labels = [], []
    for one in reports:
        inside = _inside(one)
        for found in candidates(one.text, Identity.of_header(one.header)):
            hits = sum(at in inside for at in range(found.start, found.end))
            scores.append(found.score)
            labels.append(2 * hits > found.end - found.start)
    return scores, labels


def best_scores(report: Report) -> list[float]:
    """For each identifying span the highest threshold at which all of it is redacted; 0 if none."""
    found = candidates(report.text, Identity.of_header(report.header))
    best = []
    for mark in report.marks:
        if mark.kind not in {EPONYM, NEUTRAL}:
            places = [
                max((c.score for c in found if c.start <= at < c.end), default=0.0)
                for at in range(mark.start, mark.end)
                if report.text[at].isalnum()
            ]
            best.append(min(places))
    return best


def _inside(report: Report) -> set[int]:
    return {
        at for mark in report.marks if mark.kind != EPONYM for at in range(mark.start, mark.end)
    }
