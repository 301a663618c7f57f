"""The archive and the record that URLs name: servers, or folders that stand in for them."""

from pathlib import Path
from urllib.parse import unquote, urlsplit

from radloom.adapters.dicomweb import DicomWebArchive
from radloom.adapters.fhir_rest import FhirRestServer
from radloom.adapters.folder import FolderArchive
from radloom.adapters.folder_record import FolderRecord
from radloom.ports import Archive, FhirServer


def open_archive(url: str) -> Archive:
    """Archive at `url`: the root of a DICOMweb service, or `file://` of a folder.

    Raises:
        ValueError: The URL is neither.
    """
    folder = _folder(url)
    return DicomWebArchive(url) if folder is None else FolderArchive(folder)


def open_record(url: str, *, timeout_s: float = 30.0, token: str = "") -> FhirServer:
    """Record at `url`: the base of a FHIR R4 server, or `file://` of a folder.

    Raises:
        ValueError: The URL is neither.
    """
    folder = _folder(url)
    if folder is None:
        return FhirRestServer(url, timeout_s=timeout_s, token=token)
    return FolderRecord(folder)


def without_credentials(url: str) -> str:
    """`url` as it may be shown: without user, password, query and fragment."""
    parts = urlsplit(url)
    place = parts.netloc.rpartition("@")[2]
    return parts._replace(netloc=place, query="", fragment="").geturl()


def _folder(url: str) -> Path | None:
    """Path of a `file://` URL; None for http and https."""
    parts = urlsplit(url)
    if parts.scheme in ("http", "https") and parts.hostname:
        return None
    if parts.scheme == "file" and parts.netloc in ("", "localhost") and parts.path:
        return Path(unquote(parts.path))
    raise ValueError(
        f"destination of scheme {parts.scheme!r}; expected 'http://', 'https://' or 'file:///'"
    )
