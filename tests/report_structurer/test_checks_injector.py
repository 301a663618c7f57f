"""The injector changes one place, by chance that a seed fixes, where the report itself tells."""

import pytest

from evaluation.injector import FORMS, injections
from evaluation.measure_checks import digest, is_held_out, own_contradictions
from evaluation.written import written
from services.report_structurer.checks import check
from services.report_structurer.structure import structure
from tests.report_structurer.test_checks import CHEST

KNEE = """EXAM: MRI LEFT KNEE. FINDINGS: Complex tear of the medial meniscus. No fracture.
IMPRESSION: Complex tear of the medial meniscus."""


def test_the_same_seed_gives_the_same_errors() -> None:
    assert injections(CHEST, 7, [KNEE]) == injections(CHEST, 7, [KNEE])


def test_an_error_changes_only_what_its_span_says() -> None:
    for injection in injections(CHEST, 1, [KNEE]):
        ((start, end),) = injection.spans
        rest = len(injection.text) - end
        assert injection.text[:start] == CHEST[:start]
        assert injection.text[end:] == CHEST[len(CHEST) - rest :]
        assert injection.text != CHEST


def test_errors_cover_the_kinds_that_a_report_has_room_for() -> None:
    made = {injection.kind for seed in range(5) for injection in injections(CHEST, seed, [KNEE])}
    assert {"laterality", "negation", "number", "unit", "sex", "technique", "contradiction"} <= made
    assert made <= set(FORMS)


def test_most_errors_of_a_plain_report_are_found() -> None:
    errors = [i for seed in range(5) for i in injections(CHEST, seed, [KNEE])]
    found = [i for i in errors if i.kind in {a.kind for a in check(structure(i.text))}]
    assert len(found) >= 0.85 * len(errors)


def test_a_side_without_a_second_mention_is_left_alone() -> None:
    report = "FINDINGS: Cyst in the left kidney. IMPRESSION: Benign cyst."
    assert not [i for i in injections(report, 0) if i.kind == "laterality"]


@pytest.mark.parametrize("text", ["", "No heading.", "IMPRESSION: Alone."])
def test_a_text_without_findings_and_impression_takes_no_error(text: str) -> None:
    assert written(text) is None
    assert injections(text, 0) == []


def test_the_same_words_stay_in_one_part() -> None:
    assert digest("A b.\nC") == digest("a B c")
    assert is_held_out("A b.\nC") == is_held_out("a B c")


def test_a_known_contradiction_counts_as_found_where_an_alert_touches_it() -> None:
    report = CHEST.replace("Small left pleural", "Small right pleural")
    at = report.index("Small right") + 6
    places = [{"start": at, "end": at + 5}]
    record = {"text": report, "spans": places, "kind": "laterality", "certainty": "certain"}
    elsewhere = {**record, "spans": [{"start": 0, "end": 4}], "certainty": "doubtful"}
    assert own_contradictions([record, elsewhere]) == {"certain": (1, 1), "doubtful": (0, 1)}
