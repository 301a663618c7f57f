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
        ("Seen by Dr. J. Doe. Normal.", ["Seen by Dr. J. Doe.", "Normal."]),
        ("Fracture of rib No. 3 at approx. 3 cm.", ["Fracture of rib No. 3 at approx. 3 cm."]),
        ("Scanned at 10 a.m. on Monday. Normal.", ["Scanned at 10 a.m. on Monday.", "Normal."]),
        ("IMPRESSION:1.No stone.2.Cyst.", ["IMPRESSION:1.No stone.", "2.Cyst."]),
        (
            "Normal.,IMPRESSION:,1. Cyst.,2. Stone",
            ["Normal.,", "IMPRESSION:,1. Cyst.,", "2. Stone"],
        ),
        ("Up to level L5.The cord is normal.", ["Up to level L5.", "The cord is normal."]),
        ("The liver is large. the spleen too.", ["The liver is large.", "the spleen too."]),
        ("Isovue 370.FINDINGS: Clear.", ["Isovue 370.", "FINDINGS: Clear."]),
        ("COMPARISON: ( )FINDINGS: Clear.", ["COMPARISON: ( )", "FINDINGS: Clear."]),
        (
            "FINDINGS\nClear lungs.\nIMPRESSION\nNormal.",
            [*("FINDINGS", "Clear lungs."), *("IMPRESSION", "Normal.")],
        ),
        ("Pain. FINDINGS The lungs are clear.", ["Pain.", "FINDINGS The lungs are clear."]),
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
        ("CT ABDOMEN: Clear bases. CT OF THE PELVIS WITHOUT CONTRAST: Cyst.", ["findings"] * 2),
        (
            "EXAM: CT.\nTECHNIQUE: Helical.\nABDOMEN: The liver is normal.",
            [*("exam", "technique"), "findings"],
        ),
        ("MRI OF THE ABDOMEN: __.\nFINDINGS: Cyst.", ["exam", "findings"]),
        ("TECHNIQUE: 100 mL of Isovue. The lungs are clear.", ["technique", "findings"]),
        ("COMPARISON: None. There is a cyst of the liver.", ["comparison", "findings"]),
        (
            "COMPARISON: CT of 1/2/2020. There was a cyst.\nFINDINGS: Clear.",
            [*["comparison"] * 2, "findings"],
        ),
        ("HISTORY: Mass of the liver. FINDINGS: Cyst.", ["indication", "findings"]),
        (
            "FINDINGS: Correlation is made with a prior study. No stones.",
            ["comparison", "findings"],
        ),
        ("FINDINGS: The cyst is larger compared to the prior study.", ["findings"]),
        ("FINDINGS: High signal of the liver on T2-weighted images.", ["findings"]),
        ("INTERPRETATION: Clear. Impression: Normal.", ["findings", "impression"]),
        ("IMPRESSION: Cyst. Electronically signed by A. Doe, MD", ["impression", "communication"]),
        ("IMPRESSION: Cyst. John Doe, MD", ["impression", "communication"]),
        ("IMPRESSION: Cyst. Dr. Who was notified.", ["impression", "communication"]),
        ("INDICATION: Trauma.\nQUALITY ASSESSMENT: Good.", ["indication"] * 2),
        (
            "LUNGS: Clear. HEART: Large. IMPRESSION: LIVER: Cyst.",
            ["findings"] * 2 + ["impression"] * 2,
        ),
    ],
)
def test_parts_follow_headings_and_what_is_said(report: str, parts: list[str]) -> None:
    assert [s.part for s in structure(report).statements] == parts
