"""Instances of a DICOMweb service as they lie there, one at a time.

`dicomweb_client` gives parsed data sets, which have lost the preamble and what follows the pixels;
the redactor must see every byte. So QIDO-RS and WADO-RS are asked here.
"""

from collections.abc import Sequence
from email.message import Message
from typing import Any, Self

import httpx
from opentelemetry import propagate

from radloom.errors import Rejected, Unavailable

CONNECT_TIMEOUT_S = 5.0
TIMEOUT_S = 120.0
PAGE = 500
"""Instances asked for at a time; services may cut longer answers off."""

ANY_SYNTAX = 'multipart/related; type="application/dicom"; transfer-syntax=*'
SOP_INSTANCE_UID = "00080018"
NOT_FOUND = 404
TRY_AGAIN = (408, 429)
SERVER_ERROR = 500


class DicomWebSource:
    """Implements `ports.InstanceSource`.

    Args:
        url: DICOMweb root, "http://127.0.0.1:8042/dicom-web".
    """

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")
        self._http = httpx.Client(timeout=httpx.Timeout(TIMEOUT_S, connect=CONNECT_TIMEOUT_S))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends its connections."""
        self._http.close()

    def instances(self, study_instance_uid: str, series_instance_uid: str) -> Sequence[str]:
        """SOP Instance UIDs of a series; see `ports.InstanceSource`."""
        path = f"/studies/{study_instance_uid}/series/{series_instance_uid}/instances"
        found: set[str] = set()
        offset = 0
        while True:
            query = {"offset": str(offset), "limit": str(PAGE)}
            answer = self._get(path, "application/dicom+json", query)
            if answer.status_code in (204, NOT_FOUND):
                break
            page = _uids(answer)
            found.update(page)
            offset += len(page)
            if len(page) < PAGE:
                break
        return sorted(found)

    def retrieve(
        self, study_instance_uid: str, series_instance_uid: str, sop_instance_uid: str
    ) -> bytes:
        """One instance; see `ports.InstanceSource`."""
        path = (
            f"/studies/{study_instance_uid}/series/{series_instance_uid}"
            f"/instances/{sop_instance_uid}"
        )
        answer = self._get(path, ANY_SYNTAX)
        if answer.status_code == NOT_FOUND:
            raise Rejected("the archive holds no such instance", reason="not_found")
        return _only_part(answer)

    def _get(self, path: str, accept: str, query: dict[str, str] | None = None) -> httpx.Response:
        headers = {"Accept": accept}
        propagate.inject(headers)
        try:
            answer = self._http.get(self._url + path, params=query, headers=headers)
        except httpx.HTTPError as error:
            raise _silent(type(error).__name__) from error
        status = answer.status_code
        if status >= SERVER_ERROR or status in TRY_AGAIN:
            raise _silent(f"HTTP {status}")
        if not answer.is_success and status != NOT_FOUND:
            raise Rejected(f"the archive refuses with HTTP {status}", reason="archive_refused")
        return answer


def _uids(answer: httpx.Response) -> list[str]:
    try:
        rows: list[dict[str, Any]] = answer.json()
        return [str(row[SOP_INSTANCE_UID]["Value"][0]) for row in rows]
    except (ValueError, KeyError, IndexError, TypeError) as error:
        raise _silent("no DICOM JSON") from error


def _only_part(answer: httpx.Response) -> bytes:
    """Body of the one part of a multipart answer (RFC 2046 section 5.1.1)."""
    head = Message()
    head["content-type"] = answer.headers.get("content-type", "")
    boundary = head.get_param("boundary")
    if not isinstance(boundary, str) or not boundary:
        raise _silent("no multipart answer")
    dash = b"--" + boundary.encode()
    content = answer.content
    start = content.find(dash)
    body = content.find(b"\r\n\r\n", start)
    # The last boundary: a file may hold anything, the bytes of a boundary included.
    end = content.rfind(b"\r\n" + dash + b"--")
    if start < 0 or body < 0 or end < body + 4:
        raise _silent("a multipart answer without a whole part")
    return content[body + 4 : end]


def _silent(what: str) -> Unavailable:
    return Unavailable(f"the archive does not answer ({what})", dependency="archive")
