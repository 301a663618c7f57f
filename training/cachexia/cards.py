"""Model cards of the simulated models, filled from what was measured."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from services.cachexia_scorer import risk, survival
from services.cachexia_scorer.risk import FEATURES, HEADS, MODALITIES, NEVER_READ
from services.cachexia_scorer.survival import EDGES_MONTHS, HORIZONS_MONTHS
from training.cachexia.cohort import simulate
from training.cachexia.ensemble import Ensemble, answer, curves, sets
from training.cachexia.metrics import judge
from training.cachexia.repository import Trained
from training.cachexia.survival_metrics import brier, concordance

CARD_SEED, CARD_PATIENTS = 3, 10_000
"""Patients of the cards' figures: of neither training nor evaluation."""

HONEST = "**Trained on simulated patients; the numbers describe the simulator, not patients.**"


RISK = """{honest}

# cachexia_risk

Probability that a patient with cancer has cachexia (Fearon 2011), from what is known of him; with
an interval, a conformal set, and what every feature adds. {members} members ({folds} folds of the
training patients times {configurations} configurations), averaged and calibrated, in one ONNX
graph, fp32, {size:.0f} kB.

- Inputs `features`, `observed`, `error_sd` (b, {count}) float32, columns as `FEATURES` in
  `services/cachexia_scorer/risk.py`; `observed` 0 means missing.
- Outputs per head: `probability` (b, 1); `interval` (b, 2); `base` (b, 1) and `contributions`
  (b, {count}), which sum to the logit; `cuts` (b, 2) of the conformal set.
- One encoder per modality ({modalities}), straight lines and hinges per feature; gates for each of
  the 16 patterns of missing modalities; calibration and conformal cuts per pattern. Modality
  dropout is summed over all patterns, not drawn.
- A missing feature adds nothing. Exception: notes that were read and do not speak of a symptom.
  That depends on how a site writes its notes.
- SHA-256 of `1/model.onnx`: `{digest}`
- Licence: Apache-2.0. `golden.npz` holds simulated patients.
- `mode: shadow`: computed and shown as research, never published as a risk.

## Leakage rule

The label is made of weight loss, BMI and muscle mass. Head `early` reads none of them, nor a
note's words for them: it is without {excluded}. Head `full` reads all of these but {never}: where
that is recorded, the rule panel answers exactly and no model is needed.

## Trained on

{patients[0]:,} simulated patients (`training/cachexia/cohort.yaml`, version 1), no patient;
calibrated on {patients[1]:,} others.
Prevalences, BMI mix, mGPS, medians and hazard ratios are fitted to publications named there;
correlations, most laboratory distributions, symptom rates and missingness are assumed and marked
so.

## For, and not for

Research and integration. Not a medical device. Not for patients without cancer, not for children.
Not evidence that imaging, laboratory or notes help on patients.

## Measured

By `python -m training.cachexia.build` on {n:,} further simulated patients, as recorded, part of
their data missing. `docs/evaluation/cachexia.md` has the rest.

| | early | full |
|---|---|---|
{table}

The interval holds, for 90 % of patients, the probability that the same recipe reaches with very
many training patients: it is the uncertainty of the model, not of the patient's outcome. Factor on
the jackknife error: {factors}.
"""

SURVIVAL = """{honest}

# cachexia_survival

Overall survival from the index date, by a discrete-time hazard over {edges} months; {members}
members as in `cachexia_risk`, one ONNX graph, fp32, {size:.0f} kB.

- Inputs as `cachexia_risk`. It reads every feature, the recorded weight loss too: cachexia is not
  its label.
- Outputs `survival`, `low`, `high` (b, {width}) at the ends of the intervals; `base` (b, 1) and
  `contributions` (b, {count}), which sum to the linear predictor; above 0 is an earlier death.
- Proportional odds of death in every interval; nothing beyond {last:.0f} months.
- SHA-256 of `1/model.onnx`: `{digest}`
- Licence: Apache-2.0. `golden.npz` holds simulated patients. `mode: shadow`.

## Trained on

{patients[0]:,} simulated patients, calibrated on {patients[1]:,} others. Survival times are
exponential given risk, with medians and hazard ratios fitted to publications: assumed in form.

## For, and not for

Research and integration. Not a medical device. Not for decisions about treatment.

## Measured

By `python -m training.cachexia.build` on {n:,} further simulated patients.

| | model | without features |
|---|---|---|
| concordance (Harrell) | {concordance:.3f} | 0.500 |
{table}

Interval: as in `cachexia_risk`, factor {factor:.2f}.
"""


