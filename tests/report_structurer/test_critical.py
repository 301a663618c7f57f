"""Critical findings: stated now, not denied, past, supposed or merely asked for."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.report_structurer.critical import CriticalFinding, critical
from services.report_structurer.lexicon import load
from services.report_structurer.structure import structure
from tests.report_structurer.test_segment import REPORT_LIKE


def found(stated: str, indication: str = "Pain") -> list[CriticalFinding]:
    return critical(structure(f"INDICATION: {indication}.\nFINDINGS: {stated}"))


@pytest.mark.parametrize(
    ("stated", "code", "severity"),
    [
        ("Acute pulmonary embolism in the right lower lobe.", "pulmonary_embolism", "immediate"),
        ("Filling defect in the left pulmonary artery.", "pulmonary_embolism", "immediate"),
        ("Left tension pneumothorax.", "tension_pneumothorax", "immediate"),
        ("Small right pneumothorax.", "pneumothorax", "urgent"),
        ("There is free air under the diaphragm.", "pneumoperitoneum", "immediate"),
        ("Type A aortic dissection.", "aortic_dissection", "immediate"),
        ("Ruptured abdominal aortic aneurysm.", "aneurysm_rupture", "immediate"),
        ("Active extravasation near the spleen.", "active_bleeding", "immediate"),
        ("Acute subdural hematoma on the left.", "intracranial_hemorrhage", "immediate"),
        ("Severe spinal cord compression at T8.", "cord_compression", "immediate"),
        ("High-grade small bowel obstruction.", "bowel_obstruction", "urgent"),
        ("Acute mesenteric ischemia.", "bowel_ischemia", "immediate"),
        ("Perforated appendicitis.", "bowel_perforation", "immediate"),
        ("Acute appendicitis.", "appendicitis", "urgent"),
        ("Deep venous thrombosis of the left femoral vein.", "deep_vein_thrombosis", "urgent"),
        ("Ectopic pregnancy in the left tube.", "ectopic_pregnancy", "immediate"),
        ("Left testicular torsion.", "torsion", "immediate"),
        ("Endotracheal tube in the right mainstem bronchus.", "misplaced_tube", "immediate"),
        ("New spiculated mass in the left upper lobe.", "suspicious_mass", "important"),
    ],
)
def test_what_is_stated_is_found_with_its_severity(stated: str, code: str, severity: str) -> None:
    assert (code, severity, "certain") in [
        (f.finding, f.severity, f.certainty) for f in found(stated)
    ]


@pytest.mark.parametrize(
    "stated",
    [
        "No pulmonary embolism.",
        "There is no pneumothorax or free air.",
        "Chronic deep venous thrombosis.",
        "History of aortic dissection.",
        "Previous subdural hematoma has resolved.",
        "Prior appendicitis.",
        "If there is torsion, ultrasound is advised.",
        "The aorta is normal.",
        "Benign mass, no malignancy.",
        "The tube is in good position.",
        "Right mainstem bronchus is patent.",
    ],
)
def test_what_is_denied_past_or_supposed_is_none(stated: str) -> None:
    assert found(stated) == []


def test_what_is_only_asked_for_is_none() -> None:
    assert found("The lungs are clear.", indication="Rule out pulmonary embolism") == []


def test_doubt_is_marked() -> None:
    (finding,) = found("Findings suspicious for pulmonary embolism.")
    assert finding.certainty == "uncertain"


def test_one_finding_with_all_its_places_points_to_the_impression() -> None:
    text = "FINDINGS: Right pneumothorax.\nIMPRESSION: Right pneumothorax."
    report = structure(text)
    (finding,) = critical(report)
    assert [text[a:b] for a, b in finding.spans] == ["pneumothorax", "pneumothorax"]
    assert report.statements[finding.statement_id].part == "impression"


def test_the_most_urgent_stands_first() -> None:
    severities = [f.severity for f in found("New mass. Appendicitis. Free air.")]
    assert severities == ["immediate", "urgent", "important"]


def test_every_entry_has_a_known_severity_and_phrases() -> None:
    for entry in load("critical")["findings"].values():
        assert entry["severity"] in {"immediate", "urgent", "important"}
        assert entry["phrases"]


@settings(max_examples=100, deadline=None)
@given(st.one_of(st.text(), REPORT_LIKE))
def test_spans_lie_in_whatever_is_written(text: str) -> None:
    for finding in critical(structure(text)):
        assert all(0 <= a < b <= len(text) for a, b in finding.spans)
