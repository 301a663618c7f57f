"""Sizes, counts, times, references and advice, each with its place in the text."""

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radloom.errors import Rejected
from services.report_structurer.facts import Fact, literal_facts
from services.report_structurer.literals import counted
from services.report_structurer.proof import prove
from services.report_structurer.structure import structure
from tests.report_structurer.test_segment import REPORT_LIKE

VERBATIM = {"measurement", "number"}
SAID = [
    "two",
    "a third of",
    "one",
    "L4-5",
    "T2",
    "3:15",
    "pm",
    "image #3/4",
    "SUV of",
    "March 3, 2009",
]
PHRASES = st.lists(
    st.one_of(
        REPORT_LIKE, st.sampled_from([*SAID, "Isovue-300", "-2.5", "6-12 months", "4x2.5x4cm"])
    )
).map(" ".join)


def read(text: str, kind: str) -> list[str]:
    return [f.value for f in literal_facts(text) if f.kind == kind]


def sizes(text: str) -> list[tuple[str, str]]:
    return [(f.value, f.unit) for f in literal_facts(text) if f.kind == "measurement"]


@given(st.one_of(st.text(), PHRASES))
def test_every_fact_is_supported_by_the_text_at_its_place(text: str) -> None:
    for fact in literal_facts(text):
        cited = text[fact.start : fact.end]
        assert cited
        if fact.kind in VERBATIM:
            assert cited == fact.value
        elif fact.kind == "count":
            assert counted(cited) == fact.value
        elif fact.kind != "side":
            assert " ".join(cited.lower().split()) == fact.value


@given(PHRASES)
def test_facts_do_not_overlap_except_for_sides(text: str) -> None:
    apart = [f for f in literal_facts(text) if f.kind != "side"]
    assert all(a.end <= b.start for a, b in pairwise(apart))


@pytest.mark.parametrize(
    ("text", "measured"),
    [
        ("A 3.2 x 2.7 cm mass.", [("3.2", "cm"), ("2.7", "cm")]),
        ("A 3.2 cm x 27 mm mass.", [("3.2", "cm"), ("27", "mm")]),
        ("2 by 3 by 4 mm", [("2", "mm"), ("3", "mm"), ("4", "mm")]),
        ("4x2.5x4cm", [("4", "cm"), ("2.5", "cm"), ("4", "cm")]),
        ("A 12-mm cyst.", [("12", "mm")]),
        ("Nodules of 4 and 6mm.", [("6", "mm")]),
        ("100 cc of contrast.", [("100", "mL")]),
        ("Attenuation of 35 HU.", [("35", "[hnsf'U]")]),
        ("30 to 70 Hounsfield units", [("30", "[hnsf'U]"), ("70", "[hnsf'U]")]),
        ("Follow-up in 6-12 months.", [("6", "mo"), ("12", "mo")]),
        ("DLP 680 mGy-cm", [("680", "mGy.cm")]),
        ("at 5 mL/sec", [("5", "mL/s")]),
        ("less than 50% narrowing", [("50", "%")]),
        ("SUVmax 12.4", [("12.4", "{SUVmax}")]),
        ("an Agatston score of 115", [("115", "{Agatston}")]),
        ("T-score of -2.5", [("-2.5", "{T-score}")]),
        ("912 x 10^-3 mm^2/s", []),
        ("At L2 5 mm below", [("5", "mm")]),
    ],
)
def test_measurements_keep_every_axis_with_its_unit(
    text: str, measured: list[tuple[str, str]]
) -> None:
    assert sizes(text) == measured


def test_axes_of_a_size_are_numbered_and_ends_of_a_range_are_not() -> None:
    size = [(f.axis, f.axes) for f in literal_facts("4 x 2 cm, 1-2 cm") if f.unit == "cm"]
    assert size == [(1, 2), (2, 2), (0, 0), (0, 0)]


@pytest.mark.parametrize(
    ("text", "millimetres"), [("2.5 cm", 25.0), ("4 mm", 4.0), ("1 inch", 25.4), ("5 kg", None)]
)
def test_lengths_are_told_in_millimetres(text: str, millimetres: float | None) -> None:
    assert literal_facts(text)[0].millimetres == millimetres


