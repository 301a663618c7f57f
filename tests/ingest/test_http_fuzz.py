"""Garbage at the HTTP doors is answered as the sender's fault, never as ours."""

from collections.abc import Iterator
from urllib.parse import quote

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.ingest.example import SERIES, STUDY, ct_file, dicomweb, kept_files, stage

HEAD = b"Content-Type: application/dicom\r\n\r\n"
PIECES = st.sampled_from(
    [b"--b\r\n", b"--b", b"--", b"\r\n", HEAD, b"Content-Type: text/plain\r\n\r\n", b"--b--\r\n"]
) | st.sampled_from(
    [ct_file(1)[:300], ct_file(1)[300:], ct_file(2), b"\0" * 128 + b"DICM", b"\0\xff"]
)
KINDS = st.sampled_from(
    ['multipart/related; type="application/dicom"; boundary=b']
) | st.sampled_from(
    ["application/dicom", "multipart/related", "multipart/related; boundary=", "text/\xe9", ";"]
)
SEGMENTS = st.sampled_from(
    ["studies", "series", "instances", "metadata", "frames", STUDY, SERIES, f"{SERIES}.1", "1"]
) | st.text(max_size=5)
FUZZ = settings(
    max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    with (
        stage(tmp_path_factory.mktemp("fuzz")) as on,
        dicomweb(on.ingest) as url,
        httpx.Client(base_url=url, timeout=30) as made,
    ):
        assert on.receive(ct_file(1)) == [0]
        yield made
        assert all(path.read_bytes() in (ct_file(1), ct_file(2)) for path in kept_files(on.folder))


@pytest.mark.filterwarnings("ignore::UserWarning")  # pydicom's, on what it reads
@FUZZ
@given(pieces=st.lists(PIECES | st.binary(max_size=30), max_size=10), kind=KINDS)
def test_any_post_is_answered(client: httpx.Client, pieces: list[bytes], kind: str) -> None:
    answer = client.post(
        "/dicom-web/studies",
        content=b"".join(pieces),
        headers={b"Content-Type": kind.encode("latin-1")},
    )
    assert answer.status_code in (200, 202, 400, 409, 413, 415)
    assert answer.json()


@FUZZ
@given(segments=st.lists(SEGMENTS, max_size=8), query=st.text(max_size=10))
def test_any_get_is_answered(client: httpx.Client, segments: list[str], query: str) -> None:
    path = "/".join(quote(segment, safe="") for segment in segments)
    answer = client.get(f"/dicom-web/{path}?{quote(query, safe='=&')}")
    assert answer.status_code in (200, 307, 400, 404, 405)


@FUZZ
@given(body=st.binary(max_size=50) | st.text(max_size=50).map(str.encode))
def test_any_document_is_answered(client: httpx.Client, body: bytes) -> None:
    assert client.post("/fhir/DocumentReference", content=body).status_code == 400
