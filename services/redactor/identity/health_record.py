"""Identifiers that a FHIR resource about a patient holds."""

from collections.abc import Iterator, Mapping
from typing import Any

from services.redactor.spans import Kind

SYSTEMS = {"phone": Kind.PHONE, "fax": Kind.PHONE, "pager": Kind.PHONE, "sms": Kind.PHONE}
"""ContactPoint.system; e-mail and url are the rest."""

DATES = frozenset({"birthDate", "deceasedDateTime"})
ADDRESS_PARTS = ("text", "line", "city", "district", "postalCode")


def record_values(resource: Mapping[str, Any]) -> Iterator[tuple[Kind, str]]:
    """Kind and value of every identifier in a FHIR Patient, RelatedPerson or Practitioner.

    Bundles, contained resources, contacts and references' displays are read as well.
    """
    for key, content in resource.items():
        for item in content if isinstance(content, list) else [content]:
            if isinstance(item, str):
                yield from _text(key, item)
            elif isinstance(item, Mapping):
                yield from _element(key, item)


def _text(key: str, item: str) -> Iterator[tuple[Kind, str]]:
    if key in DATES:
        yield Kind.DATE, item
    elif key == "display":
        yield Kind.NAME, item
    elif key == "name":
        yield Kind.LOC, item  # of an Organization


def _element(key: str, item: Mapping[str, Any]) -> Iterator[tuple[Kind, str]]:
    value = str(item.get("value") or "")
    match key:
        case "name":
            yield from _name(item)
        case "identifier" if value:
            yield Kind.ID, value
            yield from record_values({k: v for k, v in item.items() if k == "assigner"})
        case "telecom" if value:
            yield SYSTEMS.get(str(item.get("system")), Kind.EMAIL), value
        case "address":
            yield from _address(item)
        case "managingOrganization" | "assigner" if item.get("display"):
            yield Kind.LOC, str(item["display"])
        case "text" | "meta" | "maritalStatus" | "communication":
            return  # narrative and codes: their displays name nobody
        case _:
            yield from record_values(item)


def _name(item: Mapping[str, Any]) -> Iterator[tuple[Kind, str]]:
    given = " ".join(map(str, item.get("given") or ()))
    if item.get("family") or given:
        yield Kind.NAME, f"{item.get('family') or ''}^{given}".strip("^")
    if item.get("text"):
        yield Kind.NAME, str(item["text"])


def _address(item: Mapping[str, Any]) -> Iterator[tuple[Kind, str]]:
    for part in ADDRESS_PARTS:
        content = item.get(part)
        for value in content if isinstance(content, list) else [content]:
            if value:
                yield Kind.LOC, str(value)
