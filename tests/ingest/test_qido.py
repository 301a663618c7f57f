"""Queries: whatever is asked, an answer or a refusal."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from radloom.errors import Rejected
from services.ingest import qido
from services.ingest.admission import query_attributes
from tests.ingest.example import SERIES, STUDY, ct


def row(number: int = 1, **changed: str) -> dict[str, Any]:
    ds = ct(number)
    for keyword, value in changed.items():
        setattr(ds, keyword, value)
    return {
        "study_instance_uid": STUDY,
        "series_instance_uid": SERIES,
        "sop_instance_uid": str(ds.SOPInstanceUID),
        "modality": str(ds.Modality),
        "attributes": query_attributes(ds),
    }


def found(query: list[tuple[str, str]], *rows: dict[str, Any]) -> int:
    return len(qido.search("studies", rows or [row()], query))


@given(text=st.text(st.sampled_from("ab?*[].\\^$"), max_size=10))
def test_a_text_is_matched_by_itself_and_by_stars(text: str) -> None:
    described = row(StudyDescription="x" + text.replace("\\", "").strip() + "x")
    value = described["attributes"]["00081030"]["Value"][0]
    literal = value.replace("*", "?")
    for pattern in (literal, f"*{literal}*", "*", "?" * len(value)):
        assert found([("StudyDescription", pattern)], described) == 1
    assert found([("StudyDescription", literal + "y")], described) == 0
    assert found([("StudyDescription", "?" * (len(value) + 1))], described) == 0


def test_a_pattern_of_many_stars_is_answered_all_the_same() -> None:
    """A plain regular expression would try every way to share the text among the stars."""
    described = row(StudyDescription="a" * 64)
    assert found([("StudyDescription", "*a" * 30 + "*b")], described) == 0
    assert found([("StudyDescription", "*a" * 30 + "*")], described) == 1


@pytest.mark.parametrize("date", ["-", "20240102-", "-20240102", "20240101-20240103"])
def test_a_range_holds_its_ends(date: str) -> None:
    assert found([("StudyDate", date)]) == 1


@settings(max_examples=400)
@given(
    level=st.sampled_from(["studies", "series", "instances"]),
    query=st.lists(
        st.tuples(
            st.sampled_from(
                [
                    "PatientName",
                    "StudyDate",
                    "00100020",
                    "Rows",
                    "ModalitiesInStudy",
                    "PixelData",
                    "FFFFFFFF",
                    "limit",
                    "offset",
                    "includefield",
                    "fuzzymatching",
                ]
            )
            | st.text(max_size=8),
            st.sampled_from(["1", "*", "-", "all", "CT", "20240101-", "\\", ","])
            | st.text(max_size=8),
        ),
        max_size=4,
    ),
)
def test_any_query_gives_an_answer_or_a_refusal(
    level: qido.Level, query: list[tuple[str, str]]
) -> None:
    try:
        assert len(qido.search(level, [row(1), row(2)], query)) <= 2
    except Rejected as refused:
        assert refused.reason == "query"  # noqa: PT017 - either is right
