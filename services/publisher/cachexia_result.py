"""A cachexia score as the ledger knows it, and what the record calls its evidence."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from radloom.fhir.cachexia import active
from radloom.fhir.elements import Json, uid_identifier
from radloom.fhir.observations import AREA, ATTENUATION, INDEX
from radloom.fhir.report import URI_SYSTEM
from radloom.identifiers import derived_uid
from radloom.wire.v1.cachexia_scored_pb2 import CachexiaScored
from radloom.wire.v1.custodian_service_pb2 import ResolvedResource
from services.publisher.ledger import Result

KIND = "cachexia"

MUSCLE_PARTS = {"sma": AREA, "smd": ATTENUATION, "smi": INDEX}
RECORD_TYPES = ("Observation", "Condition")


def result_of(event: CachexiaScored) -> Result:
    """The result of a subject: the later score wins."""
    return Result(
        kind=KIND,
        result_id=event.result_id,
        about=event.subject_key,
        order=(event.revision, event.scored_at.ToMicroseconds()),
        study_instance_uid="",
        fingerprint=fingerprint(event),
        event=event.SerializeToString(deterministic=True),
    )


def fingerprint(event: CachexiaScored) -> str:
    """Digest of what the record is told: equal for two scores that say the same to it.

    A risk in shadow is none of it, nor is what could not be computed.
    """
    told = CachexiaScored()
    told.CopyFrom(event)
    for name in ("result_id", "revision", "at", "scored_at", "evidence_sha256", "survival"):
        told.ClearField(name)
    computed = [c for c in event.criteria if c.WhichOneof("result")]
    del told.criteria[:]
    told.criteria.extend(computed)
    if active(event) is None:
        del told.risks[:], told.models[:], told.evidence[:]
    for model in told.models:
        model.ClearField("mode")
    return hashlib.sha256(told.SerializeToString(deterministic=True)).hexdigest()


def resource_keys(evidence: Iterable[str]) -> list[str]:
    """Keys of evidence that came from resources of the record, each once."""
    found = (_split(name) for name in evidence)
    return list(dict.fromkeys(key for kind, key, _ in found if kind in RECORD_TYPES))


def references(evidence: Sequence[str], resolved: Iterable[ResolvedResource]) -> Mapping[str, Json]:
    """Logical reference to each piece of evidence, by its id; none to sex and age."""
    known = {resource.resource_key: resource for resource in resolved}
    found: dict[str, Json] = {}
    for name in evidence:
        kind, identity, part = _split(name)
        if kind == "muscle" and part in MUSCLE_PARTS:
            uid = derived_uid("muscle at L3", identity, MUSCLE_PARTS[part])
            found[name] = {"type": "Observation", "identifier": uid_identifier(uid)}
        elif kind == "report":
            identifier = {"system": URI_SYSTEM, "value": f"urn:uuid:{identity}"}
            found[name] = {"type": "DocumentReference", "identifier": identifier}
        elif identity in known:
            found[name] = _reference(known[identity])
    return found


def _split(name: str) -> tuple[str, str, str]:
    """Kind of source, its identity, and the part of it: "muscle/2.25.1#smi"."""
    source, _, part = name.partition("#")
    kind, _, identity = source.partition("/")
    return kind, identity, part


def _reference(resource: ResolvedResource) -> Json:
    """By the resource's own identifier, else by its id, which its server knows."""
    identifier: Json = {"value": resource.identifier_value}
    if not resource.identifier_value:
        identifier = {"value": f"{resource.resource_type}/{resource.resource_id}"}
    elif resource.identifier_system:
        identifier["system"] = resource.identifier_system
    return {"type": resource.resource_type, "identifier": identifier}


def values(resource: Mapping[str, Any]) -> object:
    """What a resource must still say when it is read back."""
    match resource.get("resourceType"):
        case "Observation":
            quantity = resource.get("valueQuantity") or {}
            return (
                resource.get("status"),
                resource.get("valueBoolean"),
                resource.get("valueInteger"),
                quantity.get("value"),
            )
        case "RiskAssessment":
            return resource.get("status"), [
                p.get("probabilityDecimal") for p in resource.get("prediction", [])
            ]
        case _:
            return None
