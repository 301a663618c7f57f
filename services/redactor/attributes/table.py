"""PS3.15 table E.1-1: what happens to an attribute, and what an option makes of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from services.redactor.profiles import Option, Profile


@dataclass(frozen=True)
class Row:
    """A row of the table.

    Attributes:
        tag: Attribute.
        basic: Action of the Basic Profile: "X", "Z", "D", "U", "X/Z/D".
        options: Action under an option, "K" or "C".
    """

    tag: int
    basic: str
    options: Mapping[Option, str]

    def action(self, profile: Profile) -> str:
        """Action of a profile: what retains wins over what cleans."""
        chosen = {self.options[one] for one in profile.options if one in self.options}
        if "K" in chosen:
            return "K"
        return "C" if "C" in chosen else self.basic


@cache
def rows() -> Mapping[int, Row]:
    """All rows by tag."""
    listed = {}
    for line in (files(__package__) / "data" / "ps3_15_e1_1.txt").read_text().splitlines():
        if line.startswith("#"):
            continue
        tag, basic, *options = line.split()
        pairs = (option.split("=") for option in options)
        listed[int(tag, 16)] = Row(
            int(tag, 16), basic, {Option(name): action for name, action in pairs}
        )
    return listed
