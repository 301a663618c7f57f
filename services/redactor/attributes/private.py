"""Private attributes that may stay (PS3.15 E.3.10): numbers whose meaning is published."""

from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files

FIRST_BLOCK, LAST_BLOCK = 0x10, 0xFF
"""Elements (gggg,0010-00FF) that name the creators of blocks (PS3.5 section 7.8.1)."""

Safe = Mapping[str, Mapping[tuple[int, int], str]]


@cache
def safe_attributes() -> Safe:
    """VR of safe attributes, by creator and by group and last byte of the element."""
    listed: dict[str, dict[tuple[int, int], str]] = {}
    for line in (files(__package__) / "data" / "safe_private.txt").read_text().splitlines():
        if line.startswith("#"):
            continue
        creator, group, elements, vr = (part.strip() for part in line.split("|"))
        for element in elements.split():
            listed.setdefault(creator, {})[int(group, 16), int(element, 16)] = vr
    return listed


def is_creator(tag: int) -> bool:
    """Whether an element with an odd group names the creator of a block."""
    return FIRST_BLOCK <= tag & 0xFFFF <= LAST_BLOCK


def creators(tags: Iterable[int], name: Mapping[int, str]) -> dict[int, str]:
    """Creator by the block that it reserved: group and second byte of the element."""
    return {(tag >> 16 << 8) | (tag & 0xFF): name[tag] for tag in tags if is_creator(tag)}


def safe_vr(tag: int, reserved: Mapping[int, str]) -> str | None:
    """VR of a safe private attribute; None for one that has to go."""
    creator = reserved.get((tag >> 16 << 8) | (tag >> 8 & 0xFF), "")
    return safe_attributes().get(creator, {}).get((tag >> 16, tag & 0xFF))
