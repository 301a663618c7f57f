"""An imaging archive over DICOMweb."""

import hashlib
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from typing import Any, Self

import httpx
import requests
from dicomweb_client import DICOMwebClient
from opentelemetry import propagate
from pydicom import Dataset, dcmread

from radloom.errors import Rejected, Unavailable
from radloom.ports import StoredInstance

CONNECT_TIMEOUT_S = 5.0
TIMEOUT_S = 120.0
DICOM_JSON = "application/dicom+json"

FAILED_SOP_SEQUENCE, OTHER_FAILURES_SEQUENCE = "00081198", "0008119A"
FAILURE_REASON = "00081197"
OUT_OF_RESOURCES = range(0xA700, 0xA800)
"""Failure reasons that may pass (PS3.4 table B.2-1)."""

NOT_FOUND, TOO_MANY_REQUESTS, REQUEST_TIMEOUT, SERVER_ERROR = 404, 429, 408, 500


class DicomWebArchive:
    """Implements `ports.Archive`; URLs are built here, those in answers are not trusted.

    Args:
        url: DICOMweb root, "http://127.0.0.1:8042/dicom-web".
    """

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")
        self._session = requests.Session()
        self._session.auth = _carry_trace
        self._client = DICOMwebClient(self._url, session=self._session)
        self._client.set_http_retry_params(retry=False)  # the worker decides when to try again
        self._http = httpx.Client(timeout=httpx.Timeout(TIMEOUT_S, connect=CONNECT_TIMEOUT_S))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends its connections."""
        self._session.close()
        self._http.close()

    def series(self, study_instance_uid: str) -> Sequence[Dataset]:
        """QIDO-RS attributes of each series of a study; see `ports.Archive`."""
        with _answering():
            found = self._client.search_for_series(study_instance_uid)
        return [Dataset.from_json(item) for item in found]

    def retrieve_series(
        self, study_instance_uid: str, series_instance_uid: str
    ) -> Sequence[Dataset]:
        """Every instance of a series; see `ports.Archive`."""
        with _answering():
            return self._client.retrieve_series(study_instance_uid, series_instance_uid)

    def store(self, instances: Sequence[bytes]) -> Sequence[StoredInstance]:
        """Stores Part 10 files as they are, byte for byte; see `ports.Archive`."""
        boundary = uuid.uuid4().hex
        headers = {
            "Content-Type": f'multipart/related; type="application/dicom"; boundary={boundary}',
            "Accept": DICOM_JSON,
        }
        propagate.inject(headers)
        try:
            answer = self._http.post(
                f"{self._url}/studies", content=_multipart(instances, boundary), headers=headers
            )
        except httpx.HTTPError as error:
            raise _silent(type(error).__name__) from error
        _require_stored(answer)
        return [_stored(content) for content in instances]


def _multipart(instances: Sequence[bytes], boundary: str) -> bytes:
    head = f"--{boundary}\r\nContent-Type: application/dicom\r\n\r\n".encode()
    parts = b"".join(head + content + b"\r\n" for content in instances)
    return parts + f"--{boundary}--\r\n".encode()


def _stored(content: bytes) -> StoredInstance:
    ds = dcmread(BytesIO(content), stop_before_pixels=True)
    return StoredInstance(
        sop_class_uid=str(ds.SOPClassUID),
        sop_instance_uid=str(ds.SOPInstanceUID),
        series_instance_uid=str(ds.SeriesInstanceUID),
        sha256=hashlib.sha256(content).hexdigest(),
    )


def _require_stored(answer: httpx.Response) -> None:
    """Raises unless every instance was stored."""
    if answer.status_code >= SERVER_ERROR or answer.status_code in (
        TOO_MANY_REQUESTS,
        REQUEST_TIMEOUT,
    ):
        raise _silent(f"HTTP {answer.status_code}")
    reasons = _failure_reasons(answer)
    if any(reason in OUT_OF_RESOURCES for reason in reasons):
        raise _silent("out of resources")
    if not answer.is_success or reasons:
        named = ", ".join(f"0x{reason:04X}" for reason in sorted(set(reasons))) or "none given"
        raise Rejected(
            f"the archive refuses {len(reasons) or 'the'} instances with HTTP "
            f"{answer.status_code}, failure reasons {named}",
            reason="archive_refused",
        )


def _failure_reasons(answer: httpx.Response) -> list[int]:
    try:
        body: Any = answer.json()
    except ValueError:
        return []
    items = body if isinstance(body, list) else [body]
    return [
        int(failure.get(FAILURE_REASON, {}).get("Value", [0])[0])
        for item in items
        if isinstance(item, dict)
        for name in (FAILED_SOP_SEQUENCE, OTHER_FAILURES_SEQUENCE)
        for failure in item.get(name, {}).get("Value", [])
    ]


@contextmanager
def _answering() -> Iterator[None]:
    try:
        yield
    except requests.HTTPError as error:
        status = error.response.status_code if error.response is not None else 0
        if status == NOT_FOUND:
            raise Rejected(
                "the archive holds no such study or series", reason="not_found"
            ) from error
        if status and status < SERVER_ERROR and status not in (TOO_MANY_REQUESTS, REQUEST_TIMEOUT):
            raise Rejected(
                f"the archive refuses with HTTP {status}", reason="archive_refused"
            ) from error
        raise _silent(f"HTTP {status}") from error
    except requests.RequestException as error:
        raise _silent(type(error).__name__) from error


def _silent(what: str) -> Unavailable:
    return Unavailable(f"the archive does not answer ({what})", dependency="archive")


def _carry_trace(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Takes the place of authentication: called for every request just before it leaves."""
    propagate.inject(request.headers)
    return request
