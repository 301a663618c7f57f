"""What cues say about the words beside them; regressions of other tools among them."""

import re

import pytest

from services.report_structurer.context import qualities, scopes
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
