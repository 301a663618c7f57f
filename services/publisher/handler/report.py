"""Delivers structured reports: SR and transaction, with the words of the document."""

from dataclasses import dataclass

from radloom.dicom.part10 import encode
from radloom.dicom.report import Predecessor
from radloom.ports import Reaction
from radloom.reports import report_of
from radloom.wire.v1.custodian_service_pb2 import GetDocumentResponse
from radloom.wire.v1.report_structured_pb2 import ReportStructured
from services.publisher.handler.delivery import Delivery, is_late, said_already, standing, step
from services.publisher.ledger import Entry
from services.publisher.report_result import (
    Former,
    RenderedReport,
    place_of,
    render,
    result_of,
    words,
)


@dataclass(frozen=True)
class ReportDelivery(Delivery):
    """Handler of `report.structured`."""

    def on_report_structured(self, event: ReportStructured) -> Reaction:
        """Delivers the structure of a document.

        Raises:
            Rejected: Event, document, study and identity contradict each other, or a destination
                refuses the result for good.
            Unavailable: Something needed does not answer.
        """
        mine = result_of(event)
        history = self.history(mine)
        if is_late(mine, history):
            return Reaction()
        entry = said_already(mine, history)
        if entry is None:
            rendered = self._rendered_report(event, standing(history, mine))
            objects = ((rendered.sr, encode(rendered.sr)),)
            entry = self.send(mine, objects, rendered.bundle, words)
        return self.delivered(entry, subject_key=event.subject_key, document_id=event.document_id)

    def _rendered_report(self, event: ReportStructured, former: Entry | None) -> RenderedReport:
        with step("fetch"):
            document = self.custodian.document(event.document_id)
            report = report_of(event, document)
            identity = self.custodian.resolve_subject(event.subject_key)
            series = self.ingest.series(report.named_study) if report.named_study else ()
            place = place_of(report, identity, series, self.patient_system)
        with step("render"):
            replaces = None if former is None else _as_former(former, document)
            return render(report, place, replaces)


def _as_former(entry: Entry, document: GetDocumentResponse) -> Former:
    """The structure that stands, with the words of the same document."""
    (sr,) = entry.instances
    return Former(
        report_of(ReportStructured.FromString(entry.result.event), document),
        Predecessor(sr["series_instance_uid"], sr["sop_instance_uid"]),
    )
