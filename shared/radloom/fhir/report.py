"""FHIR R4 transaction of one structured report: Device, Observations, DiagnosticReport, Provenance.

The shape is that of IHE RAD IMR: the report's results are one grouping Observation per part, among
them findings (LOINC 59776-5) and impression (19005-8), and their members are the statements. Every
statement is there verbatim, with its place in the document and the blanks around it, so that the
document can be rebuilt from the Observations alone (`text_of`).
"""

import base64
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from radloom import codes
from radloom.errors import Rejected
from radloom.fhir.elements import (
    Json,
    concept,
    instant,
    narrative,
    quantity,
    uid_identifier,
    uid_reference,
)
from radloom.fhir.observations import Subject
from radloom.fhir.transactions import (
    device_entry,
    entity,
    provenance_entry,
    provenance_of,
    transaction,
    updated,
)
from radloom.identifiers import derived_uuid
from radloom.reports import Report, ReportStatement
from radloom.results import NOT_REVIEWED
from radloom.reviews import DRAFT, Review
from radloom.texts import joined, literal, of_literal, shown

WITHDRAWN = "entered-in-error"
PLACEMENT_UNCERTAIN = "The organ of this statement is uncertain."
INTERPRETATIONS = {"affirmed": [codes.FINDING_PRESENT], "negated": [codes.FINDING_ABSENT]}
"""HL7 ObservationInterpretation of a statement's polarity."""

URI_SYSTEM = "urn:ietf:rfc:3986"
"""Identifier system of values that are URIs (FHIR R4 section 4.3)."""


@dataclass(frozen=True)
class Filing:
    """Where a report belongs, and how far it has come.

    Attributes:
        subject: Who was examined.
        acquired: When the study was made; None when nobody says.
        sr_instance_uid: SOP Instance UID of the SR that says the same.
        review: Who vouches for it.
    """

    subject: Subject
    acquired: datetime | date | None
    sr_instance_uid: str
    review: Review = DRAFT


def build_bundle(report: Report, filing: Filing, *, replaces: Report | None = None) -> Json:
    """Transaction that makes `report` the document's current structure in the record.

    Args:
        report: Statements and what was read in them.
        filing: Where it belongs. The status of all that is sent is that of its review.
        replaces: The structure that was current until now. A statement that it had alone is taken
            back: entered in error.

    Raises:
        Rejected: The subject has no identifier.
    """
    made = _Resources(report, filing, filing.review.fhir_status)
    parts = [*made.groups(), *made.statements(), ("report", made.diagnostic_report())]
    parts += _withdrawn(report, filing, replaces)
    provenance = made.provenance([name for name, _ in parts], replaces)
    return transaction(
        [
            device_entry(made.url("device"), report.algorithm),
            *(updated(made.url(name), resource) for name, resource in parts),
            provenance_entry(
                made.url(f"provenance {report.result_id}"), provenance, report.result_id
            ),
        ]
    )


def text_of(resources: Iterable[Json]) -> str:
    """The document, from the Observations of its statements in any order.

    Raises:
        Rejected: One is missing, or what one says of its place cannot be read.
    """
    return joined(
        _place(resource)
        for resource in resources
        if resource.get("status") != WITHDRAWN and _span(resource)
    )


def _span(resource: Json) -> dict[str, Any]:
    """What an Observation says of its place in the document; empty when it says none."""
    for extension in resource.get("extension", []):
        if extension["url"] == codes.SOURCE_SPAN_URL:
            return {
                inner["url"]: inner.get("valueString", inner.get("valueUnsignedInt"))
                for inner in extension["extension"]
            }
    return {}


def _place(resource: Json) -> tuple[int, str, str, str]:
    span = _span(resource)
    before, verbatim, after = (
        of_literal(span[name]) if name in span else "" for name in ("before", "verbatim", "after")
    )
    return span["start"], before, verbatim or resource["valueString"], after


def _withdrawn(report: Report, filing: Filing, replaces: Report | None) -> list[tuple[str, Json]]:
    """Statements, and groups, that the replaced structure had and its successor has not."""
    if replaces is None:
        return []
    if replaces.document_id != report.document_id:
        raise Rejected("a report replaces one of another document", reason="contradiction")
    kept = {s.name for s in report.statements} | {s.part for s in report.statements}
    former = _Resources(replaces, filing, WITHDRAWN)
    parts = [*former.groups(), *former.statements()]
    return [(name, resource) for name, resource in parts if name not in kept]


