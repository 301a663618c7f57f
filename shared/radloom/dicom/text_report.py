"""TID 2000 Basic Diagnostic Imaging Report of a structured report, as an Enhanced SR.

highdicom has no TID 2000, so the tree is built here. The template is closed: one container per run
of statements of a part, one TEXT per statement, under it the measurements it states; what else was
read in a statement is in the FHIR resources alone.

A TEXT holds the blanks before its statement too, so the values joined are the document. What DICOM
text cannot hold (some control characters, blanks at the end of the document) is shown otherwise,
and stands verbatim beside it in a private element (`text_of` reads both).
"""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import groupby

from pydicom import Dataset, FileMetaDataset
from pydicom.uid import EnhancedSRStorage, ExplicitVRLittleEndian

from radloom import codes
from radloom.codes import Code
from radloom.dicom.report import Predecessor, date_content, predecessor_documents
from radloom.dicom.source import study_header, zone_of
from radloom.dicom.uids import seal
from radloom.reports import Quantity, Report, ReportStatement
from radloom.results import MANUFACTURER, Algorithm
from radloom.texts import literal, of_literal, shown

SERIES_NUMBER = 9004
PRIVATE_GROUP, PRIVATE_CREATOR, VERBATIM = 0x0099, "RADLOOM", 0x01
"""Where a TEXT item keeps what its value cannot hold: a JSON string."""

MAX_DS_CHARACTERS = 16
"""Length of a decimal string (PS3.5 table 6.2-1)."""


def build_text_report(
    report: Report, study: Dataset, *, predecessors: Sequence[Predecessor] = ()
) -> Dataset:
    """SR that says what `report` says.

    Preliminary and unverified: a person who accepts it makes a new, verified instance.

    Args:
        report: Statements and what was read in them.
        study: Patient and study to file it under, as far as known.
        predecessors: SRs that this one replaces.
    """
    ds = study_header(study)
    ds.StudyInstanceUID = report.study_instance_uid
    _series_and_equipment(ds, report)
    _document(ds, report)
    if predecessors:
        ds.PredecessorDocumentsSequence = [
            predecessor_documents(ds.StudyInstanceUID, item, EnhancedSRStorage)
            for item in predecessors
        ]
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds.file_meta.MediaStorageSOPClassUID = EnhancedSRStorage
    ds.SOPClassUID = EnhancedSRStorage
    seal(ds)
    return ds


def text_of(sr: Dataset) -> str:
    """The document, from the statements of an SR."""
    return "".join(
        _verbatim(item)
        for container in sr.ContentSequence
        for item in container.get("ContentSequence", [])
        if item.ValueType == "TEXT"
    )


def _verbatim(item: Dataset) -> str:
    try:
        block = item.private_block(PRIVATE_GROUP, PRIVATE_CREATOR)
    except KeyError:
        return str(item.TextValue)
    return of_literal(str(block[VERBATIM].value))


def _series_and_equipment(ds: Dataset, report: Report) -> None:
    """SR Document Series (PS3.3 C.17.1) and General Equipment (C.7.5.1)."""
    ds.Modality = "SR"
    ds.SeriesNumber = SERIES_NUMBER
    ds.SeriesDescription = "Structured report (AI, not reviewed)"
    ds.ReferencedPerformedProcedureStepSequence = []
    ds.Manufacturer = MANUFACTURER
    ds.ManufacturerModelName = report.algorithm.name
    ds.SoftwareVersions = report.algorithm.version


def _document(ds: Dataset, report: Report) -> None:
    """SR Document General and Content (PS3.3 C.17.2, C.17.3)."""
    date_content(ds, report.made_at.astimezone(zone_of(ds)))
    ds.InstanceNumber = 1
    ds.PreliminaryFlag = "PRELIMINARY"
    ds.CompletionFlag = "COMPLETE"
    ds.VerificationFlag = "UNVERIFIED"
    ds.PerformedProcedureCodeSequence = []
    if report.accession_number:
        ds.ReferencedRequestSequence = [_request(report)]
    title = codes.REPORT_TITLES.get(report.kind.value, codes.DIAGNOSTIC_IMAGING_REPORT)
    ds.ValueType = "CONTAINER"
    ds.ContinuityOfContent = "SEPARATE"
    ds.ConceptNameCodeSequence = [_coded(title)]
    template = Dataset()
    template.MappingResource, template.TemplateIdentifier = "DCMR", "2000"
    ds.ContentTemplateSequence = [template]
    ds.ContentSequence = [
        _code("HAS CONCEPT MOD", codes.LANGUAGE, codes.ENGLISH),  # whose words the lists hold
        *_observer(report.algorithm),
        *_containers(report.statements),
    ]


