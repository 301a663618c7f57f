"""Alerts on reports that contradict themselves; silence on those that do not."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.injector import injections
from services.report_structurer.checks import Alert, check
from services.report_structurer.lexicon import load
from services.report_structurer.structure import structure
from tests.report_structurer.test_segment import REPORT_LIKE

CHEST = """EXAM: CT CHEST WITH CONTRAST. HISTORY: 61-year-old male with cough. COMPARISON: None.
TECHNIQUE: CT of the chest after 80 mL of Omnipaque.
FINDINGS: A 2.4 x 1.8 cm enhancing mass is seen in the right upper lobe. There is a small left
pleural effusion. No pericardial effusion. No pneumothorax. The liver is normal. Mild degenerative
changes of the thoracic spine at T8-T9.
IMPRESSION: 2.4 x 1.8 cm enhancing mass in the right upper lobe, suspicious for malignancy. Biopsy
is recommended. Small left pleural effusion. Mild degenerative changes at T8-T9."""


def alerts(report: str) -> list[Alert]:
    return check(structure(report))


def kinds(report: str) -> set[str]:
    return {alert.kind for alert in alerts(report)}


def findings(stated: str, concluded: str, title: str = "EXAM: CT ABDOMEN.") -> str:
    return f"{title}\nFINDINGS: {stated}\nIMPRESSION: {concluded}"


def changed(old: str, new: str) -> str:
    """The chest report with one word changed where it stands last."""
    before, found, after = CHEST.rpartition(old)
    assert found
    return before + new + after


def test_a_report_that_agrees_with_itself_raises_nothing() -> None:
    assert alerts(CHEST) == []


@pytest.mark.parametrize(
    ("old", "new", "kind"),
    [
        ("right upper lobe, sus", "left upper lobe, sus", "laterality"),
        ("Small left pleural", "Small right pleural", "laterality"),
        ("right upper lobe.", "left middle lobe.", "laterality"),
        ("Small left pleural effusion", "No left pleural effusion", "negation"),
        ("No pneumothorax", "Pneumothorax or effusion is seen", "negation"),
        ("IMPRESSION: 2.4", "IMPRESSION: 4.2", "number"),
        ("IMPRESSION: 2.4", "IMPRESSION: 24", "number"),
        ("changes at T8-T9", "changes at T6-T7", "number"),
        ("61-year-old", "610-year-old", "number"),
        ("IMPRESSION: 2.4 x 1.8 cm", "IMPRESSION: 2.4 x 1.8 mm", "unit"),
        ("80 mL", "80 L", "unit"),
        ("The liver is normal", "The uterus is normal", "sex"),
        ("EXAM: CT", "EXAM: MRI", "technique"),
        ("CHEST WITH CONTRAST", "CHEST WITHOUT CONTRAST", "technique"),
        ("CT CHEST WITH", "CT KNEE WITH", "technique"),
        ("COMPARISON: None", "COMPARISON: CT of 02/30/2023", "date"),
        ("mass is seen", "mass, unchanged from the prior study, is seen", "date"),
        ("Mild degenerative changes at T8-T9", "Complex medial meniscal tear", "contradiction"),
    ],
)
def test_one_slip_raises_an_alert_of_its_kind(old: str, new: str, kind: str) -> None:
    assert kind in kinds(changed(old, new))


@pytest.mark.parametrize(
    ("stated", "concluded"),
    [
        # The other side is told of too, or the side is only where there is more.
        ("Left renal cyst. The right kidney is normal.", "Left renal cyst."),
        ("Bilateral pleural effusions, greater on the right.", "Bilateral pleural effusions."),
        ("Cysts in the left kidney and in the right kidney.", "Bilateral renal cysts."),
        # A denial is narrower than what is stated.
        ("Small pleural effusion.", "No large pleural effusion."),
        ("Old rib fracture. No acute fracture.", "Old rib fracture."),
        ("No other renal stone. A 4 mm left renal stone.", "4 mm left renal stone."),
        ("There is a non-displaced fracture of the left rib.", "Fracture of the left rib."),
        ("No fracture, with mild degenerative changes.", "Mild degenerative changes."),
        # Numbers that agree.
        ("A renal cyst measures 19 x 12 mm.", "1.9 cm renal cyst."),
        ("A liver cyst of 2.1 cm and a renal cyst of 3.5 cm.", "2.1 cm liver cyst."),
        ("Disc bulges at L3-L4 and L4-L5.", "Disc bulges at L3-L5."),
        ("The left kidney measures 11.2 cm. A cyst in the kidney measures 8 mm.", "Renal cyst."),
        # Inference is not invention.
        ("Consolidation in the left lower lobe.", "Findings consistent with pneumonia."),
        ("The appendix is dilated with stranding.", "Acute appendicitis."),
    ],
)
def test_places_that_agree_raise_nothing(stated: str, concluded: str) -> None:
    assert alerts(findings(stated, concluded)) == []


@pytest.mark.parametrize(
    ("report", "kind"),
    [
        (findings("A septated cyst in the left kidney.", "Septated cyst in the ovary."), "organ"),
        (findings("Hydronephrosis of the liver.", "Hydronephrosis of the liver."), "organ"),
        (findings("Right kidney is normal. The aorta measures 32 cm.", "Normal."), "unit"),
        (findings("Two nodules in the liver.", "Three nodules in the liver."), "number"),
        (findings("No stone measuring 8 mm in the left ureter is seen.", "No stone."), "negation"),
        (findings("Status post hysterectomy.", "The uterus is normal."), "sex"),
        (findings("Follow-up CT is recommended for a cyst.", "Renal cyst."), "recommendation"),
        (findings("A large liver abscess. Gallstones.", "Gallstones."), "contradiction"),
        (findings("Liver metastases have increased.", "Liver metastases have decreased."), "date"),
        (findings("The prostate is normal.", "Normal.", "CT of a 40-year-old woman."), "sex"),
        (findings("Effusion.", "Effusion.", "MRI LEFT HIP. HISTORY: Right hip."), "laterality"),
        ("EXAM DATE: 05/02/2023. COMPARISON: CT of 06/14/2023. FINDINGS: Normal.", "date"),
    ],
)  # fmt: skip
def test_what_cannot_be_raises_an_alert(report: str, kind: str) -> None:
    assert kind in kinds(report)


def test_an_alert_points_to_both_places() -> None:
    report = changed("Small left pleural", "Small right pleural")
    (alert,) = alerts(report)
    assert {report[a:b] for a, b in alert.spans} == {"left", "right"}


def test_an_alert_keeps_its_id_while_its_places_stay() -> None:
    report = changed("Small left pleural", "Small right pleural")
    assert [a.id for a in alerts(report)] == [a.id for a in alerts(report)]
    assert alerts(report)[0].id != alerts(" " + report)[0].id


def test_a_clinicians_note_raises_nothing() -> None:
    note = "HISTORY OF PRESENT ILLNESS: He has left knee pain. PLAN: MRI of the right knee for her."
    assert alerts(note) == []


def test_every_rule_has_a_kind_a_sentence_and_a_measured_precision() -> None:
    for rule in load("checks")["rules"].values():
        assert rule["message"].endswith(".")
        assert 0.0 < rule["precision"] < 1.0


def assert_sound(report: str) -> None:
    found = alerts(report)
    assert found == alerts(report)
    said = re.findall(r"\w+", report.lower())
    grams = {tuple(said[k : k + 4]) for k in range(len(said) - 3)}
    for alert in found:
        words = re.findall(r"\w+", alert.message.lower())
        assert not grams & {tuple(words[k : k + 4]) for k in range(len(words) - 3)}
        assert 0.0 < alert.confidence <= 1.0
        assert alert.spans
        assert all(0 <= a < b <= len(report) for a, b in alert.spans)


@settings(max_examples=200, deadline=None)
@given(st.one_of(st.text(), REPORT_LIKE))
def test_whatever_is_written_alerts_are_sound(report: str) -> None:
    assert_sound(report)


@settings(max_examples=30, deadline=None)
@given(st.integers(min_value=0, max_value=1_000_000))
def test_reports_with_injected_errors_give_sound_alerts(seed: int) -> None:
    for injection in injections(CHEST, seed):
        assert_sound(injection.text)


@pytest.mark.parametrize(
    ("stated", "concluded", "kind"),
    [
        ("A cyst in the left kidney measures 2.4 cm.", "2.4 cm right renal cyst.", "laterality"),
        ("Mild stenosis of the iliac artery is not present.", "Iliac artery stenosis.", "negation"),
        ("A 3 cm mass in the liver.", "A 3 cm mass in the head of the bladder.", "organ"),
        ("There is a mass in the liver.", "The mass is likely a metastasis.", "contradiction"),
        ("A lesion in the right hepatic lobe, segment 2.", "Hepatic lesion.", "laterality"),
    ],
)
def test_what_size_anatomy_or_wording_gives_away_raises_an_alert(
    stated: str, concluded: str, kind: str
) -> None:
    assert kind in kinds(findings(stated, concluded))


@pytest.mark.parametrize(
    ("stated", "concluded"),
    [
        ("Liver: Normal in size.\nA 12 mm cyst is seen.", "12 mm hepatic cyst."),
        ("L2-L3: No stenosis.\nL4-L5: Moderate stenosis.", "Moderate stenosis at L4-L5."),
        ("RIGHT: Mild plaque.\nLEFT: Severe stenosis.", "Severe stenosis on the left."),
        ("The cord has normal signal.", "No cord signal change."),
    ],
)
def test_headings_and_healthy_parts_contradict_nothing(stated: str, concluded: str) -> None:
    assert alerts(findings(stated, concluded)) == []
