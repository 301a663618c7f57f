"""What every source of instances must do: ingest and Orthanc over DICOMweb."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import httpx
import pytest

from radloom.adapters.dicomweb import DicomWebArchive
from radloom.adapters.dicomweb_source import DicomWebSource
from radloom.errors import Rejected, Unavailable
from radloom.ports import InstanceSource
from tests.ingest.example import ct_file, dicomweb, stage
from tests.peers.orthanc import free_port, orthanc

KINDS = ["ingest", pytest.param("orthanc", marks=pytest.mark.peer)]
STUDY, SERIES = "2.25.71000", "2.25.71000.1"


@dataclass(frozen=True)
class Filled:
    """A source and the files that were stored in it, by SOP Instance UID."""

    source: InstanceSource
    files: dict[str, bytes]
    verbatim: bool


@pytest.fixture(scope="module", params=KINDS)
def filled(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Filled]:
    files = {
        f"{SERIES}.{number}": b"A preamble that says something".ljust(128, b".")
        + ct_file(number, study=STUDY, series=SERIES)[128:]
        for number in (1, 2, 3)
    }
    with ExitStack() as running:
        if request.param == "ingest":
            on = running.enter_context(stage(tmp_path_factory.mktemp("source")))
            url = f"{running.enter_context(dicomweb(on.ingest))}/dicom-web"
        else:
            url = running.enter_context(orthanc()).dicomweb_url
        with DicomWebArchive(url) as archive:
            archive.store(list(files.values()))
        source = running.enter_context(DicomWebSource(url))
        yield Filled(source, files, verbatim=request.param == "ingest")


def test_instances_of_a_series_are_listed_in_order(filled: Filled) -> None:
    assert filled.source.instances(STUDY, SERIES) == sorted(filled.files)


def test_an_unknown_series_has_none(filled: Filled) -> None:
    assert filled.source.instances(STUDY, "2.25.404") == []


def test_an_instance_comes_back_with_every_byte(filled: Filled) -> None:
    for uid, content in filled.files.items():
        found = filled.source.retrieve(STUDY, SERIES, uid)
        if filled.verbatim:
            assert found == content
        # Orthanc writes the file meta information anew; behind it everything is as it came.
        assert found[-512:] == content[-512:]


def test_an_unknown_instance_is_rejected(filled: Filled) -> None:
    with pytest.raises(Rejected) as unknown:
        filled.source.retrieve(STUDY, SERIES, "2.25.404")
    assert unknown.value.reason == "not_found"


def test_a_source_that_does_not_answer_is_unavailable() -> None:
    with DicomWebSource(f"http://127.0.0.1:{free_port()}/dicom-web") as source:
        with pytest.raises(Unavailable):
            source.instances(STUDY, SERIES)
        with pytest.raises(Unavailable):
            source.retrieve(STUDY, SERIES, "2.25.1")


def test_an_answer_that_is_no_multipart_is_no_instance() -> None:
    from radloom.adapters import dicomweb_source  # noqa: PLC0415 - its parser, on broken answers

    for kind, body in (
        ("application/json", b"{}"),
        ('multipart/related; boundary="b"', b"--b\r\nContent-Type: application/dicom\r\n\r\nhalf"),
    ):
        answer = httpx.Response(200, headers={"content-type": kind}, content=body)
        with pytest.raises(Unavailable):
            dicomweb_source._only_part(answer)  # noqa: SLF001
