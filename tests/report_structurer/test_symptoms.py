"""Symptoms with status, amount and time, as notes say them."""

import pytest

from services.report_structurer.symptoms import Mention, symptoms


def said(sentence: str) -> dict[str, str]:
    return {mention.symptom: mention.status for mention in symptoms(sentence)}


def lost(sentence: str) -> tuple[float | None, str | None, int | None]:
    (mention,) = (m for m in symptoms(sentence) if m.symptom == "weight_loss")
    return mention.value, mention.unit, mention.interval_days


@pytest.mark.parametrize(
    ("sentence", "status"),
    [
        ("He complains of fatigue and dysphagia.", {"fatigue": "present", "dysphagia": "present"}),
        ("She denies weight loss, anorexia.", {"weight_loss": "absent", "appetite_loss": "absent"}),
        ("No nausea, vomiting or weakness.", {"nausea_vomiting": "absent", "weakness": "absent"}),
        ("His appetite is good and his weight is stable.",
         {"appetite_loss": "absent", "weight_loss": "absent"}),
        ("History of malnutrition.", {"malnutrition": "historical"}),
        ("His mother had weight loss.", {"weight_loss": "other"}),
        ("He wants weight loss by bariatric surgery.", {"weight_loss": "other"}),
        ("She lost 20 pounds on a diet.", {"weight_loss": "other"}),
        ("Left arm weakness.", {"weakness": "other"}),
        ("Generalized weakness.", {"weakness": "present"}),
        ("Zofran as needed for nausea.", {"nausea_vomiting": "other"}),
        ("Return if vomiting occurs.", {"nausea_vomiting": "other"}),
        ("Temporal wasting and early satiety.", {"wasting": "present", "early_satiety": "present"}),
        ("The liver is normal.", {}),
    ],
)  # fmt: skip
def test_status(sentence: str, status: dict[str, str]) -> None:
    assert said(sentence) == status


@pytest.mark.parametrize(
    ("sentence", "amount"),
    [
        ("A 20 pound weight loss over the last two months.", (20.0, "lb", 61)),
        ("He has lost 12.5 kg in 3 weeks.", (12.5, "kg", 21)),
        ("She lost ten pounds since December.", (10.0, "lb", None)),
        ("Weight loss of 10% over the past 6 months.", (10.0, "%", 183)),
        ("Lost about 15 lbs in the last year.", (15.0, "lb", 365)),
        ("His weight dropped from 180 to 160 pounds.", (20.0, "lb", None)),
        ("Weight loss.", (None, None, None)),
        ("Weight loss; he weighs 150 pounds.", (None, None, None)),
    ],
)
def test_how_much_weight_was_lost_and_when(
    sentence: str, amount: tuple[float | None, str | None, int | None]
) -> None:
    assert lost(sentence) == amount


def test_offsets_are_those_of_the_text() -> None:
    text = "Patient née Öztürk.\nReports fatigue."
    assert symptoms(text) == [Mention("fatigue", "present", 28, 35)]
    assert text[28:35] == "fatigue"
