"""Weight lost and the time it took, in the many ways that notes have of saying it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.report_structurer.symptoms import Mention, symptoms


def lost(sentence: str) -> Mention:
    (mention,) = (m for m in symptoms(sentence) if m.symptom == "weight_loss")
    return mention


@pytest.mark.parametrize(
    ("sentence", "value", "unit", "days"),
    [
        ("Weight loss of 5-7 kg over 2-3 months.", 5, "kg", 91),
        ("Her weight decreased from 150 pounds to 132 pounds in 4 months.", 18, "lb", 122),
        ("His weight went from 180 to 150 lb over 6 months.", 30, "lb", 183),
        ("His weight today is 132 pounds, down from 150 pounds in March.", 18, "lb", None),
        ("He weighed 82 kg six months ago and now weighs 70 kg.", 12, "kg", 183),
        ("He used to weigh 210 pounds and now weighs 175 pounds.", 35, "lb", None),
        ("He weighs 145 pounds today compared to 170 pounds in June.", 25, "lb", None),
        ("Weight 118 pounds (down from 140 pounds six months ago).", 22, "lb", 183),
        ("Weight 70 kg -> 62 kg in 3 months.", 8, "kg", 91),
        ("Current weight 61 kg (usual weight 70 kg).", 9, "kg", None),
        ("She has had diarrhea for 3 days and has lost 20 lb over 6 months.", 20, "lb", 183),
        ("In a 60-year-old man, a 30 pound weight loss.", 30, "lb", None),
        ("Weight loss of 8% of body weight in 1 month.", 8, "%", 30),
        ("Lost 6 pounds in one month and 20 pounds in the past year.", 6, "lb", 30),
        ("He lost nearly 50 pounds, now weighing 130 pounds.", 50, "lb", None),
        ("He has lost 50 pounds, but gained back 20 pounds.", 50, "lb", None),
        ("She has lost 2 1/2 kg.", 2.5, "kg", None),
        ("Weight loss of two and a half kilograms.", 2.5, "kg", None),
        ("Today's weight is down 1-1/2 pounds in the past month.", 1.5, "lb", 30),
        ("He dropped 3 stones in 5 months.", 42, "lb", 152),
        ("She has lost half a stone since Christmas.", 7, "lb", None),
        ("He has lost a stone and a half in the last two months.", 21, "lb", 61),
        ("Weight loss (25 lb over 3 mo).", 25, "lb", 91),
        ("Reports a 30# weight loss since surgery.", 30, "lb", None),
        ("Twenty-two pound weight loss.", 22, "lb", None),
        ("Weight loss > 10 kg in 12 weeks.", 10, "kg", 84),
        ("Wt loss 10 lbs x 2 months.", 10, "lb", 61),
        ("A loss of 15% of his body weight in half a year.", 15, "%", 183),
        ("Over the last two weeks he lost 11 pounds.", 11, "lb", 14),
    ],
)
def test_amount_and_time(sentence: str, value: float, unit: str, days: int | None) -> None:
    found = lost(sentence)
    assert (found.value, found.unit, found.interval_days) == (value, unit, days)


@pytest.mark.parametrize(
    "sentence",
    [
        "Weight loss; her weight is 150 pounds.",
        "He lost weight and is now at 150 pounds.",
        "Weight loss of 1.5 kg/week.",
        "Weight loss, 5 pounds per week.",
        "She has lost a few pounds.",
        "Weight loss with a gain of 5 pounds since.",
    ],
)
def test_what_is_weighed_gained_or_how_fast_is_no_amount(sentence: str) -> None:
    assert lost(sentence).value is None


@pytest.mark.parametrize(
    "sentence",
    [
        "The vertebra has a loss of 30% of its height.",
        "Blood loss of 200 mL.",
        "His weight went from 150 to 180 lb.",
        "She lost 2 units of blood.",
        "Weight 150 pounds.",
    ],
)
def test_no_weight_was_lost(sentence: str) -> None:
    assert not [m for m in symptoms(sentence) if m.symptom == "weight_loss"]


@given(st.integers(1, 99), st.sampled_from([("pounds", "lb"), ("kg", "kg")]), st.integers(1, 24))
def test_amount_and_weeks_are_read_as_written(
    amount: int, unit: tuple[str, str], weeks: int
) -> None:
    found = lost(f"He has lost {amount} {unit[0]} over the last {weeks} weeks.")
    assert (found.value, found.unit, found.interval_days) == (amount, unit[1], weeks * 7)


@given(st.text(alphabet="lost 0123456789.,/-½#%kgd from to pounds and half weight", max_size=60))
def test_no_text_is_too_strange_to_read(text: str) -> None:
    for mention in symptoms(f"weight loss {text}"):
        assert mention.value is None or mention.value >= 0
