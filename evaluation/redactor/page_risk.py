"""How sure the redactor is, and whether that is true, as a section of the page."""

import math
from collections.abc import Iterator, Sequence
from random import Random

import numpy as np
from numpy.typing import NDArray

from evaluation.redactor import observed
from evaluation.redactor.observed import Observed
from evaluation.redactor.ours import Whole
from evaluation.redactor.report_writer import Report, reports
from evaluation.redactor.run import Run
from evaluation.redactor.writing import percent, table
from evaluation.scores import Rate
from services.redactor.risk import (
    Constants,
    Monitor,
    assured_threshold,
    calibration_error,
    missed_share,
    shipped_constants,
)
from services.redactor.risk.constants import Stratum

TEXT = Stratum("text")
ALPHAS = (0.1, 0.05)
DRAWS = 20
STEPS = tuple(i / 50 for i in range(51))


def section(run: Run, whole: Whole) -> Iterator[str]:
    """Calibration, release, realised rates over draws, shift alarm."""
    constants = shipped_constants()
    images = observed.images(run.seeds[-1] + 1, run.images, whole)
    made = reports(run.seeds[-1] + 1, run.reports)
    yield from ("", "## How sure it is, and whether that holds", "")
    yield (
        f"Constants {constants.version}, fitted on other seeds; checked on {len(made)} reports of "
        f"seed {run.seeds[-1] + 1} and {len(images)} images of it. "
        "Guarantees are stated for items exchangeable with the calibration items of their stratum, "
        "and for nothing else; assured means for 95 % of calibration sets. Images here pass the "
        "whole service; one that the verifier holds leaks nothing."
    )
    of_text = observed.texts(made)
    yield from _release(constants, {TEXT: of_text, Stratum("OT"): images})
    yield from _spans(constants, made)
    yield from _draws(run)
    yield from _alarm(constants, run, of_text)


def _release(constants: Constants, items: dict[Stratum, Sequence[Observed]]) -> Iterator[str]:
    rows: list[Sequence[object]] = [
        ("stratum", "items", "leaking if all were released", "ECE of P(missed)", "sent to review",
         "released and leaking, of all", "of the released", "bound on the former"),
    ]  # fmt: skip
    for stratum, some in items.items():
        control = constants.control(stratum)
        if control is None or not some:
            rows.append((stratum.modality, len(some), *["not fitted: all to review"] * 6))
            continue
        judged = [constants.judged(stratum, i.features, constants.monitor(stratum)) for i in some]
        leaks = [i.leaks for i in some]
        error = calibration_error([j.probability_missed for j in judged], leaks)
        released = sum(j.release for j in judged)
        leaked = sum(j.release and i.leaks for j, i in zip(judged, some, strict=True))
        name = "reports" if stratum == TEXT else "images"
        rows.append(
            (name, len(some), Rate(sum(leaks), len(some)), f"{error:.3f}",
             Rate(len(some) - released, len(some)), Rate(leaked, len(some)), Rate(leaked, released),
             f"{percent(control.alpha)} in expectation, {percent(control.assured)} assured")
        )  # fmt: skip
    yield from table(*rows)


def _spans(constants: Constants, made: Sequence[Report]) -> Iterator[str]:
    scores, labels = observed.spans(made)
    calibration = constants.calibration("text-span")
    raw = calibration_error([min(1.0, max(0.0, s)) for s in scores], labels)
    fitted = calibration_error([calibration(s) for s in scores], labels)
    yield ""
    yield (
        f"P(identifies somebody) of {len(scores)} candidate spans: expected calibration error "
        f"{fitted:.3f} calibrated, {raw:.3f} as the finders say it."
    )


def _draws(run: Run) -> Iterator[str]:
    """Realised false-negative rate over draws of calibration and test reports."""
    pool = [observed.best_scores(one) for one in reports(run.seeds[-1] + 2, 3 * run.reports)]
    half = len(pool) // 2
    yield ""
    yield (
        f"False-negative rate per report under a controlled threshold: {DRAWS} draws of {half} "
        f"reports to calibrate on and {len(pool) - half} others to test on."
    )
    rows: list[Sequence[object]] = [
        ("alpha", "draws with a threshold", "realised rate below alpha", "mean realised rate"),
    ]
    for alpha in ALPHAS:
        realised = [
            rate
            for draw in range(DRAWS)
            if (rate := _realised(pool, half, alpha, draw)) is not None
        ]
        below = sum(rate <= alpha for rate in realised)
        mean = percent(float(np.mean(realised))) if realised else "-"
        rows.append((alpha, f"{len(realised)}/{DRAWS}", f"{below}/{len(realised)}", mean))
    yield from table(*rows)


def _realised(pool: Sequence[list[float]], half: int, alpha: float, draw: int) -> float | None:
    order = list(range(len(pool)))
    Random(draw).shuffle(order)  # noqa: S311 - a split of synthetic items
    known = [pool[i] for i in order[:half]]

    def losses(threshold: float) -> NDArray[np.float64]:
        return missed_share(known, max(threshold, 1e-9))

    threshold = assured_threshold(STEPS, losses, alpha)
    if threshold == -math.inf:
        return None
    return float(missed_share([pool[i] for i in order[half:]], max(threshold, 1e-9)).mean())


def _alarm(constants: Constants, run: Run, alike: Sequence[Observed]) -> Iterator[str]:
    """Items until the alarm, for items like those of the calibration and for others."""
    other = [r for r in reports(run.seeds[-1] + 3, 2 * run.reports) if not r.prose and r.header]
    strange = observed.texts([_lower(r) for r in other])
    yield ""
    yield "Shift alarm of the text stratum (false alarm in at most 1 of 100 strata):"
    rows: list[Sequence[object]] = [("reports", "items seen", "alarm after")]
    for name, some in {
        "like the calibration": alike,
        "printed forms in lower case": strange,
    }.items():
        rows.append((name, len(some), _first_alarm(constants.monitor(TEXT), some)))
    yield from table(*rows)


def _lower(report: Report) -> Report:
    return Report(report.text.lower(), report.marks, report.header, report.prose)


def _first_alarm(monitor: Monitor, some: Sequence[Observed]) -> str:
    rng = Random(0)  # noqa: S311 - ties of synthetic items
    for number, item in enumerate(some, 1):
        monitor = monitor.after(item.features, tie=rng.random())
        if monitor.alarmed:
            return f"{number} items"
    return "none"
