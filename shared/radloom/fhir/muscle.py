"""FHIR R4 transaction of one muscle result: Device, Observations, DiagnosticReport, Provenance.

Sent twice, it changes nothing: what never changes is created if it does not exist, what may be
revised is put under an identifier that is the same for every revision of the study's result.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from urllib.parse import quote

from radloom import codes
from radloom.errors import Rejected
from radloom.fhir.elements import (
    Json,
    concept,
    identifier_query,
    narrative,
    uid_identifier,
    uid_reference,
)
from radloom.fhir.observations import GROUP, INDEX, Context, Subject, instant, observations
from radloom.fhir.shape import check_shape
from radloom.results import MANUFACTURER, NOT_REVIEWED, Statement

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
    context = _context(statement, subject, acquired)
    labelled = _labelled(context, objects)
    if replaces is not None and replaces.smi_cm2_per_m2 and not statement.smi_cm2_per_m2:
        labelled.append(_withdrawn_index(replaces, subject, acquired))
    activity = codes.CREATED if replaces is None else codes.REVISED
    provenance = _provenance(context, labelled, objects, activity, statement.result_id)
    if replaces is not None:
        provenance["entity"].append(_entity("revision", replaces.result_id, "replaced result"))
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
    context = replace(_context(statement, subject, acquired), status=WITHDRAWN)
    labelled = _labelled(context, objects)
    provenance = _provenance(context, labelled, objects, codes.NULLIFIED, cause)
    return _transaction(context, labelled, provenance, cause)


def _context(statement: Statement, subject: Subject, acquired: datetime | date | None) -> Context:
    if not subject.identifier:
        raise Rejected(
            "the subject has no Patient ID; the record could not tell whose result this is",
            reason="no_patient_id",
        )
    return Context(statement, subject, acquired)


Part = tuple[str, Json]


def _labelled(context: Context, objects: DicomObjects) -> list[Part]:
    return [*observations(context), ("report", _report(context, objects))]


def _withdrawn_index(
    replaced: Statement, subject: Subject, acquired: datetime | date | None
) -> Part:
    """The index that the replaced result had and its successor has not."""
    context = Context(replaced, subject, acquired, WITHDRAWN)
    return next(part for part in observations(context) if part[0] == INDEX)


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


def _device(context: Context) -> Json:
    """The algorithm; one Device per set of weights and software version."""
    algorithm = context.statement.algorithm
    return {
        "resourceType": "Device",
        "identifier": [uid_identifier(algorithm.uid)],
        "status": "active",
        "manufacturer": MANUFACTURER,
        "deviceName": [{"name": algorithm.name, "type": "model-name"}],
        "type": concept(codes.AI_DEVICE),
        "version": [{"value": algorithm.version}]
        + [{"type": {"text": "model"}, "value": line} for line in algorithm.parameters],
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
        _entity("source", f"urn:oid:{objects.segmentation}", "DICOM Segmentation"),
    ]
    cards = [_entity("derivation", line, "model card") for line in statement.algorithm.parameters]
    return {
        "resourceType": "Provenance",
        "meta": {"tag": [{"system": codes.RESULT_TAG_SYSTEM, "code": result_id}]},
        "target": [{"reference": context.url(part)} for part, _ in labelled],
        "recorded": instant(statement.measured_at),
        "reason": [concept(codes.AI_ASSERTED)],
        "activity": concept(activity),
        "agent": [
            {
                "type": concept(codes.PERFORMER),
                "role": [concept(codes.AI_DEVICE)],
                "who": {"reference": context.url("device")},
            }
        ],
        "entity": sources + cards,
    }


def _entity(role: str, value: str, display: str) -> Json:
    return {"role": role, "what": {"identifier": {"value": value}, "display": display}}


def _transaction(
    context: Context, labelled: Sequence[Part], provenance: Json, result_id: str
) -> Json:
    device = _device(context)
    tag = quote(f"{codes.RESULT_TAG_SYSTEM}|{result_id}", safe=":")
    entries = [
        _create(context.url("device"), device, identifier_query(device["identifier"][0])),
        *(_put(context.url(part), resource) for part, resource in labelled),
        _create(context.url(f"provenance {result_id}"), provenance, f"_tag={tag}"),
    ]
    bundle: Json = {"resourceType": "Bundle", "type": "transaction", "entry": entries}
    check_shape(bundle)
    return bundle


def _create(url: str, resource: Json, query: str) -> Json:
    request = {"method": "POST", "url": resource["resourceType"], "ifNoneExist": query}
    return {"fullUrl": url, "resource": resource, "request": request}


def _put(url: str, resource: Json) -> Json:
    query = identifier_query(resource["identifier"][0])
    request = {"method": "PUT", "url": f"{resource['resourceType']}?{query}"}
    return {"fullUrl": url, "resource": resource, "request": request}
