"""Facts of a statement: what must survive every rewrite, each with its place in the text."""

import re
from collections.abc import Sequence

from services.report_structurer.context import Quality, Scope, qualities
from services.report_structurer.literals import UNITS, Fact, literal_facts, place, side_of, ucum
from services.report_structurer.terms import Term

__all__ = ["READ", "UNITS", "Fact", "facts", "literal_facts", "side_of", "temporality", "ucum"]

READ = frozenset({"finding", "organ", "recommendation"})
"""Kinds that are read from the words of a statement; all others stand in the text as such."""


def facts(
    text: str,
    literal: Sequence[Fact],
    found: Sequence[Term],
    organs: Sequence[Term],
    governing: Sequence[Scope],
) -> tuple[Fact, ...]:
    """Facts of a statement, in the order of the text.

    Args:
        text: The report.
        literal: Those of `literal_facts` that lie in the statement.
        found: Its findings.
        organs: Its organs.
        governing: What its cues govern.
    """
    sides = [fact for fact in literal if fact.kind == "side"]
    made = list(literal)
    made += [
        _finding(text, term, sides, governing) for term in found if term.meaning.kind != "normal"
    ]
    made += [
        Fact("organ", t.meaning.section, t.start, t.end, side=_nearest(t, sides, text))
        for t in organs
        if t.meaning.kind == "organ"
    ]
    return tuple(sorted(made, key=place))


def _finding(text: str, term: Term, sides: Sequence[Fact], governing: Sequence[Scope]) -> Fact:
    said = qualities(term.start, governing)
    return Fact(
        "finding",
        " ".join(text[term.start : term.end].lower().split()),
        term.start,
        term.end,
        side=_nearest(term, sides, text),
        polarity="negated" if "negated" in said else "affirmed",
        certainty="uncertain" if "possible" in said else "certain",
    )


_CLAUSE = re.compile(
    r"[;.]|,\s+(?:and|but|with|while)\b|\b(?:and|but|while|whereas)\b", re.IGNORECASE
)


def _nearest(term: Term, sides: Sequence[Fact], text: str) -> str:
    """Side named nearest to a term in its clause; before it rather than behind."""
    best, distance = "", 10_000
    for side in sides:
        before = side.end <= term.start
        gap = text[side.end : term.start] if before else text[term.end : side.start]
        if side.start < term.end and term.start < side.end:
            return side.value
        away = len(gap) + (0 if before else 5) + (200 if _CLAUSE.search(gap) else 0)
        if away < distance and away < REACH:
            best, distance = side.value, away
    return best


REACH = 80
"""Characters between a side and the word that it belongs to."""


def temporality(said: Sequence[set[Quality]]) -> str:
    """`historical` or `hypothetical` when every finding is, else `current`."""
    if said and all("hypothetical" in one for one in said):
        return "hypothetical"
    if said and all("historical" in one for one in said):
        return "historical"
    return "current"
