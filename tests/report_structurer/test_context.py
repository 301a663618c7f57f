"""What cues say about the words beside them; regressions of other tools among them."""

import re
from collections.abc import Iterator

import pytest

from services.report_structurer.context import qualities, scopes
from services.report_structurer.lexicon import load
from services.report_structurer.words import tokens


def said(sentence: str) -> set[str]:
    """Qualities of the words in capitals."""
    capitals = re.search(r"[A-Z]{3}", sentence)
    assert capitals
    return set(qualities(capitals.start(), scopes(tokens(sentence))))


@pytest.mark.parametrize(
    "sentence",
    [
        "No EFFUSION.",
        "There is no pleural effusion or PNEUMOTHORAX.",
        "1.No evidence of FRACTURE.",
        "Without evidence of ascites, LYMPHADENOPATHY or mass.",
        "She denies fever, chills, and WEIGHT loss.",
        "A FRACTURE is not seen.",
        "PNEUMONIA has resolved.",
        "FEVER: none",
        "The bones are free of LYTIC lesions.",
        "Neither EFFUSION nor pneumothorax.",
        "The lungs do not show NODULES.",
        "Pulmonary EMBOLISM is excluded.",
        "EMBOLISM has been ruled out.",
    ],
)
def test_denied(sentence: str) -> None:
    assert "negated" in said(sentence)


@pytest.mark.parametrize(
    "sentence",
    [
        "EFFUSION without pneumothorax.",
        "No effusion, but ATELECTASIS.",
        "No change in the right upper lobe NODULE.",
        "Not only a NODULE.",
        "Gram negative PNEUMONIA.",
        "There is no mass; there is a CYST.",
        "The appendix is not well evaluated, ABSCESS in the pelvis.",
        "Obtained without contrast, NODULE.",
        "A MASS that was not present before.",
    ],
)
def test_not_denied(sentence: str) -> None:
    assert "negated" not in said(sentence)


@pytest.mark.parametrize(
    "sentence",
    [
        "Possible PNEUMONIA.",
        "Suspicious for METASTASIS.",
        "PNEUMONIA cannot be excluded.",
        "Consistent with DIVERTICULITIS.",
        "May represent ATELECTASIS.",
        "Rule out PNEUMONIA.",
    ],
)
def test_doubted(sentence: str) -> None:
    assert "possible" in said(sentence)
    assert "negated" not in said(sentence)


@pytest.mark.parametrize(
    ("sentence", "quality"),
    [
        ("History of PNEUMONIA.", "historical"),
        ("Status post CHOLECYSTECTOMY.", "historical"),
        ("Return if FEVER develops.", "hypothetical"),
        ("Family history of CANCER.", "other"),
        ("His mother had CANCER.", "other"),
    ],
)
def test_past_conditional_and_of_others(sentence: str, quality: str) -> None:
    assert quality in said(sentence)


@pytest.mark.parametrize(
    "sentence",
    [
        "The lungs are free of focal CONSOLIDATION.",
        "No focal consolidation, pleural effusion, or PNEUMOTHORAX.",
        "No FRACTURE or dislocation is seen.",
        "There is no longer a PLEURAL EFFUSION.",
        "PLEURAL EFFUSION is no longer present.",
        "The previously seen EFFUSION has resolved.",
        "The previously noted right NODULE is no longer visualized.",
        "Interval resolution of the left EFFUSION.",
        "Neither ASCITES nor free air is identified.",
        "Neither ascites nor FREE AIR is identified.",
        "Without HYDRONEPHROSIS.",
        "Fatty liver without focal LESION.",
        "Cardiomegaly but no EFFUSION.",
        "Hydronephrosis is seen; ASCITES is not.",
        "No evidence for ACUTE INFARCT.",
        "No CT evidence of ACUTE PULMONARY EMBOLISM.",
        "No sonographic evidence for DVT.",
        "No acute fracture, subluxation, or OSSEOUS LESION identified.",
        "Examination is negative for PULMONARY EMBOLUS.",
        "Negative for ACUTE HEMORRHAGE.",
        "There is absence of ASCITES.",
        "Lack of ENHANCEMENT of the lesion.",
        "The gallbladder shows no STONES.",
        "No STONES are seen within the gallbladder.",
        "HYDRONEPHROSIS is not seen.",
        "HYDRONEPHROSIS: None.",
        "EFFUSION is absent.",
        "PNEUMOTHORAX: No.",
        "The study fails to show a MASS.",
        "There is nothing to suggest OBSTRUCTION.",
        "I see no evidence of FREE AIR.",
        "There are no suspicious NODULES.",
        "No suspicious bone LESIONS.",
        "Low suspicion for MALIGNANCY.",
        "MALIGNANCY is unlikely.",
        "MALIGNANCY is considered unlikely.",
        "No other MASS.",
        "Nonobstructing stone without HYDROURETER.",
        "Hematoma with no ACTIVE EXTRAVASATION.",
        "There is a stone in the ureter with no HYDRONEPHROSIS or perinephric stranding.",
        "Liver, spleen and pancreas are normal with no MASS.",
        "No mass effect, midline shift, or HEMORRHAGE is identified.",
        "The patient denies CHEST PAIN.",
        "She has no history of DIABETES.",
        "He does not have DIABETES.",
        "She never had a SEIZURE.",
        "He has never smoked and denies COUGH.",
        "The patient admits to cough but denies FEVER.",
        "He ruled out for MYOCARDIAL INFARCTION.",
        "MYOCARDIAL INFARCTION was ruled out.",
        "There is ascites, no FREE AIR.",
        "No DEFINITE MASS.",
        "No large EFFUSION.",
        "Devoid of STONES.",
        "No evidence of recurrent or residual TUMOR.",
        "No evidence of recurrent disease, adenopathy, effusion, or METASTASES in the chest.",
        "There is no bowel obstruction, bowel wall thickening or INFLAMMATION.",
        "There is diverticulosis without evidence of DIVERTICULITIS.",
        "There is diverticulosis with no CT findings to suggest DIVERTICULITIS.",
        "Gallbladder is normal, no STONES.",
    ],
)
def test_denied_as_radiologists_and_notes_say_it(sentence: str) -> None:
    assert "negated" in said(sentence)


