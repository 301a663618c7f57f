"""The redactor of texts as a whole: what stands in place of a span, and what is never touched."""

import socket
import sys
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.redactor.identity import Identity
from services.redactor.pseudonyms import Pseudonyms, Subject
from services.redactor.spans import Kind, replaced
from services.redactor.text import Style, candidates, text_redactor
from services.redactor.text.candidates import Calibrated, Candidate, settled
from services.redactor.text.written_dates import read_date, says_day_first, written_like

PSEUDONYMS = Pseudonyms(b"k" * 32)
SUBJECT = Subject("0405608")
IDENTITY = Identity.of_header({"PatientName": "Okonkwo^Zofia", "PatientID": "0405608"})
TAGS = text_redactor(IDENTITY, PSEUDONYMS, SUBJECT)
SURROGATES = text_redactor(IDENTITY, PSEUDONYMS, SUBJECT, style=Style.SURROGATES)
REPORT = (
    "PATIENT: OKONKWO, ZOFIA   MRN: 0405608   DOB: 06/23/1977\n"
    "REFERRING: Dr. Cheryl Grant, West Lee Regional, (581) 070-9700\n"
    "A 95 year old with Parkinson disease, seen on 28 Oct 2024. A 12 x 8 mm nodule at L3.\n"
    "Electronically signed by: Dunlap, Laura, M.D.\n"
)


def test_tags_say_the_kind_and_the_rest_is_untouched() -> None:
    assert TAGS(REPORT).text == (
        "PATIENT: [NAME]   MRN: [ID]   DOB: [DATE]\n"
        "REFERRING: Dr. [NAME], [LOC], [PHONE]\n"
        "A 90+ year old with Parkinson disease, seen on [DATE]. A 12 x 8 mm nodule at L3.\n"
        "Electronically signed by: [NAME], M.D.\n"
    )


WORDS = st.sampled_from(
    [
        "Dr.", "Grant", "Zofia", "OKONKWO", "nodule", "12 mm", "06/23/77", "[NAME]", "[DATE]",
        "MRN: 123456", "x4567", "pager 22", "山田", "Łuczak,", "é", "\n", " ", "  ", ".", ":",
        "a@b.example", "5 Elm St", "Clinic", "T12", "\r\n", "91 year old", "M.", "\u0130", "ß",
    ]
)  # fmt: skip


@given(st.lists(WORDS, max_size=25).map(" ".join) | st.text(max_size=80))
def test_spans_are_ordered_apart_and_all_that_changes(text: str) -> None:
    redacted = TAGS(text)
    assert redacted.text == replaced(text, redacted.spans)
    assert all(a.end <= b.start for a, b in zip(redacted.spans, redacted.spans[1:], strict=False))
    assert all(0 <= span.confidence <= 1 for span in redacted.spans)
    assert 0 <= redacted.probability_missed <= 1
    assert TAGS(text) == redacted


@given(st.lists(WORDS, max_size=15).map(" ".join))
def test_no_tag_is_ever_redacted_again(text: str) -> None:
    once = TAGS(text).text
    twice = TAGS(once)
    for span in twice.spans:
        assert "[NAME]" not in once[span.start : span.end]
        assert "[DATE]" not in once[span.start : span.end]


def test_a_redacted_report_is_redacted_for_good() -> None:
    once = TAGS(REPORT).text
    assert TAGS(once).text == once


def test_surrogates_have_the_form_and_are_none_of_the_known_identifiers() -> None:
    made = SURROGATES(REPORT)
    by_kind = {span.kind: span.replacement for span in made.spans}
    assert len(by_kind[Kind.PHONE]) == len("(581) 070-9700")
    assert by_kind[Kind.PHONE][0] == "("
    assert not IDENTITY.matcher.find(made.text)
    for word in ("Grant", "Cheryl", "Dunlap", "Laura", "581", "1977"):
        assert word not in made.text
    first = made.spans[0]
    assert first.replacement.isupper()
    assert ", " in first.replacement


