"""What the pipeline is told of a clinical resource: codes and numbers, no words, no identifiers."""

import hashlib
import hmac
import re
from datetime import datetime

from google.protobuf.timestamp_pb2 import Timestamp

from radloom.fhir.staging import stage_of
from radloom.wire.v1.clinical_observed_pb2 import (
    ClinicalCode,
    ClinicalObserved,
    ObservedQuantity,
)
from services.ingest.clinical import Clinical, Condition, Observation, Patient, moment
from services.ingest.fhir_intake import Sent

UCUM = "http://unitsofmeasure.org"
UNIT = re.compile(r"[!-~]{1,30}")
"""What a UCUM code looks like; any other text could hold something about the patient."""

WITHDRAWN = "entered-in-error"


def keyed(secret: bytes, *parts: str) -> str:
    """Digest of parts under the site's secret, 64 hexadecimal digits."""
    framed = b"".join(len(p.encode()).to_bytes(4, "big") + p.encode() for p in parts)
    return hmac.new(secret, b"clinical resource\0" + framed, hashlib.sha256).hexdigest()


def resource_key(secret: bytes, sent: Sent) -> str:
    """Names a resource, the same for all its versions: by id, else identifier, URL or content."""
    resource = sent.resource
    kind = resource.resourceType
    if resource.id is not None:
        return keyed(secret, kind, "id", resource.id)
    if not isinstance(resource, Patient):
        for identifier in resource.identifier:
            if identifier.value:
                return keyed(secret, kind, "identifier", identifier.system, identifier.value)
    if sent.url and not sent.url.startswith("urn:uuid:"):
        return keyed(secret, kind, "url", sent.url)
    return keyed(secret, kind, "content", hashlib.sha256(sent.content).hexdigest())


def version_key(secret: bytes, sent: Sent) -> str:
    """Names one version of a resource by its content."""
    return keyed(secret, "version", hashlib.sha256(sent.content).hexdigest())


def recorded_at(resource: Clinical, received_at: datetime) -> datetime:
    """When a version was recorded; when it came, where it does not say."""
    issued = resource.issued if isinstance(resource, Observation) else ""
    return moment(resource.meta.lastUpdated) or moment(issued) or received_at


def observed(
    resource: Clinical, *, subject_key: str, resource_key: str, version_key: str, recorded: datetime
) -> ClinicalObserved:
    """The event about one version of a resource."""
    event = ClinicalObserved(
        subject_key=subject_key,
        resource_type=resource.resourceType,
        resource_key=resource_key,
        version_key=version_key,
    )
    event.recorded.FromDatetime(recorded)
    if isinstance(resource, Observation):
        _tell_observation(event, resource)
    elif isinstance(resource, Condition):
        _tell_condition(event, resource)
    return event


def withdrawn(
    resource_type: str, *, subject_key: str, resource_key: str, version_key: str, recorded: datetime
) -> ClinicalObserved:
    """The event that takes a resource back: deleted, or another patient's now."""
    event = ClinicalObserved(
        subject_key=subject_key,
        resource_type=resource_type,
        resource_key=resource_key,
        version_key=version_key,
        status=WITHDRAWN,
    )
    event.recorded.FromDatetime(recorded)
    return event


def _tell_observation(event: ClinicalObserved, resource: Observation) -> None:
    event.status = resource.status
    event.codes.extend(
        ClinicalCode(system=c.system, code=c.code) for c in resource.code.coding if c.code
    )
    event.value_absent = resource.dataAbsentReason is not None
    quantity = resource.valueQuantity
    if quantity is not None and quantity.value is not None:
        unit = quantity.code if quantity.system in {"", UCUM} else ""
        if not quantity.code:
            unit = quantity.unit
        event.quantity.CopyFrom(
            ObservedQuantity(
                value=str(quantity.value),
                unit=unit if UNIT.fullmatch(unit) else "",
                comparator=quantity.comparator or "",
            )
        )
    if resource.valueBoolean is not None:
        event.answer = resource.valueBoolean
    event.stage_group = stage_of(resource.valueCodeableConcept.words())
    period = resource.effectivePeriod
    if resource.effectiveDateTime or resource.effectiveInstant:
        _set(event.effective, resource.effectiveDateTime or resource.effectiveInstant)
    elif period is not None:
        _set(event.effective, period.end)
    if period is not None:
        _set(event.effective_start, period.start)


def _tell_condition(event: ClinicalObserved, resource: Condition) -> None:
    event.status = resource.verificationStatus.first_code()
    event.clinical_status = resource.clinicalStatus.first_code()
    event.codes.extend(
        ClinicalCode(system=c.system, code=c.code) for c in resource.code.coding if c.code
    )
    named = (stage_of(stage.summary.words()) for stage in resource.stage)
    event.stage_group = next((group for group in named if group), "")
    found = moment(resource.recordedDate) or moment(resource.onsetDateTime)
    if found is not None:
        event.effective.FromDatetime(found)


def _set(field: Timestamp, written: str) -> None:
    found = moment(written)
    if found is not None:
        field.FromDatetime(found)