def write_cards(
    repository: Path, trained: Trained, digests: Mapping[str, str], patients: tuple[int, int, int]
) -> None:
    """Writes `MODEL_CARD.md` of both models.

    Args:
        repository: Where the models lie.
        trained: The models.
        digests: Of the weights, by model.
        patients: Trained on, risk and survival; calibrated on.
    """
    folder = repository / risk.MODEL
    size = (folder / "1" / "model.onnx").stat().st_size / 1000
    (folder / "MODEL_CARD.md").write_text(
        risk_card(trained, digests[risk.MODEL], (patients[0], patients[2]), size)
    )
    if trained.survival is not None:
        folder = repository / survival.MODEL
        size = (folder / "1" / "model.onnx").stat().st_size / 1000
        (folder / "MODEL_CARD.md").write_text(
            survival_card(trained.survival, digests[survival.MODEL], patients[1:], size)
        )


def risk_card(trained: Trained, digest: str, patients: tuple[int, int], size_kb: float) -> str:
    """Card of `cachexia_risk`."""
    rows: dict[str, list[str]] = {}
    for head in HEADS:
        for name, value in _figures(trained.heads[head]).items():
            rows.setdefault(name, []).append(value)
    first = trained.heads["early"]
    return RISK.format(
        honest=HONEST,
        members=len(first.members),
        folds=first.folds,
        configurations=len(first.members) // first.folds,
        size=size_kb,
        count=len(FEATURES),
        modalities=", ".join(MODALITIES),
        digest=digest,
        excluded=", ".join(f"`{f.name}`" for f in FEATURES if f.defines),
        never=", ".join(f"`{name}`" for name in NEVER_READ),
        patients=patients,
        n=CARD_PATIENTS,
        table="\n".join(f"| {name} | {' | '.join(cells)} |" for name, cells in rows.items()),
        factors=", ".join(f"{h} {trained.heads[h].interval_factor:.2f}" for h in HEADS),
    )


def _figures(ensemble: Ensemble) -> dict[str, str]:
    cohort = simulate(CARD_PATIENTS, CARD_SEED)
    said = answer(ensemble, cohort)
    found, label = judge(said.probability, cohort.cachexia), cohort.cachexia
    inside = sets(ensemble, said)
    return {
        "accuracy (95 % interval)": f"{found.accuracy:.3f} "
        f"({found.accuracy_interval[0]:.3f}-{found.accuracy_interval[1]:.3f})",
        "area under the ROC curve": f"{found.area:.3f}",
        "expected calibration error": f"{found.ece:.3f}",
        "calibration slope / in the large": f"{found.calibration.slope:.2f} / "
        f"{found.calibration.intercept:.2f}",
        "conformal coverage of cachexia / not, nominal 0.90": f"{inside[label, 0].mean():.3f} / "
        f"{inside[~label, 1].mean():.3f}",
        "share answered with one label": f"{1 - inside.all(1).mean():.2f}",
    }


def survival_card(
    ensemble: Ensemble, digest: str, patients: tuple[int, int], size_kb: float
) -> str:
    """Card of `cachexia_survival`."""
    cohort = simulate(CARD_PATIENTS, CARD_SEED)
    said = answer(ensemble, cohort)
    made = curves(ensemble, said.logit)
    rows = []
    for months in HORIZONS_MONTHS:
        k = EDGES_MONTHS.index(months) - 1
        own = brier(made[:, k], months, cohort.months, cohort.died)
        flat = np.full(len(cohort), made[:, k].mean())
        none = brier(flat, months, cohort.months, cohort.died)
        rows.append(f"| Brier score at {months:.0f} months (IPCW) | {own:.4f} | {none:.4f} |")
    return SURVIVAL.format(
        honest=HONEST,
        edges=", ".join(f"{edge:g}" for edge in EDGES_MONTHS),
        members=len(ensemble.members),
        size=size_kb,
        width=len(EDGES_MONTHS) - 1,
        count=len(FEATURES),
        last=EDGES_MONTHS[-1],
        digest=digest,
        patients=patients,
        n=CARD_PATIENTS,
        concordance=concordance(said.logit, cohort.months, cohort.died),
        table="\n".join(rows),
        factor=ensemble.interval_factor,
    )
