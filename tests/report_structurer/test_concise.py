"""The concise view says the same in fewer words, or keeps the source."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from services.report_structurer.concise import ConciseStatement, concise
from services.report_structurer.guard import difference
from services.report_structurer.structure import Statement, structure
from tests.report_structurer.test_segment import REPORT_LIKE

FINDINGS = st.sampled_from(
    ["a 6 mm nodule", "a 3.2 x 2.7 cm mass", "multiple cysts", "mild atelectasis", "a new effusion",
     "no lymphadenopathy", "no evidence of fracture", "possible metastasis", "small calculi",
     "a filling defect", "no mass or stone", "degenerative changes", "two lesions, 8 and 11 mm"]
)  # fmt: skip
PLACES = st.sampled_from(
    ["the right upper lobe", "the left kidney", "both lungs", "the liver", "the spleen",
     "the head of the pancreas", "the sigmoid colon", "the L4-5 level",
     "the right adnexa and the uterus"]
)  # fmt: skip
SENTENCES = st.one_of(
    st.builds("There is {} in {}.".format, FINDINGS, PLACES),
    st.builds("{} demonstrates {}.".format, PLACES, FINDINGS),
    st.builds("{} is seen within {}, which may represent {}.".format, FINDINGS, PLACES, FINDINGS),
    st.builds("{} and {} are normal in size, with {}.".format, PLACES, PLACES, FINDINGS),
    st.builds("In {}, {} cannot be excluded, but {} has resolved.".format,
              PLACES, FINDINGS, FINDINGS),
    st.builds("{} is unchanged compared to the prior, measuring up to 4 mm.".format, FINDINGS),
    st.builds("{} with {}, consistent with {}.".format, FINDINGS, FINDINGS, FINDINGS),
)  # fmt: skip
REPORTS = st.builds(
    "FINDINGS: {}\nIMPRESSION:\n1. {}".format,
    st.lists(SENTENCES, min_size=1, max_size=4).map(" ".join),
    st.lists(SENTENCES, min_size=1, max_size=2).map("\n2. ".join),
)


def shown(source: str) -> ConciseStatement:
    (statement,) = concise(structure(f"FINDINGS: {source}").statements).statements
    return statement


@pytest.mark.parametrize(
    ("source", "short"),
    [
        ("There is no evidence of pneumothorax.", "No pneumothorax."),
        ("The liver is normal in size.", "Liver normal size."),
        ("A 6 mm nodule is seen in the left lung.", "6 mm nodule left lung."),
        ("No pleural effusion is identified.", "No pleural effusion."),
        ("The kidneys are within normal limits.", "Kidneys normal."),
        ("The spleen demonstrates a 2 cm cyst.", "Spleen: 2 cm cyst."),
        ("The liver and the spleen are normal.", "Liver, spleen normal."),
        ("There is a 3.2 x 2.7 cm mass.", "3.2x2.7 cm mass."),
        ("There is no mass or adenopathy.", "No mass/adenopathy."),
        ("No fracture is seen, and the joint space is preserved.",
         "No fracture; joint space preserved."),
        ("The left ovary is not seen.", "Left ovary not seen."),
        ("The visualized lung bases are clear.", "Visualized lung bases clear."),
        ("Metastasis cannot be excluded.", "Metastasis cannot be excluded."),
        ("A cyst, which may represent a hemangioma.", "Cyst, possibly hemangioma."),
        ("The kidneys demonstrate no hydronephrosis.", "Kidneys: no hydronephrosis."),
        ("Findings are consistent with pneumonia.", "Findings c/w pneumonia."),
        ("There is mild stenosis and moderate bilateral foraminal stenosis.",
         "Mild stenosis; moderate bilateral foraminal stenosis."),
        ("Disc bulge at L4-5.", "Disc bulge L4-5."),
        ("There is an effusion on the left.", "Effusion left."),
        ("Both kidneys are normal in size and attenuation.",
         "Both kidneys normal size, attenuation."),
        ("No CT evidence of appendicitis.", "No appendicitis."),
    ],
)  # fmt: skip
def test_words_that_say_nothing_are_left_out(source: str, short: str) -> None:
    assert shown(source).text == short


@pytest.mark.parametrize(
    "source",
    [
        "Mass and cyst or stone.",
        "Stones in the right and left kidneys.",
        "Both the mass and the cyst enhance.",
        "Most of the liver enhances.",
        "3 of 5 nodes.",
        "The mass may be related to infection.",
    ],
)
def test_words_that_carry_meaning_stay(source: str) -> None:
    said = shown(source).text.lower().split()
    kept = {"and", "or", "of", "may", "be", "to"} & set(source.lower().split())
    assert kept <= {word.strip(".,") for word in said}


def test_a_heading_alone_stays() -> None:
    view = concise(structure("FINDINGS:\n\nThe liver is normal.").statements)
    assert [s.text for s in view.statements] == ["FINDINGS:", "Liver normal."]


def test_when_the_shortest_text_is_refused_a_more_careful_one_stands() -> None:
    # Without "and" the pancreas would be read as left.
    statement = shown("The pancreas and the left kidney are normal.")
    assert statement.text == "Pancreas and left kidney normal."
    assert statement.refused == "organs differ"


def test_the_view_counts_its_words() -> None:
    view = concise(structure("FINDINGS: The liver is normal. There is no mass.").statements)
    assert (view.words_in, view.words_out) == (9, 4)


@example('0.IS"')
@given(st.one_of(st.text(), REPORT_LIKE, REPORTS))
def test_every_text_of_the_view_passes_the_guard_or_is_the_source(report: str) -> None:
    statements = structure(report).statements
    view = concise(statements)
    source = {s.id: s.text for s in statements}
    for one in view.statements:
        assert one.text == source[one.id] or not difference(source[one.id], one.text)
        assert len(one.text) <= len(source[one.id])
        assert one.shortened == (one.text != source[one.id])
    assert view.words_out <= view.words_in


def without_side(statement: Statement) -> list[tuple[str, ...]]:
    """Facts of a statement, as its own text tells them."""
    return [(f.kind, f.value, f.unit, f.polarity, f.certainty) for f in statement.facts]


@given(REPORTS)
def test_facts_read_from_the_view_are_those_of_the_report(report: str) -> None:
    statements = {s.id: s for s in structure(report).statements}
    for one in concise(list(statements.values())).statements:
        again = structure(f"FINDINGS: {one.text}").statements
        numeral = statements[one.id].text[:1].isdigit()
        if len(again) == 1 and not numeral:
            assert without_side(again[0]) == without_side(statements[one.id])


@given(st.one_of(st.text(), REPORT_LIKE, REPORTS))
def test_every_word_of_the_view_leads_back_to_its_place(report: str) -> None:
    statements = structure(report).statements
    places = {s.id: (s.start, s.end) for s in statements}
    for one in concise(statements).statements:
        assert [word.text for word in one.words] == one.text.split()
        start, end = places[one.id]
        at = start
        for word in one.words:
            assert start <= word.start <= word.end <= end
            assert word.start >= at
            at = word.start
            digits = [c for c in report[word.start : word.end] if c.isdigit()]
            assert [c for c in word.text if c.isdigit()] == digits
