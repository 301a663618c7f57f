"""The rules of one IOD and profile, compiled into a lookup per data set and item."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache

from pydicom._dicom_dict import DicomDictionary
from pydicom.datadict import dictionary_VM, dictionary_VR, keyword_for_tag, tag_for_keyword

from services.redactor.attributes import rules
from services.redactor.attributes.iods import Item
from services.redactor.attributes.rules import Rule
from services.redactor.attributes.table import rows
from services.redactor.attributes.values import (
    UNIT,
    checker,
    is_icc_profile,
    is_standard_number,
    is_time_zone,
)
from services.redactor.profiles import Profile

CONTENT = 0x0040A730
"""Content Sequence (0040,A730)."""

CONTENT_VALUES = frozenset({0x0040A160, 0x0040A123})
"""Text Value and Person Name of a content item: cleaned before, as report text is."""

CODE_MEANING = 0x00080104

SPECIFIC_CHARACTER_SET = 0x00080005

ICC_PROFILE = 0x00282000

FILE_LEVEL = frozenset({0x7FE00008, 0x7FE00009, 0x7FE00010, 0x00420011})
"""Pixel data and the encapsulated document: cleaned with the whole file."""

EMPTY = Item()

_ANYWHERE = {SPECIFIC_CHARACTER_SET: rules.CHARACTER_SET} | dict.fromkeys(
    rules.STANDARD_NUMBERS, rules.STANDARD_NUMBER
)


@dataclass(frozen=True, slots=True)
class Decision:
    """What happens to an attribute at one place of an IOD.

    Attributes:
        tag: Attribute.
        keyword: Its keyword.
        vr: VR in PS3.6, the first if it may have several.
        vrs: All VRs it may have.
        kind: Type in the IOD.
        rule: Rule it falls under.
        fits: Whether encoded bytes are a value of its VR.
        nested: Attributes of its items.
    """

    tag: int
    keyword: str
    vr: str
    vrs: frozenset[str]
    kind: str
    rule: Rule
    fits: Callable[[bytes], object]
    nested: Item

    @property
    def is_code(self) -> bool:
        """Whether its items are coded entries."""
        return CODE_MEANING in self.nested.types


@cache
def decisions(
    item: Item, profile: Profile, sequence: int | None, *, in_content: bool
) -> Mapping[int, Decision]:
    """Decision by tag for a data set or the items of a sequence.

    Args:
        item: What the IOD lists there.
        profile: Options.
        sequence: Tag of the sequence that the items are of; None for the data set itself.
        in_content: Whether it lies within a content tree.
    """
    decided = {}
    for tag, kind in item.types.items():
        vrs = dictionary_VR(tag).split(" or ")
        nested = item.nested.get(tag, EMPTY)
        rule = _placed(tag, item, sequence, in_content=in_content)
        rule = rule or rules.decide(tag, vrs[0], kind, profile)
        if rule is rules.DUMMY and vrs[0] == "SQ" and CODE_MEANING not in nested.types:
            rule = rules.TABLE_ITEMS  # a dummy of items is items of dummies
        decided[tag] = Decision(
            tag,
            keyword_for_tag(tag),
            vrs[0],
            frozenset(vrs),
            kind,
            rule,
            _checker(tag, vrs[0]),
            nested,
        )
    if sequence is None:
        decided |= _extensions(decided)
    return decided


def _placed(tag: int, item: Item, sequence: int | None, *, in_content: bool) -> Rule | None:
    """Rule that depends on where an attribute lies; None for one that does not."""
    if tag in _ANYWHERE:
        return _ANYWHERE[tag]
    if sequence is None and tag in FILE_LEVEL:
        return rules.FILE_LEVEL
    if sequence is None and tag in rules.DECLARATION:
        return rules.DECLARED
    if in_content and tag in CONTENT_VALUES:
        return rules.STRUCTURED
    if tag in rules.CODE_PARTS and CODE_MEANING in item.types:
        return rules.CODE
    return None


def _extensions(decided: Mapping[int, Decision]) -> dict[int, Decision]:
    """Decisions for numbers that makers add to IODs which do not list them."""
    added = {}
    for tag, vr in _numbers().items():
        if tag not in decided:
            fits = _checker(tag, vr)
            vrs = frozenset(dictionary_VR(tag).split(" or "))
            added[tag] = Decision(
                tag, keyword_for_tag(tag), vr, vrs, "3", rules.EXTENSION, fits, EMPTY
            )
    return added


@cache
def _numbers() -> Mapping[int, str]:
    """VR of the numbers of an acquisition or an image, by tag; none is retired or in the table."""
    return {
        tag: vr
        for tag, (vrs, _, _, retired, _) in DicomDictionary.items()
        if (vr := vrs.split(" or ")[0]) in {*UNIT, "DS", "IS"} - {"AT"}
        and (tag >> 16 in rules.EXTENSIBLE_GROUPS or tag in rules.EXTENSIONS)
        and not (retired or tag in rows())
    }


def _checker(tag: int, vr: str) -> Callable[[bytes], object]:
    special = {ICC_PROFILE: is_icc_profile, rules.TIME_ZONE: is_time_zone}
    special |= dict.fromkeys(rules.STANDARD_NUMBERS, is_standard_number)
    return special.get(tag) or checker(vr, _most(tag))


def _most(tag: int) -> int | None:
    most = dictionary_VM(tag).split("-")[-1]
    return int(most) if most.isdigit() else None


def unlisted_rule(tag: int) -> Rule:
    """Rule for an attribute that the IOD does not list."""
    return rules.REMOVED if tag in rows() else rules.NOT_IN_IOD


def is_kept_apart(tag: int) -> bool:
    """Whether an attribute of the data set itself is left to the cleaning of the whole file."""
    group = tag >> 16
    repeating = group & 0xFF00 in (0x5000, 0x6000) and group % 2 == 0
    return repeating or tag in FILE_LEVEL or tag == tag_for_keyword("DataSetTrailingPadding")
