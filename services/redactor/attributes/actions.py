"""What was done to one attribute."""

from dataclasses import dataclass
from enum import StrEnum


class Action(StrEnum):
    """What became of an attribute."""

    KEPT = "kept"
    """It is as it was."""
    CLEANED = "cleaned"
    """Words were taken out of its value; the rest is as it was."""
    REPLACED = "replaced"
    """A pseudonym, a standard meaning or a dummy stands in its place."""
    EMPTIED = "emptied"
    """It is there without a value."""
    REMOVED = "removed"
    """It is gone."""
    SHIFTED = "shifted"
    """Its dates were moved by the shift of the subject."""


@dataclass(frozen=True, slots=True)
class ElementAction:
    """What was done to one attribute, and why; never its value.

    Attributes:
        path: Tags in hexadecimal from the data set down, items counted from 0:
            "0040A730[0].00080104".
        keyword: DICOM keyword; "" for private and unknown tags.
        action: What became of it.
        rule: Identifier of the rule; docs/deidentification-table.md has its sentence.
    """

    path: str
    keyword: str
    action: Action
    rule: str
