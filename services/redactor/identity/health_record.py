"""Identifiers that a FHIR resource about a patient holds."""

from collections.abc import Iterator, Mapping
from typing import Any

from services.redactor.spans import Kind

SYSTEMS = {"phone": Kind.PHONE, "fax": Kind.PHONE, "pager": Kind.PHONE, "sms": Kind.PHONE}
"""ContactPoint.system; e-mail and url are the rest."""

DATES = frozenset({"birthDate", "deceasedDateTime"})
ADDRESS_PARTS = ("text", "line", "city", "district", "postalCode")


def record_values(resource: Mapping[str, Any]) -> Iterator[tuple[Kind, str]]:
    """Kind and value of every identifier in a FHIR Patient, RelatedPerson, Practitioner, or Bundle."""
    for key, content in resource.items():
        for item in content if isinstance(content, list) else [content]:
            yield from _element(key, item)


def _element(key: str, item: object) -> Iterator[tuple[Kind, str]]:
    if isinstance(item, str):
        if key in DATES:
            yield Kind.DATE, item
        elif key == "display":
            yield Kind.NAME, item
        elif key == "name":
            yield Kind.LOC, item  # of an Organization
    elif not isinstance(item, Mapping):
        return
    elif key == "name":
        yield from _name(item)
    elif key == "identifier" and item.get("value"):
        yield Kind.ID, str(item["value"])
        yield from record_values(item)
    elif key == "telecom" and item.get("value"):
        yield SYSTEMS.get(str(item.get("system")), Kind.EMAIL), str(item["value"])
    elif key == "address":
        yield from _address(item)
    elif key == "managingOrganization":
        if item.get("display"):
            yield Kind.LOC, str(item["display"])
    else:
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
