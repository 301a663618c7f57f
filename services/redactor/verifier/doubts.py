"""Why an object is held, said without the value that holds it."""

from dataclasses import dataclass
from enum import StrEnum


class Reason(StrEnum):
    """What the verifier saw."""

    NOT_READABLE = "not_readable"
    """pydicom does not open the file, or a part of it cannot be searched."""
    LEFTOVER = "leftover"
    """Bytes in a place that must be empty: preamble, meta, behind the data set, unused bits."""
    KNOWN_NAME = "known:name"
    KNOWN_ID = "known:id"
    KNOWN_DATE = "known:date"
    KNOWN_UID = "known:uid"
    KNOWN_CONTACT = "known:contact"
    """Address, phone, e-mail."""
    KNOWN_INSTITUTION = "known:institution"
    KNOWN_DEVICE = "known:device"
    """Serial number, station, AE title."""
    UNCHANGED = "unchanged"
    """An identifying attribute has the value that it had."""
    REFERENCE = "reference"
    """A reference that resolved before does not any more, or an identifier is not one-to-one."""
    UNDECLARED = "undeclared"
    """The object does not say that and how it was de-identified (PS3.15 E.1.1)."""
    CONFORMANCE = "conformance"
    """The validator finds a kind of error that the original did not have."""
    WORD = "pixels:word"
    """Something readable is in the pixels."""
    NEEDLE_WORD = "pixels:known"
    """A known identifier is in the pixels."""
    PIXELS_CHANGED = "pixels:changed"
    """Pixels outside the blanked boxes are not those of the original."""


@dataclass(frozen=True, order=True)
class Located:
    """Where in the pixels something was read.

    Attributes:
        frame: Frame, counted from 0.
        left: First column, pixels.
        top: First row.
        right: One past the last column.
        bottom: One past the last row.
    """

    frame: int
    left: int
    top: int
    right: int
    bottom: int


@dataclass(frozen=True)
class Doubt:
    """One reason to hold an object.

    Attributes:
        reason: What was seen.
        place: Where, without any value: a path of tags "0040A730[0].00080104", "preamble",
            "file_meta", "frame 3".
        instance: Which object of the study, counted from 0 in the order of the checks.
        word: Where a word was read in the pixels; None for every other doubt.
    """

    reason: Reason
    place: str
    instance: int
    word: Located | None = None


class Retained(StrEnum):
    """What a profile keeps on purpose (PS3.15 E.3), so it holds nothing back."""

    DATES = "dates"
    UIDS = "uids"
    DEVICE = "device"
    INSTITUTION = "institution"
