"""Report QA: places of a report that contradict each other, and what cannot be."""

from services.report_structurer.checks.alert import Alert
from services.report_structurer.checks.contradiction import contradiction
from services.report_structurer.checks.date import date
from services.report_structurer.checks.labels import labels
from services.report_structurer.checks.laterality import laterality
from services.report_structurer.checks.negation import negation
from services.report_structurer.checks.number import number
from services.report_structurer.checks.organ import organ
from services.report_structurer.checks.reading import read
from services.report_structurer.checks.recommendation import recommendation
from services.report_structurer.checks.sex import sex
from services.report_structurer.checks.technique import technique
from services.report_structurer.structure import StructuredReport

__all__ = ["Alert", "check"]

_CHECKS = (
    laterality,
    negation,
    number,
    labels,
    organ,
    sex,
    technique,
    date,
    contradiction,
    recommendation,
)


def check(report: StructuredReport) -> list[Alert]:
    """Alerts of a report in the order of their places."""
    reading = read(report)
    found = (alert for one in _CHECKS for alert in one(reading))
    return sorted(found, key=lambda alert: (alert.spans, alert.kind))
