"""Writes `docs/evaluation/cachexia.md`: `make eval-cachexia`, about ten minutes on one core.

Judges the models in `triton_models/` on 20,000 simulated patients whose seed is in no training, and
trains the ladder of modalities afresh on cohorts of published size.
"""

import argparse
import platform
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import onnxruntime

from services.cachexia_scorer import risk
from services.cachexia_scorer.risk import HEADS, NEVER_READ, read_by
from training.cachexia.build import INTERVAL_SEED, TEST_SEED, label_of
from training.cachexia.cohort import Cohort, parameters, simulate
from training.cachexia.ensemble import answer, train
from training.cachexia.evaluation_page import PAGE
from training.cachexia.evaluation_tables import (
    NOMINAL,
    Ladder,
    PatternRow,
    accuracy_interval,
    ladders,
    leakage,
    pattern_text,
    patterns,
    shift_text,
    survival_text,
    table,
)
from training.cachexia.intervals import LIMIT, covered, limit_of
from training.cachexia.marginals import limits, shown, truth_of
from training.cachexia.metrics import calibration_error, judge, reliability
from training.cachexia.plots import calibration_png
from training.cachexia.shipped import Answered, Shipped

PATIENTS = 20_000
SIZES = ((210, 20), (2_000, 8))
ECE_OVERALL, ECE_PATTERN, COVERAGE_POINTS, SCORES_PER_S = 0.03, 0.06, 0.02, 2_000.0


@dataclass(frozen=True)
class Evaluation:
    """Everything measured that a goal is held against."""

    answered: dict[str, Answered]
    shown: dict[str, list[PatternRow]]
    recorded: dict[str, list[PatternRow]]
    ladders: list[Ladder]
    rates: tuple[float, float]
    same: bool


def goals(found: Evaluation, test: Cohort) -> str:
    """The goals, met or not."""
    eces = [calibration_error(a.probability, test.cachexia) for a in found.answered.values()]
    rows = [row for rows in found.shown.values() for row in rows]
    worst = max(rows, key=lambda row: row.ece)
    off = max(abs(c - NOMINAL) for row in rows for c in row.coverage)
    short = max(NOMINAL - c for row in rows for c in row.coverage)
    overall = [
        float(a.sets[test.cachexia, 0].mean() - NOMINAL) for a in found.answered.values()
    ] + [float(a.sets[~test.cachexia, 1].mean() - NOMINAL) for a in found.answered.values()]
    lowered = [
        f"{name} ({ladder.head}, {ladder.patients})"
        for ladder in found.ladders
        for name in ladder.lowered
    ]
    slowest = min(found.rates)
    lines = [
        ("ECE overall", f"<= {ECE_OVERALL}", f"{max(eces):.3f}", max(eces) <= ECE_OVERALL),
        (
            "ECE in every missingness pattern",
            f"<= {ECE_PATTERN}",
            f"{worst.ece:.3f} at worst",
            worst.ece <= ECE_PATTERN,
        ),
        (
            "conformal coverage overall, per label",
            f"within {COVERAGE_POINTS:.0%} of {NOMINAL:.0%}",
            f"off by {max(map(abs, overall)):.1%} at most",
            max(map(abs, overall)) <= COVERAGE_POINTS,
        ),
        (
            "conformal coverage in every pattern, per label",
            f"within {COVERAGE_POINTS:.0%} of {NOMINAL:.0%}",
            f"off by {off:.1%} at most; short by {short:.1%} at most",
            off <= COVERAGE_POINTS,
        ),
        (
            "a modality never lowers accuracy beyond its interval",
            "none",
            ", ".join(lowered) or "none",
            not lowered,
        ),
        (
            "scores per second on one core",
            f">= {SCORES_PER_S:,.0f}",
            f"{slowest:,.0f}",
            slowest >= SCORES_PER_S,
        ),
        (
            "same evidence, same score to the bit",
            "always",
            "yes" if found.same else "no",
            found.same,
        ),
    ]
    return table(
        ["goal", "target", "measured", "met"],
        [[name, target, value, "yes" if met else "**no**"] for name, target, value, met in lines],
    )


def always_same(repository: Path, test: Cohort) -> bool:
    """Whether two sessions give each of 200 patients the same answer, alone, to the bit."""
    first, second = Shipped(repository), Shipped(repository)
    for k in range(200):
        alone = test.take(np.array([k]))
        one, other = first.asked(risk.MODEL, alone), second.asked(risk.MODEL, alone)
        if any(not np.array_equal(one[name], other[name]) for name in one):
            return False
    return True


def intervals(shipped: Shipped, test: Cohort) -> str:
    """Coverage of the probability's interval, for the shipped models and for new trainings."""
    readers = test.take(np.arange(4_000))
    rows = []
    for head in HEADS:
        limit = limit_of(read_by(head), label_of, INTERVAL_SEED + 500, LIMIT)
        ideal = answer(limit, readers).probability
        said = shipped.heads(readers)[head].interval
        rows.append(
            [
                head,
                "shipped",
                f"{np.mean((said[:, 0] <= ideal) & (ideal <= said[:, 1])):.3f}",
                f"{np.mean(said[:, 1] - said[:, 0]):.3f}",
            ]
        )
        factor = float(shipped.models[risk.MODEL].parameters[f"interval_factor.{head}"])
        for patients in (210, 2_000):
            rates, widths = [], []
            for repeat in range(4):
                cohort = simulate(patients, INTERVAL_SEED + 600 + repeat)
                made = train(cohort, label_of(cohort), read_by(head), repeat)
                made = replace(made, interval_factor=factor)
                rates.append(covered(made, limit, readers))
                bounds = answer(made, readers).interval
                widths.append(float(np.mean(bounds[:, 1] - bounds[:, 0])))
            rows.append(
                [
                    head,
                    f"{patients:,}, 4 cohorts",
                    f"{np.mean(rates):.3f} ({min(rates):.3f} to {max(rates):.3f})",
                    f"{np.mean(widths):.3f}",
                ]
            )
    return table(["head", "trained on", "covered, nominal 0.90", "mean width"], rows)


