"""FHIR R4 transaction of one muscle result: Device, Observations, DiagnosticReport, Provenance.

Sent twice, it changes nothing: what never changes is created if it does not exist, what may be
revised is put under an identifier that is the same for every revision of the study's result.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from radloom import codes
from radloom.fhir.elements import Json, concept, narrative, uid_identifier, uid_reference
from radloom.fhir.observations import GROUP, OPTIONAL, Context, Subject, observations
from radloom.fhir.transactions import (
    device_entry,
    entity,
    provenance_entry,
    provenance_of,
    transaction,
    updated,
)
from radloom.results import NOT_REVIEWED, Statement

WITHDRAWN = "entered-in-error"


@dataclass(frozen=True)
class DicomObjects:
    """SOP Instance UIDs of what went to the archive."""

    segmentation: str
    report: str
    key_image: str


def build_bundle(
    statement: Statement,
    *,
    subject: Subject,
    acquired: datetime | date | None,
    objects: DicomObjects,
    replaces: Statement | None = None,
) -> Json:
    """Transaction that makes `statement` the study's current muscle result in the record.

    Every resource is preliminary: FHIR's "amended" and "corrected" would claim that a person had
    once made it final.

    Args:
        statement: The numbers.
        subject: Who was examined.
        acquired: When the study was made; see `radloom.dicom.source.acquired`.
        objects: What the archive holds of the same result.
        replaces: The result that was current until now.

    Raises:
        Rejected: The subject has no identifier.
    """
    context = Context(statement, subject, acquired)
    labelled = _labelled(context, objects)
    if replaces is not None:
        labelled += _withdrawn_parts(replaces, {part for part, _ in labelled}, subject, acquired)
    activity = codes.CREATED if replaces is None else codes.REVISED
    provenance = _provenance(context, labelled, objects, activity, statement.result_id)
    if replaces is not None:
        provenance["entity"].append(entity("revision", replaces.result_id, "replaced result"))
    return _transaction(context, labelled, provenance, statement.result_id)


def build_withdrawal(
    statement: Statement,
    *,
    subject: Subject,
    acquired: datetime | date | None,
    objects: DicomObjects,
    cause: str,
) -> Json:
    """Transaction that takes the study's current result back: all of it entered in error.

    Args:
        statement: The numbers that were current.
        subject: Who was examined.
        acquired: When the study was made.
        objects: What the archive holds of the result.
        cause: Result id of the refusal that ended it.

    Raises:
        Rejected: The subject has no identifier.
    """
    context = Context(statement, subject, acquired, WITHDRAWN)
    labelled = _labelled(context, objects)
    provenance = _provenance(context, labelled, objects, codes.NULLIFIED, cause)
    return _transaction(context, labelled, provenance, cause)


Part = tuple[str, Json]


def _labelled(context: Context, objects: DicomObjects) -> list[Part]:
    return [*observations(context), ("report", _report(context, objects))]


def _withdrawn_parts(
    replaced: Statement, kept: set[str], subject: Subject, acquired: datetime | date | None
) -> list[Part]:
    """Numbers that the replaced result had and its successor has not, an index for instance."""
    context = Context(replaced, subject, acquired, WITHDRAWN)
    return [part for part in observations(context) if part[0] in OPTIONAL and part[0] not in kept]


def _report(context: Context, objects: DicomObjects) -> Json:
    sentence = context.statement.sentence
    resource = context.labelled("DiagnosticReport", "report")
    resource["identifier"] += [
        uid_identifier(uid) for uid in (objects.report, objects.segmentation, objects.key_image)
    ]
    return resource | {
        "text": narrative(sentence, NOT_REVIEWED),
        "category": [concept(codes.COMPUTED_TOMOGRAPHY)],
        "code": concept(codes.DIAGNOSTIC_IMAGING_REPORT),
        "result": [{"reference": context.url(GROUP)}],
        "imagingStudy": [uid_reference("ImagingStudy", context.statement.study_instance_uid)],
        "conclusion": f"{sentence}. {NOT_REVIEWED}.",
    }


def _provenance(
    context: Context,
    labelled: Sequence[Part],
    objects: DicomObjects,
    activity: codes.Code,
    result_id: str,
) -> Json:
    statement = context.statement
    sources = [
        {"role": "source", "what": uid_reference("ImagingStudy", statement.study_instance_uid)},
        entity("source", f"urn:oid:{objects.segmentation}", "DICOM Segmentation"),
    ]
    cards = [entity("derivation", line, "model card") for line in statement.algorithm.parameters]
    return provenance_of(
        result_id,
        device_url=context.url("device"),
        targets=[context.url(part) for part, _ in labelled],
        recorded=statement.measured_at,
        activity=activity,
        entities=sources + cards,
    )


def _transaction(
    context: Context, labelled: Sequence[Part], provenance: Json, result_id: str
) -> Json:
    entries = [
        device_entry(context.url("device"), context.statement.algorithm),
        *(updated(context.url(part), resource) for part, resource in labelled),
        provenance_entry(context.url(f"provenance {result_id}"), provenance, result_id),
    ]
    return transaction(entries)
