"""Finds known identifiers in a text, however it writes them."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import ahocorasick
from rapidfuzz.distance import OSA

from services.redactor.identity.variants import (
    date_forms,
    joined_names,
    name_words,
    number_forms,
    phone_forms,
    squeezed,
)
from services.redactor.lexicon import folded, listed, lists
from services.redactor.spans import Kind

TOKEN = re.compile(r"[^\W_]+(?:['’`\u00b4][^\W_]+)*")
MIN_FUZZY_LETTERS = 5
CONFUSED = str.maketrans("015812", "oisbiz") | str.maketrans("l", "i")
"""What optical character recognition confuses: 0/O, 1/I/l, 5/S, 8/B, 2/Z."""

TITLES = listed(
    """
    dr mr mrs ms miss prof doctor rn nurse patient name by with to from per attending resident md
    for cc pt sra sr herr frau mme m signed dictated physician radiologist
    """
)
GAPS = {
    Kind.NAME: re.compile(""),
    Kind.LOC: re.compile(r"[\s\-./:_,()#'’^\\]{0,2}"),
}
GAP = re.compile(r"[\s\-./:_()#^\\]{0,2}")
"""What may part the characters of a number; a name in one word has no gaps, an address commas."""


@dataclass(frozen=True)
class Match:
    """One place of a text that says a known identifier.

    Attributes:
        start: First character.
        end: One past the last character.
        kind: What it is.
        confidence: How sure, 0..1, before calibration.
        reason: Which comparison found it; never its words.
    """

    start: int
    end: int
    kind: Kind
    confidence: float
    reason: str


@dataclass(frozen=True)
class _Token:
    start: int
    end: int
    text: str
    key: str


@dataclass(frozen=True)
class Matcher:
    """Known identifiers, ready to be found.

    Attributes:
        names: Words of names.
        confused: The same, with characters that look alike made the same.
        places: Words of places that are no words of the language.
        strings: Everything else, as letters and digits without separators.
    """

    names: frozenset[str] = field(repr=False)
    confused: dict[str, str] = field(repr=False)
    places: frozenset[str] = field(repr=False)
    strings: "ahocorasick.Automaton | None" = field(repr=False)

    @classmethod
    def of(cls, known: Iterable[tuple[Kind, str]]) -> "Matcher":
        """The matcher of kinds and values."""
        known = list(known)
        names = {w for kind, value in known if kind is Kind.NAME for w in name_words(value)}
        places = {
            word
            for kind, value in known
            if kind is Kind.LOC
            for word in name_words(value)
            if len(word) >= MIN_FUZZY_LETTERS and not lists().ordinary(word)
        }
        strings = {form: kind for kind, value in known for form in _forms(kind, value)}
        confused = {word.translate(CONFUSED): word for word in sorted(names | places)}
        return cls(frozenset(names), confused, frozenset(places), _automaton(strings))

    def find(self, text: str) -> tuple[Match, ...]:
        """Known identifiers in `text`, ordered by their start; some may overlap."""
        tokens = [
            _Token(m.start(), m.end(), m.group(), _key(m.group())) for m in TOKEN.finditer(text)
        ]
        found = [*self._words(text, tokens), *self._strings(text)]
        return tuple(sorted(found, key=lambda m: (m.start, m.end)))

    def matches_word(self, word: str) -> Match | None:
        """What one word read from pixels says, where letters get confused; None: nothing."""
        core = word.strip(" .,:;()[]<>*^_-/\\|\"'")
        offset = word.find(core)
        best: Match | None = None
        for token in TOKEN.finditer(core):
            sure = self._sure(_key(token.group()))
            if sure and (best is None or sure[1] > best.confidence):
                best = Match(offset + token.start(), offset + token.end(), *sure, "identity:word")
        whole = self._strings(core) or self._strings(_digits(core))
        for match in whole:
            if best is None or match.confidence > best.confidence:
                best = Match(offset, offset + len(core), match.kind, match.confidence, match.reason)
        return best

    def _sure(self, key: str) -> tuple[Kind, float] | None:
        """Kind and confidence of one folded word, regardless of what stands around it."""
        if key in self.names:
            return Kind.NAME, 0.6 if key in lists().common else 0.97
        if key in self.places:
            return Kind.LOC, 0.9
        alike = self.confused.get(key.translate(CONFUSED))
        if alike is not None and not lists().ordinary(key):
            return (Kind.NAME if alike in self.names else Kind.LOC), 0.9
        if len(key) >= MIN_FUZZY_LETTERS and not lists().ordinary(key):
            for known in self.names:
                if (
                    len(known) >= MIN_FUZZY_LETTERS
                    and OSA.distance(key, known, score_cutoff=1) <= 1
                ):
                    return Kind.NAME, 0.85
        return None

    def _words(self, text: str, tokens: Sequence[_Token]) -> Iterator[Match]:
        for at, token in enumerate(tokens):
            key = token.key.removesuffix("'s") if len(token.key) > 4 else token.key  # noqa: PLR2004
            sure = self._sure(key)
            if sure is None:
                continue
            kind, confidence = sure
            end = token.end - (len(token.key) - len(key))
            if kind is Kind.NAME:
                confidence = self._in_context(text, tokens, at, key, confidence)
            yield Match(token.start, end, kind, confidence, "identity:word")
        yield from self._initials(text, tokens)

    def _in_context(
        self, text: str, tokens: Sequence[_Token], at: int, key: str, confidence: float
    ) -> float:
        """Confidence in a name that may be a word of the language or of medicine as well."""
        known = lists()
        token = tokens[at]
        near = [tokens[i] for i in (at - 1, at + 1) if 0 <= i < len(tokens)]
        beside = any(
            t.key in self.names
            and not re.search(r"[.;:\n]\s", text[min(t.end, token.end) : max(t.start, token.start)])
            for t in near
        )
        titled = (
            at > 0
            and tokens[at - 1].key in TITLES
            and "\n" not in text[tokens[at - 1].end : token.start]
        )
        if beside or titled:
            return max(confidence, 0.95)
        follows = tokens[at + 1].key if at + 1 < len(tokens) else ""
        if key in known.eponyms and (
            follows in known.eponym_heads or text[token.end : token.end + 1] == "-"
        ):
            return 0.2
        if len(key) < 3 and not token.text.isupper():  # noqa: PLR2004 - "An", "Le" of prose
            return 0.3 if token.text[0].isupper() else 0.1
        if key not in known.common:
            return confidence if token.text[0].isupper() or not known.ordinary(key) else 0.4
        if token.text[0].islower():
            return 0.1
        before = text[: token.start].rstrip(" \"'(")
        inside = bool(before) and before[-1] not in ".:;!?\n"
        plain_around = all(t.text[0].islower() or t.text.isdigit() for t in near)
        return 0.7 if inside and plain_around and not token.text.isupper() else 0.35

    def _initials(self, text: str, tokens: Sequence[_Token]) -> Iterator[Match]:
        """Single letters beside a known name: "J. Smith", "SMITH J"."""
        for at, token in enumerate(tokens):
            stop = text[token.end : token.end + 1] == "."
            article = token.text in {"A", "I"} and not stop
            if len(token.text) != 1 or not token.text.isupper() or article:
                continue
            for other in (at - 1, at + 1):
                if not 0 <= other < len(tokens) or tokens[other].key not in self.names:
                    continue
                between = text[
                    min(token.end, tokens[other].end) : max(token.start, tokens[other].start)
                ]
                if between in {" ", ". ", ", ", "."} and tokens[other].text[0].isupper():
                    yield Match(token.start, token.end + stop, Kind.NAME, 0.9, "identity:initial")

    def _strings(self, text: str) -> list[Match]:
        if self.strings is None:
            return []
        stream: list[str] = []
        places: list[int] = []
        for position, character in enumerate(text):
            for c in folded(character):
                if c.isalnum():
                    stream.append(c)
                    places.append(position)
        found = []
        for last, (form, kind, exact) in self.strings.iter("".join(stream)):
            first = last - len(form) + 1
            if _unspaced(form):
                span: tuple[int, int] | None = (places[first], places[last] + 1)
            else:
                within = places[first : last + 1]
                span = _span(text, within, GAPS.get(kind, GAP), whole=exact)
            if span is not None:
                found.append(Match(*span, kind, 0.97, "identity:string"))
        return found


def _span(
    text: str, places: Sequence[int], gap: "re.Pattern[str]", *, whole: bool
) -> tuple[int, int] | None:
    """The span of a string in the text; None where it is only by chance there.

    Args:
        text: The text.
        places: Of the characters of the string.
        gap: What may part them.
        whole: Whether letters or digits directly beside it make it another string.
    """
    start, end = places[0], places[-1]
    for a, b in pairwise(places):
        if b > a + 1 and not gap.fullmatch(text, a + 1, b):
            return None
    before, after = text[start - 1 : start], text[end + 1 : end + 2]
    if not before.isalnum() and not after.isalnum():
        return start, end + 1
    if whole:
        return None
    while start > 0 and text[start - 1].isalnum():
        start -= 1
    while end + 1 < len(text) and text[end + 1].isalnum():
        end += 1
    return start, end + 1


def _forms(kind: Kind, value: str) -> Iterator[str]:
    match kind:
        case Kind.NAME:
            yield from joined_names(value)
            yield from (w for w in name_words(value) if not w.isascii() and _unspaced(w))
        case Kind.DATE:
            yield from date_forms(value)
        case Kind.PHONE:
            yield from phone_forms(value)
        case Kind.LOC:
            key = squeezed(value)
            if len(key) >= MIN_FUZZY_LETTERS and not lists().ordinary(key):
                yield key
        case Kind.ID | Kind.UID:
            yield from number_forms(value)
            key = squeezed(value)
            wordy = not any(c.isdigit() for c in key) and len(key) >= MIN_FUZZY_LETTERS
            if wordy and not lists().ordinary(key):
                yield key
        case _:
            yield squeezed(value)


def _automaton(strings: dict[str, Kind]) -> "ahocorasick.Automaton | None":
    if not strings:
        return None
    automaton = ahocorasick.Automaton()
    for form, kind in sorted(strings.items()):
        long_number = kind is Kind.ID and len(form) > 5 and any(c.isdigit() for c in form)  # noqa: PLR2004
        exact = not (long_number or kind is Kind.NAME)
        automaton.add_word(form, (form, kind, exact))
    automaton.make_automaton()
    return automaton


def _key(token: str) -> str:
    return folded(token).replace("’", "'")


def _unspaced(word: str) -> bool:
    """Whether its writing puts no spaces between words: Han, kana, Thai."""
    return any("\u0e00" <= c <= "\u0e7f" or "\u3040" <= c <= "\u9fff" for c in word)


def _digits(word: str) -> str:
    """`word` with letters that look like digits made digits: a number that was read wrong."""
    return word.translate(str.maketrans("OoIlSBZ", "0011582"))