def pattern_sections(found: Evaluation) -> str:
    """Tables of the patterns, shown and as recorded, of both heads."""
    parts = []
    for head in HEADS:
        parts.append(f"### Head `{head}`, shown\n\n{pattern_text(found.shown[head])}")
        parts.append(f"### Head `{head}`, as recorded\n\n{pattern_text(found.recorded[head])}")
    return "\n\n".join(parts)


def overall(found: Evaluation, test: Cohort) -> str:
    """Figures of both heads on all test patients as recorded."""
    label = test.cachexia
    rows = []
    for head, said in found.answered.items():
        judged = judge(said.probability, label)
        fit, inside = judged.calibration, said.sets
        rows.append(
            [
                head,
                accuracy_interval(said, label),
                "{:.3f} ({:.3f} to {:.3f})".format(judged.area, *judged.area_interval),
                f"{judged.ece:.3f}",
                f"{fit.slope:.2f} / {fit.intercept:+.2f}",
                f"{inside[label, 0].mean():.3f} / {inside[~label, 1].mean():.3f}",
                f"{1 - inside.all(1).mean():.2f}",
            ]
        )
    return table(
        ["head", "accuracy (95 %)", "AUC (95 %)", "ECE", "slope / in the large",
         "coverage of cachexia / not", "one label"],
        rows,
    )  # fmt: skip


def curves(shipped: Shipped, found: Evaluation, test: Cohort, folder: Path) -> None:
    """Both calibration pictures."""
    both = {h: reliability(a.probability, test.cachexia) for h, a in found.answered.items()}
    calibration_png(
        both, "simulated test patients, as recorded", folder / "cachexia-calibration.png"
    )
    hidden = {}
    for modality in ("imaging", "labs", "notes"):
        part = test.hide([modality])
        said = shipped.heads(part)["early"]
        hidden[f"without {modality}"] = reliability(said.probability, part.cachexia)
    calibration_png(
        hidden, "head early, one modality hidden", folder / "cachexia-calibration-early.png"
    )


def marginals_text() -> str:
    """The simulated cohort against its sources."""
    got = shown(truth_of(40_000, TEST_SEED))
    given = parameters()
    rows = []
    for name, line in given["marginals"].items():
        low, high = limits(line)
        fits = "yes" if low <= got[name] <= high else "**no**"
        target = f"{line['value']:g}" if "value" in line else "-"
        cells = [f"`{name}`", f"{got[name]:.3f}", target, f"{low:.3f} to {high:.3f}"]
        rows.append([*cells, line["source"], fits])
    return table(["marginal", "simulated", "published", "allowed", "source", "fits"], rows)


def leakage_text(shipped: Shipped, test: Cohort) -> str:
    """Table of the leakage check."""
    rows = [[name, f"{change:.6f}"] for name, change in leakage(shipped, test).items()]
    return table(
        ["replaced by those of another patient", "largest change of the probability"], rows
    )


def evaluate(repository: Path, out: Path, sizes: tuple[tuple[int, int], ...] = SIZES) -> None:
    """Writes the document and its pictures."""
    test, shipped = simulate(PATIENTS, TEST_SEED), Shipped(repository)
    found = Evaluation(
        answered={str(head): said for head, said in shipped.heads(test).items()},
        shown={head: patterns(shipped, test, head, forced=True) for head in HEADS},
        recorded={head: patterns(shipped, test, head, forced=False) for head in HEADS},
        ladders=ladders(test, sizes),
        rates=shipped.rates(test.take(np.arange(2_000))),
        same=always_same(repository, test),
    )
    curves(shipped, found, test, out.parent)
    direct, embedded = found.rates
    digests = {name: model.sha256("1")[:12] for name, model in shipped.models.items()}
    out.write_text(
        PAGE.format(
            risk_digest=f"`{digests['cachexia_risk']}`",
            survival_digest=f"`{digests['cachexia_survival']}`",
            n=PATIENTS,
            prevalence=test.cachexia.mean(),
            python=platform.python_version(),
            ort=onnxruntime.__version__,
            goals=goals(found, test),
            ladders="\n\n".join(ladder.text() for ladder in found.ladders),
            patterns=pattern_sections(found),
            overall=overall(found, test),
            limit=LIMIT,
            intervals=intervals(shipped, test),
            shifts=shift_text(shipped, test),
            never=", ".join(f"`{name}`" for name in NEVER_READ),
            leakage=leakage_text(shipped, test),
            survival=survival_text(shipped, test)[0],
            marginals=marginals_text(),
            rates=f"{direct:,.0f} per CPU second with onnxruntime alone, {embedded:,.0f} through"
            " `EmbeddedInference`, deadline included",
        )
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repository", type=Path, default=Path("triton_models"))
    parser.add_argument("--out", type=Path, default=Path("docs/evaluation/cachexia.md"))
    given = parser.parse_args()
    evaluate(given.repository, given.out)
