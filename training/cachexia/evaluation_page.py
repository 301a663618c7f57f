"""The page that the evaluation fills; every number comes from it."""

PAGE = """# Evaluation of the cachexia models

**All patients here are simulated. The numbers describe the simulator and show that the machinery
is right; they say nothing about patients.** Written by `make eval-cachexia`; do not edit.

Models `cachexia_risk` {risk_digest} and `cachexia_survival` {survival_digest}; {n:,} test patients
of a seed that no training uses; cachexia in {prevalence:.1%}. Python {python}, onnxruntime {ort}.

## Goals

{goals}

Coverage is counted per label over patients of whom exactly those modalities are shown. With nothing
observed the service gives no risk; every other pattern is in the tables.

## What a modality adds

Each head trained afresh on the first, the first two, ... modalities, ten folds times five
configurations, on several independent cohorts; all judged on the same test patients, part of whose
data are missing. The interval is that of one further training cohort: what a site would get.

{ladders}

Published for comparison, theirs, on 26 test patients (medRxiv 2025.09.17.25336028): 77, 81, 85 and
92 % as modalities are added; their Wilson intervals are 0.58-0.89 to 0.76-0.98, so the steps are
not separable there. Accuracies of a simulated cohort cannot be compared with them.

## Missing modalities

"Shown" takes every test patient with at least those modalities and hides the others. "As recorded"
takes those whose record has exactly those: where that is a few dozen patients, the figures, ECE
above all, are mostly chance, so the goals are held against the first.

{patterns}

## Calibration

{overall}

![Calibration of both heads](cachexia-calibration.png)
![Calibration of the early head by missing modality](cachexia-calibration-early.png)

## Interval of the probability

The interval should hold, for 90 % of patients, the probability that the same recipe reaches with
very many training patients ({limit:,}, simulated apart). It is the uncertainty of the model, not of
a patient's outcome. Factors were calibrated on trainings of 1,500 patients; here they are checked
on other cohorts. The jackknife sees chance, not bias: at a few hundred patients the ridge keeps
the model near the prevalence, and the interval does not hold what it promises (rows of 210).

{intervals}

## Shifted patients

{shifts}

Prevalence shifts move calibration in the large, as they must: a site with another prevalence has
to recalibrate. Values outside the plausible range count as missing, which catches some slips of
unit; those that stay plausible are not caught here. Units are converted and refused by name before
the models see a number (`services/cachexia_scorer/quantities.py`).

## Leakage

Largest change of any test patient's probability. The early head reads nothing that defines the
label; no head reads {never}.

{leakage}

## Survival

First 5,000 test patients for the concordance, all for the rest.

{survival}

## The simulated cohort

40,000 true values against what was published (`training/cachexia/cohort.yaml`).

{marginals}

## Speed

One patient per call, one thread, both heads, answer read into the service's types; {rates}.
"""
