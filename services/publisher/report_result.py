"""A structured report as the ledger knows it, and as the objects that leave: SR and transaction.

Pure. Before anything is sent, the document is rebuilt from both and must be what it was.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from pydicom import Dataset

from radloom.dicom import text_report
from radloom.dicom.part10 import decode, encode
from radloom.dicom.report import Predecessor
from radloom.dicom.source import acquired
from radloom.errors import Rejected
from radloom.fhir import report as fhir_report
from radloom.fhir.observations import Subject
from radloom.reports import Report, study_of_document
from radloom.wire.v1.custodian_service_pb2 import ResolveSubjectResponse
from radloom.wire.v1.report_structured_pb2 import ReportStructured
from services.publisher.identity import confirmed
from services.publisher.ledger import Result

KIND = "report"

LONGEST_ISSUER = 64
"""Characters of Issuer of Patient ID (LO, PS3.5 table 6.2-1). A longer one, as URIs may be, goes to
the record alone."""


def result_of(event: ReportStructured) -> Result:
    """The result of a document: the later structuring wins."""
    return Result(
        kind=KIND,
        result_id=event.result_id,
        about=event.document_id,
        order=(0, event.structured_at.ToMicroseconds()),
        study_instance_uid=event.study_instance_uid or study_of_document(event.document_id),
        fingerprint=fingerprint(event),
        event=event.SerializeToString(deterministic=True),
    )


def fingerprint(event: ReportStructured) -> str:
    """Digest of what a result tells people: equal for two runs that say the same."""
    told = ReportStructured()
    told.CopyFrom(event)
    for name in ("result_id", "structured_at", "subject_key"):
        told.ClearField(name)
    return hashlib.sha256(told.SerializeToString(deterministic=True)).hexdigest()


@dataclass(frozen=True)
class Place:
    """Where a report belongs.

    Attributes:
        subject: Who was examined.
        study: Attributes of patient and study, as far as known.
        is_known: Whether the site holds images of the study.
    """

    subject: Subject
    study: Dataset
    is_known: bool


def place_of(
    report: Report, identity: ResolveSubjectResponse, series: Sequence[Dataset], system: str = ""
) -> Place:
    """Where a report belongs.

    Args:
        report: The report.
        identity: Whom the custodian says that it is about.
        series: Series that the site holds of the study which the report names; may be empty.
        system: URI of the site's patient identifiers in the health record; empty when it has none.

    Raises:
        Rejected: The series are another patient's.
    """
    subject = confirmed(identity, series, system)
    if not system and subject.issuer.startswith(("urn:", "http://", "https://")):
        subject = replace(subject, system=subject.issuer, issuer="")  # it came as a FHIR system
    if series:
        return Place(subject, series[0], is_known=True)
    return Place(subject, _unseen_study(report, identity), is_known=False)


def _unseen_study(report: Report, identity: ResolveSubjectResponse) -> Dataset:
    """Patient and study as document and custodian tell them.

    The time of a study that the site has not seen is unknown. A study made up for a document that
    names none began when the document was written.
    """
    ds = Dataset()
    ds.PatientID = identity.patient_id.strip()
    issuer = identity.issuer_of_patient_id.strip()
    if issuer and len(issuer) <= LONGEST_ISSUER:
        ds.IssuerOfPatientID = issuer
    ds.PatientName = identity.patient_name
    ds.PatientBirthDate, ds.PatientSex = identity.patient_birth_date, identity.patient_sex
    ds.AccessionNumber = report.accession_number
    if report.authored_at and not report.named_study:
        written = datetime.fromisoformat(report.authored_at)
        ds.StudyDate = written.date().isoformat().replace("-", "")
        ds.StudyTime = f"{written:%H%M%S}"
        ds.TimezoneOffsetFromUTC = f"{written:%z}"
    return ds


@dataclass(frozen=True)
class Former:
    """The structure of the document that stands until the new one replaces it."""

    report: Report
    sr: Predecessor


@dataclass(frozen=True)
class RenderedReport:
    """What leaves. Both say what the report says.

    Attributes:
        sr: Enhanced SR, TID 2000.
        bundle: FHIR R4 transaction.
    """

    sr: Dataset
    bundle: dict[str, Any]


def render(report: Report, place: Place, former: Former | None = None) -> RenderedReport:
    """SR and transaction of one report.

    Raises:
        Rejected: The document cannot be rebuilt from one of them, or it lacks what is needed.
    """
    predecessors = [] if former is None else [former.sr]
    sr = text_report.build_text_report(report, place.study, predecessors=predecessors)
    bundle = fhir_report.build_bundle(
        report,
        fhir_report.Filing(
            place.subject,
            acquired(place.study) if place.is_known else None,
            str(sr.SOPInstanceUID),
        ),
        replaces=None if former is None else former.report,
    )
    rebuilt = {
        "SR": text_report.text_of(decode(encode(sr))),
        "transaction": fhir_report.text_of(entry["resource"] for entry in bundle["entry"]),
    }
    for name, text in rebuilt.items():
        if text != report.text:
            raise Rejected(
                f"the {name} does not hold the document; nothing was sent", reason="not_lossless"
            )
    return RenderedReport(sr, bundle)


def words(resource: Mapping[str, Any]) -> object:
    """What a resource must still say when it is read back: its status, its words, their place."""
    match resource.get("resourceType"):
        case "Observation":
            return resource.get("status"), resource.get("valueString"), resource.get("extension")
        case "DiagnosticReport":
            attached = [form.get("data") for form in resource.get("presentedForm", [])]
            return resource.get("status"), resource.get("conclusion"), attached
        case _:
            return None
