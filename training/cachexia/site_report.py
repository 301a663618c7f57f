"""What a site's training run leaves behind beside the models: cards, report, TRIPOD+AI table."""

from collections.abc import Mapping
from pathlib import Path

from services.cachexia_scorer import risk, survival
from services.cachexia_scorer.conformal import COVERAGE
from services.cachexia_scorer.risk import FEATURES, HEADS, NEVER_READ, Head
from training.cachexia.ensemble import Ensemble
from training.cachexia.site_run import HELD_OUT, SiteRun
from training.cachexia.tripod import tripod_table

CARD = """**Trained on {patients:,} patients of one site; the numbers describe that site. Mode:
{mode}.**

# {name}

Made by `radloom models train cachexia`; architecture, inputs and outputs as in the model that
radloom ships under the same name. Held-out figures, calibration plot, gate and TRIPOD+AI table:
`REPORT.md` beside this folder.

- SHA-256 of `1/model.onnx`: `{digest}`
- `golden.npz` holds simulated patients, none of the site. The weights hold means, standard
  deviations and quantiles of the site's features: aggregates, but handle them as the site's own.
- Not read by head `early`, as it defines the label: {excluded}. Not read by any risk head:
  {never}.
- Mode {mode}: {why}
"""

REPORT = """# Cachexia models of this site

Trained on {patients:,} patients, judged on the {held:,} newest ({share:.0%}) by index date; index
dates {first} to {last}. Mode: **{mode}**.

{heads}

![Calibration on held-out patients](calibration.png)

## Survival

{survival}

## Patients left out

{excluded}

## TRIPOD+AI

{tripod}
"""

HEAD = """## Head `{head}`

| | held-out |
| --- | --- |
| patients / with cachexia | {n:,} / {events:,} |
| accuracy (95 %) | {accuracy:.3f} ({accuracy_low:.3f} to {accuracy_high:.3f}) |
| area under the ROC curve (95 %) | {area:.3f} ({area_low:.3f} to {area_high:.3f}) |
| Brier score | {brier:.4f} |
| conformal coverage of cachexia / not, nominal {nominal:.2f} | {covered:.3f} / {covered_not:.3f} |
| half the interval, in jackknife errors | {factor:.2f} |

| gate | measured | required | passed |
| --- | --- | --- | --- |
{gate}
"""


def write_report(run: SiteRun, heads: Mapping[Head, Ensemble], out: Path) -> None:
    """Writes `REPORT.md` and the card of every model."""
    why = (
        "the gate passed on the held-out patients."
        if run.mode == "active"
        else "the gate did not pass; answers are computed and shown as research only."
    )
    alone = "no gate judges survival, so it stays in shadow."
    for name, digest in run.digests.items():
        card = CARD.format(
            patients=run.patients if name == risk.MODEL else run.survival_patients,
            mode=run.mode if name == risk.MODEL else "shadow",
            name=name,
            digest=digest,
            excluded=", ".join(f"`{f.name}`" for f in FEATURES if f.defines),
            never=", ".join(f"`{n}`" for n in NEVER_READ),
            why=why if name == risk.MODEL else alone,
        )
        (out / name / "MODEL_CARD.md").write_text(card)
    (out / "REPORT.md").write_text(report(run, heads))


def report(run: SiteRun, heads: Mapping[Head, Ensemble]) -> str:
    """The report as Markdown."""
    held = len(run.export.cohort) - run.patients
    told = "No survival model: too few deaths with a known time."
    if run.survival is not None:
        told = f"`{survival.MODEL}`, always shadow: concordance {run.survival:.3f} on held-out."
    left_out = [f"- {n:,}: {why}" for why, n in sorted(run.export.excluded.items())]
    return REPORT.format(
        patients=run.patients,
        held=held,
        share=HELD_OUT,
        first=run.export.first.date(),
        last=run.export.last.date(),
        mode=run.mode,
        heads="\n".join(_head_text(run, head, heads[head]) for head in HEADS),
        survival=told,
        excluded="\n".join(left_out) or "None.",
        tripod=tripod_table(answers(run)),
    )