def _observer(algorithm: Algorithm) -> Iterator[Dataset]:
    """Observation context of a device: TID 1002 and 1004."""
    yield _code("HAS OBS CONTEXT", codes.OBSERVER_TYPE, codes.DEVICE)
    uid = _item("HAS OBS CONTEXT", "UIDREF", codes.DEVICE_OBSERVER_UID)
    uid.UID = algorithm.uid
    yield uid
    for name, value in (
        (codes.DEVICE_OBSERVER_NAME, algorithm.name),
        (codes.DEVICE_OBSERVER_MANUFACTURER, MANUFACTURER),
        (codes.DEVICE_OBSERVER_MODEL_NAME, f"{algorithm.name} {algorithm.version}"),
    ):
        yield _text("HAS OBS CONTEXT", name, value)


def _containers(statements: Sequence[ReportStatement]) -> Iterator[Dataset]:
    """One per run of statements of a part: their order is that of the document."""
    for part, run in groupby(statements, key=lambda statement: statement.part):
        container = _item("CONTAINS", "CONTAINER", codes.REPORT_HEADINGS[part])
        container.ContinuityOfContent = "SEPARATE"
        container.ContentSequence = [_statement(statement) for statement in run]
        yield container


def _statement(statement: ReportStatement) -> Dataset:
    text = f"{statement.before}{statement.text}{statement.after}"
    item = _text("CONTAINS", codes.REPORT_ELEMENTS[statement.part], shown(text).rstrip())
    if item.TextValue != text:
        block = item.private_block(PRIVATE_GROUP, PRIVATE_CREATOR, create=True)
        block.add_new(VERBATIM, "UT", literal(text))
    if statement.quantities:
        item.ContentSequence = [_measured(quantity) for quantity in statement.quantities]
    return item


def _measured(quantity: Quantity) -> Dataset:
    """NUM that the statement is inferred from (TID 2001: TID 1400, 1402 or 1404)."""
    item = _item("INFERRED FROM", "NUM", quantity.name)
    value = Dataset()
    value.NumericValue = _decimal_string(quantity.value)
    if len(str(quantity.value)) > MAX_DS_CHARACTERS:
        value.FloatingPointValue = float(quantity.value)
    value.MeasurementUnitsCodeSequence = [_coded(quantity.unit)]
    item.MeasuredValueSequence = [value]
    return item


def _decimal_string(value: Decimal) -> str:
    text = str(value)
    return text if len(text) <= MAX_DS_CHARACTERS else f"{value:.9e}"


# ---------------------------------------------------------------- content items


def _item(relationship: str, value_type: str, name: Code) -> Dataset:
    item = Dataset()
    item.RelationshipType = relationship
    item.ValueType = value_type
    item.ConceptNameCodeSequence = [_coded(name)]
    return item


def _text(relationship: str, name: Code, value: str) -> Dataset:
    item = _item(relationship, "TEXT", name)
    item.TextValue = value
    return item


def _code(relationship: str, name: Code, value: Code) -> Dataset:
    item = _item(relationship, "CODE", name)
    item.ConceptCodeSequence = [_coded(value)]
    return item


def _coded(code: Code) -> Dataset:
    ds = Dataset()
    ds.CodeValue, ds.CodingSchemeDesignator, ds.CodeMeaning = code.value, code.scheme, code.meaning
    return ds


def _request(report: Report) -> Dataset:
    """The order that the report answers (PS3.3 table C.17-2, Referenced Request Sequence)."""
    ds = Dataset()
    ds.StudyInstanceUID = report.study_instance_uid
    ds.AccessionNumber = report.accession_number
    ds.ReferencedStudySequence = []
    ds.RequestedProcedureCodeSequence = []
    for name in (
        "PlacerOrderNumberImagingServiceRequest",
        "FillerOrderNumberImagingServiceRequest",
        "RequestedProcedureID",
        "RequestedProcedureDescription",
    ):
        setattr(ds, name, None)
    return ds
