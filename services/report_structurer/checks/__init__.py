"""Report QA: places of a report that contradict each other, and what cannot be."""

from services.report_structurer.checks.alert import Alert, Span
from services.report_structurer.checks.contradiction import contradiction
from services.report_structurer.checks.date import date
from services.report_structurer.checks.denial import denial
from services.report_structurer.checks.labels import labels
from services.report_structurer.checks.laterality import laterality
from services.report_structurer.checks.limb import limb
from services.report_structurer.checks.negation import negation
from services.report_structurer.checks.normality import normality
from services.report_structurer.checks.number import number
from services.report_structurer.checks.organ import organ
from services.report_structurer.checks.reading import read
from services.report_structurer.checks.recommendation import recommendation
from services.report_structurer.checks.sex import sex
from services.report_structurer.checks.side_evidence import side_evidence
from services.report_structurer.checks.technique import technique
from services.report_structurer.structure import StructuredReport

__all__ = ["Alert", "check"]

_CHECKS = (
    laterality,
    limb,
    side_evidence,
    negation,
    denial,
    normality,
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
    """Alerts of a report in the order of their places; one of each kind for the same words.

    A clinician's note, as a history with physical examination, has none.
    """
    reading = read(report)
    if reading.is_note:
        return []
    made: list[Alert] = []
    taken: set[tuple[str, Span]] = set()
    for one in _CHECKS:
        for found in one(reading):
            places = {(found.kind, span) for span in found.spans}
            if not places & taken:
                made.append(found)
            taken |= places
    return sorted(made, key=lambda found: (found.spans, found.kind))
