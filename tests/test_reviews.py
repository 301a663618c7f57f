"""No path to a final result without somebody who vouches for it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radloom.errors import Rejected
from radloom.fhir.observations import Subject
from radloom.fhir.report import Filing, build_bundle
from radloom.reviews import DRAFT, Review, State
from tests.publisher.report_example import written

NAMES = st.sampled_from(["", " ", "dr-a", "dr-b"])
STEPS = st.lists(
    st.tuples(st.sampled_from(["opened", "signed", "amended", "rejected"]), NAMES), max_size=8
)
FINAL = {"final", "amended"}


def taken(review: Review, step: str, who: str) -> Review:
    match step:
        case "opened":
            return review.opened()
        case "signed":
            return review.signed(who)
        case "amended":
            return review.amended(who)
        case _:
            return review.rejected()


@given(STEPS)
def test_no_path_leads_to_final_without_a_reviewer(steps: list[tuple[str, str]]) -> None:
    review, named = DRAFT, []
    for step, who in steps:
        try:
            review = taken(review, step, who)
        except Rejected:
            continue
        if step in ("signed", "amended"):
            named.append(who)
        assert review.signed_by == tuple(named)
        assert all(who.strip() for who in review.signed_by)
        assert (review.fhir_status in FINAL) == bool(named)
        assert (review.fhir_status in FINAL) == (review.state in (State.SIGNED, State.AMENDED))


@given(st.sampled_from(State), st.lists(NAMES, max_size=3).map(tuple))
def test_no_review_can_be_made_that_is_final_and_unsigned(
    state: State, signed_by: tuple[str, ...]
) -> None:
    try:
        review = Review(state, signed_by)
    except Rejected:
        return
    assert (review.fhir_status in FINAL) == bool(signed_by)


def test_a_draft_is_not_signed_unseen() -> None:
    for step in ("signed", "amended"):
        with pytest.raises(Rejected) as refused:
            taken(DRAFT, step, "dr-a")
        assert refused.value.reason == "review_step"


def test_only_what_was_final_before_is_amended_in_the_record() -> None:
    changed = DRAFT.opened().amended("dr-a")
    assert changed.fhir_status == "final"
    assert changed.amended("dr-b").fhir_status == "amended"
    assert DRAFT.opened().signed("dr-a").amended("dr-b").fhir_status == "amended"


def test_what_was_rejected_stays_rejected() -> None:
    rejected = DRAFT.opened().rejected()
    assert rejected.fhir_status == "entered-in-error"
    with pytest.raises(Rejected):
        rejected.signed("dr-a")


def test_a_signed_report_names_who_signed_and_drops_the_label() -> None:
    filing = Filing(Subject("PATIENT-7"), None, "2.25.7", DRAFT.opened().signed("dr-a"))
    resources = [e["resource"] for e in build_bundle(written().report, filing)["entry"]]
    told = [r for r in resources if r["resourceType"] in ("Observation", "DiagnosticReport")]
    assert {resource["status"] for resource in told} == {"final"}
    (report,) = (r for r in told if r["resourceType"] == "DiagnosticReport")
    assert report["resultsInterpreter"][0]["identifier"]["value"] == "dr-a"
    assert "not reviewed" not in str([r.get("note") for r in told] + [report["text"]])