@dataclass(frozen=True)
class _Resources:
    """Resources of one structure of a document."""

    report: Report
    filing: Filing
    status: str

    def url(self, name: str) -> str:
        """Name of a resource inside the bundle (its `fullUrl`)."""
        return derived_uuid("fhir report", self.report.document_id, name).urn

    def groups(self) -> list[tuple[str, Json]]:
        """One Observation per part, in the order of the report."""
        parts = dict.fromkeys(statement.part for statement in self.report.statements)
        return [(part, self._group(part)) for part in parts]

    def statements(self) -> list[tuple[str, Json]]:
        """One Observation per statement, in the order of the report."""
        return [(s.name, self._statement(s)) for s in self.report.statements]

    def diagnostic_report(self) -> Json:
        """The report around them, with the whole document attached."""
        impression = self.report.said_in("impression")
        label = [] if self._is_signed else [NOT_REVIEWED]
        resource = self._labelled("DiagnosticReport", "report")
        resource["identifier"].append(uid_identifier(self.filing.sr_instance_uid))
        resource |= {
            "text": narrative(*label, impression or self.report.kind.meaning),
            "category": [concept(codes.RADIOLOGY)],
            "code": concept(self.report.kind),
            "result": [{"reference": self.url(name)} for name, _ in self.groups()],
            "presentedForm": [
                {
                    "contentType": "text/plain; charset=utf-8",
                    "data": base64.b64encode(_utf8(self.report.text)).decode(),
                }
            ],
        }
        if impression:
            resource["conclusion"] = impression
        if self.report.named_study:
            resource["imagingStudy"] = [uid_reference("ImagingStudy", self.report.named_study)]
        if self.report.accession_number:
            resource["basedOn"] = [_request(self.report.accession_number)]
        if self._is_signed:
            resource["resultsInterpreter"] = [
                {"type": "Practitioner", "identifier": {"value": who}}
                for who in self.filing.review.signed_by
            ]
        return resource

    def provenance(self, targets: Sequence[str], replaces: Report | None) -> Json:
        """Who made what of which document."""
        report = self.report
        entities = [{"role": "source", "what": self._document()}]
        entities += [entity("derivation", line, "engine") for line in report.algorithm.parameters]
        if replaces is not None:
            entities.append(entity("revision", replaces.result_id, "replaced result"))
        return provenance_of(
            report.result_id,
            device_url=self.url("device"),
            targets=[self.url(name) for name in targets],
            recorded=report.made_at,
            activity=codes.CREATED if replaces is None else codes.REVISED,
            entities=entities,
        )

    @property
    def _is_signed(self) -> bool:
        return bool(self.filing.review.signed_by)

    def _labelled(self, resource_type: str, name: str) -> Json:
        """Start of every resource that AI asserts."""
        resource: Json = {
            "resourceType": resource_type,
            "meta": {"security": [concept(codes.AI_ASSERTED)["coding"][0]]},
            "identifier": [uid_identifier(self.report.identifier(name))],
            "status": self.status,
            "subject": self.filing.subject.reference(),
            "issued": instant(self.report.made_at),
        }
        if self.filing.acquired is not None:
            resource["effectiveDateTime"] = self.filing.acquired.isoformat()
        return resource

    def _observation(self, name: str, code: codes.Code) -> Json:
        sources = [self._document()]
        if self.report.named_study:
            sources.append(uid_reference("ImagingStudy", self.report.named_study))
        resource = self._labelled("Observation", name) | {
            "category": [concept(codes.IMAGING)],
            "code": concept(code),
            "device": {"reference": self.url("device")},
            "derivedFrom": sources,
        }
        if not self._is_signed:
            resource["note"] = [{"text": NOT_REVIEWED}]
        return resource

    def _group(self, part: str) -> Json:
        members = [s.name for s in self.report.statements if s.part == part]
        return self._observation(part, codes.REPORT_HEADINGS[part]) | {
            "hasMember": [{"reference": self.url(name)} for name in members]
        }

    def _statement(self, statement: ReportStatement) -> Json:
        resource = self._observation(statement.name, codes.REPORT_ELEMENTS[statement.part])
        resource |= {"extension": [_source_span(statement)], "valueString": shown(statement.text)}
        resource |= _meaning(statement)
        if statement.needs_review:
            resource["note"] = [*resource.get("note", []), {"text": PLACEMENT_UNCERTAIN}]
        return resource

    def _document(self) -> Json:
        """Logical reference to the document, under ingest's identifier or that of its source."""
        system, value = self.report.source_identifier
        identifier = {"system": URI_SYSTEM, "value": f"urn:uuid:{self.report.document_id}"}
        if value:
            identifier = {"value": value} | ({"system": system} if system else {})
        return {"type": "DocumentReference", "identifier": identifier}


def _source_span(statement: ReportStatement) -> Json:
    """Extension: where the statement stands, the blanks around it, and what cannot be shown."""
    inner: list[Json] = [
        {"url": "start", "valueUnsignedInt": statement.start},
        {"url": "end", "valueUnsignedInt": statement.end},
    ]
    verbatim = statement.text if shown(statement.text) != statement.text else ""
    for name, text in (
        ("before", statement.before),
        ("verbatim", verbatim),
        ("after", statement.after),
    ):
        if text:
            inner.append({"url": name, "valueString": literal(text)})
    return {"url": codes.SOURCE_SPAN_URL, "extension": inner}


def _meaning(statement: ReportStatement) -> Json:
    """What was read in the statement, in codes."""
    meaning: Json = {}
    if len(statement.sites) == 1:
        meaning["bodySite"] = concept(statement.sites[0])
    interpretation = INTERPRETATIONS.get(statement.polarity, [])
    interpretation = interpretation + [codes.CRITICAL_ABNORMAL] * statement.is_critical
    if interpretation:
        meaning["interpretation"] = [concept(code) for code in interpretation]
    components = [
        {"code": concept(name), "valueCodeableConcept": concept(value)}
        for name, value in statement.meaning
    ]
    components += [
        {"code": concept(q.name), "valueQuantity": quantity(q.value, q.unit)}
        for q in statement.quantities
    ]
    return meaning | ({"component": components} if components else {})


def _request(accession_number: str) -> Json:
    identifier = {"type": concept(codes.ACCESSION_ID), "value": accession_number}
    return {"type": "ServiceRequest", "identifier": identifier}


def _utf8(text: str) -> bytes:
    """UTF-8; half a surrogate pair, which some charsets let through, is no character in it."""
    return text.encode(errors="replace")
