"""A data set or an item while it is cleaned: writes values and the record of what was done."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from pydicom.dataelem import DataElement, RawDataElement
from pydicom.dataset import Dataset
from pydicom.tag import BaseTag
from pydicom.values import convert_SQ

from services.redactor.attributes import values
from services.redactor.attributes.actions import Action, ElementAction
from services.redactor.attributes.codes import LOCAL_SCHEME, MEANINGLESS
from services.redactor.attributes.decisions import CODE_MEANING, Decision
from services.redactor.attributes.rules import Rule

Element = DataElement | RawDataElement


@dataclass(slots=True)
class Place:
    """Where the engine is.

    Attributes:
        ds: Data set, or item of a sequence.
        actions: What was done so far in the whole object.
        encodings: Python encodings of its text.
        path: Path of the item with a dot behind it; "" for the data set itself.
        sequence: Tag of the sequence that the item is of; None for the data set itself.
        in_content: Whether it lies within a content tree.
    """

    ds: Dataset
    actions: list[ElementAction]
    encodings: Sequence[str] = field(default=values.DEFAULT_ENCODINGS)
    path: str = ""
    sequence: int | None = None
    in_content: bool = False

    def record(self, decision: Decision, action: Action, rule: Rule | None = None) -> None:
        """Note what was done to an attribute."""
        name = (rule or decision.rule).name
        self.actions.append(
            ElementAction(f"{self.path}{decision.tag:08X}", decision.keyword, action, name)
        )

    def bytes_of(self, element: Element) -> bytes:
        """Encoded value of an element."""
        return values.bytes_of(element, self.encodings)

    def text_of(self, element: Element) -> str:
        """Value of an element as text, without padding."""
        return values.decoded(self.bytes_of(element), self.encodings).strip(" \0")

    def put(self, element: Element, decision: Decision, value: bytes) -> None:
        """Give an element another value, and the VR of its attribute if it had another one."""
        value = values.padded(decision.vr, value)
        implicit = isinstance(element, RawDataElement) and element.VR is None
        self.ds[element.tag] = RawDataElement(
            BaseTag(decision.tag),
            None if implicit else decision.vr,
            len(value),
            value,
            0,
            implicit,
            True,  # noqa: FBT003 - positional in pydicom; text has no byte order
        )

    def may_restate(self, element: Element, decision: Decision) -> bool:
        """Whether bytes that came as another VR can be written as the VR of the attribute."""
        if not isinstance(element, RawDataElement) or not element.is_little_endian:
            return False
        return values.is_text(decision.vr) or element.VR == "UN"

    def remove(self, tag: int, keyword: str, rule: Rule) -> None:
        """Delete an element and note it."""
        del self.ds[tag]
        self.actions.append(
            ElementAction(f"{self.path}{tag:08X}", keyword, Action.REMOVED, rule.name)
        )

    def give_up(self, element: Element, decision: Decision, rule: Rule) -> None:
        """Do away with a value: the attribute goes, is emptied or holds a dummy, by its Type."""
        needed = decision.kind[0]
        if needed == "1" and values.is_number(decision.vr):
            needed = "2"  # a wrong number is worse than none
        if needed == "1":
            self.fill(element, decision)
            self.record(decision, Action.REPLACED, rule)
        elif needed == "2":
            self.put(element, decision, b"")
            self.record(decision, Action.EMPTIED, rule)
        else:
            self.remove(decision.tag, decision.keyword, rule)

    def fill(self, element: Element, decision: Decision) -> None:
        """Give an element a value that says nothing."""
        if decision.vr == "SQ":
            item = _meaningless_code() if decision.is_code else Dataset()
            self.ds[element.tag] = DataElement(element.tag, "SQ", [item])
        else:
            self.put(element, decision, values.DUMMY[decision.vr])

    def items(self, element: Element, decision: Decision) -> list[Dataset] | None:
        """Items of a sequence, parsed if it came as bytes or as UN; None if that fails."""
        if not isinstance(element, RawDataElement):
            return list(element.value) if element.VR == "SQ" else None
        if element.VR not in (None, "SQ", "UN"):
            return None
        unknown = element.VR == "UN"  # PS3.5 6.2.2: UN holds implicit VR little endian
        try:
            sequence = convert_SQ(
                element.value or b"",
                element.is_implicit_VR or unknown,
                element.is_little_endian or unknown,
                list(self.encodings),
            )
            items = list(sequence)
        except Exception:  # noqa: BLE001 - whatever bytes do to a parser, they must not stay
            return None
        self.ds[element.tag] = DataElement(BaseTag(decision.tag), "SQ", sequence)
        return items


def _meaningless_code() -> Dataset:
    item = Dataset()
    item.CodeValue = MEANINGLESS.upper()
    item.CodingSchemeDesignator = LOCAL_SCHEME
    item[CODE_MEANING] = DataElement(CODE_MEANING, "LO", MEANINGLESS)
    return item
