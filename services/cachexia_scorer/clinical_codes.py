"""Codes of the record that the scorer reads: LOINC, ICD-10, SNOMED CT.

Codes and names were compared with public FHIR code lists (among them HL7 Switzerland's CH LAB-Order
and US Core vital signs). SNOMED CT codes stand alone, because there is no hierarchy here: a
malignancy that is coded more finely has to come with its ICD-10 code.
"""

import re
from collections.abc import Mapping

LOINC = "http://loinc.org"
SNOMED_CT = "http://snomed.info/sct"
ICD_10 = frozenset(
    {
        "http://hl7.org/fhir/sid/icd-10",
        "http://hl7.org/fhir/sid/icd-10-cm",
        "http://fhir.de/CodeSystem/bfarm/icd-10-gm",
    }
)

KINDS: Mapping[str, str] = {
    "1751-7": "albumin",  # Albumin [Mass/volume] in Serum or Plasma
    "61151-7": "albumin",  # ... by Bromocresol green (BCG) dye binding method
    "61152-5": "albumin",  # ... by Bromocresol purple (BCP) dye binding method
    "1988-5": "crp",  # C reactive protein [Mass/volume] in Serum or Plasma
    "30522-7": "crp",  # ... by High sensitivity method
    "26499-4": "neutrophils",  # Neutrophils [#/volume] in Blood
    "751-8": "neutrophils",  # ... by Automated count
    "753-4": "neutrophils",  # ... by Manual count
    "26474-7": "lymphocytes",  # Lymphocytes [#/volume] in Blood
    "731-0": "lymphocytes",  # ... by Automated count
    "732-8": "lymphocytes",  # ... by Manual count
    "718-7": "haemoglobin",  # Hemoglobin [Mass/volume] in Blood
    "3094-0": "urea_nitrogen",  # Urea nitrogen [Mass/volume] in Serum or Plasma
    "14937-7": "urea_nitrogen",  # Urea nitrogen [Moles/volume] in Serum or Plasma
    "3091-6": "urea",  # Urea [Mass/volume] in Serum or Plasma
    "22664-7": "urea",  # Urea [Moles/volume] in Serum or Plasma
    "2160-0": "creatinine",  # Creatinine [Mass/volume] in Serum or Plasma
    "14682-9": "creatinine",  # Creatinine [Moles/volume] in Serum or Plasma
    "29463-7": "weight",  # Body weight
    "3141-9": "weight",  # Body weight Measured
    "8302-2": "height",  # Body height
    "39156-5": "bmi",  # Body mass index (BMI) [Ratio]
}
"""Kind of evidence by LOINC code."""

STAGE_GROUPS = frozenset({"21908-9", "21902-2"})
"""LOINC: Stage group.clinical Cancer, Stage group.pathology Cancer."""

SYMPTOMS: Mapping[str, str] = {
    "89362005": "weight_loss",  # Weight loss
    "448765001": "weight_loss",  # Unintentional weight loss
    "79890006": "appetite_loss",  # Loss of appetite
    "84229001": "fatigue",  # Fatigue
    "40739000": "dysphagia",  # Dysphagia
    "422587007": "nausea_vomiting",  # Nausea
    "442076002": "early_satiety",  # Early satiety
    "238108007": "wasting",  # Cachexia
}
"""Symptom by SNOMED CT code, named as report_structurer names it."""

MALIGNANCIES = frozenset(
    {
        "363346000",  # Malignant neoplastic disease
        "363418001",  # Malignant tumor of pancreas
    }
)
"""SNOMED CT."""

_ICD_10_SYMPTOMS = (
    (re.compile(r"R63\.?4"), "weight_loss"),
    (re.compile(r"R63\.?0"), "appetite_loss"),
    (re.compile(r"R53\.?1"), "weakness"),
    (re.compile(r"R53(\.?8\d?)?"), "fatigue"),
    (re.compile(r"R13(\.?\d+)?"), "dysphagia"),
    (re.compile(r"R11(\.?\d+)?"), "nausea_vomiting"),
    (re.compile(r"R68\.?81"), "early_satiety"),
    (re.compile(r"R64"), "wasting"),
    (re.compile(r"E4[3-6](\.?\d)?"), "malnutrition"),
)
_ICD_10_MALIGNANT = re.compile(r"C([0-8]\d|9[0-7])(\.?\w+)?")
"""C00 to C97, "Malignant neoplasms"."""

_ICD_10_HISTORY = re.compile(r"Z85(\.?\w+)?")
"""Personal history of malignant neoplasm."""


def symptom(system: str, code: str) -> str:
    """The symptom that a code names; empty when it names none."""
    if system == SNOMED_CT:
        return SYMPTOMS.get(code, "")
    if system in ICD_10:
        return next((name for pattern, name in _ICD_10_SYMPTOMS if pattern.fullmatch(code)), "")
    return ""


def is_malignant(system: str, code: str) -> bool:
    """Whether a code names a malignancy that is there, not one in the past."""
    if system == SNOMED_CT:
        return code in MALIGNANCIES
    return system in ICD_10 and _ICD_10_MALIGNANT.fullmatch(code) is not None


def is_past_malignancy(system: str, code: str) -> bool:
    """Whether a code says that there was a malignancy."""
    return system in ICD_10 and _ICD_10_HISTORY.fullmatch(code) is not None
