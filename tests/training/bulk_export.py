"""Simulated patients as a FHIR bulk export: what a site would hand over."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from radloom import codes
from training.cachexia.cohort import Floats, parameters, true_values

LOINC = "http://loinc.org"
ICD_10 = "http://hl7.org/fhir/sid/icd-10-cm"
SNOMED_CT = "http://snomed.info/sct"
START = datetime(2021, 1, 4, 8, tzinfo=UTC)

Resource = dict[str, Any]


def write(folder: Path, patients: int, seed: int, days_apart: float = 1.0) -> Path:
    """Writes one file per resource type; patient k comes `k * days_apart` days after the first."""
    truth = true_values(patients, parameters()["patient"], np.random.default_rng([seed, 0xCA]))
    by_type: dict[str, list[Resource]] = {}
    for k in range(patients):
        for resource in of_patient(truth, k, START + timedelta(days=k * days_apart)):
            by_type.setdefault(resource["resourceType"], []).append(resource)
    folder.mkdir(parents=True, exist_ok=True)
    for name, resources in by_type.items():
        lines = "".join(json.dumps(resource) + "\n" for resource in resources)
        (folder / f"{name}.000.ndjson").write_text(lines)
    return folder


def of_patient(truth: dict[str, Floats], k: int, at: datetime) -> Iterator[Resource]:
    """One patient: two weights six months apart, CT, blood, a coded symptom, and the end."""
    subject = {"reference": f"Patient/p{k}"}
    death = at + timedelta(days=float(truth["months"][k]) * 30.4375)
    yield {
        "resourceType": "Patient",
        "id": f"p{k}",
        "gender": "male" if truth["male"][k] else "female",
        "birthDate": str((at - timedelta(days=365.25 * float(truth["age"][k]))).date()),
    } | ({"deceasedDateTime": str(death.date())} if truth["died"][k] else {})
    yield {
        "resourceType": "Condition",
        "id": f"c{k}",
        "subject": subject,
        "recordedDate": str((at - timedelta(days=1)).date()),
        "code": {"coding": [{"system": ICD_10, "code": "C25.0"}]},
        "stage": [{"summary": {"text": f"Stage {int(truth['stage'][k])}"}}],
    }
    height = 1.75 if truth["male"][k] else 1.62
    weight = float(truth["bmi"][k]) * height**2
    before = weight / (1 - float(truth["weight_loss"][k]) / 100)
    observed = [
        ("29463-7", LOINC, before, "kg", at - timedelta(days=170)),
        ("29463-7", LOINC, weight, "kg", at),
        ("8302-2", LOINC, height, "m", at),
        ("1751-7", LOINC, float(truth["albumin"][k]), "g/L", at),
        ("1988-5", LOINC, float(truth["crp"][k]), "mg/L", at),
        ("751-8", LOINC, 2.0 * float(truth["nlr"][k]), "10*9/L", at),
        ("731-0", LOINC, 2.0, "10*9/L", at),
        ("718-7", LOINC, float(truth["haemoglobin"][k]), "g/L", at),
        (codes.MUSCLE_INDEX_L3.value, codes.MUSCLE_INDEX_L3.system, float(truth["smi"][k]),
         "cm2/m2", at),
        (codes.MUSCLE_ATTENUATION_L3.value, codes.MUSCLE_ATTENUATION_L3.system,
         float(truth["attenuation"][k]), "[hnsf'U]", at),
    ]  # fmt: skip
    if not truth["died"][k]:
        observed.append(("8302-2", LOINC, height, "m", death))  # seen alive
    for number, (code, system, value, unit, when) in enumerate(observed):
        yield {
            "resourceType": "Observation",
            "id": f"o{k}-{number}",
            "identifier": [{"system": "urn:oid:2.999", "value": f"result-{k}"}],
            "status": "final",
            "subject": subject,
            "effectiveDateTime": when.isoformat(),
            "code": {"coding": [{"system": system, "code": code}]},
            "valueQuantity": {
                "value": round(value, 3),
                "system": "http://unitsofmeasure.org",
                "code": unit,
            },
        }
    yield {
        "resourceType": "Observation",
        "id": f"g{k}",
        "identifier": [{"system": "urn:oid:2.999", "value": f"result-{k}"}],
        "status": "final",
        "subject": subject,
        "effectiveDateTime": at.isoformat(),
        "code": {"coding": [{"system": codes.GRADE.system, "code": codes.GRADE.value}]},
        "valueCodeableConcept": {
            "coding": [{"system": codes.GRADE_A.system, "code": codes.GRADE_A.value}]
        },
    }
    for code, name in (("84229001", "fatigue"), ("79890006", "appetite_loss")):
        yield {
            "resourceType": "Observation",
            "id": f"{name}-{k}",
            "status": "final",
            "subject": subject,
            "effectiveDateTime": at.isoformat(),
            "code": {"coding": [{"system": SNOMED_CT, "code": code}]},
            "valueBoolean": bool(truth[f"symptom_{name}"][k]),
        }
