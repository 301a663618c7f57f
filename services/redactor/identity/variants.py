"""Ways in which texts write a known identifier."""

import calendar
import re
from collections.abc import Iterator
from datetime import date

from services.redactor.lexicon import folded, listed

MIN_NAME_LETTERS = 2
MIN_NUMBER_CHARACTERS = 4
"""Below, a number is everybody's: a series, an image."""
MIN_JOINED_LETTERS = 7
MIN_PHONE_DIGITS = 7

NOT_IDENTIFYING = listed(
    """
    anonymous anonymized anonymised unknown none null test patient name phantom dr doctor md phd mr
    mrs ms prof jr sr ii iii iv mbbs frcr rn rt np pa do facr dipl med van von der den de la le du
    del di da do dos al el bin ibn abu and the of st other unspecified physician radiology
    radiologist technologist operator
    """
)
"""Parts of names and places that say nothing by themselves."""


def squeezed(text: str) -> str:
    """Letters and digits of `text`, folded."""
    return "".join(c for c in folded(text) if c.isalnum())


def name_words(value: str) -> Iterator[str]:
    """Words of a person name in any order and alphabet, folded; parts of double names apart too."""
    for part in re.split(r"[\^=\s,;/\\()\"]+", value):
        pieces = re.split(r"[-–.]", part)
        for piece in {*pieces, part} if len(pieces) > 1 else pieces:
            key = folded(piece).strip("'’`\u00b4.-")
            if len(key) >= MIN_NAME_LETTERS and key not in NOT_IDENTIFYING and not key.isdigit():
                yield key.replace("’", "'").replace("-", "")


def joined_names(value: str) -> Iterator[str]:
    """Family and given name written as one word, either order, or with an initial."""
    for group in value.split("="):
        family, given = [*(squeezed(c) for c in group.split("^")), "", ""][:2]
        if "^" not in group and len(group.split()) > 1:
            given, family = squeezed(group.split()[0]), squeezed(group.split()[-1])
        if family and given:
            joined = (family + given, given + family, given[0] + family, family + given[0])
            yield from (word for word in joined if len(word) >= MIN_JOINED_LETTERS)


def date_forms(value: str) -> Iterator[str]:
    """A DICOM or ISO 8601 date as letters and digits, in the orders that texts use."""
    match = re.match(r"(\d{4})-?(\d\d)-?(\d\d)", value)
    if not match:
        return
    try:
        day = date(*map(int, match.groups()))
    except ValueError:
        return
    names = {calendar.month_name[day.month].lower(), calendar.month_abbr[day.month].lower()}
    for year in (f"{day.year}", f"{day.year % 100:02d}"):
        for d in {f"{day.day}", f"{day.day:02d}"}:
            for m in {f"{day.month}", f"{day.month:02d}"}:
                yield from (f"{d}{m}{year}", f"{m}{d}{year}", f"{year}{m}{d}")
            for name in names:
                yield from (f"{d}{name}{year}", f"{name}{d}{year}", f"{year}{name}{d}")


def number_forms(value: str) -> Iterator[str]:
    """An identifier without separators; also without zeros before it."""
    key = squeezed(value)
    if any(c.isdigit() for c in key) and len(key) >= MIN_NUMBER_CHARACTERS:
        yield key
        bare = key.lstrip("0")
        if len(bare) > MIN_NUMBER_CHARACTERS:
            yield bare


def phone_forms(value: str) -> Iterator[str]:
    """A telephone number as digits, with and without what stands before its local part."""
    digits = re.sub(r"\D", "", value)
    for length in {len(digits), 10, 7}:
        if MIN_PHONE_DIGITS <= length <= len(digits):
            yield digits[-length:]
    if digits.startswith("0"):
        yield digits.lstrip("0")
