"""A health record over the FHIR R4 REST API."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

import httpx

from radloom.errors import Rejected, Unavailable

MEDIA_TYPE = "application/fhir+json"
REFERENCE = re.compile(r"[A-Z][A-Za-z]{1,63}/[A-Za-z0-9.-]{1,64}")

REFUSED = frozenset({400, 406, 412, 413, 415, 422})
"""Answers to a transaction that say the bundle itself will not do. Everything else that is no
success (a proxy, an expired token, a wrong address, an overload) may be mended without it."""

OF_THIS_REQUEST = frozenset({409, 500})
"""Answers that may be due to this request alone: a conflict with a writer at the same moment, a
fault that its content triggers. Others may pass it; it is given up after some attempts."""

GONE = frozenset({404, 410})


class FhirRestServer:
    """Implements `ports.FhirServer` over HTTP.

    What the server says in an OperationOutcome is never repeated: it may quote patient data.

    Args:
        base_url: FHIR base, "https://ehr.example/fhir".
        timeout_s: Limit of each wait for the server, seconds.
        token: Bearer token; empty sends none.
    """

    def __init__(self, base_url: str, *, timeout_s: float = 30.0, token: str = "") -> None:
        headers = {"Accept": MEDIA_TYPE, "Content-Type": MEDIA_TYPE}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        self._base = base_url.rstrip("/")
        self._client = httpx.Client(headers=headers, timeout=timeout_s)

    def transaction(self, bundle: Mapping[str, object]) -> Sequence[str]:
        """Executes a transaction bundle; see `ports.FhirServer`."""
        response = self._send("POST", self._base, json.dumps(bundle).encode())
        if response.status_code in REFUSED:
            raise Rejected(
                f"the record refuses the transaction with HTTP {response.status_code}",
                reason="refused_by_record",
            )
        answer = self._body(response)
        return [self._reference(entry) for entry in answer.get("entry", [])]

    def read(self, reference: str) -> Mapping[str, object]:
        """Resource at "Type/id"; see `ports.FhirServer`."""
        if not REFERENCE.fullmatch(reference):
            raise Rejected(f"reference {reference!r}; expected 'Type/id'", reason="not_found")
        response = self._send("GET", f"{self._base}/{reference}")
        if response.status_code in GONE:
            raise Rejected(f"the record holds no {reference}", reason="not_found")
        return self._body(response)

    def close(self) -> None:
        """Closes the connections."""
        self._client.close()

    def _send(self, method: str, url: str, content: bytes | None = None) -> httpx.Response:
        try:
            return self._client.request(method, url, content=content)
        except httpx.HTTPError as error:
            raise Unavailable(
                f"the record does not answer ({type(error).__name__})", dependency="record"
            ) from error

    @staticmethod
    def _body(response: httpx.Response) -> dict[str, Any]:
        if not response.is_success:
            raise Unavailable(
                f"the record answers HTTP {response.status_code}; check address, credentials "
                "and its own log",
                dependency="record",
                affects_all=response.status_code not in OF_THIS_REQUEST,
            )
        try:
            body = response.json()
        except ValueError:
            body = None
        if not isinstance(body, dict):
            raise Unavailable("the record does not answer in FHIR JSON", dependency="record")
        return body

    def _reference(self, entry: Mapping[str, Any]) -> str:
        """Where one entry of a transaction went, "Type/id"."""
        answer = entry.get("response", {})
        status = str(answer.get("status", ""))
        if not status.startswith("2"):
            raise Rejected(
                f"the record answers an entry with {status[:3] or 'no status'}",
                reason="refused_by_record",
            )
        path = urlsplit(str(answer.get("location", ""))).path.split("/_history/")[0]
        reference = "/".join(path.split("/")[-2:])
        resource = entry.get("resource")
        if not REFERENCE.fullmatch(reference) and isinstance(resource, dict):
            reference = f"{resource.get('resourceType')}/{resource.get('id')}"
        if not REFERENCE.fullmatch(reference):
            raise Unavailable("the record does not say where a resource is", dependency="record")
        return reference
