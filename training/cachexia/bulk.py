"""A site's FHIR bulk export as a cohort: newline-delimited JSON, Patient, Observation, Condition.

Index date: the end of the first day with a body weight on which the definition of cachexia can be
judged. Features are what was known then, nothing later. Patients never leave this module as
anything but rows of numbers, and no message here repeats what a line holds.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from radloom.errors import Rejected
from services.cachexia_scorer.bundle import evidence_of
from services.cachexia_scorer.criteria import fearon_2011
from services.cachexia_scorer.evidence import Evidence, standing
from services.cachexia_scorer.features import Features, features
from services.cachexia_scorer.fhir_values import mapping, moment, text
from services.cachexia_scorer.risk import inputs
from services.cachexia_scorer.states import Finding, Reading
from services.cachexia_scorer.vector import values_of
from training.cachexia.cohort import Cohort

READ = frozenset({"Patient", "Observation", "Condition"})
ADULT_YEARS = 18
DAYS_PER_MONTH = 30.4375

Resource = Mapping[str, Any]


@dataclass(frozen=True)
class Export:
    """What an export holds.

    Attributes:
        cohort: Patients in the order of their index dates; `months` is not a number where the
            follow-up is unknown.
        first: Earliest index date.
        last: Latest index date.
        excluded: Patients left out, by reason.
    """

    cohort: Cohort
    first: datetime
    last: datetime
    excluded: Mapping[str, int]


@dataclass(frozen=True)
class Subject:
    """One patient at his index date."""

    at: datetime
    state: Features
    label: bool
    months: float
    died: bool


def read(path: Path) -> Export:
    """Reads a file, or every `*.ndjson` of a folder.

    Raises:
        Rejected: There is no such file, a line is no JSON object, or no patient can be used.
    """
    excluded: Counter[str] = Counter()
    found: list[Subject] = []
    for resources in by_patient(path).values():
        subject = subject_of(resources)
        if isinstance(subject, str):
            excluded[subject] += 1
        else:
            found.append(subject)
    if not found:
        reasons = ", ".join(f"{n} {reason}" for reason, n in excluded.most_common())
        raise Rejected(
            f"{path}: no patient can be used ({reasons or 'no Patient resource'}); expected weights"
            " of six months, a malignancy and an adult",
            reason="no_patients",
        )
    found.sort(key=lambda subject: subject.at)
    return Export(cohort_of(found), found[0].at, found[-1].at, dict(excluded))


def files(path: Path) -> list[Path]:
    """The files of an export.

    Raises:
        Rejected: There are none.
    """
    found = sorted(path.glob("*.ndjson")) if path.is_dir() else [path]
    if not found or not all(file.is_file() for file in found):
        raise Rejected(
            f"{path}: expected a file of newline-delimited JSON, or a folder with *.ndjson",
            reason="not_found",
        )
    return found


def resources_of(path: Path) -> Iterator[Resource]:
    """Every resource that is read, line by line."""
    for file in files(path):
        with file.open("rb") as lines:
            for number, line in enumerate(lines, start=1):
                if not line.strip():
                    continue
                try:
                    resource = json.loads(line)
                except ValueError as error:
                    raise Rejected(
                        f"{file.name} line {number}: no JSON; expected one FHIR resource per line",
                        reason="not_json",
                    ) from error
                if isinstance(resource, Mapping) and resource.get("resourceType") in READ:
                    yield resource


def by_patient(path: Path) -> dict[str, list[Resource]]:
    """Resources by the id of their patient; those of no Patient of the export are left out."""
    found: dict[str, list[Resource]] = {}
    known = set()
    for resource in resources_of(path):
        if resource["resourceType"] == "Patient":
            key = text(resource.get("id"))
            known.add(key)
        else:
            reference = text(mapping(resource.get("subject")).get("reference"))
            key = reference.partition("/_history/")[0].rpartition("Patient/")[2]
        found.setdefault(key, []).append(resource)
    return {key: found[key] for key in sorted(known - {""})}


def subject_of(resources: list[Resource]) -> Subject | str:
    """The patient at his index date, or why he cannot be used."""
    key = next(text(r.get("id")) for r in resources if r["resourceType"] == "Patient")
    whole: list[Resource] = [
        r if r["resourceType"] == "Patient" else {**r, "subject": {"reference": f"Patient/{key}"}}
        for r in resources
    ]
    try:
        evidence = evidence_of(
            {"resourceType": "Bundle", "entry": [{"resource": r} for r in whole]}
        )
    except Rejected as error:
        return f"unreadable ({error.reason})"
    index = index_of(evidence)
    if isinstance(index, str):
        return index
    state, label = index
    patient = next(r for r in resources if r["resourceType"] == "Patient")
    months, died = follow_up(patient, evidence, state.at)
    return Subject(state.at, state, label, months, died)


def index_of(evidence: tuple[Evidence, ...]) -> tuple[Features, bool] | str:
    """The feature state at the index date with its label, or why there is none."""
    days = sorted(
        {
            item.observed_at.replace(hour=23, minute=59, second=59, microsecond=0)
            for item in standing(evidence)
            if item.kind == "weight" and item.observed_at is not None
        }
    )
    if not days:
        return "no weight"
    for at in days:
        state = features(evidence, at)
        label = fearon_2011.cachexia(state).result
        if label is None:
            continue
        years = state.states["age"]
        if not isinstance(years, Reading) or years.value < ADULT_YEARS:
            return "not known to be an adult"
        malignancy = state.states["malignancy"]
        if not (isinstance(malignancy, Finding) and malignancy.value == "present"):
            return "no malignancy"
        return state, bool(label)
    return "definition of cachexia cannot be judged"


def follow_up(
    patient: Resource, evidence: tuple[Evidence, ...], at: datetime
) -> tuple[float, bool]:
    """Months from the index date and whether they end with death.

    A living patient was last seen with his newest evidence. Not a number when he died at an
    unknown time, or before the index date.
    """
    unknown = (float("nan"), False)
    if "deceasedDateTime" in patient:
        death = moment(patient["deceasedDateTime"])
        if death is None:
            return unknown
        # A day without time is its midnight: the day of death counts whole.
        months = (death + timedelta(days=1) - at) / timedelta(days=DAYS_PER_MONTH)
        return (months, True) if months > 0 else unknown
    if patient.get("deceasedBoolean") is True:
        return unknown
    seen = [item.observed_at for item in evidence if item.observed_at is not None]
    return max(0.0, (max(seen, default=at) - at) / timedelta(days=DAYS_PER_MONTH)), False


def cohort_of(subjects: list[Subject]) -> Cohort:
    """Rows of numbers."""
    rows = [inputs(values_of(subject.state)).tensors for subject in subjects]
    return Cohort(
        features=np.concatenate([row["features"] for row in rows]).astype(np.float64),
        observed=np.concatenate([row["observed"] for row in rows]) > 0,
        error_sd=np.concatenate([row["error_sd"] for row in rows]).astype(np.float64),
        cachexia=np.array([subject.label for subject in subjects]),
        months=np.array([subject.months for subject in subjects]),
        died=np.array([subject.died for subject in subjects]),
    )
