"""A folder that stands in for a health record: `<resource type>/<id>.json`.

It follows the transaction rules of FHIR R4 (section 3.1.0.11) as far as radloom uses them: create,
create if none exists, update by search, update by id, and links between entries. Searches know
`identifier` and `_tag`.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from radloom.adapters.folder import locked, named_failures, write_durably
from radloom.errors import Rejected
from radloom.identifiers import derived_uuid

REFERENCE = re.compile(r"[A-Z][A-Za-z]{1,63}/[A-Za-z0-9.-]{1,64}")
"""`Type/id`; an id has no slash, so none leaves the folder."""

Json = dict[str, Any]
Held = dict[str, list[tuple[str, dict[str, set[str]]]]]
"""Resources of each kind that a transaction has searched; it writes only after the last search."""


class FolderRecord:
    """Implements `ports.FhirServer` on a folder.

    Args:
        root: Created when missing.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    def transaction(self, bundle: Mapping[str, object]) -> Sequence[str]:
        """Executes a transaction bundle; see `ports.FhirServer`.

        A crash between two files leaves a part of it; the same bundle sent again completes it.
        """
        entries = _entries(bundle)
        with named_failures("record"), locked(self._root):
            held: Held = {}
            references = [self._resolve(entry, held) for entry in entries]
            links = {
                entry["fullUrl"]: reference
                for entry, (reference, _) in zip(entries, references, strict=True)
                if "fullUrl" in entry
            }
            self._keep_bundle(bundle)
            for entry, (reference, exists) in zip(entries, references, strict=True):
                if exists and entry["request"]["method"] == "POST":
                    continue
                resource = _linked(entry["resource"], links) | {"id": reference.split("/")[1]}
                self._write(reference, resource)
        return [reference for reference, _ in references]

    def read(self, reference: str) -> Mapping[str, object]:
        """Resource at "Type/id"; see `ports.FhirServer`."""
        if not REFERENCE.fullmatch(reference):
            raise Rejected(f"reference {reference!r}; expected 'Type/id'", reason="not_found")
        path = self._root / f"{reference}.json"
        with named_failures("record"):
            if not path.exists():
                raise Rejected(f"the record holds no {reference}", reason="not_found")
            resource: Json = json.loads(path.read_bytes())
            return resource

    def _resolve(self, entry: Json, held: Held) -> tuple[str, bool]:
        """Where the entry's resource goes, "Type/id", and whether one is there already."""
        request, resource = entry["request"], entry["resource"]
        kind = resource["resourceType"]
        url = urlsplit(request["url"])
        if request["method"] == "PUT" and REFERENCE.fullmatch(url.path):
            return url.path, (self._root / f"{url.path}.json").exists()
        query = request.get("ifNoneExist", "") if request["method"] == "POST" else url.query
        if not query and request["method"] == "PUT":
            raise Rejected("an update needs an id or a search", reason="invalid_bundle")
        matches = list(self._search(kind, query, held)) if query else []
        if len(matches) > 1:
            raise Rejected(f"{len(matches)} {kind} match one search", reason="multiple_matches")
        if matches:
            return matches[0], True
        unique = query or hashlib.sha256(_canonical(resource)).hexdigest()
        return f"{kind}/{derived_uuid('folder record', kind, unique)}", False

    def _search(self, kind: str, query: str, held: Held) -> Iterator[str]:
        wanted = parse_qs(query, strict_parsing=True)
        unknown = set(wanted) - {"identifier", "_tag"}
        if unknown:
            raise Rejected(f"search by {', '.join(sorted(unknown))}", reason="unknown_search")
        if kind not in held:
            held[kind] = list(self._tokens_of(kind))
        for reference, tokens in held[kind]:
            if all(value in tokens[name] for name, values in wanted.items() for value in values):
                yield reference

    def _tokens_of(self, kind: str) -> Iterator[tuple[str, dict[str, set[str]]]]:
        """Every resource of a kind, "Type/id", and what a search may find it by."""
        for path in sorted((self._root / kind).glob("*.json")):
            resource = json.loads(path.read_bytes())
            yield (
                f"{kind}/{path.stem}",
                {
                    "identifier": _tokens(resource.get("identifier", []), "value"),
                    "_tag": _tokens(resource.get("meta", {}).get("tag", []), "code"),
                },
            )

    def _keep_bundle(self, bundle: Mapping[str, object]) -> None:
        content = json.dumps(bundle, indent=1).encode()
        name = hashlib.sha256(content).hexdigest()[:16]
        write_durably(self._root / "transactions" / name / "bundle.json", content)

    def _write(self, reference: str, resource: Json) -> None:
        write_durably(self._root / f"{reference}.json", json.dumps(resource, indent=1).encode())


def _entries(bundle: Mapping[str, object]) -> list[Json]:
    entries = bundle.get("entry")
    if bundle.get("type") != "transaction" or not isinstance(entries, list) or not entries:
        raise Rejected("expected a transaction bundle with entries", reason="invalid_bundle")
    for entry in entries:
        request, resource = entry.get("request", {}), entry.get("resource", {})
        if request.get("method") not in ("POST", "PUT") or not re.fullmatch(
            "[A-Z][A-Za-z]{1,63}", str(resource.get("resourceType"))
        ):
            raise Rejected("an entry is neither create nor update", reason="invalid_bundle")
    return entries


def _tokens(items: Sequence[Json], value: str) -> set[str]:
    return {f"{item.get('system', '')}|{item.get(value, '')}" for item in items}


def _linked(value: Any, links: Mapping[str, str]) -> Any:  # noqa: ANN401 - any JSON value
    """`value` with references to entries of the bundle replaced by where they went."""
    if isinstance(value, dict):
        return {
            key: links.get(item, item)
            if key == "reference" and isinstance(item, str)
            else _linked(item, links)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [_linked(item, links) for item in value]
    return value


def _canonical(resource: Json) -> bytes:
    return json.dumps(resource, sort_keys=True).encode()