@pytest.mark.parametrize(
    "sentence",
    [
        "FATTY LIVER without focal lesion.",
        "CARDIOMEGALY but no effusion.",
        "No pneumothorax, but small EFFUSION on the left.",
        "No interval change in the LESION of the liver.",
        "No significant interval change in size of the ADENOPATHY.",
        "No change in the appearance of the HEMANGIOMA.",
        "MASS without significant change since 2010.",
        "STONE without hydronephrosis.",
        "LESION shows lack of enhancement.",
        "Aside from a small CYST, no abnormality.",
        "No abnormality other than a small CYST.",
        "No abnormality except a CYST in the left kidney.",
        "With the exception of a small NODULE, lungs are clear.",
        "Not only is there a MASS, but also ascites.",
        "Not only is there a mass, but also ASCITES.",
        "The MASS does not enhance.",
        "The MASS is not seen to invade the vessels.",
        "The LESION is not significantly changed.",
        "The EFFUSION has not changed.",
        "The NODULE has not increased in size.",
        "The FRACTURE has not healed.",
        "The STONE is nonobstructing.",
        "The patient was not given contrast; there is a MASS in the liver.",
        "Lack of intravenous contrast limits evaluation for LESIONS.",
        "HEMATOMA with no active extravasation.",
        "No mass, there is a large CYST.",
        "No mass. However, there is a CYST.",
        "Without contrast, the CYST measures 3 cm.",
        "The patient admits to COUGH but denies fever.",
        "Her mother reports that the patient has VOMITING.",
        "There is ASCITES, no free air, and hepatomegaly.",
        "No free air; ASCITES is present.",
        "There is no free air and there is ASCITES.",
        "No free air, moderate ASCITES.",
        "No effusion. Stable NODULE.",
        "No aneurysm; mild ATHEROSCLEROSIS.",
        "PNEUMONIA has not resolved.",
        "EFFUSION has not completely resolved.",
        "Incomplete resolution of the EFFUSION.",
        "Not significantly changed EFFUSION.",
        "EFFUSION remains unchanged, without improvement.",
        "No further increase of the EFFUSION.",
        "There is no bowel obstruction, however there is DIVERTICULOSIS.",
        "There is DIVERTICULOSIS without evidence of diverticulitis.",
        "FRACTURE which is not displaced.",
        "Nondisplaced FRACTURE.",
        "MASS, not well seen on prior.",
        "No prior studies for comparison; MASS in the liver.",
    ],
)
def test_neither_denied_nor_doubted(sentence: str) -> None:
    assert not {"negated", "possible", "other"} & said(sentence)


@pytest.mark.parametrize(
    "sentence",
    [
        "A small PNEUMOTHORAX cannot be entirely excluded.",
        "Cannot exclude a small METASTASIS.",
        "An underlying MASS is not excluded.",
        "Early APPENDICITIS is difficult to exclude.",
        "ATELECTASIS versus pneumonia.",
        "Atelectasis versus PNEUMONIA.",
        "Findings may represent PNEUMONIA.",
        "Question of a small NODULE.",
        "Suggestive of HEMANGIOMA.",
        "Opacity likely due to ATELECTASIS.",
        "Likely reactive ADENOPATHY.",
        "ADENOPATHY, likely reactive.",
        "CYST is suspected.",
        "Rule out METASTASIS.",
        "METASTASIS should be considered.",
        "Differential includes LYMPHOMA and sarcoid.",
        "Differential includes lymphoma and METASTASES.",
        "This could be a CYST.",
        "Probable small HEMANGIOMA.",
        "Worrisome for MALIGNANCY.",
        "Concern for CHOLECYSTITIS.",
        "Doubt ACUTE PROCESS.",
    ],
)
def test_doubted_but_not_denied(sentence: str) -> None:
    assert "possible" in said(sentence)
    assert "negated" not in said(sentence)


