"""How an identifier may be written: orders of a name, formats of a day, encodings of both."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import IntEnum

from services.redactor.verifier.doubts import Reason
from services.redactor.verifier.needles import MIN_ID, MIN_NAME, MIN_TEXT, PLACEHOLDERS, Needles

TITLES_WORDS = "dr prof prov mr mrs ms md phd jr sr ii iii rn rt herr frau"
TITLES = frozenset(TITLES_WORDS.split())
MONTHS = (
    "January February March April May June July August September October November December",
    "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
)
SEPARATORS = ("", " ", "^", ", ", ",", "_", ".", "-", "+", "/", ". ", "^^")
CODECS = (
    "utf-8",
    "utf-16-le",
    "utf-16-be",
    "latin-1",
    "cp1252",
    "cp437",
    "iso8859-2",
    "iso8859-5",
    "iso8859-6",
    "iso8859-7",
    "iso8859-8",
    "iso8859-9",
    "koi8-r",
    "cp1251",
    "cp874",
    "iso2022_jp",
    "iso2022_jp_2",
    "iso2022_kr",
    "shift_jis",
    "euc_jp",
    "euc_kr",
    "gb18030",
    "big5",
)
"""Of PS3.3 C.12.1.1.2 and those that systems write without saying so."""
WIDE = {"utf-16-le", "utf-16-be"}
ESCAPE = re.compile(rb"^(\x1b[\x20-\x2f]+[\x30-\x7e])+|(\x1b[\x20-\x2f]+[\x30-\x7e])+$|[\x0e\x0f]")
"""Designations of ISO 2022 around a text, and its shifts."""
LONG_TEXT = 6
"""Characters of an identifier that is sought within others, too."""
CLOSE_BYTES = 8
"""A needle of as many letters and digits is found with anything between them."""


class Bounds(IntEnum):
    """What may stand beside a hit."""

    ANYTHING = 0
    NO_LETTER = 1
    """Unless the case changes: "scanSmith1"."""
    NO_DIGIT = 2
    NO_ALNUM = 3
    NO_UID = 4
    """No digit and no dot."""
    DAY = 5
    """Digits that begin with a day and go on with a time, or nothing."""


@dataclass(frozen=True)
class Spelling:
    """One form of an identifier.

    Attributes:
        text: The form.
        reason: What it is.
        bounds: What may stand beside it.
        day: The day that it means, if it is one.
        is_word: A single word, which may also be an ordinary one.
    """

    text: str
    reason: Reason
    bounds: Bounds
    day: date | None = None
    is_word: bool = False


def spellings(needles: Needles) -> Iterator[Spelling]:
    """All forms of everything that is known."""
    for name in sorted(needles.names):
        yield from _name(name)
    for day in sorted(needles.days):
        yield from _day(day)
    for needle in needles.wanted():
        yield from _text(needle.text, needle.reason)


def closed(needles: Needles) -> Iterator[tuple[str, Reason]]:
    """Forms without anything but letters and digits, in small letters."""
    for name in sorted(needles.names):
        for words in _components(name):
            for pair in _orders(words):
                yield "".join(pair), Reason.KNOWN_NAME
    for needle in needles.wanted():
        if needle.reason != Reason.KNOWN_UID:
            yield needle.text, needle.reason


def encodings(text: str) -> Iterator[tuple[bytes, int]]:
    """Bytes of a form, and how many of them make a character beside it."""
    forms = {text} if text.isascii() else {text, text.upper(), text.lower(), text.title()}
    folded = folded_text(text)
    if folded != text and folded.isascii() and folded:
        forms.add(folded)
    for form in sorted(forms):
        for codec in CODECS[:3] if form.isascii() else CODECS:
            try:
                encoded = ESCAPE.sub(b"", form.encode(codec))
            except UnicodeEncodeError:
                continue
            if encoded:
                yield encoded, 2 if codec in WIDE else 1


def folded_text(text: str) -> str:
    """`text` without diacritics; German umlauts as the single letter."""
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(one for one in decomposed if not unicodedata.combining(one))


def _components(name: str) -> Iterator[list[str]]:
    """Words of each component group of a name (PS3.5 section 6.2.1), titles left out."""
    for group in name.split("="):
        words = [word.strip(".'\"()") for word in re.split(r"[\s^,;.\\/_&-]+", group)]
        kept = [w for w in words if w and w.lower() not in TITLES and any(map(str.isalpha, w))]
        if kept:
            yield kept


def _name(name: str) -> Iterator[Spelling]:
    for words in _components(name):
        for word in words:
            if not word.isascii() and not _is_alphabetic(word):
                if len(word) > 1:
                    yield Spelling(word, Reason.KNOWN_NAME, Bounds.ANYTHING)
            elif sum(map(str.isalpha, word)) >= MIN_NAME and word.lower() not in PLACEHOLDERS:
                yield Spelling(word, Reason.KNOWN_NAME, Bounds.NO_LETTER, is_word=True)
        for pair in _orders(words):
            for separator in SEPARATORS:
                yield Spelling(separator.join(pair), Reason.KNOWN_NAME, Bounds.NO_LETTER)


def _orders(words: list[str]) -> Iterator[tuple[str, str]]:
    """Pairs of the first word and any other, both ways round."""
    for other in words[1:4]:
        if len(words[0]) + len(other) >= MIN_NAME or not words[0].isascii():
            yield words[0], other
            yield other, words[0]


def _is_alphabetic(word: str) -> bool:
    """Whether a script has letters rather than characters for words or syllables."""
    names = (unicodedata.name(one, "") for one in word if one.isalpha())
    return not any(name.startswith(("CJK", "HANGUL", "HIRAGANA", "KATAKANA")) for name in names)


def _day(day: date) -> Iterator[Spelling]:
    year, month, dom = f"{day.year:04d}", f"{day.month:02d}", f"{day.day:02d}"
    yield Spelling(f"{year}{month}{dom}", Reason.KNOWN_DATE, Bounds.DAY, day)
    forms = set()
    for m, d in {(month, dom), (str(day.month), str(day.day))}:
        for s in "-./ _":
            forms |= {f"{year}{s}{m}{s}{d}", f"{d}{s}{m}{s}{year}", f"{m}{s}{d}{s}{year}"}
            if s in "./-":
                forms |= {f"{d}{s}{m}{s}{year[2:]}", f"{m}{s}{d}{s}{year[2:]}"}
    for language in MONTHS:
        long = language.split()[day.month - 1]
        for m in {long, long[:3], long[:3] + "."}:
            for d in {dom, str(day.day)}:
                forms |= {f"{d}{s}{m}{s}{year}" for s in ("", " ", "-", " de ")}
                forms |= {f"{d}. {m} {year}", f"{m} {d}, {year}", f"{m} {d} {year}"}
    for form in sorted(forms):
        yield Spelling(form, Reason.KNOWN_DATE, Bounds.NO_DIGIT, day)


def _text(text: str, reason: Reason) -> Iterator[Spelling]:
    if reason == Reason.KNOWN_UID:
        if text.count(".") > 1:
            yield Spelling(text, reason, Bounds.NO_UID)
        return
    is_number = text.isdigit()
    shortest = MIN_ID + 1 if is_number else MIN_ID
    if len(text) >= (shortest if reason in {Reason.KNOWN_ID, Reason.KNOWN_DEVICE} else MIN_TEXT):
        bounds = Bounds.NO_ALNUM if len(text) < LONG_TEXT else Bounds.NO_DIGIT
        yield Spelling(text, reason, bounds, is_word=text.isalpha())
    for line in re.split(r"[\r\n]+", text)[1:]:
        if len(line.strip()) >= 2 * MIN_TEXT:
            yield Spelling(line.strip(), reason, Bounds.NO_LETTER)
