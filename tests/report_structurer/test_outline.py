"""What travels of a structured report: places and codes."""

from dataclasses import dataclass

import pytest

from radloom import topics
from radloom.errors import Rejected
from radloom.wire.v1.report_structured_pb2 import (
    FACT_KIND_FINDING,
    FACT_KIND_NUMBER,
    FACT_KIND_ORGAN,
    FACT_KIND_SIDE,
    SIDE_RIGHT,
    ReportStructured,
)
from services.report_structurer.outline import fit, outline
from services.report_structurer.proof import prove
from services.report_structurer.structure import structure
from services.report_structurer.symptoms import symptoms

TEXT = "FINDINGS: No mass in the right kidney. Two nodules, 6 mm, possibly metastases."


@dataclass(frozen=True)
class Alert:
    kind: str
    message: str
    spans: tuple[tuple[int, int], ...]
    confidence: float
    id: str


@dataclass(frozen=True)
class CriticalFinding:
    finding: str
    severity: str
    spans: tuple[tuple[int, int], ...]
    statement_id: int
    certainty: str


def made(text: str = TEXT) -> ReportStructured:
    report = structure(text)
    return outline(
        report,
        prove(report),
        symptoms(text),
        alerts=[Alert("laterality", "right and left kidney", ((10, 20), (30, 40)), 0.75, "a-1")],
        critical=[CriticalFinding("mass", "urgent", ((13, 17),), 0, "certain")],
        exam_template="ct-cap",
    )


def test_every_fact_travels_with_its_place_and_none_of_its_words() -> None:
    event = made()
    facts = [(f.kind, TEXT[f.start : f.end]) for s in event.statements for f in s.facts]
    assert (FACT_KIND_FINDING, "mass") in facts
    assert (FACT_KIND_SIDE, "right") in facts
    assert (FACT_KIND_ORGAN, "kidney") in facts
    (mass,) = (
        f
        for s in event.statements
        for f in s.facts
        if (f.kind, TEXT[f.start : f.end]) == (FACT_KIND_FINDING, "mass")
    )
    assert (mass.negated, mass.uncertain, mass.side) == (True, False, SIDE_RIGHT)
    wire = event.SerializeToString()
    assert not [
        w for w in ("right kidney", "nodules", "metastases", "and left") if w.encode() in wire
    ]


def test_a_number_travels_with_its_value_and_a_measurement_once() -> None:
    event = made("FINDINGS: Series 3. Liver span 14. A 6 mm nodule.")
    numbers = [f.value for s in event.statements for f in s.facts if f.kind == FACT_KIND_NUMBER]
    measured = [m.value for s in event.statements for m in s.measurements]
    assert (numbers, measured) == ([14.0], [6.0])


def test_alerts_and_critical_findings_travel_without_their_messages() -> None:
    event = made()
    (alert,) = event.alerts
    assert (alert.kind, alert.confidence, alert.alert_id) == ("laterality", 0.75, "a-1")
    assert [(span.start, span.end) for span in alert.spans] == [(10, 20), (30, 40)]
    (critical,) = event.critical_findings
    assert (critical.finding, critical.severity, critical.statement_id) == ("mass", "urgent", 0)
    assert critical.certainty == "certain"
    assert event.exam_template == "ct-cap"


def test_the_proof_says_which_prompt_was_used_and_what_was_not_taken() -> None:
    proof = made().proof
    assert (proof.prompt_sha256, proof.model, proof.rejected_proposals) == ("", "", 0)


def repeated(sentence: str, characters: int) -> ReportStructured:
    return made("FINDINGS: " + (sentence * characters)[:characters])


def test_a_message_that_fits_keeps_every_fact() -> None:
    event = repeated("A nodule of the left lung is seen and was measured before today. ", 20_000)
    before = event.SerializeToString()
    fit(event)
    assert event.SerializeToString() == before
    assert not event.facts_left_out


def test_a_message_that_would_be_too_large_leaves_its_facts_out_and_says_so() -> None:
    event = repeated("Left lung: mass, cyst, nodule, effusion, edema, lesion, opacity. ", 39_000)
    assert event.ByteSize() > topics.MAX_VALUE_BYTES
    kept = [(s.start, s.end, s.polarity) for s in event.statements]
    fit(event)
    assert event.facts_left_out
    assert event.ByteSize() < topics.MAX_VALUE_BYTES
    assert [(s.start, s.end, s.polarity) for s in event.statements] == kept
    assert not any(s.facts for s in event.statements)


def test_a_message_that_is_too_large_without_facts_is_rejected() -> None:
    with pytest.raises(Rejected) as refused:
        fit(repeated("No 3 mm nodule. ", 39_000))
    assert refused.value.reason == "too_many_statements"
