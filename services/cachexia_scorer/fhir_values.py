"""FHIR R4 data types, read from plain JSON that may have any shape."""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from services.cachexia_scorer.quantities import exact
from services.cachexia_scorer.states import Bound

UCUM = "http://unitsofmeasure.org"

NO_DAY = (
    "no day of observation: expected effectiveDateTime, effectiveInstant or effectivePeriod.end"
    " exact to the day, and with a time zone where it has a time"
)

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_COMPARATORS: Mapping[str, Bound] = {"<": "<", "<=": "<=", ">": ">", ">=": ">="}


def mapping(value: object) -> Mapping[str, Any]:
    """The object, or an empty one in place of anything else."""
    return value if isinstance(value, Mapping) else {}


def mappings(value: object) -> list[Mapping[str, Any]]:
    """The objects of an array; empty in place of anything else."""
    return [v for v in value if isinstance(v, Mapping)] if isinstance(value, list) else []


def text(value: object) -> str:
    """The string, or an empty one in place of anything else."""
    return value if isinstance(value, str) else ""


def codings(concept: object) -> Iterator[tuple[str, str]]:
    """System and code of each coding of a CodeableConcept."""
    for coding in mappings(mapping(concept).get("coding")):
        yield text(coding.get("system")), text(coding.get("code"))


def words(concept: object) -> Iterator[str]:
    """Everything that a CodeableConcept says in words: its text, displays and codes."""
    yield text(mapping(concept).get("text"))
    for coding in mappings(mapping(concept).get("coding")):
        yield text(coding.get("display"))
        yield text(coding.get("code"))


def status_code(concept: object) -> str:
    """The first code of a status such as Condition.clinicalStatus."""
    return next((code for _, code in codings(concept)), "")


def moment(value: object) -> datetime | None:
    """A dateTime or instant in UTC, a date as its midnight; None when it names no day.

    A time without zone names no moment, so it is None too (FHIR R4 requires the zone).
    """
    written = text(value)
    try:
        found = datetime.fromisoformat(written)
    except ValueError:
        return None
    if _DAY.fullmatch(written):
        return found.replace(tzinfo=UTC)
    if found.tzinfo is None or not _DAY.match(written):
        return None
    try:
        return found.astimezone(UTC)
    except OverflowError:
        return None


def effective(resource: Mapping[str, Any]) -> datetime | None:
    """When an Observation was so."""
    for element in ("effectiveDateTime", "effectiveInstant"):
        if element in resource:
            return moment(resource[element])
    period = mapping(resource.get("effectivePeriod"))
    return moment(period.get("end"))


def interval_days(resource: Mapping[str, Any]) -> int | None:
    """Days of Observation.effectivePeriod; None without start or end."""
    period = mapping(resource.get("effectivePeriod"))
    start, end = moment(period.get("start")), moment(period.get("end"))
    if start is None or end is None or end < start:
        return None
    return (end - start).days


def recorded(resource: Mapping[str, Any]) -> datetime | None:
    """When this version of a resource was recorded."""
    return moment(mapping(resource.get("meta")).get("lastUpdated")) or moment(
        resource.get("issued")
    )


def number(value: object) -> Fraction | None:
    """An exact number; None in place of anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return None
    try:
        return exact(value)
    except ValueError:
        return None


def unit(quantity: Mapping[str, Any]) -> str:
    """UCUM code of a Quantity; `unit` stands in where no code is given."""
    code = text(quantity.get("code"))
    if code and quantity.get("system") in {None, UCUM}:
        return code
    return "" if code else text(quantity.get("unit"))


def comparator(quantity: Mapping[str, Any]) -> Bound | None:
    """Quantity.comparator; None when it is none that FHIR R4 knows."""
    given = quantity.get("comparator")
    return "" if given is None else _COMPARATORS.get(text(given))
