"""Coded entries (PS3.3 section 8): a code is public, a meaning may be what somebody typed."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import cast

from pydicom.sr._concepts_dict import concepts
from pydicom.sr._snomed_dict import mapping

Concepts = Mapping[str, Mapping[str, Mapping[str, tuple[str, list[int]]]]]
"""Codes by scheme and keyword: meaning and context groups by value."""

LOCAL_SCHEME = "99LOCAL"
"""Stands for a coding scheme that names who made it up; 99 marks private ones (PS3.3 8.2)."""

MEANINGLESS = "Removed"

PUBLIC = {
    "DCM": r"1[0-3]\d{4}",
    "LN": r"\d{1,5}-\d",
    "SRT": r"[A-Z]\d?-[0-9A-F]{4,6}",
    "99SDM": r"[A-Z]\d?-[0-9A-F]{4,6}",
    "SNM3": r"[A-Z]\d?-[0-9A-F]{4,6}",
    "RADLEX": r"RID\d{1,6}",
    "RADELEMENT": r"RDES?\d{1,6}",
    "NCIt": r"C\d{3,7}",
    "UMLS": r"C\d{7}",
    "I9C": r"\d{3}(?:\.\d{1,2})?",
    "I10": r"[A-Z]\d[0-9A-Z](?:\.[0-9A-Z]{1,4})?",
    "I10P": r"[0-9A-Z]{7}",
    "C4": r"\d{4}[0-9A-Z]",
    "RFC5646": r"[a-z]{2,3}(?:-[A-Z]{2})?",
    "ISO639_1": r"[a-z]{2}",
    "ISO3166_1": r"[A-Z]{2,3}",
    "SCPECG": r"[0-9.]{1,12}(?:-\d{1,3}){0,3}",
    "UCUM": r"[A-Za-z%]{1,4}[0-9]?(?:[/.*][A-Za-z]{1,4}[0-9]?){0,3}|1",
}
"""Grammar of the codes of public schemes (PS3.16 section 8)."""

UNNAMED = frozenset({"L", "LOCAL", "99LOCAL"})
"""Schemes that say no more than that a code is local."""

SNOMED = frozenset({"SCT", "SRT", "99SDM", "SNM3"})

_PERMUTATION = (1, 5, 7, 6, 2, 8, 3, 0, 9, 4)
"""Of the digits, applied once more at each place (Verhoeff 1969)."""


@dataclass(frozen=True)
class Coded:
    """A coded entry.

    Attributes:
        value: Code Value (0008,0100), or its long or URN form.
        scheme: Coding Scheme Designator (0008,0102).
        meaning: Code Meaning (0008,0104).
    """

    value: str
    scheme: str
    meaning: str


def cleaned(code: Coded, clean: Callable[[str], str], pseudonym: Callable[[str], str]) -> Coded:
    """`code` without what may name somebody.

    Args:
        code: As it was found.
        clean: Takes names out of a text.
        pseudonym: Code that stands for a local one.
    """
    standard = meaning_of(code)
    meaning = clean(code.meaning) or MEANINGLESS
    if standard is not None:
        if meaning != code.meaning and standard.isascii():  # "µV" needs a character set
            meaning = standard
        return Coded(code.value, code.scheme, meaning)
    if is_public(code):
        return Coded(code.value, code.scheme, meaning)
    scheme = code.scheme if _is_plain_scheme(code.scheme, clean) else LOCAL_SCHEME
    plain = code.value == clean(code.value)
    return Coded(code.value if plain else pseudonym(code.value), scheme, meaning)


def meaning_of(code: Coded) -> str | None:
    """Meaning that the standard gives a code; None if it is not in the tables."""
    value, scheme = code.value, code.scheme
    if scheme in SNOMED - {"SCT"}:
        scheme, value = "SCT", mapping["SRT"].get(value, value)
    return _meanings().get((scheme, value))


def is_public(code: Coded) -> bool:
    """Whether a code that the tables do not have looks like one of a public scheme."""
    if code.scheme == "SCT":
        return bool(re.fullmatch(r"\d{6,18}", code.value)) and verhoeff(code.value) == 0
    grammar = PUBLIC.get(code.scheme)
    return grammar is not None and re.fullmatch(grammar, code.value) is not None


def verhoeff(digits: str) -> int:
    """Check sum of SNOMED CT identifiers: 0 for a valid one."""
    multiply, permute = _dihedral()
    check = 0
    for place, digit in enumerate(reversed(digits)):
        check = multiply[check][permute[place % 8][int(digit)]]
    return check


@cache
def _dihedral() -> tuple[list[list[int]], list[list[int]]]:
    half = 5
    multiply = [[_product(a, b, half) for b in range(2 * half)] for a in range(2 * half)]
    permute = [list(range(10))]
    while len(permute) < 8:  # noqa: PLR2004 - the permutation has order eight
        permute.append([permute[-1][_PERMUTATION[digit]] for digit in range(10)])
    return multiply, permute


def _product(a: int, b: int, half: int) -> int:
    turn = (a + b) % half if a < half else (a - b) % half
    return turn + half * ((a >= half) ^ (b >= half))


def _is_plain_scheme(scheme: str, clean: Callable[[str], str]) -> bool:
    named = re.fullmatch(r"99([A-Z_]*)", scheme)
    public = scheme in PUBLIC or scheme in SNOMED or scheme in UNNAMED
    return public or bool(named and clean(named[1]) == named[1])


@cache
def _meanings() -> dict[tuple[str, str], str]:
    return {
        (scheme, value): meaning
        for scheme, by_keyword in cast("Concepts", concepts).items()
        for by_value in by_keyword.values()
        for value, (meaning, _) in by_value.items()
    }
