"""Report text is found wherever it got to, however it was written there."""

import json

from hypothesis import given
from hypothesis import strategies as st

from evaluation.leaks import LENGTH, Leak, leaks, runs

REPORT = "FINDINGS: A 6 mm nodule in the right upper lobe.\nMüde seit Wochen, schläft schlecht."


def test_four_words_in_a_row_are_found_and_three_are_not() -> None:
    assert leaks([REPORT], "warn: nodule in the right, stop") == [Leak(0, 4)]
    assert leaks([REPORT], "warn: nodule in the stop") == []


def test_case_marks_and_line_ends_hide_nothing() -> None:
    assert leaks(["other words are here", REPORT], "UPPER-LOBE, müde; SEIT") == [Leak(1, 8)]


def test_escapes_of_json_and_python_hide_nothing() -> None:
    for written in (json.dumps(REPORT), repr(REPORT), ascii(REPORT)):
        assert len(leaks([REPORT], written)) == len(list(runs(REPORT)))


def test_a_leak_says_where_and_never_what() -> None:
    assert "nodule" not in repr(leaks([REPORT], REPORT))


@given(st.text(), st.text(), st.text())
def test_whatever_stands_around_it_is_found(before: str, report: str, after: str) -> None:
    found = leaks([report], f"{before} {report} {after}")
    assert len(found) == max(0, len(list(runs(report))))
    assert LENGTH == 4