@pytest.mark.parametrize(
    ("text", "kind", "values"),
    [
        ("Nodule (image 65).", "image", ["image 65"]),
        (
            "(series 4, images 37-39) image #33/68",
            "image",
            ["series 4", "images 37-39", "image #33/68"],
        ),
        (
            "Seen on 3/20/2023, March 3, 2009 and 4 May 2010.",
            "date",
            ["3/20/2023", "march 3, 2009", "4 may 2010"],
        ),
        ("at 10:30 a.m., 3 pm and 1415 hrs", "time", ["10:30 a.m.", "3 pm", "1415 hrs"]),
        ("a titre of 1:320", "time", []),
        ("LI-RADS 4 lesion.", "category", ["li-rads 4"]),
        ("BI-RADS category 4a", "category", ["bi-rads category 4a"]),
        ("PI-RADS v2 score of 4", "category", ["pi-rads v2 score of 4"]),
        ("Bosniak IIF cyst, stage pT3 N1", "category", ["bosniak iif", "pt3 n1"]),
        ("suspicious for malignancy", "category", []),
        ("Three of 7 nodules.", "number", ["7"]),
        ("Three of 7 nodules.", "count", ["3"]),
        ("a third of the lumen, half of it, two-thirds", "count", ["1/3", "1/2", "2/3"]),
        ("the third ventricle, a second nodule, one of these", "count", []),
        ("L4-5, C5/6 and T12-L1", "level", ["l4-5", "c5/6", "t12-l1"]),
        ("L4-5, C5/6 and T12-L1", "number", []),
        ("T2-weighted images, T2 hyperintense", "level", []),
        ("Fracture of the T2 vertebra", "level", ["t2"]),
        ("100 mL of Isovue-300", "agent", ["isovue-300"]),
        ("100 mL of Isovue-300", "number", []),
        ("left and right, LLL, rt", "side", ["left", "right", "left", "right"]),
    ],
)
def test_other_facts_are_told_apart(text: str, kind: str, values: list[str]) -> None:
    assert read(text, kind) == values


def advice(report: str) -> list[tuple[str, str]]:
    said = structure(f"IMPRESSION: {report}").statements
    return [(f.value, f.interval) for s in said for f in s.facts if f.kind == "recommendation"]


@pytest.mark.parametrize(
    ("report", "advised"),
    [
        ("Recommend chest CT in 3 months.", [("chest ct", "3 mo")]),
        ("A CT scan in 6-12 months is suggested.", [("ct scan", "6-12 mo")]),
        ("Consider MRI or biopsy.", [("mri", ""), ("biopsy", "")]),
        ("Clinical correlation is recommended.", [("", "")]),
        ("A 3 cm mass in a 55-year-old.", []),
    ],
)
def test_advice_names_the_examination_and_when(report: str, advised: list[tuple[str, str]]) -> None:
    assert advice(report) == advised


def test_places_of_facts_count_characters_not_bytes() -> None:
    text = "Größe ☃ 3,5 — Knoten 12 mm"
    fact = literal_facts(text)[-1]
    assert fact == Fact("measurement", "12", text.index("12"), text.index("12") + 2, unit="mm")


def test_commas_between_thousands_are_no_ends_of_numbers() -> None:
    (statement,) = structure("FINDINGS: Urine 2,500 mL, spleen 1,2 and 12,3456.").statements
    read = [(f.kind, f.value, f.unit) for f in statement.facts if f.kind != "organ"]
    assert read == [
        ("measurement", "2500", "mL"),
        ("number", "1", ""),
        ("number", "2", ""),
        ("number", "12", ""),
        ("number", "3456", ""),
    ]
    assert prove(structure(statement.text)).facts_in == 5


def test_a_count_that_its_words_do_not_say_fails_the_proof() -> None:
    report = structure("FINDINGS: Two nodules.")
    (statement,) = report.statements
    wrong = tuple(replace(f, value="3") if f.kind == "count" else f for f in statement.facts)
    with pytest.raises(Rejected, match="count"):
        prove(replace(report, statements=(replace(statement, facts=wrong),)))
