"""Words that DICOM itself uses: a name that is also one of them is not known by its letters alone.

From the data dictionary, and from the code meanings of PS3.16 in which a word stands in small
letters. Eponyms never do, so the patient Miller is not mistaken for the Miller blade.
"""

import re
from collections.abc import Mapping
from functools import cache
from typing import cast

from pydicom._dicom_dict import DicomDictionary
from pydicom.sr._concepts_dict import concepts

WORD = re.compile(r"[^\W\d_]+(?:'s\b)?")
SMALL_WORD = re.compile(r"(?<![^\W_])[a-z]{2,}(?![^\W_])(?!')")
PLAIN = """
the and for with without from was were are has have had not this that these those which who its
his her their there than then into onto over under also any all one two three both each more most
less least other another same such only very some may can could would should will shall must been
being between about after before during seen noted found shows showed given normal abnormal
unremarkable none new old small large mild moderate severe likely possible obs acq mod has inferred
selected contains
"""
PLAIN_WORDS = frozenset(PLAIN.split())
"""English of reports, and of relationship types, that no code meaning holds."""


@cache
def standard_words() -> frozenset[str]:
    """Words of two letters or more, in small letters."""
    words = set(PLAIN_WORDS)
    for entry in DicomDictionary.values():
        words.update(word.lower() for word in WORD.findall(entry[2]) if not word.endswith("'s"))
    schemes = cast("Mapping[str, Mapping[str, Mapping[str, tuple[str, object]]]]", concepts)
    for scheme in schemes.values():
        for codes in scheme.values():
            for meaning, _ in codes.values():
                words.update(SMALL_WORD.findall(meaning))
    return frozenset(words)


def is_standard_phrase(text: str) -> bool:
    """Whether every word of `text` is one of DICOM's."""
    words = WORD.findall(text)
    return bool(words) and all(word.lower() in standard_words() for word in words)