def test_one_name_has_one_surrogate_in_every_text_and_case() -> None:
    first = SURROGATES("Seen by Dr. Dunlap today.").spans[0].replacement
    again = SURROGATES("SIGNED BY: DR. DUNLAP").spans[0].replacement
    assert again == first.upper()
    other = text_redactor(IDENTITY, Pseudonyms(b"j" * 32), SUBJECT, style=Style.SURROGATES)
    assert other("Seen by Dr. Dunlap today.").spans[0].replacement != first


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("28 Oct 2024", date(2024, 10, 28)),
        ("OCTOBER 28, 2024", date(2024, 10, 28)),
        ("2024-10-28", date(2024, 10, 28)),
        ("10/28/24", date(2024, 10, 28)),
        ("28.10.2024", date(2024, 10, 28)),
        ("20241028", date(2024, 10, 28)),
        ("Monday, October 28, 2024", date(2024, 10, 28)),
    ],
)
def test_dates_move_by_the_shift_of_the_subject_in_their_own_form(text: str, day: date) -> None:
    shifting = text_redactor(IDENTITY, PSEUDONYMS, SUBJECT, shift_dates=True)
    (span,) = shifting(f"Seen on {text}.").spans
    assert read_date(span.replacement) == PSEUDONYMS.shifted(day, SUBJECT)
    assert written_like(text, day, day) == text


def test_a_date_that_two_days_could_be_moves_only_if_the_text_tells_the_order() -> None:
    shifting = text_redactor(IDENTITY, PSEUDONYMS, SUBJECT, shift_dates=True)
    assert shifting("Seen 03/04/2024.").text == "Seen [DATE]."
    told = shifting("Seen 03/04/2024, then 25/04/2024.")
    assert says_day_first("25/04/2024") is True
    first = read_date(told.spans[0].replacement, day_first=True)
    assert first == PSEUDONYMS.shifted(date(2024, 4, 3), SUBJECT)
    assert shifting("In March 2023.").text == "In [DATE]."


def test_a_calibration_changes_what_is_reported_and_never_what_is_redacted() -> None:
    halved = Calibrated(span=lambda raw: raw / 2, missed=lambda _: 0.25)
    calibrated = text_redactor(IDENTITY, PSEUDONYMS, SUBJECT, calibration=halved)
    assert calibrated(REPORT).text == TAGS(REPORT).text
    assert calibrated(REPORT).probability_missed == 0.25
    assert max(span.confidence for span in calibrated(REPORT).spans) <= 0.5


def test_a_lower_threshold_redacts_more_and_leaves_less_doubt() -> None:
    text = "Spiculated Xylanthe mass. BRANTO sign. Foley Long."
    bold = text_redactor(IDENTITY, PSEUDONYMS, SUBJECT, threshold=0.01)
    assert len(bold(text).spans) >= len(TAGS(text).spans)
    assert bold(text).probability_missed <= TAGS(text).probability_missed
    assert candidates(text, IDENTITY)


def test_overlapping_candidates_become_one_span_of_the_widest() -> None:
    name = Candidate(4, 10, Kind.NAME, 0.9, "names:list")
    place = Candidate(0, 20, Kind.LOC, 0.7, "rule:institution")
    (one,) = settled("St. Thomas Medical Center", [name, place])
    assert (one.start, one.end, one.kind, one.score) == (0, 20, Kind.LOC, 0.9)


def test_no_socket_is_opened_for_a_text() -> None:
    opened: list[Any] = []

    def audit(event: str, arguments: tuple[Any, ...]) -> None:
        if event.startswith("socket."):
            opened.append((event, arguments))

    sys.addaudithook(audit)
    socket.gethostname()
    assert opened  # the hook sees sockets
    opened.clear()
    TAGS(REPORT + "See https://tracker.example.org and a@b.example")
    assert opened == []


def test_no_repr_says_a_word_of_the_subject() -> None:
    assert "Okonkwo" not in repr(TAGS)
    assert "0405608" not in repr(TAGS).replace(repr(SUBJECT), "")
