"""Advice in a report: which examination it asks for, and when."""

import re
from collections.abc import Sequence

from services.report_structurer.literals import Fact
from services.report_structurer.terms import terms
from services.report_structurer.words import Token

_DUE = re.compile(
    r"\b(?:in|within|at|after|every|of)\s+(?:about|approximately|the next)?\s*$",
    re.IGNORECASE,
)
_TIMES = frozenset({"d", "wk", "mo", "a"})
_LONGEST_LEAD = 30
"""Characters before a time that may hold its preposition."""


def recommendations(text: str, words: Sequence[Token], literal: Sequence[Fact]) -> tuple[Fact, ...]:
    """What a statement advises, as facts; none when it only reports.

    The value is the examination as written, lower case; "" when none is named.
    """
    guidance = terms(words, "guidance")
    cues = [t for t in guidance if t.meaning.kind == "recommendation"]
    if not cues:
        return ()
    asked = [t for t in guidance if t.meaning.kind == "imaging"]
    interval = _interval(text, literal)
    named = asked or cues[:1]
    return tuple(
        Fact(
            "recommendation",
            " ".join(text[t.start : t.end].lower().split()) if asked else "",
            t.start,
            t.end,
            interval=interval,
        )
        for t in named
    )


def _interval(text: str, literal: Sequence[Fact]) -> str:
    """Time from now until the advice is due, "6-12 mo"; "" when none is stated."""
    times = [f for f in literal if f.kind == "measurement" and f.unit in _TIMES]
    for k, fact in enumerate(times):
        lead = text[max(0, fact.start - _LONGEST_LEAD) : fact.start]
        follows = text[fact.end : fact.end + _LONGEST_LEAD].lower()
        if not (_DUE.search(lead) or re.match(r"[- ]?\w+[- ](?:follow|interval)", follows)):
            continue
        ends = times[k : k + 2] if _spans(text, times[k : k + 2]) else [fact]
        return "-".join(end.value for end in ends) + f" {fact.unit}"
    return ""


def _spans(text: str, ends: Sequence[Fact]) -> bool:
    """Whether two times are the ends of one, "6 to 12 months"."""
    if len(ends) < 2:  # noqa: PLR2004 - a range has two ends
        return False
    return text[ends[0].end : ends[1].start].strip() in {"-", "–", "to"}
