"""Identifiers across the outputs of a study: references resolve, and one stays one."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from services.redactor.verifier.doubts import Reason
from services.redactor.verifier.leaves import OpenFile

SOP_INSTANCE_UID = 0x00080018
REFERENCED_SOP_INSTANCE_UID = 0x00081155
ONE_TO_ONE = {
    SOP_INSTANCE_UID: "00080018",
    0x0020000D: "0020000D",
    0x0020000E: "0020000E",
    0x00200052: "00200052",
    0x00100020: "00100020",
}
"""SOP Instance, Study, Series, Frame of Reference UID and Patient ID, at the top of an object."""


@dataclass
class Links:
    """What the outputs of a study say about each other."""

    sources: set[bytes] = field(default_factory=set)
    outputs: set[bytes] = field(default_factory=set)
    referring: list[tuple[int, set[bytes], set[bytes]]] = field(default_factory=list)
    became: dict[tuple[int, bytes], bytes] = field(default_factory=dict)
    came_from: dict[tuple[int, bytes], bytes] = field(default_factory=dict)

    def add(
        self, instance: int, original: OpenFile, output: OpenFile
    ) -> Iterator[tuple[Reason, str]]:
        """Takes in one object; gives the identifiers that became two, or two that became one."""
        before, after = _identifiers(original), _identifiers(output)
        self.sources |= {before.get(SOP_INSTANCE_UID, b"")}
        self.outputs |= {after.get(SOP_INSTANCE_UID, b"")}
        references = _referenced(original), _referenced(output)
        if references[0] or references[1]:
            self.referring.append((instance, *references))
        for tag, value in after.items():
            was = before.get(tag, b"")
            if not value or not was:
                continue
            is_same = self.became.setdefault((tag, was), value) == value
            if not is_same or self.came_from.setdefault((tag, value), was) != was:
                yield Reason.REFERENCE, ONE_TO_ONE[tag]

    def unresolved(self) -> Iterator[int]:
        """Objects of which more references lead nowhere than did in the original."""
        for instance, before, after in self.referring:
            if len(after - self.outputs) > len(before - self.sources):
                yield instance


def _identifiers(file: OpenFile) -> dict[int, bytes]:
    return {
        leaf.tag: file.content[leaf.start : leaf.end].strip(b"\0 ")
        for leaf in file.leaves
        if leaf.tag in ONE_TO_ONE and "." not in leaf.path
    }


def _referenced(file: OpenFile) -> set[bytes]:
    return {
        file.content[leaf.start : leaf.end].strip(b"\0 ")
        for leaf in file.leaves
        if leaf.tag == REFERENCED_SOP_INSTANCE_UID
    }
