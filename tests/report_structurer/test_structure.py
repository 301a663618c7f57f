"""Placement, polarity and facts; nothing lost and nothing invented, for any text."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from radloom.errors import Rejected
from services.report_structurer.assign import SECTIONS
from services.report_structurer.facts import Fact
from services.report_structurer.proof import prove
from services.report_structurer.structure import Statement, StructuredReport, structure
from tests.report_structurer.test_segment import REPORT_LIKE

SENTENCES = json.loads((Path(__file__).parent / "placements.json").read_text())


def only(report: str) -> Statement:
    return structure(f"FINDINGS: {report}").statements[-1]


def named(statement: Statement, kind: str) -> list[tuple[str, str, str]]:
    return [(f.value, f.unit, f.side) for f in statement.facts if f.kind == kind]


@pytest.mark.parametrize(("report", "sections"), SENTENCES)
def test_statements_belong_to_the_organs_they_describe(report: str, sections: list[str]) -> None:
    assert sorted(only(report).sections) == sorted(sections)


@settings(max_examples=300)
@given(st.one_of(st.text(), REPORT_LIKE))
def test_whatever_is_written_is_proven_complete(report: str) -> None:
    made = structure(report)
    proof = prove(made)
    assert proof.coverage == 1.0
    assert proof.facts_in == proof.facts_out
    kept = "".join(s.text for s in made.statements)
    assert "".join(kept.split()) == "".join(report.split())


@given(
    st.text(alphabet="é☃\U0001d4b3 .:\n"), st.sampled_from(["3 cm nodule.", "Left kidney 12 mm."])
)
def test_offsets_count_characters_whatever_their_encoding(before: str, said: str) -> None:
    report = f"FINDINGS: {before}\n{said}"
    for statement in structure(report).statements:
        assert report[statement.start : statement.end] == statement.text
        for fact in statement.facts:
            if fact.kind == "measurement":
                assert report[fact.start : fact.end] == fact.value


@pytest.mark.parametrize(
    ("report", "finding", "side"),
    [
        ("Cyst in the left kidney.", "cyst", "left"),
        ("Bilateral pleural effusions.", "pleural effusions", "bilateral"),
        ("Nodule in the RUL.", "nodule", "right"),
        ("Left renal cyst and right hydronephrosis.", "hydronephrosis", "right"),
        ("A cyst.", "cyst", ""),
    ],
)
def test_findings_have_the_side_named_beside_them(report: str, finding: str, side: str) -> None:
    assert (finding, "", side) in named(only(report), "finding")


@pytest.mark.parametrize(
    ("report", "polarity", "certainty"),
    [
        ("No pleural effusion.", "negated", "certain"),
        ("Pleural effusion.", "affirmed", "certain"),
        ("The liver is normal.", "negated", "certain"),
        ("The liver is not normal.", "affirmed", "certain"),
        ("Gallstones without cholecystitis.", "mixed", "certain"),
        ("Possible pneumonia.", "affirmed", "uncertain"),
        ("Thank you.", "none", "certain"),
    ],
)
def test_polarity_and_certainty_of_a_statement(report: str, polarity: str, certainty: str) -> None:
    statement = only(report)
    assert (statement.polarity, statement.certainty) == (polarity, certainty)


def test_an_organ_that_is_not_mentioned_has_no_statement() -> None:
    made = structure("FINDINGS: The liver is normal.")
    assert [name for name in SECTIONS if made.sections[name]] == ["liver"]


def test_a_statement_that_points_back_follows_its_antecedent() -> None:
    made = structure("FINDINGS: Nodules in both lungs. The largest measures 6 mm.").statements
    assert made[1].sections == ("lungs_airways",)
    assert made[1].rule == "antecedent"


@pytest.mark.parametrize(
    ("before", "said", "sections"),
    [
        ("Two cysts in the liver.", "One measures 2 cm.", ["liver"]),
        ("The aorta is dilated.", "Maximum diameter is 5.2 cm.", ["vessels"]),
        ("The bladder is distended.", "No mass or stone is identified.", ["bladder"]),
        ("Both kidneys are normal.", "No stones or masses.", ["kidneys_ureters"]),
        ("The pancreas is swollen.", "Findings are compatible with inflammation.", ["pancreas"]),
        ("The appendix is dilated.", "CT in 6 weeks is recommended.", ["stomach_bowel"]),
        ("The liver is normal.", "Evaluation is limited by motion.", ["general_other"]),
        ("The liver is normal.", "Otherwise unremarkable study.", ["general_other"]),
        ("A cyst of the liver.", "The patient is allergic to iodine.", ["general_other"]),
    ],
)
def test_a_statement_without_organ_follows_the_one_before_or_the_whole(
    before: str, said: str, sections: list[str]
) -> None:
    assert list(structure(f"FINDINGS: {before} {said}").statements[-1].sections) == sections


@pytest.mark.parametrize(
    ("report", "sections"),
    [
        ("FINDINGS: LIVER: Normal.", ["liver"]),
        ("FINDINGS:\nLungs and pleura: Clear.", ["lungs_airways", "pleura"]),
        ("FINDINGS:\nLiver/Biliary: No lesion.", ["liver", "gallbladder_biliary"]),
        ("FINDINGS:\nKidneys, ureters and bladder: Clear.", ["kidneys_ureters", "bladder"]),
        ("FINDINGS:\nLiver: Cyst adjacent to the gallbladder.", ["liver"]),
        ("FINDINGS:\nLiver: Normal. Spleen is large.", ["spleen"]),
        ("FINDINGS:\nL4-L5: Small protrusion.", ["bones"]),
    ],
)
def test_organs_headed_in_the_findings_hold_what_names_none(
    report: str, sections: list[str]
) -> None:
    assert list(structure(report).statements[-1].sections) == sections


def test_a_conclusion_about_the_examination_needs_no_review() -> None:
    statement = structure("FINDINGS: Liver cyst. IMPRESSION: No acute abnormality.").statements[-1]
    assert statement.sections == ("general_other",)
    assert not statement.needs_review


@pytest.mark.parametrize(
    ("report", "polarity"),
    [
        ("1.No evidence of pneumonia.", "negated"),
        ("Pleural effusion: none.", "negated"),
        ("Kidneys: No calculi.", "negated"),
    ],
)
def test_denials_survive_glued_numerals_and_colons(report: str, polarity: str) -> None:
    assert only(report).polarity == polarity


def test_an_uncertain_placement_is_marked_for_review() -> None:
    statement = only("Correlate with the previous study.")
    assert statement.sections == ("general_other",)
    assert statement.needs_review


def test_a_result_that_lost_something_is_not_returned() -> None:
    made = structure("FINDINGS: A 3 cm mass. No node.")
    with pytest.raises(Rejected) as lost:
        prove(StructuredReport(made.text, made.statements[:1], made.sections))
    assert lost.value.reason == "proof_coverage"


def test_a_result_with_a_fact_of_its_own_is_not_returned() -> None:
    made = structure("FINDINGS: A 3 cm mass.")
    first = made.statements[0]
    invented = Fact("measurement", "4", first.facts[0].start, first.facts[0].end, unit="cm")
    changed = Statement(**{**vars(first), "facts": (invented,)})
    with pytest.raises(Rejected) as added:
        prove(StructuredReport(made.text, (changed,), made.sections))
    assert added.value.reason == "proof_fact"
