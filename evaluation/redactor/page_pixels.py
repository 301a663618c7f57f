"""Burned-in text as a section of the page."""

import shutil
import time
from collections import Counter
from collections.abc import Iterator, Sequence

from evaluation.redactor.burning import Burnt, burnt
from evaluation.redactor.ours import Whole
from evaluation.redactor.pixels import PixelScore
from evaluation.redactor.run import Run, painted
from evaluation.redactor.writing import percent, table
from evaluation.scores import Rate


def section(run: Run, whole: Whole) -> Iterator[str]:
    """Boxes, excess area, what is released and leaks."""
    seed = run.seeds[0]
    images = [burnt(seed, number) for number in range(run.images)]
    kinds = ", ".join(sorted({image.format for image in images}))
    yield from ("", "## Burned-in text", "")
    yield (
        f"{len(images)} images of seed {seed} ({kinds}): text of 7 to 40 px and contrast 0.12 to 1 "
        "on CT, MR, ultrasound-like and radiograph-like backgrounds, one in ten turned; the header "
        "is empty in half of them. Covered: at least 80 % of the box is gone in the output. "
        "Readable: capitals of 9 px or more and contrast of 0.2 or more everywhere along the text. "
        "Excess: area that changed outside all labels, each padded by 6 px."
    )
    reasons = Counter[str]()
    scores = {"radloom, what is released and held alike": _ours(images, whole, reasons)}
    if run.python and shutil.which("tesseract"):
        scores["Presidio image redactor"] = _presidio(run, images)
    rows: list[Sequence[object]] = [
        ("system", "boxes covered", "readable boxes covered", "safe labels kept", "excess area",
         "failed", "held", "leaking share of the released", "CPU s per image"),
    ]  # fmt: skip
    rows += [(name, *_row(score)) for name, score in scores.items()]
    yield from table(*rows)
    held = ", ".join(f"{reason} {n}" for reason, n in reasons.most_common())
    yield from ("", f"Held because (an image may have several reasons): {held or '-'}.")
    if run.python and not shutil.which("tesseract"):
        yield from ("", "Presidio's image redactor was not run: it needs the program tesseract,")
        yield "which is not on the path of this machine."


def _row(score: PixelScore) -> tuple[object, ...]:
    released = score.images - score.failed - score.held
    excess = sum(score.excess) / max(1, len(score.excess))
    return (
        Rate(score.covered, score.boxes),
        Rate(score.readable_covered, score.readable),
        Rate(score.safe_kept, score.safe),
        percent(excess),
        score.failed,
        Rate(score.held, score.images),
        Rate(score.leaking, released),
        f"{score.seconds / max(1, score.images):.1f}",
    )


def _ours(images: Sequence[Burnt], whole: Whole, reasons: Counter[str]) -> PixelScore:
    score = PixelScore()
    for image in images:
        start = time.process_time()
        outcome = whole([image.content])[0]
        score.seconds += time.process_time() - start
        reasons.update(set(outcome.reasons))
        score.add(image, outcome.content, held=bool(outcome.reasons))
    return score


def _presidio(run: Run, images: Sequence[Burnt]) -> PixelScore:
    assert run.python is not None  # noqa: S101 - the caller asked
    outputs, seconds = painted(run.python, [image.content for image in images])
    score = PixelScore(seconds=seconds)
    for image, output in zip(images, outputs, strict=True):
        score.add(image, output)
    return score
