"""Identifiers of the study in the bytes of one output."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from pydicom.datadict import dictionary_keyword

from services.redactor.verifier.doubts import Reason, Retained
from services.redactor.verifier.leaves import (
    PIXELS,
    PREAMBLE_BYTES,
    TEXT,
    Leaf,
    OpenFile,
)
from services.redactor.verifier.needles import (
    CONTACT_KEYWORD,
    DAY,
    DEVICE_KEYWORD,
    ID_KEYWORD,
    PERSON_KEYWORD,
    PLACE_KEYWORD,
    PLACEHOLDERS,
    TERM_KEYWORDS,
)
from services.redactor.verifier.search import Hit, Search, text_runs
from services.redactor.verifier.spellings import Spelling
from services.redactor.verifier.views import decoded
from services.redactor.verifier.vocabulary import is_standard_phrase, standard_words

MIN_BINARY_BYTES = 6
"""Of a hit among numbers: shorter ones arise by chance."""
MIN_DECODED_BYTES = 5
NUMERIC = frozenset({"DS", "IS", "TM", "AS"})
CHANCE_DIGITS = 9
"""A number of fewer digits may be a measurement."""
IDENTIFYING = (
    (PERSON_KEYWORD, None),
    (ID_KEYWORD, None),
    (DEVICE_KEYWORD, Retained.DEVICE),
    (PLACE_KEYWORD, Retained.INSTITUTION),
    (CONTACT_KEYWORD, Retained.INSTITUTION),
)
"""Keywords whose value must change, and what lets it stay."""

FORBIDDEN = frozenset({0x00880200, 0x04000500, 0x4FFE0001, 0xFFFAFFFA, 0xFFFCFFFC})
"""Icon, encrypted attributes, MAC parameters, signatures, padding."""
META_GROUP = 0x0002
META_ALLOWED = frozenset({0x0000, 0x0001, 0x0002, 0x0003, 0x0010, 0x0012, 0x0013})
CURVE_GROUPS, OVERLAY_GROUPS = range(0x5000, 0x5100), range(0x6000, 0x6100)
OVERLAY_COMMENTS = 0x4000
PRINTABLE = bytes(range(0x20, 0x7F)) + b"\r\n\t\f\x1b"

Found = tuple[Reason, str]
"""A reason and a place."""


@dataclass(frozen=True)
class Comparison:
    """One output beside its original.

    Attributes:
        search: Finds what is known.
        original: The original, laid open.
        output: The output, laid open.
    """

    search: Search
    original: OpenFile
    output: OpenFile

    def found(self) -> Iterator[Found]:
        """Everything that should not be there.

        Raises:
            TooMuch: A part of it cannot be searched.
        """
        yield from self._unchanged()
        for offset, piece in self._pieces():
            yield from self._plain(offset, piece)
            yield from self._decoded(piece, "header")
        yield from self._closed()
        yield from self._in_pixels()

    def _pieces(self) -> Iterator[tuple[int, bytes]]:
        """The file without its pixel data, and where each piece begins."""
        content, pixels = self.output.content, self._pixel_leaves()
        if not pixels:
            yield 0, content
            return
        yield 0, content[: pixels[0].start]
        yield pixels[-1].end, content[pixels[-1].end :]

    def _pixel_leaves(self) -> list[Leaf]:
        return [leaf for leaf in self.output.leaves if leaf.is_pixels and "." not in leaf.path]

    def _plain(self, offset: int, piece: bytes) -> Iterator[Found]:
        shift = None
        for hit in self.search.hits(piece):
            start, end = hit.start + offset, hit.end + offset
            leaf = self.output.leaf_at(start)
            if leaf is None:
                if start < PREAMBLE_BYTES:
                    yield hit.spelling.reason, "preamble"
                elif start >= self.output.end:
                    yield hit.spelling.reason, "trailing"
            elif end <= leaf.end:
                shift = self._shift() if shift is None else shift
                if self._counts(hit, start, leaf, shift):
                    yield hit.spelling.reason, leaf.path

    def _counts(self, hit: Hit, start: int, leaf: Leaf, shift: timedelta) -> bool:
        """Whether a hit within a value is an identifier rather than chance or an ordinary word."""
        value = self.output.content[leaf.start : leaf.end]
        spelling = hit.spelling
        if leaf.is_binary and not _is_printable(value):
            return hit.end - hit.start >= MIN_BINARY_BYTES
        if spelling.day is not None:
            return not self._is_shifted(spelling.day, leaf, shift)
        if leaf.vr == "UI" and spelling.reason != Reason.KNOWN_UID:
            return Retained.UIDS not in self.search.needles.retained
        if leaf.vr in NUMERIC and spelling.text.isdigit():
            return len(spelling.text) >= CHANCE_DIGITS
        if spelling.reason in {Reason.KNOWN_INSTITUTION, Reason.KNOWN_DEVICE}:
            # A site or a station called after the maker, whose name stays where makers stand.
            maker = value.decode("latin-1").strip("\0 ").lower()
            is_maker = any(maker in term for term in self.search.needles.terms)
            if is_maker and _keyword(leaf.tag) in TERM_KEYWORDS:
                return False
        is_word = spelling.is_word and leaf.vr != "PN"
        return not (is_word and _is_ordinary(spelling, value, start - leaf.start))

    def _is_shifted(self, day: date, leaf: Leaf, shift: timedelta) -> bool:
        """Whether a day may stand for another one of the study, moved by the shift."""
        before = self._original_value(leaf)
        found = DAY.match(before.decode("ascii", "replace").strip("\0 "))
        if found and "".join(found.groups()) == day.strftime("%Y%m%d") and leaf.vr in {"DA", "DT"}:
            return False
        return bool(shift) and day - shift in self.search.needles.days

    def _shift(self) -> timedelta:
        """By how much most dates of this object moved; zero when none did."""
        moves: Counter[timedelta] = Counter()
        originals = {leaf.path: leaf for leaf in self.original.leaves if leaf.vr in {"DA", "DT"}}
        for leaf in self.output.leaves:
            if leaf.path in originals:
                before = _day(self.original.content, originals[leaf.path])
                after = _day(self.output.content, leaf)
                if before and after:
                    moves[after - before] += 1
        return moves.most_common(1)[0][0] if moves else timedelta(0)

    def _original_value(self, leaf: Leaf) -> bytes:
        for one in self.original.leaves:
            if one.path == leaf.path:
                return self.original.content[one.start : one.end]
        return b""

    def _decoded(self, content: bytes, place: str) -> Iterator[Found]:
        for name, view in decoded(content):
            for hit in self.search.hits(view):
                is_long = hit.end - hit.start >= MIN_DECODED_BYTES
                if is_long and not _is_ordinary_view(hit, view):
                    yield hit.spelling.reason, f"{place}:{name}"
            if name.endswith("pdf"):
                for reason in self.search.closed_reasons(view):
                    yield reason, f"{place}:{name}"

    def _closed(self) -> Iterator[Found]:
        content = self.output.content
        for leaf in self.output.leaves:
            if leaf.vr in TEXT or (leaf.vr == "UN" and not leaf.is_pixels):
                for reason in self.search.closed_reasons(content[leaf.start : leaf.end]):
                    yield reason, leaf.path
        for start, end, place in (
            (0, PREAMBLE_BYTES, "preamble"),
            (self.output.end, len(content), "trailing"),
        ):
            for reason in self.search.closed_reasons(content[start:end]):
                yield reason, place

    def _in_pixels(self) -> Iterator[Found]:
        for leaf in self._pixel_leaves():
            content = self.output.content[leaf.start : leaf.end]
            runs = text_runs(content, MIN_BINARY_BYTES)
            for hit in self.search.hits(runs):
                if hit.end - hit.start >= MIN_BINARY_BYTES:
                    yield hit.spelling.reason, leaf.path
            is_frame = "[" in leaf.path and leaf.tag == PIXELS
            yield from self._decoded(content if is_frame else runs, leaf.path)

    def _unchanged(self) -> Iterator[Found]:
        """Identifying attributes with the value that they had, however short it is."""
        before = {leaf.path: leaf for leaf in self.original.leaves}
        for leaf in self.output.leaves:
            same = before.get(leaf.path)
            if same is None or not self._must_change(leaf):
                continue
            value = self.output.content[leaf.start : leaf.end].strip(b"\0 ^=")
            was = self.original.content[same.start : same.end].strip(b"\0 ^=")
            if value and value == was and value.decode("latin-1").lower() not in PLACEHOLDERS:
                yield Reason.UNCHANGED, leaf.path

    def _must_change(self, leaf: Leaf) -> bool:
        if leaf.vr == "PN":
            return True
        if leaf.vr not in TEXT and leaf.vr != "AE":
            return False
        keyword = _keyword(leaf.tag)
        retained = self.search.needles.retained
        terms = self.search.needles.terms
        value = self.output.content[leaf.start : leaf.end].decode("latin-1").strip("\0 ").lower()
        return value not in terms and any(
            pattern.search(keyword) and option not in retained for pattern, option in IDENTIFYING
        )


def leftovers(output: OpenFile) -> Iterator[Found]:
    """Places that nothing may be in."""
    content = output.content
    if content[:PREAMBLE_BYTES] != bytes(PREAMBLE_BYTES):
        yield Reason.LEFTOVER, "preamble"
    if content[output.end :].strip(b"\0"):
        yield Reason.LEFTOVER, "trailing"
    for leaf in output.leaves:
        if _is_forbidden(leaf.tag):
            yield Reason.LEFTOVER, leaf.path


def _is_forbidden(tag: int) -> bool:
    group, number = tag >> 16, tag & 0xFFFF
    if group == META_GROUP:
        return number not in META_ALLOWED
    is_comment = group in OVERLAY_GROUPS and number == OVERLAY_COMMENTS
    return tag in FORBIDDEN or group in CURVE_GROUPS or is_comment


def _keyword(tag: int) -> str:
    try:
        return dictionary_keyword(tag)
    except KeyError:
        return ""


def _day(content: bytes, leaf: Leaf) -> date | None:
    found = DAY.match(content[leaf.start : leaf.end].decode("ascii", "replace"))
    try:
        return date(int(found[1]), int(found[2]), int(found[3])) if found else None
    except ValueError:
        return None


def _is_printable(value: bytes) -> bool:
    text = value.strip(b"\0 ")
    return bool(text) and not text.translate(None, PRINTABLE)


def _is_ordinary(spelling: Spelling, value: bytes, at: int) -> bool:
    """Whether a name that is also a word of DICOM's stands as that word: small, or in a phrase."""
    word = spelling.text.lower()
    if word not in standard_words():
        return False
    found = value[at : at + len(word)]
    return found.islower() or is_standard_phrase(value.decode("latin-1"))


def _is_ordinary_view(hit: Hit, view: bytes) -> bool:
    if not hit.spelling.is_word:
        return False
    around = view[hit.start : hit.end]
    return hit.spelling.text.lower() in standard_words() and around.islower()
