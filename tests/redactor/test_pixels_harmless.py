"""Which words stay, and which never do."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.redactor.pixels.boxes import Box
from services.redactor.pixels.harmless import Harmless, harmless, looks_identifying
from services.redactor.pixels.reach import activity, reach
from services.redactor.pixels.reading import Word
from services.redactor.pixels.search import Finding
from services.redactor.pixels.verdicts import Reason, judged
from services.redactor.pixels.views import Kind

STAYS = {
    "L": Harmless.MARKER,
    "RPF": Harmless.MARKER,
    "5.0mm": Harmless.MEASURE,
    "120 kVp": Harmless.MEASURE,
    "36Hz": Harmless.MEASURE,
    "2.3 x 1.9 cm": Harmless.MEASURE,
    "W 400 L 40": Harmless.PARAMETER,
    "DF0V 35.0cm": Harmless.PARAMETER,
    "MI 0.8": Harmless.PARAMETER,
    "TIS0.4": Harmless.PARAMETER,
    "Gn 60": Harmless.PARAMETER,
    "2D 100%": Harmless.PARAMETER,
    "FR 22Hz": Harmless.PARAMETER,
    "Se 3": Harmless.PARAMETER,
    "Im 12": Harmless.PARAMETER,
    "150": Harmless.NUMBER,
    "-2.5": Harmless.NUMBER,
    "SUPINE": Harmless.TERM,
    "AP ERECT": Harmless.TERM,
    "LYMPH N0DE": Harmless.TERM,
    "CHEST PA": Harmless.TERM,
}

GOES = [
    "MILLER^ANNA",
    "Miller, Anna",
    "DR LONG",
    "DOB: 1962-11-30",
    "30.11.1962",
    "30-NOV-62",
    "11/30/1962 08:15",
    "08:15",
    "4393328",
    "A74218096",
    "MRN 5132539",
    "1962",
    "72Y",
    "F 45Y",
    "ST MARY HOSPITAL",
    "山田",
    "WARD 7",
    "",
]


@pytest.mark.parametrize(("text", "why"), STAYS.items())
def test_technique_and_scale_stay(text: str, why: Harmless) -> None:
    assert harmless(text) is why
    assert not looks_identifying(text)


@pytest.mark.parametrize("text", GOES)
def test_names_dates_numbers_and_what_is_unknown_go(text: str) -> None:
    assert harmless(text) is None


@given(st.integers(1000, 10**12))
def test_no_number_of_four_or_more_digits_stays(number: int) -> None:
    assert harmless(str(number)) is None


@given(st.dates())
def test_no_date_stays(day: object) -> None:
    assert harmless(str(day)) is None
    assert looks_identifying(str(day))


def finding(text: str, box: Box, *, confidence: float = 0.95, seen: int = 3) -> Finding:
    kinds: tuple[Kind, ...] = ("plain", "large", "local", "fine", "turned")
    return Finding(Word(text, confidence, box), frozenset(kinds[:seen]))


LINE = Box(100, 100, 180, 120)


def test_the_identity_comes_before_the_allow_list() -> None:
    verdict = judged([finding("HEAD", LINE)], lambda text: text == "HEAD")[0]
    assert verdict.reason is Reason.IDENTITY


def test_a_harmless_word_read_unsurely_goes() -> None:
    verdict = judged([finding("SUPINE", LINE, confidence=0.6)], lambda _: False)[0]
    assert verdict.reason is Reason.UNKNOWN


def test_what_several_views_take_for_text_goes_unread() -> None:
    assert judged([finding("", LINE, confidence=0)], lambda _: False)[0].reason is Reason.UNREADABLE


def test_a_circle_that_reads_as_one_letter_is_no_text() -> None:
    assert judged([finding("D", Box(0, 0, 200, 240))], lambda _: False)[0].noise


def test_a_fragment_of_a_kept_line_is_kept_with_it() -> None:
    whole, part = finding("Gn 60", LINE), finding("Gn", Box(100, 100, 125, 120))
    assert [v.reason for v in judged([whole, part], lambda _: False)] == [None, None]


def test_other_words_inside_a_kept_line_are_not_taken_for_its_fragments() -> None:
    whole, part = finding("Gn 60", LINE), finding("JO", Box(100, 100, 125, 120))
    assert judged([whole, part], lambda _: False)[1].reason is Reason.UNKNOWN


@pytest.mark.parametrize(("gap", "stays"), [(5, False), (60, True)])
def test_a_number_right_beside_blanked_text_belongs_to_it(gap: int, *, stays: bool) -> None:
    name = finding("MILLER", LINE)
    number = finding("72", Box(LINE.right + gap, 100, LINE.right + gap + 20, 120))
    assert (judged([name, number], lambda _: False)[1].reason is None) is stays


def test_paint_follows_a_line_into_what_is_not_flat_only() -> None:
    frame = np.zeros((200, 400), np.float32)
    frame[:, 200:] = np.indices((200, 200)).sum(axis=0) % 2
    made = reach(Box(120, 90, 198, 110), 4, activity(frame), ())
    assert made.left == 116
    assert made.right > 212


def test_padding_does_not_paint_over_a_kept_word() -> None:
    kept = Box(100, 122, 180, 140)
    made = reach(LINE, 4, None, (kept,))
    assert (made.top, made.bottom, made.left) == (96, 120, 96)
    assert not made.shared(kept)
