"""The reader of STOW-RS bodies against whatever may come."""

from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.ingest.multipart import Limits, Malformed, StowBody, TooLarge, UnsupportedPart

BOUNDARY = "b0"
KIND = f'multipart/related; type="application/dicom"; boundary={BOUNDARY}'
LIMITS = Limits(parts=5, part_bytes=400, body_bytes=1500)
Refused = (Malformed, TooLarge, UnsupportedPart)


@dataclass
class Held:
    """Implements `multipart.Part` in memory."""

    content: bytes = b""
    is_discarded: bool = False

    @property
    def size_bytes(self) -> int:
        return len(self.content)

    def write(self, piece: bytes) -> None:
        self.content += piece

    def discard(self) -> None:
        self.is_discarded = True


def outcome(content_type: str, pieces: list[bytes]) -> list[bytes] | type[Exception]:
    """The parts of a body, or the class of its refusal."""
    try:
        body = StowBody(content_type, Held, LIMITS)
    except Refused as error:
        return type(error)
    try:
        for piece in pieces:
            body.write(piece)
        body.finish()
    except Refused as error:
        return type(error)
    finally:
        body.discard()
        assert all(item.is_discarded for item in body.arrived)
    return [item.content for item in body.arrived]


def related(parts: list[bytes], head: bytes = b"Content-Type: application/dicom\r\n") -> bytes:
    delimiter = b"--" + BOUNDARY.encode()
    return b"".join(delimiter + b"\r\n" + head + b"\r\n" + part + b"\r\n" for part in parts) + (
        delimiter + b"--\r\n"
    )


NEAR_BOUNDARIES = st.lists(
    st.sampled_from(
        [b"\r", b"\n", b"\r\n", b"--", b"-", b"b0", b"b", b"0", b"--b0", b"\r\n--b", b" "]
    )
    | st.binary(max_size=6),
    max_size=12,
).map(b"".join)
"""Bytes that keep looking like a boundary."""


def has_boundary(part: bytes) -> bool:
    return b"\r\n--b0" in b"\r\n" + part + b"\r\n"


PARTS = st.lists(
    NEAR_BOUNDARIES.filter(lambda part: not has_boundary(part)), min_size=1, max_size=4
)


def split(whole: bytes, cuts: list[int]) -> list[bytes]:
    ends = sorted({cut % (len(whole) + 1) for cut in cuts} | {len(whole)})
    starts = [0, *ends]
    return [whole[a:b] for a, b in zip(starts, ends, strict=False)]


CUTS = st.lists(st.integers(0, 2000), max_size=30)


@given(parts=PARTS, cuts=CUTS)
def test_parts_come_back_however_the_body_is_cut(parts: list[bytes], cuts: list[int]) -> None:
    expected = parts if any(parts) else Malformed
    assert outcome(KIND, split(related(parts), cuts)) == expected


@given(parts=PARTS)
def test_parts_come_back_byte_by_byte(parts: list[bytes]) -> None:
    expected = parts if any(parts) else Malformed
    whole = related(parts)
    assert outcome(KIND, [whole[k : k + 1] for k in range(len(whole))]) == expected


@given(parts=PARTS, before=st.binary(max_size=50), cuts=CUTS)
def test_a_preamble_is_skipped_however_it_is_cut(
    parts: list[bytes], before: bytes, cuts: list[int]
) -> None:
    whole = before.replace(b"--b0", b"") + b"\r\n" + related(parts)
    expected = parts if any(parts) else Malformed
    assert outcome(KIND, split(whole, cuts)) == expected


@given(parts=PARTS, kept=st.floats(0, 1, exclude_max=True))
def test_a_body_cut_short_gives_no_parts(parts: list[bytes], kept: float) -> None:
    whole = related(parts)[:-2]
    assert outcome(KIND, [whole[: int(len(whole) * kept)]]) is Malformed


MANGLED = st.lists(
    st.sampled_from(
        [
            b"--b0\r\n",
            b"--b0--",
            b"--b0",
            b"\r\n",
            b"\r",
            b"Content-Type: application/dicom",
            b'Content-Type: ;="',
            b"Content-Type: application/json\r\n",
            b":",
            b"x" * 500,
            b"\0",
        ]
    )
    | st.binary(max_size=20),
    max_size=20,
)


@settings(max_examples=1500)
@given(pieces=MANGLED)
def test_any_bytes_give_parts_or_a_refusal_however_they_are_cut(pieces: list[bytes]) -> None:
    whole = b"".join(pieces)
    ways = [pieces, [whole], [whole[k : k + 1] for k in range(len(whole))]]
    # Of several faults the first to be seen is told, which may depend on the pieces.
    found = [outcome(KIND, way) for way in ways]
    parts = [way for way in found if isinstance(way, list)]
    assert parts in ([], found)
    assert all(way == parts[0] for way in parts)


@settings(max_examples=500)
@given(
    text=st.lists(
        st.sampled_from(["multipart/related", "application/dicom", ";", "=", "type", "boundary"])
        | st.sampled_from(['"', "\\", "b0", " ", "*", "*=utf-8''", ","])
        | st.characters(max_codepoint=255),
        max_size=12,
    ).map("".join)
)
def test_any_content_type_is_read_or_refused(text: str) -> None:
    found = outcome(text, [related([b"x"])])
    assert found in Refused or isinstance(found, list)


@given(sizes=st.lists(st.integers(0, 500), min_size=1, max_size=8), cuts=CUTS)
def test_limits_hold_however_the_body_is_cut(sizes: list[int], cuts: list[int]) -> None:
    whole = related([b"x" * size for size in sizes])
    too_large = len(sizes) > LIMITS.parts or max(sizes) > LIMITS.part_bytes
    found = outcome(KIND, split(whole, cuts))
    if too_large or len(whole) > LIMITS.body_bytes:
        assert found is TooLarge
    else:
        assert found == ([b"x" * size for size in sizes] if any(sizes) else Malformed)


def test_a_single_instance_has_limits_too() -> None:
    assert outcome("application/dicom", [b"x" * 200, b"y" * 200]) == [b"x" * 200 + b"y" * 200]
    assert outcome("application/dicom", [b"x" * 200, b"y" * 201]) is TooLarge
    assert outcome("application/dicom", []) is Malformed


@pytest.mark.parametrize("name", [b"content-TYPE", b"Content-Type"])
def test_the_type_of_a_part_is_found_in_any_case(name: bytes) -> None:
    good = related([b"x"], head=b"X: y\r\n" + name + b":  Application/Dicom ; a=b\r\n")
    bad = related([b"x"], head=name + b": application/pdf\r\nX: y\r\n")
    assert outcome(KIND, [good]) == [b"x"]
    assert outcome(KIND, [bad]) is UnsupportedPart
