"""Counts, rates, and the comparison of answers with labels."""

import json
import math
from pathlib import Path
from typing import Any

import pytest

from evaluation import labelled
from evaluation.corpora import OWN, MissingDataError, json_lines, negation_rows, require
from evaluation.scores import Found, Rate
from services.report_structurer.assign import SECTIONS
from services.report_structurer.headings import PARTS


def test_wilsons_interval_of_8_of_10() -> None:
    # Newcombe, Stat Med 1998;17:857, method 3.
    low, high = Rate(8, 10).interval()
    assert (round(low, 3), round(high, 3)) == (0.490, 0.943)
    assert Rate(0, 10).interval()[0] == 0
    assert math.isnan(Rate(0, 0).value)


def test_precision_recall_and_f1() -> None:
    found = Found(6, 2, 4) + Found(0, 0, 0)
    assert (found.precision, found.recall, found.f1) == (0.75, 0.6, 2 / 3)


@pytest.mark.parametrize(
    ("sections", "found"),
    [
        ({"liver", "vessels"}, Found(2, 0, 0)),
        ({"liver", "heart_pericardium"}, Found(2, 0, 0)),
        ({"liver", "vessels", "bones"}, Found(2, 0, 0)),
        ({"liver", "spleen"}, Found(1, 1, 1)),
        (set(), Found(0, 0, 2)),
    ],
)
def test_each_group_wants_one_of_its_sections_and_only_allowed_ones_may_be_more(
    sections: set[str], found: Found
) -> None:
    label = {
        "sections_required": [["liver"], ["vessels", "heart_pericardium"]],
        "sections_allowed": ["bones"],
    }
    assert labelled.compare(label, frozenset(sections)) == found


def test_a_report_that_is_placed_as_labelled_scores_in_full_and_another_does_not() -> None:
    text = "FINDINGS: The liver is normal. The spleen is enlarged."

    def sentence(start: int, end: int, section: str) -> dict[str, Any]:
        return {
            "start": start,
            "end": end,
            "text": text[start:end],
            "part": "findings",
            "sections_required": [[section]],
            "sections_allowed": [],
        }

    labels = [sentence(0, 30, "liver"), sentence(31, len(text), "spleen")]
    right = labelled.placed([{"id": "r", "text": text, "sentences": labels}])
    assert (right.exact, right.parts, right.wrong) == (Rate(2, 2), Rate(2, 2), ())
    wrong = labelled.placed(
        [{"id": "r", "text": text, "sentences": [sentence(0, 30, "bones"), labels[1]]}]
    )
    assert (wrong.exact, wrong.groups, wrong.wrong) == (Rate(1, 2), Found(1, 1, 1), (("r", 0),))


def test_missing_data_is_named(tmp_path: Path) -> None:
    (tmp_path / "negex_dev.tsv").touch()
    with pytest.raises(MissingDataError, match=r"sections_dev\.jsonl") as missing:
        require(tmp_path)
    assert "negex_dev" not in str(missing.value)


def test_the_blind_labels_lie_in_their_texts_and_use_the_names_that_the_engine_has() -> None:
    reports = json_lines(OWN / "sections_blind.jsonl")
    assert len(reports) == 20
    for report in reports:
        for sentence in report["sentences"]:
            assert report["text"][sentence["start"] : sentence["end"]] == sentence["text"]
            assert sentence["part"] in PARTS
            groups = [sentence["sections_allowed"], *sentence["sections_required"]]
            named = {section for group in groups for section in group}
            assert named <= set(SECTIONS)
    assert len(negation_rows(OWN / "negation_blind.tsv")) == 184
    for slip in json_lines(OWN / "contradictions.jsonl"):
        for span in slip["spans"]:
            assert slip["text"][span["start"] : span["end"]] == span["text"]


def test_an_amount_counts_only_with_its_unit() -> None:
    def scored(amount: str) -> labelled.SymptomScores:
        weight = {"assertion": "present", "amount": amount}
        row = {"text": "He lost 20 pounds in two months.", "symptoms": {"weight_loss": weight}}
        return labelled.symptoms([json.loads(json.dumps(row))])

    assert scored("20lb").amounts == Rate(1, 1)
    assert scored("20kg").amounts == Rate(0, 1)
