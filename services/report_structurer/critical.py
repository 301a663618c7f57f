"""Critical findings: what somebody must be told of at once, within hours or within days.

Only what findings or impression state: not denied, not past, not supposed, not merely asked for.
What is stated with doubt counts, marked `uncertain`: a suspected embolism is as urgent as a certain
one.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Literal

from services.report_structurer.checks.reading import FRONT, IMPRESSION, Reading, Said, read
from services.report_structurer.context import qualities
from services.report_structurer.lexicon import load
from services.report_structurer.structure import StructuredReport
from services.report_structurer.words import Phrases, Token, tokens

Severity = Literal["immediate", "urgent", "important"]
_ORDER: tuple[Severity, ...] = ("immediate", "urgent", "important")
BEFORE = 4
"""Words before a finding in which "old" or "rule out" are about it."""


@dataclass(frozen=True)
class CriticalFinding:
    """One critical finding of a report.

    Attributes:
        finding: `pulmonary_embolism`, ... (`lexicons/critical.yaml`).
        severity: `immediate` (minutes), `urgent` (hours) or `important` (days).
        certainty: `certain`, or `uncertain` when every place states it with doubt.
        spans: Offsets of its words in the report, in order.
        statement_id: Statement to show: the first of the impression, else of the findings.
    """

    finding: str
    severity: Severity
    certainty: str
    spans: tuple[tuple[int, int], ...]
    statement_id: int


@dataclass(frozen=True)
class _Mention:
    code: str
    start: int
    end: int
    said: Said
    is_uncertain: bool


def critical(report: StructuredReport) -> list[CriticalFinding]:
    """Critical findings, the most urgent first; each once, with every place that states it.

    A clinician's note has none: it tells of earlier findings, and of those of relatives.
    """
    if not _phrases().find(tokens(report.text)):
        return []
    reading = read(report)
    if reading.is_note:
        return []
    said: dict[str, list[_Mention]] = {}
    for mention in _mentions(reading):
        said.setdefault(mention.code, []).append(mention)
    found = [_finding(code, mentions) for code, mentions in said.items()]
    return sorted(found, key=lambda one: (_ORDER.index(one.severity), one.spans))


def _finding(code: str, mentions: list[_Mention]) -> CriticalFinding:
    closing = [m for m in mentions if m.said.zone == IMPRESSION]
    return CriticalFinding(
        finding=code,
        severity=load("critical")["findings"][code]["severity"],
        certainty="uncertain" if all(m.is_uncertain for m in mentions) else "certain",
        spans=tuple((m.start, m.end) for m in mentions),
        statement_id=(closing or mentions)[0].said.statement.id,
    )


def _mentions(reading: Reading) -> Iterator[_Mention]:
    for said in reading.said:
        if said.zone == FRONT or said.statement.part in {"indication", "comparison", "technique"}:
            continue
        words = [Token(w.text, w.start, w.end) for w in said.words]
        for hit in _phrases().find(words):
            start = words[hit.last].start
            if _is_stated(said, hit.first, start) and _fits(hit.value, said):
                doubt = "possible" in qualities(start, said.governing)
                yield _Mention(hit.value, words[hit.first].start, words[hit.last].end, said, doubt)


def _is_stated(said: Said, first: int, at: int) -> bool:
    """Whether a finding is said to be there now."""
    if said.denied(at) or not said.current(at):
        return False
    before = said.words[max(0, first - BEFORE) : first]
    if {w.text for w in before} & set(load("critical")["past"]):
        return False
    return not _sought().find([Token(w.text, w.start, w.end) for w in said.words[:first]][-BEFORE:])


def _fits(code: str, said: Said) -> bool:
    """Whether the words that a finding needs are there, and those that speak against it are not."""
    entry, texts = load("critical")["findings"][code], {w.text for w in said.words}
    needed, excluded = set(entry.get("with", ())), set(entry.get("without", ()))
    return not excluded & texts and (not needed or bool(needed & texts))


@cache
def _phrases() -> Phrases[str]:
    findings = load("critical")["findings"]
    return Phrases((p, code) for code, entry in findings.items() for p in entry["phrases"])


@cache
def _sought() -> Phrases[bool]:
    return Phrases((phrase, True) for phrase in load("critical")["sought"])
