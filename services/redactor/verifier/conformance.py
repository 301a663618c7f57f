"""Whether the output breaks a rule of the standard that the original kept."""

import re
from collections.abc import Iterable

QUOTED = re.compile(r"= *<[^>]*>|\"[^\"]*\"|'[^']*'|\([^()]*\)|\[[^\]]*\]|\b0x[0-9a-fA-F]+\b|\d+")
NAMED = re.compile(r"(Element|Module|Attribute|Macro|IOD) *= *<([^>]*)>")


def new_kinds(before: Iterable[str], after: Iterable[str]) -> frozenset[str]:
    """Kinds of errors in `after` that are not in `before`; a kind names attributes, no values."""
    return _kinds(after) - _kinds(before)


def _kinds(lines: Iterable[str]) -> frozenset[str]:
    return frozenset(_kind(line) for line in lines if line.lstrip().startswith("Error"))


def _kind(line: str) -> str:
    names = " ".join(f"{what} {name}" for what, name in NAMED.findall(line))
    words = " ".join(QUOTED.sub(" ", NAMED.sub(" ", line)).split())
    return f"{words} {names}".strip()
