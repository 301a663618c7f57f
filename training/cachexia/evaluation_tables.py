"""Tables of `docs/evaluation/cachexia.md`: every number measured here, none written by hand."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.cachexia_scorer import survival
from services.cachexia_scorer.risk import FEATURES, HEADS, MODALITIES, NAMES, Head, read_by
from services.cachexia_scorer.survival import EDGES_MONTHS, HORIZONS_MONTHS, survival_at
from training.cachexia.additive import BITS, MODALITY_OF, PATTERNS
from training.cachexia.cohort import Cohort
from training.cachexia.ladder import Rung, climb, mean_interval
from training.cachexia.metrics import calibration, calibration_error, roc_area, wilson
from training.cachexia.shifts import shifts
from training.cachexia.shipped import Answered, Shipped
from training.cachexia.survival_metrics import (
    brier,
    concordance,
    d_calibration,
    kaplan_meier,
    step_at,
)

NOMINAL = 0.90
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


@dataclass(frozen=True)
class Ladder:
    """The ladder of one head at one size of the training cohort."""

    head: Head
    patients: int
    repeats: int
    rungs: list[Rung]

    @property
    def lowered(self) -> list[str]:
        """Modalities that lowered accuracy beyond the interval of what they add."""
        return [rung.modalities[-1] for rung in self.rungs[1:] if mean_interval(rung.added)[2] < 0]

    def text(self) -> str:
        """Its table."""
        rows = []
        for rung in self.rungs:
            accuracy, low, high = mean_interval(rung.accuracy)
            added = ""
            if len(rung.added):
                mean, below, above = mean_interval(rung.added)
                added = f"{mean:+.3f} ({below:+.3f} to {above:+.3f})"
            name = rung.modalities[0] if len(rung.modalities) == 1 else f"+ {rung.modalities[-1]}"
            rows.append(
                [
                    name,
                    f"{accuracy:.3f} ({low:.3f} to {high:.3f})",
                    added,
                    f"{rung.area.mean():.3f}",
                    f"{rung.ece.mean():.3f}",
                ]
            )
        header = ["modalities", "accuracy (95 %)", "added by the last (95 %)", "AUC", "ECE"]
        return (
            f"Head `{self.head}`, {self.patients:,} training patients, {self.repeats} cohorts:\n\n"
            + table(header, rows)
        )


def ladders(test: Cohort, sizes: Sequence[tuple[int, int]]) -> list[Ladder]:
    """Ladders of both heads at every (patients, repeats)."""
    return [
        Ladder(head, patients, repeats, climb(head, patients, repeats, test))
        for head in HEADS
        for patients, repeats in sizes
    ]


@dataclass(frozen=True)
class PatternRow:
    """A head on the patients of whom exactly these modalities are shown.

    Attributes:
        pattern: Index; bit k is modality k.
        forced: All patients who have at least these modalities, the others hidden; else those
            whose record has exactly these.
        n: Patients.
        accuracy: At 0.5.
        ece: Expected calibration error.
        coverage: Of the conformal set: "cachexia", "not".
        single: Share answered with one label.
    """

    pattern: int
    forced: bool
    n: int
    accuracy: float
    ece: float
    coverage: tuple[float, float]
    single: float


def pattern_row(pattern: int, answered: Answered, label: Bools, *, forced: bool) -> PatternRow:
    """Measures one pattern."""
    inside = answered.sets
    return PatternRow(
        pattern,
        forced,
        len(label),
        float(((answered.probability > 0.5) == label).mean()),
        calibration_error(answered.probability, label),
        (float(inside[label, 0].mean()), float(inside[~label, 1].mean())),
        float(1 - inside.all(1).mean()),
    )


def pattern_of_record(cohort: Cohort, head: Head) -> NDArray[np.intp]:
    """(n,) modalities of which the head reads at least one observed feature, as a pattern."""
    known = cohort.observed & read_by(head)
    seen = [known[:, np.flatnonzero(m == MODALITY_OF)].any(1) for m in range(len(MODALITIES))]
    return np.asarray(np.stack(seen, 1) @ (1 << np.arange(len(MODALITIES))), dtype=np.intp)


def patterns(shipped: Shipped, test: Cohort, head: Head, *, forced: bool) -> list[PatternRow]:
    """Every pattern but the empty one, about which the service gives no answer."""
    record = pattern_of_record(test, head)
    rows = []
    for pattern in range(1, PATTERNS):
        match = (record & pattern) == pattern if forced else record == pattern
        hidden = [m for m, shown in zip(MODALITIES, BITS[pattern], strict=True) if not shown]
        part = test.take(np.flatnonzero(match)).hide(hidden)
        if 0 < part.cachexia.sum() < len(part):
            answered = shipped.heads(part)[head]
            rows.append(pattern_row(pattern, answered, part.cachexia, forced=forced))
    return rows


def pattern_text(rows: list[PatternRow]) -> str:
    """Table of patterns."""
    header = ["observed", "n", "accuracy", "ECE", "coverage of cachexia / not", "one label"]
    return table(
        header,
        [
            [
                ", ".join(m for m, bit in zip(MODALITIES, BITS[row.pattern], strict=True) if bit),
                f"{row.n:,}",
                f"{row.accuracy:.3f}",
                f"{row.ece:.3f}",
                f"{row.coverage[0]:.3f} / {row.coverage[1]:.3f}",
                f"{row.single:.2f}",
            ]
            for row in rows
        ],
    )


def both_labels(inside: Bools, label: Bools) -> str:
    """Coverage of "cachexia" and of "not"."""
    return f"{inside[label, 0].mean():.3f} / {inside[~label, 1].mean():.3f}"


def shift_text(shipped: Shipped, test: Cohort) -> str:
    """Both heads on every shifted cohort."""
    rows = []
    for shift in shifts(test):
        cohort = shift.cohort
        for head, answered in shipped.heads(cohort).items():
            fit = calibration(answered.probability, cohort.cachexia)
            inside = answered.sets
            rows.append(
                [
                    shift.name if head == "early" else "",
                    head,
                    f"{cohort.cachexia.mean():.2f}",
                    f"{((answered.probability > 0.5) == cohort.cachexia).mean():.3f}",
                    f"{roc_area(answered.probability, cohort.cachexia)[0]:.3f}",
                    f"{calibration_error(answered.probability, cohort.cachexia):.3f}",
                    f"{fit.slope:.2f} / {fit.intercept:+.2f}",
                    both_labels(inside, cohort.cachexia),
                ]
            )
    return table(
        [
            "shift",
            "head",
            "prevalence",
            "accuracy",
            "AUC",
            "ECE",
            "slope / in the large",
            "coverage",
        ],
        rows,
    )


def leakage(shipped: Shipped, test: Cohort) -> dict[str, float]:
    """Largest change of a probability when what defines the label is replaced or withheld."""
    defining = np.array([feature.defines for feature in FEATURES])
    loss = np.array([name == "weight_loss_percent" for name in NAMES])
    changed = {}
    for name, columns, head in (
        ("early: all defining features of another patient", defining, "early"),
        ("full: recorded weight loss of another patient", loss, "full"),
        ("full: all defining features of another patient", defining, "full"),
    ):
        other = np.roll(np.arange(len(test)), 1)
        swapped = Cohort(
            np.where(columns, test.features[other], test.features),
            np.where(columns, test.observed[other], test.observed),
            np.where(columns, test.error_sd[other], test.error_sd),
            test.cachexia,
            test.months,
            test.died,
        )
        before = shipped.heads(test)[head].probability  # type: ignore[index] # a Head
        after = shipped.heads(swapped)[head].probability  # type: ignore[index] # a Head
        changed[name] = float(np.abs(before - after).max())
    return changed


def survival_text(shipped: Shipped, test: Cohort, patients: int = 5_000) -> tuple[str, float]:
    """Table of the survival metrics, and the concordance."""
    outputs = shipped.asked(survival.MODEL, test)
    made = outputs["survival"].astype(np.float64)
    linear = (outputs["base"][:, 0] + outputs["contributions"].sum(1)).astype(np.float64)
    part = slice(0, patients)
    c = concordance(linear[part], test.months[part], test.died[part])
    boots = bootstrap_concordance(linear[part], test.months[part], test.died[part])
    km = kaplan_meier(test.months, test.died)
    rows = [["concordance (Harrell)", f"{c:.3f} ({boots[0]:.3f} to {boots[1]:.3f})", "0.500"]]
    for months in HORIZONS_MONTHS:
        k = EDGES_MONTHS.index(months) - 1
        flat = np.full(len(test), float(step_at(*km, np.array([months]))[0]))
        rows.append(
            [
                f"Brier score at {months:.0f} months (IPCW, Graf 1999)",
                f"{brier(made[:, k], months, test.months, test.died):.4f}",
                f"{brier(flat, months, test.months, test.died):.4f}",
            ]
        )
        rows.append(
            [
                f"mean predicted / Kaplan-Meier survival at {months:.0f} months",
                f"{made[:, k].mean():.3f}",
                f"{flat[0]:.3f}",
            ]
        )
    last = EDGES_MONTHS[-1]
    ended = np.minimum(test.months, last)
    found = d_calibration(survival_at(made, ended), test.died & (test.months <= last))
    rows.append(
        [
            "D-calibration (Haider 2020), 10 bins: largest gap of a share / p",
            f"{found.largest_gap:.4f} / {found.p_value:.3f}",
            "0 / -",
        ]
    )
    return table(["", "model", "Kaplan-Meier for everyone"], rows), c


def bootstrap_concordance(
    risk: Floats, months: Floats, died: Bools, repeats: int = 100
) -> tuple[float, float]:
    """95 % percentile interval of the concordance over bootstrap samples of the patients."""
    rng = np.random.default_rng(7)
    found = []
    for _ in range(repeats):
        rows = rng.integers(0, len(risk), len(risk))
        found.append(concordance(risk[rows], months[rows], died[rows]))
    low, high = np.quantile(found, [0.025, 0.975])
    return float(low), float(high)


def accuracy_interval(answered: Answered, label: Bools) -> str:
    """Accuracy with its 95 % interval."""
    right = int(((answered.probability > 0.5) == label).sum())
    low, high = wilson(right, len(label))
    return f"{right / len(label):.3f} ({low:.3f} to {high:.3f})"


__all__ = ["NOMINAL", "Ladder", "ladders", "leakage", "patterns", "shift_text", "survival_text"]