@pytest.mark.parametrize(
    "sentence",
    [
        "History of MYOCARDIAL INFARCTION.",
        "Past medical history is significant for DIABETES.",
        "Status post left NEPHRECTOMY.",
        "PNEUMONIA in 2009.",
        "PNEUMONIA two years ago.",
        "Old FRACTURE of the left rib.",
        "Prior CHOLECYSTECTOMY.",
    ],
)
def test_past(sentence: str) -> None:
    assert "historical" in said(sentence)


@pytest.mark.parametrize(
    "sentence",
    [
        "Please return if FEVER occurs.",
        "Should FEVER occur, call.",
        "Antibiotics will be given if PNEUMONIA develops.",
    ],
)
def test_conditional(sentence: str) -> None:
    assert "hypothetical" in said(sentence)


@pytest.mark.parametrize(
    "sentence",
    [
        "Family history of BREAST CANCER.",
        "Her mother had BREAST CANCER.",
        "Father died of STROKE.",
        "BREAST CANCER in her sister.",
        "There is a family history of diabetes and HYPERTENSION.",
    ],
)
def test_of_a_relative(sentence: str) -> None:
    assert "other" in said(sentence)


@pytest.mark.parametrize(
    "sentence",
    [
        "The DUCT is not DILATED.",
        "Non-obstructing CALCULUS.",
        "Two weeks of cough, two-day history of FEVER.",
        "Her mother reports that she has VOMITING.",
        "No calcification is seen within the MASS.",
        "No adenopathy, right inguinal HERNIA.",
        "No one saw the MASS.",
        "Partial clearing of the INFILTRATE.",
    ],
)
def test_beside_the_finding_and_not_of_it(sentence: str) -> None:
    assert not said(sentence)


def test_what_is_not_dilated_is_denied_and_not_the_duct() -> None:
    assert said("The duct is not DILATED.") == {"negated"}


@pytest.mark.parametrize(
    ("sentence", "quality"),
    [
        ("Fever (-), CHILLS (+).", ""),
        ("FEVER (-).", "negated"),
        ("No further episodes of PAIN.", "negated"),
        ("He had NAUSEA and vomiting which resolved.", "historical"),
        ("Absent GAG reflex.", "negated"),
        ("Blood cultures without GROWTH.", "negated"),
        ("FEVER: no.", "negated"),
        ("Dr. Who saw no MASS.", "negated"),
        ("No pleural effusion. MASS in the liver.", ""),
        ("Symptom-free since; MASS is seen.", ""),
    ],
)
def test_marks(sentence: str, quality: str) -> None:
    assert said(sentence) == ({quality} if quality else set())


def test_no_list_holds_brackets_within_brackets() -> None:
    """The grammar does not read them, and would take their pieces for phrases."""
    names = ["context", "symptoms", "concise", "findings", "anatomy", "guidance"]
    for name in names:
        for phrase in phrases(load(name)):
            inner = re.findall(r"\{([^}]*)\}|\[([^\]]*)\]", phrase)
            assert not any("{" in part or "[" in part for pair in inner for part in pair), phrase


def phrases(lists: object) -> Iterator[str]:
    if isinstance(lists, str):
        yield lists
    elif isinstance(lists, dict):
        for value in lists.values():
            yield from phrases(value)
    elif isinstance(lists, list):
        for value in lists:
            yield from phrases(value)


@pytest.mark.parametrize("sentence", ["The RASH has resolved.", "His PAIN has not recurred."])
def test_what_is_over_is_denied_and_past(sentence: str) -> None:
    assert said(sentence) == {"negated", "historical"}


@pytest.mark.parametrize(
    ("sentence", "quality"),
    [
        ("Fever, which resolved with antibiotics after ATELECTASIS.", ""),
        ("Course complicated by ILEUS, which resolved with fluids.", "historical"),
        ("I was unable to palpate any MASS.", "negated"),
        ("This was not felt to be an ABSCESS.", "negated"),
        ("Margins are not free of TUMOR.", ""),
        ("She has not received radiation for her LYMPHOMA.", ""),
        ("Risks include but are not limited to BLEEDING.", ""),
    ],
)
def test_told_events_and_what_stands_behind_a_denial(sentence: str, quality: str) -> None:
    assert said(sentence) == ({quality} if quality else set())
