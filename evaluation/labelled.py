"""Scores answers against sentences that a person labelled."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evaluation.corpora import NegationRow
from evaluation.scores import Found, Rate
from services.report_structurer.answers import mentions, structured
from services.report_structurer.context import qualities, scopes
from services.report_structurer.words import tokens

Label = Mapping[str, Any]
Sections = frozenset[str]


@dataclass(frozen=True)
class Placed:
    """Sections and parts of labelled sentences.

    Attributes:
        exact: Sentences with every required group hit and nothing that is not allowed.
        groups: Groups hit and missed, sections invented.
        parts: Sentences in the right part.
        wrong: Report and offset of each sentence that is not exact.
    """

    exact: Rate
    groups: Found
    parts: Rate
    wrong: tuple[tuple[str, int], ...]


def scored(label: Label) -> bool:
    """Whether a sentence counts for sections: those that require one."""
    return bool(label["sections_required"])


def compare(label: Label, sections: Sections) -> Found:
    """Groups of a sentence that `sections` hits and misses, and sections that are not allowed."""
    groups = [frozenset(group) for group in label["sections_required"]]
    allowed = frozenset().union(*groups, label["sections_allowed"])
    hit = sum(bool(group & sections) for group in groups)
    return Found(hit, len(sections - allowed), len(groups) - hit)


def placed(reports: Iterable[Label]) -> Placed:
    """How the engine places the sentences of labelled reports."""
    exact = parts = sentences = scored_sentences = 0
    groups, wrong = Found(0, 0, 0), []
    for report in reports:
        statements = structured(report["text"])["statements"]
        for label in report["sentences"]:
            mine = _overlapping(statements, label["start"], label["end"])
            sentences += 1
            parts += bool(mine) and _longest(mine, label)["part"] == label["part"]
            if not scored(label):
                continue
            found = compare(label, frozenset(s for one in mine for s in one["sections"]))
            scored_sentences += 1
            exact += not found.false and not found.missed
            groups += found
            if found.false or found.missed:
                wrong.append((report["id"], label["start"]))
    return Placed(Rate(exact, scored_sentences), groups, Rate(parts, sentences), tuple(wrong))


def _overlap(statement: Label, start: int, end: int) -> int:
    return int(min(statement["end"], end) - max(statement["start"], start))


def _overlapping(statements: Sequence[Label], start: int, end: int) -> list[Label]:
    """Statements that share half of themselves, or half of the sentence, with a sentence."""
    return [
        s
        for s in statements
        if 2 * _overlap(s, start, end) >= min(s["end"] - s["start"], end - start)
    ]


def _longest(statements: Sequence[Label], label: Label) -> Label:
    return max(statements, key=lambda s: _overlap(s, label["start"], label["end"]))


def sections_by(
    reports: Iterable[Label], place: Callable[[Sequence[str]], Sequence[Sections]]
) -> tuple[Rate, Found]:
    """How another system places the scored sentences, given one by one."""
    labels = [s for report in reports for s in report["sentences"] if scored(s)]
    exact, groups = 0, Found(0, 0, 0)
    for label, sections in zip(labels, place([s["text"] for s in labels]), strict=True):
        found = compare(label, sections)
        exact += not found.false and not found.missed
        groups += found
    return Rate(exact, len(labels)), groups


def is_denied(row: NegationRow) -> bool:
    """Whether the engine reads the concept of a row as denied."""
    at = row.sentence.lower().index(row.concept.lower())
    return "negated" in qualities(at, scopes(tokens(row.sentence)))


def negation(rows: Sequence[NegationRow], answers: Sequence[bool]) -> Found:
    """Denied concepts that were found, invented and missed."""
    pairs = [(row.is_negated, answer) for row, answer in zip(rows, answers, strict=True)]
    return Found(pairs.count((True, True)), pairs.count((False, True)), pairs.count((True, False)))


@dataclass(frozen=True)
class SymptomScores:
    """Symptoms of labelled sentences.

    Attributes:
        present: Symptoms said to be present.
        status: Labelled symptoms with the right status.
        amounts: Weights lost, value and unit exact.
        intended_counted: Losses that are no symptom, counted as one all the same.
    """

    present: Found
    status: Rate
    amounts: Rate
    intended_counted: int


STATUS = {"other_not_patient_symptom": "other"}


def symptoms(labels: Iterable[Label]) -> SymptomScores:
    """How the engine reads the symptoms of labelled sentences."""
    present, right, labelled = Found(0, 0, 0), 0, 0
    amounts, intended = [], 0
    for label in labels:
        found = mentions(label["text"])["mentions"]
        said = {name: STATUS.get(s["assertion"], s["assertion"]) for name, s in _said(label)}
        mine = {m["symptom"] for m in found if m["status"] == "present"}
        true = {name for name, status in said.items() if status == "present"}
        present += Found(len(mine & true), len(mine - true), len(true - mine))
        statuses = {(m["symptom"], m["status"]) for m in found}
        right += sum(pair in statuses for pair in said.items())
        labelled += len(said)
        intended += said.get("weight_loss") == "other" and "weight_loss" in mine
        amounts += [_same_amount(s["amount"], found) for _, s in _said(label) if s.get("amount")]
    return SymptomScores(present, Rate(right, labelled), Rate(sum(amounts), len(amounts)), intended)


def _said(label: Label) -> Iterable[tuple[str, Label]]:
    said: Mapping[str, Label] = label["symptoms"]
    return said.items()


def _same_amount(amount: str, found: Sequence[Label]) -> bool:
    """Whether a mention has a labelled amount, as "20lb"."""
    said = {
        f"{m['value']:g}{m['unit']}"
        for m in found
        if m["symptom"] == "weight_loss" and m["value"] is not None
    }
    return amount.replace(" ", "") in said
