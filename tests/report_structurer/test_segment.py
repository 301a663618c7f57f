"""A report falls into statements, and every character is in exactly one piece."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.report_structurer.facts import literal_facts
from services.report_structurer.segment import pieces
from services.report_structurer.structure import structure

REPORT_LIKE = st.lists(
    st.sampled_from(
        [
            *("FINDINGS:", "IMPRESSION:", "LUNGS:", "Liver", "is normal.", "no", "nodule", "Dr."),
            *("1.", "2)", "3.5 cm", "(image 65).", "mm.The", "vs.", "x", ":", "__", "é"),
            *("\n", "\n\n", " ", "\t"),
        ]
    ),
    max_size=25,
).map("".join)


def texts(report: str) -> list[str]:
    return [report[p.start : p.end] for p in pieces(report) if not p.blank]


@given(st.one_of(st.text(), REPORT_LIKE))
def test_the_pieces_joined_are_the_text(report: str) -> None:
    made = pieces(report)
    assert "".join(report[p.start : p.end] for p in made) == report
    assert all(report[p.start : p.end].isspace() == p.blank for p in made)
    assert all(p.start <= p.body <= p.end for p in made)


@given(REPORT_LIKE)
def test_no_number_is_cut(report: str) -> None:
    whole = [(fact.start, fact.end) for fact in literal_facts(report)]
    cuts = {p.start for p in pieces(report, whole)}
    assert not any(start < cut < end for start, end in whole for cut in cuts)


@pytest.mark.parametrize(
    ("report", "statements"),
    [
        (
            "The liver is normal. The spleen is large.",
            ["The liver is normal.", "The spleen is large."],
        ),
        ("A 3.2 x 2.7 cm mass. No node.", ["A 3.2 x 2.7 cm mass.", "No node."]),
        (
            "CT ABDOMEN/PELVISCLINICAL HISTORY: Pain.",
            ["CT ABDOMEN/PELVIS", "CLINICAL HISTORY: Pain."],
        ),
        ("EXAM DATE: __.HISTORY: Cough.", ["EXAM DATE: __.", "HISTORY: Cough."]),
        ("IMPRESSION: 1.Normal. 2.Cyst.", ["IMPRESSION: 1.Normal.", "2.Cyst."]),
        ("IMPRESSION:\n1. Stones\n2. Cyst", ["IMPRESSION:\n1. Stones", "2. Cyst"]),
        ("Impression: 1. Stones 2. Cyst", ["Impression: 1. Stones", "2. Cyst"]),
        ("Seen by Dr. Who. Normal.", ["Seen by Dr. Who.", "Normal."]),
        ("Atelectasis vs. Pneumonia.", ["Atelectasis vs. Pneumonia."]),
        (
            "The lungs are clear.The heart is large.",
            ["The lungs are clear.", "The heart is large."],
        ),
        ("Nodule in the\nright lobe.", ["Nodule in the\nright lobe."]),
        ("- Stones\n- Cyst", ["- Stones", "- Cyst"]),
        ("Stable (image 65). Clear.", ["Stable (image 65).", "Clear."]),
        ("", []),
        ("   \n ", []),
    ],
)
def test_statements_begin_where_a_reader_sees_them_begin(
    report: str, statements: list[str]
) -> None:
    assert texts(report) == statements


@pytest.mark.parametrize(
    ("report", "parts"),
    [
        (
            "CT CHEST. FINDINGS: Clear lungs. IMPRESSION: Normal.",
            ["exam", "findings", "impression"],
        ),
        ("HISTORY: Cough. Comparison: None.", ["indication", "comparison"]),
        (
            "FINDINGS: CT of the chest was performed with contrast. The lungs are clear.",
            ["technique", "findings"],
        ),
        ("FINDINGS: Free air. This was discussed with Dr. Who.", ["findings", "communication"]),
        ("The lungs are clear.", ["findings"]),
        (
            "LUNGS: Clear. HEART: Large. IMPRESSION: LIVER: Cyst.",
            ["findings"] * 2 + ["impression"] * 2,
        ),
    ],
)
def test_parts_follow_headings_and_what_is_said(report: str, parts: list[str]) -> None:
    assert [s.part for s in structure(report).statements] == parts