def _head_text(run: SiteRun, head: Head, ensemble: Ensemble) -> str:
    found = run.held_out[head]
    judged = found.judgement
    return HEAD.format(
        head=head,
        n=judged.n,
        events=judged.events,
        accuracy=judged.accuracy,
        accuracy_low=judged.accuracy_interval[0],
        accuracy_high=judged.accuracy_interval[1],
        area=judged.area,
        area_low=judged.area_interval[0],
        area_high=judged.area_interval[1],
        brier=judged.brier,
        nominal=COVERAGE,
        covered=found.coverage[0],
        covered_not=found.coverage[1],
        factor=ensemble.interval_factor,
        gate="\n".join(
            f"| {c.name} | {c.measured} | {c.required} | {'yes' if c.passed else '**no**'} |"
            for c in found.gate
        ),
    )


def answers(run: SiteRun) -> dict[str, str]:
    """What the run can say of TRIPOD+AI's items."""
    early = run.held_out["early"].judgement
    total, held = len(run.export.cohort), len(run.export.cohort) - run.patients
    cachexia = int(run.export.cohort.cachexia.sum())
    missing = ", ".join(
        f"{feature.name} {1 - share:.0%}"
        for feature, share in zip(FEATURES, run.export.cohort.observed.mean(0), strict=True)
    )
    return {
        "1": "development and temporal evaluation of a model of cachexia in adults with cancer",
        "3b": "adults with a malignancy and weights of six months; users: see the service's README",
        "4": "development, and evaluation on the newest patients of the same site",
        "5a": "FHIR R4 bulk export of the site: Patient, Observation, Condition",
        "5b": f"index dates {run.export.first.date()} to {run.export.last.date()}",
        "6b": "adult, malignancy present, cachexia can be judged; see patients left out",
        "7": "UCUM conversion, plausibility, freshness as in the service; the newest fact stands",
        "8a": "Fearon 2011 with the SMI cut-offs of Martin 2013, by rule, at the index date",
        "8b": "none: a rule",
        "8c": "the rule sees no prediction; predictors that define the outcome are kept from head"
        " early",
        "9a": "fixed beforehand: `FEATURES` in services/cachexia_scorer/risk.py",
        "9b": "there, with unit and plausible range; as known at the end of the index day",
        "10": f"{total:,} patients, {cachexia:,} with cachexia; gate: 100 of each held out",
        "11": f"a state of its own, no imputation; missing: {missing}",
        "12a": f"{run.patients:,} oldest to develop, {held:,} newest to evaluate",
        "12b": "straight lines and hinges at quantiles, clipped to percentiles 0.5 and 99.5",
        "12c": "additive logistic encoders per modality, gates per missingness pattern; ten folds"
        " times five configurations averaged; calibrated out of fold; nothing tuned",
        "12e": "accuracy, AUC (DeLong), ECE, slope and intercept, Brier, conformal coverage",
        "12f": "none; train again",
        "12g": "ONNX graph; golden inference in the repository",
        "13": "no resampling; calibration on the data's own prevalence",
        "15": "probability, interval, conformal set; no threshold",
        "16": "the held-out patients are newer",
        "18f": "radloom, Apache-2.0",
        "20a": f"{total:,} used; left out: {sum(run.export.excluded.values()):,}, by reason above",
        "21": f"{run.patients:,} developed on; {early.n:,} evaluated on, {early.events:,} with"
        " cachexia",
        "22": "weights in `1/model.onnx`, SHA-256 in its card",
        "23a": "AUC {:.3f} ({:.3f} to {:.3f})".format(early.area, *early.area_interval)
        + " head early; the rest above; subgroups to be stated by the site",
        "26": "one site; outcome by rule from routine weights; missingness as in routine care",
        "27a": "missing, stale, implausible or unreadable input is missing and named",
    }
