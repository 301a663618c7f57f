"""Private attributes that may stay (PS3.15 E.3.10): numbers whose meaning is published."""

from collections.abc import Mapping
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


def block_reserved(tag: int) -> int:
    """Group and block that a creator reserves."""
    return tag >> 16 << 8 | tag & 0xFF


def block_of(tag: int) -> int:
    """Group and block that an attribute lies in."""
    return tag >> 8


def reserved_blocks(names: Mapping[int, str]) -> dict[int, str]:
    """Creators that have safe attributes, by the block they reserved."""
    known = safe_attributes()
    return {block_reserved(tag): name for tag, name in names.items() if name in known}


def safe_vr(tag: int, reserved: Mapping[int, str]) -> str | None:
    """VR of a safe private attribute; None for one that has to go."""
    creator = reserved.get(block_of(tag))
    return safe_attributes()[creator].get((tag >> 16, tag & 0xFF)) if creator else None
