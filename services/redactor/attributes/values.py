"""What a value of each VR may look like (PS3.5 section 6.2), and what stands in for one."""

import re
import sys
import warnings
from collections.abc import Callable, Sequence
from functools import partial

from pydicom.charset import decode_bytes, encode_string, python_encoding
from pydicom.dataelem import DataElement, RawDataElement
from pydicom.multival import MultiValue

TEXT = frozenset({"LO", "SH", "ST", "LT", "UT", "UC"})
"""VRs that hold free text."""

PARAGRAPHS = frozenset({"ST", "LT", "UT", "UR"})
"""VRs in which a backslash is a character, not the end of a value."""

UNIT = {"US": 2, "SS": 2, "UL": 4, "SL": 4, "FL": 4, "AT": 4, "FD": 8, "SV": 8, "UV": 8}
"""Bytes of one value of a binary VR."""

BULK = frozenset({"OW", "OF", "OD", "OL", "OV"})
"""VRs of arrays of numbers."""

LONGEST = {"SH": 16, "LO": 64, "CS": 16, "AE": 16, "ST": 1024, "LT": 10240}
"""Characters that a value of a VR may have."""

DELIMITERS = set(b"\\^=\r\n\f\t")
"""Characters at which an escape sequence ends (PS3.5 6.1.2.5.3)."""

DEFAULT_ENCODINGS = ("iso8859",)

_NUMBER = rb" *[+-]?(?:\d{1,20}(?:\.\d{0,20})?|\.\d{1,20})(?:[eE][+-]?\d{1,3})? *"
_TIME = rb"\d{2}(?::?\d{2}(?::?\d{2}(?:\.\d{1,6})?)?)? *"
_DATE_TIME = rb"\d{4}(?:\d{2}){0,5}(?:\.\d{1,6})?(?:[+-]\d{4})? *"

_GRAMMAR = {
    vr: re.compile(rb"(?:%s)?(?:\\(?:%s)?)*\0*" % (one, one))
    for vr, one in {
        "DS": _NUMBER,
        "IS": rb" *[+-]?\d{1,12} *",
        "AS": rb"\d{3}[DWMY] *",
        "DA": rb"\d{8} *|\d{4}\.\d{2}\.\d{2} *",
        "TM": rb"(?:%s)(?:-%s)?" % (_TIME, _TIME),
        "DT": _DATE_TIME,
        "UI": rb"[0-9.]{1,64}",
    }.items()
}

_READABLE = re.compile(rb"[\x20-\x7e]{6,}\0?")
"""Numbers whose every byte is a printable character are text that somebody put there."""

DUMMY = {
    "AE": b"REMOVED",
    "AS": b"000Y",
    "CS": b"UNKNOWN",
    "DA": b"19000101",
    "DS": b"0",
    "DT": b"19000101000000",
    "IS": b"0",
    "TM": b"000000",
    "UR": b"about:blank",
    "OB": b"\0\0",
    "UN": b"\0\0",
    **dict.fromkeys(("LO", "SH", "ST", "LT", "UT", "UC", "PN"), b"REMOVED"),
    **{vr: b"\0" * size for vr, size in UNIT.items()},
    **dict.fromkeys(BULK, b"\x00" * 8),
}
"""Value that says nothing, for an attribute that must have one."""


def checker(vr: str, most: int | None) -> Callable[[bytes], object]:
    """Says of bytes whether they are what a VR of numbers, dates or UIDs holds.

    Args:
        vr: VR of the attribute in PS3.6.
        most: Highest value multiplicity of the attribute; None when it has no bound.
    """
    if grammar := _GRAMMAR.get(vr):
        return grammar.fullmatch
    if size := UNIT.get(vr):
        return partial(_are_numbers, size, size * most if most else sys.maxsize)
    return _is_bulk if vr in BULK or vr == "OB" else bool


def _are_numbers(size: int, longest: int, value: bytes) -> bool:
    return not (len(value) % size or len(value) > longest or _READABLE.fullmatch(value))


def _is_bulk(value: bytes) -> bool:
    return not _READABLE.fullmatch(value)


def is_time_zone(value: bytes) -> bool:
    """Whether bytes are an offset from UTC (PS3.3 C.12.1.1.8)."""
    return re.fullmatch(rb"[+-]\d{4} *", value) is not None


def is_standard_number(value: bytes) -> bool:
    """Whether bytes are the number of a template or context group of PS3.16."""
    return re.fullmatch(rb"\d{1,5}[a-z]? *", value) is not None


def is_icc_profile(value: bytes) -> bool:
    """Whether bytes are a colour profile: its length in front, "acsp" at 36 (ICC.1:2010 7.2)."""
    return value[36:40] == b"acsp" and abs(int.from_bytes(value[:4], "big") - len(value)) <= 1


def is_number(vr: str) -> bool:
    """Whether values of a VR are numbers."""
    return vr in UNIT or vr in ("DS", "IS")


def is_text(vr: str) -> bool:
    """Whether values of a VR are encoded as characters."""
    return vr in _GRAMMAR or vr in TEXT or vr in ("AE", "CS", "PN", "UR")


def encodings_of(value: bytes) -> tuple[str, ...] | None:
    """Python encodings of a Specific Character Set (0008,0005); None if a term is not defined."""
    terms = [term.strip(b" \0").decode("latin-1") for term in value.split(b"\\")]
    if any(term not in python_encoding for term in terms):
        return None
    return tuple(python_encoding[term] for term in terms)


def decoded(value: bytes, encodings: Sequence[str]) -> str:
    """Text of encoded bytes; what the character set does not have becomes U+FFFD."""
    escaped = b"\x1b" in value
    if value.isascii() and not escaped:
        return value.decode("ascii")
    if not escaped:
        return value.decode(encodings[0], errors="replace")
    with warnings.catch_warnings(action="ignore"):
        return decode_bytes(value, list(encodings), DELIMITERS)


def encoded(text: str, encodings: Sequence[str]) -> bytes:
    """Bytes of a text in a character set; letters that it does not have are left out."""
    if text.isascii():
        return text.encode("ascii")
    try:
        if len(encodings) == 1:
            return text.encode(encodings[0])
        with warnings.catch_warnings(action="error"):
            return bytes(encode_string(text, list(encodings)))
    except (UnicodeError, UserWarning):
        return text.encode("ascii", errors="ignore")


def bytes_of(element: DataElement | RawDataElement, encodings: Sequence[str]) -> bytes:
    """Value of an element as it is, or would be, encoded."""
    if isinstance(element, RawDataElement):
        return element.value or b""
    value = element.value
    if isinstance(value, bytes):
        return value
    if value is None:
        return b""
    if element.VR in UNIT:
        count = len(value) if isinstance(value, MultiValue | list) else 1
        return b"\0" * (UNIT[element.VR] * count)
    many = isinstance(value, MultiValue | list)
    return encoded("\\".join(map(str, value)) if many else str(value), encodings)


def padded(vr: str, value: bytes) -> bytes:
    """`value` in an even number of bytes."""
    return value + (b"\0" if vr in ("UI", "OB", "UN") else b" ") * (len(value) % 2)
