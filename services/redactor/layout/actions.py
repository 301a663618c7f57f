"""What was done to a place of a file."""

from dataclasses import dataclass
from enum import StrEnum


class Change(StrEnum):
    """How a place differs from the original."""

    DROPPED = "dropped"
    """It is gone."""
    CUT = "cut"
    """Bytes beyond its length are gone."""
    CLEARED = "cleared"
    """Bits that no value uses are zero, or repeat the sign."""
    REWRITTEN = "rewritten"
    """It says the same, in bytes of our own."""


@dataclass(frozen=True)
class FileAction:
    """One change, for the evidence.

    Attributes:
        place: "preamble", "file_meta", or a path of tags, "0040A730[0].00880200". Never a value.
        change: What happened.
        rule: Why, in words with underscores: "icon", "high_bits".
    """

    place: str
    change: Change
    rule: str
