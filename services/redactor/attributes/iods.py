"""Which attributes an IOD lists, with their Types, at every depth (PS3.3)."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files

from radloom.errors import Rejected

STRICTNESS = ("3", "2C", "2", "1C", "1")
"""Types of PS3.5 section 7.4, loosest first: of two modules the stricter Type holds."""

RETIRED = {
    "1.2.840.10008.5.1.4.1.1.3": "ultrasound-multi-frame-image",
    "1.2.840.10008.5.1.4.1.1.5": "nuclear-medicine-image",
    "1.2.840.10008.5.1.4.1.1.6": "ultrasound-image",
    "1.2.840.10008.5.1.4.1.1.12.3": "x-ray-angiographic-image",
}
"""Retired storage classes that archives still hold, and the IOD that took their place."""

ITSELF = "@"


@dataclass(eq=False)
class Item:
    """Attributes of a data set or of an item of a sequence.

    Attributes:
        types: Type by tag.
        nested: Item of a sequence, by the tag of the sequence.
    """

    types: dict[int, str] = field(default_factory=dict)
    nested: dict[int, "Item"] = field(default_factory=dict)


@dataclass(frozen=True)
class Listing:
    """The data file, read."""

    modules: dict[str, Item]
    iods: dict[str, tuple[str, ...]]
    classes: dict[str, str]


def iod_of(sop_class_uid: str) -> str:
    """Name of the IOD of a storage SOP class, "ct-image".

    Raises:
        Rejected: The tables know no IOD for the class.
    """
    name = _listing().classes.get(sop_class_uid) or RETIRED.get(sop_class_uid)
    if name is None:
        raise Rejected(
            "the SOP Class has no IOD in PS3.3 that the redactor knows, so nothing says which of "
            "its attributes are needed; convert the object to a standard class",
            reason="unknown_sop_class",
        )
    return name


@cache
def attributes_of(iod: str) -> Item:
    """Attributes of an IOD: those of all its modules, mandatory or not."""
    listing = _listing()
    return merged([listing.modules[name] for name in listing.iods[iod] if name in listing.modules])


def iods() -> tuple[str, ...]:
    """Names of all IODs."""
    return tuple(_listing().iods)


def merged(items: Iterable[Item]) -> Item:
    """One item for several that describe the same sequence; an item may nest in itself."""
    return _merge(tuple(dict.fromkeys(items)), {})


def _merge(items: tuple[Item, ...], done: dict[tuple[Item, ...], Item]) -> Item:
    if len(items) == 1:
        return items[0]
    if items in done:
        return done[items]
    result = done[items] = Item()
    for item in items:
        for tag, kind in item.types.items():
            known = result.types.get(tag, STRICTNESS[0])
            result.types[tag] = max(kind, known, key=STRICTNESS.index)
    for tag in dict.fromkeys(tag for item in items for tag in item.nested):
        below = tuple(dict.fromkeys(item.nested[tag] for item in items if tag in item.nested))
        result.nested[tag] = _merge(below, done)
    return result


@cache
def _listing() -> Listing:
    text = (files(__package__) / "data" / "iods.txt").read_text()
    lines = [line.split() for line in text.splitlines() if not line.startswith("#")]
    items: dict[str, Item] = {}
    for _, number, *entries in (line for line in lines if line[0] == "item"):
        items[number] = _item(entries, items)
    return Listing(
        modules={line[1]: items[line[2]] for line in lines if line[0] == "module"},
        iods={line[1]: tuple(line[2:]) for line in lines if line[0] == "iod"},
        classes={line[1]: line[2] for line in lines if line[0] == "class"},
    )


def _item(entries: list[str], items: dict[str, Item]) -> Item:
    item = Item()
    for entry in entries:
        tag, _, rest = entry.partition(":")
        kind, _, nested = rest.partition(">")
        item.types[int(tag, 16)] = kind
        if nested:
            item.nested[int(tag, 16)] = item if nested == ITSELF else items[nested]
    return item
