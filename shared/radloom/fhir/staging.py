"""TNM stage groups as records write them."""

import re
from collections.abc import Iterable

_STAGE = re.compile(r"\bstage\s*(?:group\s*)?(IV|I{1,3}|[0-4])(?![0-9IVX])", re.IGNORECASE)
_GROUP = re.compile(r"(IV|I{1,3}|0)[ABC]?\d?")
_ROMAN = {"1": "I", "2": "II", "3": "III", "4": "IV"}


def stage_of(said: Iterable[str]) -> str:
    """The TNM stage group as "0", "I", "II", "III" or "IV"; empty when none is named."""
    for phrase in said:
        found = _STAGE.search(phrase) or _GROUP.fullmatch(phrase.strip())
        if found:
            group = found[1].upper()
            return _ROMAN.get(group, group)
    return ""
