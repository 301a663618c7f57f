"""Report QA: places of a report that contradict each other, and what cannot be."""

from services.report_structurer.checks.alert import Alert
from services.report_structurer.checks.laterality import laterality
from services.report_structurer.checks.negation import negation
from services.report_structurer.checks.number import number
from services.report_structurer.checks.reading import read
from services.report_structurer.structure import StructuredReport

__all__ = ["Alert", "check"]


def check(report: StructuredReport) -> list[Alert]:
    """Alerts of a report in the order of their places."""
    reading = read(report)
    return sorted([*laterality(reading), *negation(reading), *number(reading)], key=lambda a: (a.spans, a.kind))
