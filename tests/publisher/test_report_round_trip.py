"""text -> FHIR -> text and text -> SR -> text lose nothing, whatever stands in the text."""

import json
from collections.abc import Sequence
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom import Dataset

from radloom.dicom import text_report
from radloom.dicom.part10 import decode, encode
from radloom.fhir import report as fhir_report
from radloom.fhir.observations import Subject
from radloom.reports import Report
from tests.publisher.report_example import TEXT, Written, cut, written

FILING = fhir_report.Filing(Subject("PATIENT-7"), None, "2.25.77")
BLANKS = " \t\n\r\f\v\x1c\x85\u00a0\u2003\u2028"
INK = st.characters(
    codec="utf-8", exclude_categories=["Cs"], exclude_characters=BLANKS
) | st.sampled_from("aB9.\\^\"'<&äµ漢\U0001f480\u200d\ufeff\ufffd\ufffe\0\x07\x1b")
WORDS = st.text(INK, min_size=1, max_size=8)
SPACES = st.text(st.sampled_from(BLANKS), min_size=0, max_size=4)


@st.composite
def texts(draw: st.DrawFn) -> tuple[str, Sequence[tuple[int, int]]]:
    """A text, and places of statements in it that begin and end with ink."""
    text, spans = draw(SPACES), []
    for _ in range(draw(st.integers(1, 6))):
        statement = draw(WORDS) + draw(st.just("") | st.tuples(SPACES, WORDS).map("".join))
        if not (statement := statement.strip()):
            continue
        spans.append((len(text), len(text) + len(statement)))
        text += statement + draw(SPACES)
    return text, spans


def through_fhir(report: Report) -> str:
    """What another system reads in the JSON of the transaction's Observations."""
    bundle: dict[str, Any] = json.loads(json.dumps(fhir_report.build_bundle(report, FILING)))
    resources = [entry["resource"] for entry in bundle["entry"]]
    return fhir_report.text_of(reversed(resources))


def through_dicom(report: Report) -> str:
    """What another system reads in the bytes of the SR."""
    return text_report.text_of(decode(encode(text_report.build_text_report(report, Dataset()))))


def same_in_both(given_report: Written, text: str) -> None:
    report = given_report.report
    assert report.text == text
    assert through_fhir(report) == text
    assert through_dicom(report) == text


@settings(max_examples=150, deadline=None)
@given(texts())
def test_any_text_comes_back_from_record_and_archive(
    cut_text: tuple[str, Sequence[tuple[int, int]]],
) -> None:
    text, spans = cut_text
    if spans:
        same_in_both(cut(text, spans), text)


def test_a_report_comes_back_from_record_and_archive() -> None:
    same_in_both(written(), TEXT)


def test_page_breaks_and_control_characters_come_back_though_neither_format_allows_them() -> None:
    text = "FINDINGS: Nor\x07mal\x0cliver.\x0c\x0c\nIMPRESSION: No\xa0nodule.  \t"
    same_in_both(written(text), text)
