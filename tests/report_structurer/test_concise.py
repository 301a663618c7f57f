"""The concise view says the same in fewer words, or keeps the source."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.report_structurer.concise import concise, shorter
from services.report_structurer.guard import difference
from services.report_structurer.structure import structure
from tests.report_structurer.test_segment import REPORT_LIKE


@pytest.mark.parametrize(
    ("source", "short"),
    [
        ("There is no evidence of pneumothorax.", "No pneumothorax."),
        ("The liver is normal in size.", "Liver normal in size."),
        ("A 6 mm nodule is seen in the left lung.", "6 mm nodule in left lung."),
        ("No pleural effusion is identified.", "No pleural effusion."),
        ("The kidneys are within normal limits.", "Kidneys normal."),
        ("The spleen demonstrates a 2 cm cyst.", "Spleen: 2 cm cyst."),
    ],
)
def test_words_that_say_nothing_are_left_out(source: str, short: str) -> None:
    (statement,) = concise(structure(f"FINDINGS:\n{source}").statements).statements
    assert statement.text == f"FINDINGS: {short}"
    assert statement.shortened


@pytest.mark.parametrize(
    ("source", "rewrite"),
    [
        ("A 3.2 x 2.7 cm mass in the liver.", "2.7 cm mass in liver."),
        ("A 3 cm mass in the liver.", "3 mm mass in liver."),
        ("A mass in the left lobe.", "Mass in right lobe."),
        ("No mass in the liver.", "Mass in liver."),
        ("A mass in the liver.", "No mass in liver."),
        ("Possible mass in the liver.", "Mass in liver."),
        ("History of pneumonia in 2019.", "Pneumonia 2019."),
        ("A mass in the liver and a cyst.", "Mass in liver."),
        ("A new mass in the liver.", "Mass in liver."),
        ("A small mass in the liver.", "Mass in liver."),
        ("A mass in the liver.", "Mass, cyst."),
        ("The mass in the liver.", "Malignant mass liver."),
        ("Mass in the liver.", "Mass in the liver, stable since then."),
    ],
)
def test_a_rewrite_that_says_anything_else_is_refused(source: str, rewrite: str) -> None:
    assert difference(source, rewrite)


@given(st.one_of(st.text(), REPORT_LIKE))
def test_every_text_of_the_view_passes_the_guard_or_is_the_source(report: str) -> None:
    statements = structure(report).statements
    view = concise(statements)
    source = {s.id: s.text for s in statements}
    for shown in view.statements:
        assert shown.text == source[shown.id] or not difference(source[shown.id], shown.text)
        assert len(shown.text) <= len(source[shown.id])
    assert view.words_out <= view.words_in


def test_a_shorter_text_that_the_guard_refuses_is_not_taken() -> None:
    source = "The clots are free of both."
    (statement,) = concise(structure(f"FINDINGS: {source}").statements).statements
    taken = statement.text == f"FINDINGS: {source}"
    assert taken or not difference(f"FINDINGS: {source}", shorter(f"FINDINGS: {source}"))
