"""What was made of an instance: a copy or none, what holds it, and what must be said of it."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from pydicom import Dataset

REFERENCED_SOP_INSTANCE_UID = 0x00081155

HELD_REFERENCE = "reference:held"
"""It refers to an instance that is held: released alone, the reference would lead nowhere."""

UNREADABLE = ""
"""Stands for the UIDs of what could not be read."""


@dataclass(frozen=True)
class Copy:
    """A copy without its bytes; small, so a study of thousands fits into memory.

    Attributes:
        reasons: Why it is held, masked: words of our own code, never a value. Empty: proven clean.
        sop_class_uid: SOP Class UID (0008,0016); "" when no copy was made.
        sop_instance_uid: SOP Instance UID (0008,0018) of the copy, a pseudonym.
        series_instance_uid: Series Instance UID (0020,000E) of the copy, a pseudonym.
        study_instance_uid: Study Instance UID (0020,000D) of the copy, a pseudonym.
        references: SOP Instance UIDs that the copy refers to.
        sha256: Digest of the copy's bytes; "" when no copy was made.
        record: Evidence of what was done; see `services.redactor.evidence`.
        accepted: A person who saw exactly these bytes decided that they may leave.
    """

    reasons: tuple[str, ...]
    sop_class_uid: str = UNREADABLE
    sop_instance_uid: str = UNREADABLE
    series_instance_uid: str = UNREADABLE
    study_instance_uid: str = UNREADABLE
    references: frozenset[str] = frozenset()
    sha256: str = ""
    record: dict[str, Any] = field(default_factory=dict)
    accepted: bool = False

    @property
    def released(self) -> bool:
        """Whether it may leave: proven clean, or accepted; never without what it refers to."""
        if HELD_REFERENCE in self.reasons:
            return False
        return self.accepted or not self.reasons

    def as_json(self) -> dict[str, Any]:
        """JSON object that `of_json` reads."""
        return asdict(self) | {
            "reasons": list(self.reasons),
            "references": sorted(self.references),
        }

    @classmethod
    def of_json(cls, value: dict[str, Any]) -> "Copy":
        """The copy that `as_json` wrote."""
        return cls(
            **value
            | {
                "reasons": tuple(value["reasons"]),
                "references": frozenset(value["references"]),
            }
        )


def accepted(copy: Copy) -> Copy:
    """`copy` with a person's word for it. Its reasons stay: evidence tells what was overruled."""
    return replace(copy, accepted=True)


def held(copy: Copy, *reasons: str) -> Copy:
    """`copy` with further reasons, each once."""
    return replace(copy, reasons=tuple(dict.fromkeys((*copy.reasons, *reasons))))


def references_of(ds: Dataset) -> frozenset[str]:
    """SOP Instance UIDs that a data set refers to, at every depth; itself left out."""
    return frozenset(_references(ds)) - {str(ds.get("SOPInstanceUID", ""))}


def _references(ds: Dataset) -> Iterator[str]:
    for element in ds:
        if element.VR == "SQ":
            for item in element.value:
                yield from _references(item)
        elif element.tag == REFERENCED_SOP_INSTANCE_UID and element.value:
            yield str(element.value)


def settled(copies: Sequence[Copy], left_behind: frozenset[str] = frozenset()) -> list[Copy]:
    """`copies` without a reference from what is released to what is held.

    It is judged anew: who was held for a reference alone is free when what it refers to is.

    Args:
        copies: Every instance of the export.
        left_behind: Pseudonyms of instances of the study of which no copy leaves: unreadable ones
            whose UID is known, and those that no rule exports.
    """
    found = [replace(c, reasons=tuple(r for r in c.reasons if r != HELD_REFERENCE)) for c in copies]
    while True:
        absent = left_behind | {c.sop_instance_uid for c in found if not c.released}
        present = {c.sop_instance_uid for c in found if c.released}
        dangling = [
            index
            for index, copy in enumerate(found)
            if copy.released and copy.references & (absent - present)
        ]
        if not dangling:
            return found
        for index in dangling:
            found[index] = held(found[index], HELD_REFERENCE)
