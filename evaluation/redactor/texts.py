"""What redaction left in reports, and what it took away that it should not have."""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from evaluation.redactor.report_writer import EPONYM, NEUTRAL, Marked, Report

Touched = Sequence[tuple[int, int]]
"""Start and end of what was redacted in one report."""

_WORD = re.compile(r"[^\W_]+")


@dataclass
class TextScore:
    """Counts over reports.

    Attributes:
        spans, covered: Identifying spans, and those of which every letter and digit went, by kind.
        words, taken: Words outside identifiers, and how many of them were touched.
        eponyms, eponyms_kept: Eponyms, and those left alone.
        reports, clean: Reports, and those without a letter or digit of an identifier.
        missed: Missed spans as (kind, report number, mark); for development seeds only.
    """

    spans: Counter[str] = field(default_factory=Counter)
    covered: Counter[str] = field(default_factory=Counter)
    words: int = 0
    taken: int = 0
    eponyms: int = 0
    eponyms_kept: int = 0
    reports: int = 0
    clean: int = 0
    missed: list[tuple[str, int, Marked]] = field(default_factory=list)

    def add(self, report: Report, touched: Touched) -> bool:
        """Counts one more report; whether nothing identifying is left in it."""
        gone = _places(touched)
        left = 0
        for mark in report.marks:
            if mark.kind == EPONYM:
                self.eponyms += 1
                self.eponyms_kept += not gone & set(range(mark.start, mark.end))
            elif mark.kind != NEUTRAL:
                left += not self._span(report, mark, gone)
        self._words(report, gone)
        self.reports += 1
        self.clean += not left
        return not left

    def _span(self, report: Report, mark: Marked, gone: set[int]) -> bool:
        covered = all(at in gone for at in range(mark.start, mark.end) if report.text[at].isalnum())
        self.spans[mark.kind] += 1
        self.covered[mark.kind] += covered
        if not covered:
            self.missed.append((mark.kind, self.reports, mark))
        return covered

    def _words(self, report: Report, gone: set[int]) -> None:
        inside = _places([(m.start, m.end) for m in report.marks if m.kind != EPONYM])
        for word in _WORD.finditer(report.text):
            places = set(range(word.start(), word.end()))
            if not places & inside:
                self.words += 1
                self.taken += bool(places & gone)


def scored(reports: Sequence[Report], redact: Callable[[Report], Touched]) -> TextScore:
    """Counts of one system over `reports`."""
    score = TextScore()
    for report in reports:
        score.add(report, redact(report))
    return score


def _places(spans: Touched) -> set[int]:
    return {at for start, end in spans for at in range(start, end)}
