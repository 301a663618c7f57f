"""What every FHIR R4 transaction of a result has: the Device that made it, the Provenance, entries.

Sent twice, a transaction changes nothing: what never changes is created if it does not exist, what
may be revised is put under its identifier.
"""

from collections.abc import Sequence
from datetime import datetime
from urllib.parse import quote

from radloom import codes
from radloom.codes import Code
from radloom.fhir.elements import Json, concept, identifier_query, instant, uid_identifier
from radloom.fhir.shape import check_shape
from radloom.results import MANUFACTURER, Algorithm


def transaction(entries: Sequence[Json]) -> Json:
    """Transaction bundle.

    Raises:
        Rejected: It has not the shape of FHIR R4.
    """
    bundle: Json = {"resourceType": "Bundle", "type": "transaction", "entry": list(entries)}
    check_shape(bundle)
    return bundle


def created(url: str, resource: Json, query: str) -> Json:
    """Entry that creates a resource unless `query` finds one."""
    request = {"method": "POST", "url": resource["resourceType"], "ifNoneExist": query}
    return {"fullUrl": url, "resource": resource, "request": request}


def updated(url: str, resource: Json) -> Json:
    """Entry that puts a resource under its first identifier."""
    query = identifier_query(resource["identifier"][0])
    request = {"method": "PUT", "url": f"{resource['resourceType']}?{query}"}
    return {"fullUrl": url, "resource": resource, "request": request}


def device_entry(url: str, algorithm: Algorithm) -> Json:
    """The algorithm; one Device per set of weights or word lists and software version."""
    device = {
        "resourceType": "Device",
        "identifier": [uid_identifier(algorithm.uid)],
        "status": "active",
        "manufacturer": MANUFACTURER,
        "deviceName": [{"name": algorithm.name, "type": "model-name"}],
        "type": concept(codes.AI_DEVICE),
        "version": [{"value": algorithm.version}]
        + [{"type": {"text": "model"}, "value": line} for line in algorithm.parameters],
    }
    return created(url, device, identifier_query(uid_identifier(algorithm.uid)))


def provenance_of(
    result_id: str,
    *,
    device_url: str,
    targets: Sequence[str],
    recorded: datetime,
    activity: Code,
    entities: Sequence[Json],
) -> Json:
    """Provenance of what AI asserts.

    Args:
        result_id: Result that the targets are of; R4 gives Provenance no identifier, so a tag.
        device_url: The Device that made them, inside the bundle.
        targets: What was made, inside the bundle.
        recorded: When.
        activity: Created, revised or nullified.
        entities: What it was made from; see `entity`.
    """
    return {
        "resourceType": "Provenance",
        "meta": {"tag": [{"system": codes.RESULT_TAG_SYSTEM, "code": result_id}]},
        "target": [{"reference": url} for url in targets],
        "recorded": instant(recorded),
        "reason": [concept(codes.AI_ASSERTED)],
        "activity": concept(activity),
        "agent": [
            {
                "type": concept(codes.PERFORMER),
                "role": [concept(codes.AI_DEVICE)],
                "who": {"reference": device_url},
            }
        ],
        "entity": list(entities),
    }


def provenance_entry(url: str, provenance: Json, result_id: str) -> Json:
    """Entry of the Provenance, found by its tag."""
    tag = quote(f"{codes.RESULT_TAG_SYSTEM}|{result_id}", safe=":")
    return created(url, provenance, f"_tag={tag}")


def entity(role: str, value: str, display: str) -> Json:
    """Something that a result was made from, by an identifier without system."""
    return {"role": role, "what": {"identifier": {"value": value}, "display": display}}
