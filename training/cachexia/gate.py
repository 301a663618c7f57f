"""Whether a site's model may leave the desk: stated criteria on held-out patients.

The sequential gate, which watches a model after it has been made active, is another part; this one
decides whether a model starts there at all. Every criterion must hold.
"""

from dataclasses import dataclass

from training.cachexia.metrics import Judgement

EVENTS = 100
"""Held-out patients with and, as many, without the label: fewer do not let miscalibration be seen
(Collins 2016, Stat Med 35:214; Vergouwe 2005)."""

SLOPE = (0.80, 1.25)
"""Bounds of the 95 % interval of the calibration slope: ours; beyond them risks are too extreme or
too flat by a quarter."""

INTERCEPT = (-0.30, 0.30)
"""Bounds of the 95 % interval of calibration in the large, logit: ours; 0.3 is 7 points at 50 %."""

ECE = 0.05
"""Largest expected calibration error on the held-out patients, not debiased: ours."""

AREA = 0.65
"""Smallest lower bound of the 95 % interval of the area under the ROC curve: ours; below it the
score adds little to what is known of every patient."""


@dataclass(frozen=True)
class Criterion:
    """One line of the gate: what was measured, what was asked, whether it holds."""

    name: str
    measured: str
    required: str
    passed: bool


def criteria(held_out: Judgement) -> list[Criterion]:
    """Every criterion on held-out patients, in the order of the report."""
    fit = held_out.calibration
    without = held_out.n - held_out.events
    slope, intercept = fit.slope_interval, fit.intercept_interval
    return [
        Criterion(
            "patients with and without the label",
            f"{held_out.events} and {without}",
            f"at least {EVENTS} each",
            min(held_out.events, without) >= EVENTS,
        ),
        Criterion(
            "calibration slope, 95 % interval",
            f"{fit.slope:.2f} ({slope[0]:.2f} to {slope[1]:.2f})",
            f"inside {SLOPE[0]:.2f} to {SLOPE[1]:.2f}",
            SLOPE[0] <= slope[0] and slope[1] <= SLOPE[1],
        ),
        Criterion(
            "calibration in the large, 95 % interval",
            f"{fit.intercept:.2f} ({intercept[0]:.2f} to {intercept[1]:.2f})",
            f"inside {INTERCEPT[0]:.2f} to {INTERCEPT[1]:.2f}",
            INTERCEPT[0] <= intercept[0] and intercept[1] <= INTERCEPT[1],
        ),
        Criterion(
            "expected calibration error",
            f"{held_out.ece:.3f}",
            f"at most {ECE}",
            held_out.ece <= ECE,
        ),
        Criterion(
            "area under the ROC curve, lower bound",
            f"{held_out.area_interval[0]:.3f}",
            f"at least {AREA}",
            held_out.area_interval[0] >= AREA,
        ),
    ]


def passed(found: list[Criterion]) -> bool:
    """Whether every criterion holds; False for none."""
    return bool(found) and all(criterion.passed for criterion in found)
