"""FHIR R4 data types as JSON objects. Units are UCUM codes; UIDs are `urn:oid:` identifiers."""

from datetime import datetime
from decimal import Decimal
from html import escape
from typing import Any, TypeAlias
from urllib.parse import quote

from radloom.codes import HOUNSFIELD_UNIT, NO_UNITS, Code

Json: TypeAlias = dict[str, Any]  # a JSON object as `json` reads it

UID_SYSTEM = "urn:dicom:uid"
"""Identifier system of DICOM UIDs (FHIR R4 section 4.3, ImagingStudy.identifier)."""

SYMBOLS = {HOUNSFIELD_UNIT: "HU", NO_UNITS: "1"}
"""Units that people write otherwise than DICOM means them."""


def coding(code: Code) -> Json:
    """Coding."""
    return {"system": code.system, "code": code.value, "display": code.meaning}


def concept(*codes: Code, text: str = "") -> Json:
    """CodeableConcept; its text is the meaning of the first code unless given."""
    return {"coding": [coding(code) for code in codes], "text": text or codes[0].meaning}


def quantity(value: Decimal, unit: Code) -> Json:
    """Quantity; decimals as `Statement` rounded them."""
    return {
        "value": float(value),  # few decimals: the double prints as the decimal does
        "unit": SYMBOLS.get(unit, unit.meaning),
        "system": unit.system,
        "code": unit.value,
    }


def uid_identifier(uid: str) -> Json:
    """Identifier that is a DICOM UID."""
    return {"system": UID_SYSTEM, "value": f"urn:oid:{uid}"}


def uid_reference(resource_type: str, uid: str) -> Json:
    """Logical reference to what the UID identifies, wherever the record keeps it."""
    return {"type": resource_type, "identifier": uid_identifier(uid)}


def identifier_query(identifier: Json) -> str:
    """Search that finds the resource with `identifier`."""
    return f"identifier={quote(identifier['system'] + '|' + identifier['value'], safe=':')}"


def instant(moment: datetime) -> str:
    """FHIR instant."""
    return moment.isoformat().replace("+00:00", "Z")


def narrative(*lines: str) -> Json:
    """Generated Narrative, one paragraph per line."""
    paragraphs = "".join(f"<p>{escape(line)}</p>" for line in lines)
    return {
        "status": "generated",
        "div": f'<div xmlns="http://www.w3.org/1999/xhtml">{paragraphs}</div>',
    }
