"""Trains both models on a site's own patients: `radloom models train cachexia --fhir NDJSON`.

The newest patients by index date are held out: the report judges the model on patients after those
it was trained on, as it will be used. The model is active only when the gate passes for every head.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from radloom.errors import Rejected
from services.cachexia_scorer.risk import FEATURES, HEADS, Head, Mode, read_by
from services.cachexia_scorer.survival import EDGES_MONTHS
from training.cachexia.bulk import read
from training.cachexia.cohort import Cohort, simulate
from training.cachexia.ensemble import FOLDS, Answers, Ensemble, answer, sets, train
from training.cachexia.gate import criteria, passed
from training.cachexia.intervals import factor_of_halves
from training.cachexia.metrics import judge, reliability
from training.cachexia.outcomes import label_outcome, survival_outcome
from training.cachexia.repository import Provenance, Trained, write
from training.cachexia.site_report import write_report
from training.cachexia.site_run import HELD_OUT, HeldOut, SiteRun
from training.cachexia.survival_metrics import concordance

FEWEST = 30
"""Patients of either label, trained on and held out: below that nothing can be calibrated."""

FEWEST_DEATHS = 50
"""Below that no survival model is trained."""

GOLDEN_SEED = 2
"""Of simulated patients: no patient of the site goes into a file."""

Draw = Callable[[Mapping[str, Sequence[tuple[float, float, int]]], str, Path], None]
"""Draws calibration curves into a PNG; see `training.cachexia.plots.calibration_png`."""


def train_site(fhir: Path, out: Path, draw: Draw, *, seed: int = 1, folds: int = FOLDS) -> SiteRun:
    """Trains, judges, and writes a model repository with cards and report into `out`.

    Args:
        fhir: Bulk export, a file or a folder of `*.ndjson`.
        out: Written to; must be empty or missing.
        draw: Draws the calibration plot.
        seed: Of the folds.
        folds: Folds of the ensembles.

    Raises:
        Rejected: The export cannot be read or holds too few patients, or `out` is not empty.
    """
    if out.exists() and any(out.iterdir()):
        raise Rejected(f"{out} is not empty; name a new folder", reason="not_empty")
    export = read(fhir)
    trained_on, kept = split(export.cohort)
    heads = {head: _head(trained_on, head, seed, folds) for head in HEADS}
    followed = trained_on.take(np.flatnonzero(np.isfinite(trained_on.months)))
    survival = _survival(followed, seed, folds)
    held_out = {head: judged(heads[head], kept) for head in HEADS}
    mode = decided(held_out)
    gate = "passed" if mode == "active" else "failed"
    said = Provenance("site", mode, gate, len(trained_on))
    out.mkdir(parents=True, exist_ok=True)
    digests = write(out, Trained(heads, survival, len(followed)), simulate(64, GOLDEN_SEED), said)
    ranked = None if survival is None else _concordance(survival, kept)
    run = SiteRun(mode, len(trained_on), len(followed), held_out, ranked, digests, export)
    draw(
        {head: found.curve for head, found in held_out.items()},
        f"{len(kept)} held-out patients",
        out / "calibration.png",
    )
    write_report(run, heads, out)
    return run


def decided(held_out: Mapping[Head, HeldOut]) -> Mode:
    """Active when the gate passed for every head: one file carries them all."""
    active = all(head in held_out and passed(held_out[head].gate) for head in HEADS)
    return "active" if active else "shadow"


def split(cohort: Cohort) -> tuple[Cohort, Cohort]:
    """Patients to train on and, newer, to hold out.

    Raises:
        Rejected: Either part has too few patients of a label.
    """
    cut = round(len(cohort) * (1 - HELD_OUT))
    order = np.arange(len(cohort))
    parts = cohort.take(order[:cut]), cohort.take(order[cut:])
    for name, part in zip(("to train on", "held out"), parts, strict=True):
        ill, well = int(part.cachexia.sum()), int((~part.cachexia).sum())
        if min(ill, well) < FEWEST:
            raise Rejected(
                f"{ill} patients with and {well} without cachexia {name}; expected at least"
                f" {FEWEST} of each",
                reason="too_few_patients",
            )
    return parts


def _head(cohort: Cohort, head: Head, seed: int, folds: int) -> Ensemble:
    outcome, used = label_outcome(cohort.cachexia), read_by(head)
    made = train(cohort, outcome, used, seed, folds=folds)
    return replace(made, interval_factor=factor_of_halves(cohort, outcome, used, seed, folds))


def _survival(known: Cohort, seed: int, folds: int) -> Ensemble | None:
    if known.died.sum() < FEWEST_DEATHS:
        return None
    outcome = survival_outcome(known.months, known.died, EDGES_MONTHS)
    every = np.ones(len(FEATURES), dtype=bool)
    made = train(known, outcome, every, seed, folds=folds)
    return replace(made, interval_factor=factor_of_halves(known, outcome, every, seed, folds))


def _concordance(ensemble: Ensemble, cohort: Cohort) -> float:
    known = cohort.take(np.flatnonzero(np.isfinite(cohort.months)))
    return concordance(answer(ensemble, known).logit, known.months, known.died)


def judged(ensemble: Ensemble, cohort: Cohort) -> HeldOut:
    """A head on patients that it was not trained on."""
    said: Answers = answer(ensemble, cohort)
    found, label = judge(said.probability, cohort.cachexia), cohort.cachexia
    inside: NDArray[np.bool_] = sets(ensemble, said)
    return HeldOut(
        found,
        criteria(found),
        (float(inside[label, 0].mean()), float(inside[~label, 1].mean())),
        reliability(said.probability, label),
    )
