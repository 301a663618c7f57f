"""What a FHIR body brings: one resource, or a Bundle of them."""

import json
import re
import secrets
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NoReturn

from radloom.errors import Rejected
from services.ingest.clinical import ID, MODELS, Clinical, is_ours, read_resource

BUNDLE_TYPES = ("collection", "batch", "transaction", "history", "subscription-notification")
NOTICES = ("Parameters", "SubscriptionStatus")
"""First entry of a notification: R4 with the Backport IG, R4B."""

_MARK = secrets.token_hex(16)
_MARKED = re.compile(f'"{_MARK}([^"]+)"')

MAX_ENTRIES = 5000
"""Of one Bundle; the body is limited too."""


@dataclass(frozen=True)
class Sent:
    """A resource as it was sent.

    Attributes:
        resource: What is read of it.
        content: All of it, canonical JSON.
        url: Bundle.entry.fullUrl; empty when there is none.
    """

    resource: Clinical
    content: bytes
    url: str = ""


@dataclass(frozen=True)
class Deleted:
    """A resource that the record holds no longer."""

    resource_type: str
    resource_id: str


@dataclass(frozen=True)
class Intake:
    """What a body brings.

    Attributes:
        sent: Resources that are read.
        deleted: Resources that were taken back.
        ours: How many resources are radloom's own results.
        unread: How many resources of which other type.
    """

    sent: tuple[Sent, ...]
    deleted: tuple[Deleted, ...] = ()
    ours: int = 0
    unread: Mapping[str, int] = field(default_factory=dict)


def read_body(body: bytes, expected: str) -> Intake:
    """What a body brings.

    Args:
        body: JSON, UTF-8.
        expected: Resource type that the URL names.

    Raises:
        Rejected: It is not that, or an element is not as FHIR R4 has it; names the element.
    """
    try:
        return _read(_parsed(body), expected)
    except RecursionError:
        raise Rejected("the body is nested too deeply", reason="not_json") from None


def _read(resource: dict[str, Any], expected: str) -> Intake:
    if resource.get("resourceType") != expected:
        raise Rejected(
            f"resourceType is not {expected}, which the URL names", reason="resource_type"
        )
    if expected == "Bundle":
        return _bundle(resource)
    read = read_resource(resource)
    if is_ours(read):
        return Intake((), ours=1)
    return Intake((Sent(read, _canonical(resource)),))


def _parsed(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body, parse_float=Decimal, parse_constant=_no_constant)
    except ValueError as error:
        raise Rejected(
            f"the body is no JSON in UTF-8 ({type(error).__name__})", reason="not_json"
        ) from None
    if not isinstance(found, dict):
        raise Rejected("the body is no JSON object", reason="not_json")
    return found


def _no_constant(_name: str) -> NoReturn:
    raise ValueError("NaN and Infinity are no JSON")


def _canonical(resource: Mapping[str, Any]) -> bytes:
    """The resource as JSON, the same bytes for the same content; numbers keep their digits."""
    text = json.dumps(
        resource, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=_marked
    )
    return _MARKED.sub(r"\1", text).encode(errors="surrogatepass")


def _marked(number: object) -> str:
    """A Decimal as a string that no sender can have written."""
    return f"{_MARK}{number}"


def _bundle(bundle: dict[str, Any]) -> Intake:
    if bundle.get("type") not in BUNDLE_TYPES:
        raise Rejected(f"Bundle.type is none of {', '.join(BUNDLE_TYPES)}", reason="bundle_type")
    entries = bundle.get("entry", [])
    if not isinstance(entries, list) or len(entries) > MAX_ENTRIES:
        raise Rejected(
            f"Bundle.entry is no array of at most {MAX_ENTRIES}; send several Bundles",
            reason="bundle_entries",
        )
    sent: list[Sent] = []
    deleted: list[Deleted] = []
    unread: Counter[str] = Counter()
    ours = 0
    for index, entry in enumerate(entries):
        match _entry(entry, f"Bundle.entry.{index}"):
            case Sent() as found:
                if is_ours(found.resource):
                    ours += 1
                else:
                    sent.append(found)
            case Deleted() as found:
                deleted.append(found)
            case str() as kind if kind:
                unread[kind] += 1
    return Intake(tuple(sent), tuple(deleted), ours, dict(unread))


def _entry(entry: object, place: str) -> Sent | Deleted | str:
    """What one entry brings; the name of a type that is not read, empty for a notice."""
    if not isinstance(entry, dict):
        raise Rejected(f"{place} is no object", reason="bundle_entries")
    resource, request = entry.get("resource"), entry.get("request")
    url = entry.get("fullUrl", "")
    if not isinstance(url, str) or not url.isascii():
        raise Rejected(f"{place}.fullUrl is no URI", reason="bundle_entries")
    if isinstance(request, dict) and request.get("method") == "DELETE":
        return _deleted(request.get("url"), place)
    if not isinstance(resource, dict) or not isinstance(resource.get("resourceType"), str):
        raise Rejected(
            f"{place}.resource is missing; ingest reads notifications with full-resource content,"
            " it does not fetch",
            reason="no_resource",
        )
    kind = resource["resourceType"]
    if kind in NOTICES:
        return ""
    if kind not in MODELS:
        return kind if kind.isascii() and kind.isalpha() and len(kind) <= 64 else "other"  # noqa: PLR2004 - a name
    return Sent(read_resource(resource, f"{place}.resource"), _canonical(resource), url)


def _deleted(url: object, place: str) -> Deleted | str:
    kind, _, identity = url.partition("/") if isinstance(url, str) else ("", "", "")
    if not kind.isalpha() or not re.fullmatch(ID, identity):
        raise Rejected(f"{place}.request.url of a DELETE is no Type/id", reason="bundle_entries")
    return Deleted(kind, identity) if kind in {"Observation", "Condition"} else kind
