"""What stands around a word, and whether it can be part of a name there."""

import re
from collections.abc import Iterator, Sequence
from functools import cache

from services.redactor.lexicon import MEDICAL_ENDS, Word, folded, lists
from services.redactor.text.name_cues import (
    ACTS,
    CREDENTIAL,
    NOT_NAMES,
    NUMERAL,
    PARTICLES,
    SUFFIXES,
    TITLES,
)


@cache
def _strong_eponyms() -> frozenset[str]:
    """Eponyms that hardly anybody is called, or that stand alone: a Foley, her Crohn's."""
    known = lists()
    alone = {
        "foley",
        "barrett",
        "whipple",
        "baker",
        "graves",
        "parkinson",
        "hickman",
        "doppler",
        "nissen",
    }
    return known.eponyms - known.frequent - frozenset(known.given) | alone


def known_name(key: str) -> bool:
    """Whether `key` is on a list of names or on none at all."""
    return lists().name(key) or not lists().ordinary(key)


class Surroundings:
    """Words of a text with what stands around them, and whether that makes them names."""

    def __init__(self, text: str, words: Sequence[Word]) -> None:
        self.text = text
        self.words = words
        self._at = {word.start: number for number, word in enumerate(words)}
        self._by_end = {word.end: number for number, word in enumerate(words)}
        self._mixed = sum(w.shouted for w in words) < 0.6 * len(words)

    def known_name(self, position: int) -> bool:
        """Whether the word at `position` is on a list of names or on none."""
        word = self.words[self._at[position]]
        return lists().name(word.key) or not lists().ordinary(word.key)

    def acronym(self, span: tuple[int, int]) -> bool:
        """Whether a span is a few capitals that no list of names has, in a text of small letters."""
        text = self.text[span[0] : span[1]]
        short = text.isalpha() and text.isupper() and len(text) < 5
        return (
            self._mixed
            and short
            and not (lists().name(folded(text)) and not lists().ordinary(folded(text)))
        )

    def next_to(self, at: int) -> Word | None:
        """The word that only one space parts from `words[at]`."""
        if at + 1 >= len(self.words):
            return None
        following = self.words[at + 1]
        between = self.text[self.words[at].end : following.start]
        return following if between in {" ", ". ", "-"} else None

    def acts(self, at: int) -> bool:
        """Whether `words[at]` does what only people do."""
        word = self.words[at]
        if (
            not word.capitalised
            or word.shouted
            or len(word.text) < 3
            or self.blocked(at, bare=True)
        ):
            return False
        return lists().name(word.key) and ACTS.match(self.text, word.end) is not None

    def acronyms(self, *some: Word) -> bool:
        """Whether all are written in capitals in a text that is not."""
        return self._mixed and all(w.shouted and len(w.text) < 6 for w in some)

    def sentence_start(self, at: int) -> bool:
        """Whether `words[at]` opens a sentence, a line, a list entry or what a colon opens."""
        before = self.text[: self.words[at].start].rstrip(" \t\"'(*•-")
        return not before or before[-1] in ".:;!?\n)0123456789|"

    def title_case_line(self, at: int) -> bool:
        """Whether most longer words of the line have capitals, so that a capital says little."""
        word = self.words[at]
        begin = self.text.rfind("\n", 0, word.start) + 1
        end = self.text.find("\n", word.end)
        end = len(self.text) if end < 0 else end
        near = [w for w in self.words if begin <= w.start < end and len(w.text) > 3]
        return sum(w.capitalised for w in near) > 0.7 * len(near)

    def eponym_at(self, position: int) -> bool:
        """Whether the word that covers `position` stands for a disease, sign or device."""
        for number, word in enumerate(self.words):
            if word.start <= position < word.end:
                return self.eponym(number)
        return False

    def eponym(self, at: int) -> bool:
        """Whether `words[at]` is a name in a medical term."""
        known = lists()
        word = self.words[at]
        part_of = self._hyphenated(at)
        if not any(w.key in known.eponyms for w in part_of):
            return False
        last = part_of[-1]
        possessive = self.text[last.end : last.end + 2] in {"'s", "’s"}
        after = self.text[last.end + 2 * possessive : last.end + 40].lstrip(" ,-")
        tail = folded(re.match(r"[\w-]*", after).group())  # type: ignore[union-attr]
        heads = tail in known.eponym_heads or tail.split("-")[0] in known.eponym_heads
        heads = heads or bool(MEDICAL_ENDS.search(tail))
        if heads or (tail in known.eponyms and not possessive and self._head_behind(after)):
            return True
        if (
            re.match(r"(?:[ivxab\d]+|type|grade|class|stage|score|category)\b", after.lower())
            and len(part_of) >= 1
        ):
            graded = bool(re.match(r"(?:type|grade|class|stage|score)", after)) or len(part_of) > 1
            return word.key in _strong_eponyms() or graded
        return word.key in _strong_eponyms() or (
            possessive and word.key in known.eponyms - known.frequent
        )

    def _head_behind(self, after: str) -> bool:
        behind = [folded(w) for w in re.findall(r"\w+", after)[1:3]]
        return any(w in lists().eponym_heads for w in behind)

    def _head_follows(self, at: int) -> bool:
        last = self._hyphenated(at)[-1]
        after = re.match(r"(?:['’]s)?[ ,-]*([\w-]*)", self.text[last.end : last.end + 40])
        if after is None:
            return False
        head = folded(after[1])
        return head in lists().eponym_heads or bool(MEDICAL_ENDS.search(head))

    def _hyphenated(self, at: int) -> list[Word]:
        first = last = at
        while first > 0 and self.text[self.words[first - 1].end : self.words[first].start] in {
            "-",
            "–",
            "'s-",
        }:
            first -= 1
        while last + 1 < len(self.words) and self.text[
            self.words[last].end : self.words[last + 1].start
        ] in {"-", "–"}:
            last += 1
        return list(self.words[first : last + 1])

    def blocked(self, at: int, *, bare: bool = False) -> bool:
        """Whether `words[at]` is no name without a title before it."""
        word = self.words[at]
        kept = any(w.key in lists().kept for w in self._hyphenated(at))
        term = (
            self._head_follows(at) if bare and len(self._hyphenated(at)) == 1 else self.eponym(at)
        )
        return word.key in NOT_NAMES or kept or term or bool(NUMERAL.fullmatch(word.text))

    def alone(self, at: int) -> tuple[float, str]:
        """How sure `words[at]` is a name by itself."""
        known = lists()
        word = self.words[at]
        if not word.capitalised or len(word.text) < 2 or self.blocked(at):
            return 0, ""
        named, plain = known.name(word.key), known.ordinary(word.key)
        opens = self.sentence_start(at)
        if word.shouted and self._mixed:
            sure = 0.55 if named and not plain and len(word.text) > 4 else 0.05
        elif word.shouted:
            sure = 0.7 if named and not plain else 0.15 if not plain else 0
        elif not word.text.isascii() and not plain:
            sure = 0.9
        elif named and not plain:
            sure = 0.7 if opens else 0.85
        elif named and word.key not in known.common:
            sure = 0.3 if opens else 0.6
        elif not plain:
            sure = (0.5 if len(word.text) > 3 else 0.3) if opens else 0.6
        elif named and word.key in known.given and not opens and not self.title_case_line(at):
            sure = 0.55
        else:
            sure = 0
        return sure, "names:list" if named else "names:unknown word"

    def name_from(
        self, position: int, *, strong: bool, by: bool = False
    ) -> Iterator[tuple[int, int]]:
        """The name that begins at `position`, if one does."""
        position += len(self.text[position:]) - len(self.text[position:].lstrip(" \t\n\"'("))
        title = TITLES.match(self.text, position)
        while title:
            position, strong = title.end(), True
            title = TITLES.match(self.text, position)
        at = self._at.get(position)
        if at is None:
            return
        last = at - 1
        number = at
        while number < len(self.words) and number - at < 6:
            between = (
                self.text[self.words[number - 1].end : self.words[number].start]
                if number > at
                else ""
            )
            if number > at and not re.fullmatch(r" |, ?|\.,? ?|-|’|'| ['\"(]|['\")]+ ", between):
                break
            if between.startswith(".") and len(self.words[number - 1].text) > 2:
                break
            if between.startswith(",") and number > at and not self._may_follow_comma(at, number):
                break
            if not self._fits(
                number,
                first=number == at,
                strong=strong
                or (by and self.words[number].capitalised and known_name(self.words[number].key)),
            ):
                if self.words[number].key in PARTICLES and number + 1 < len(self.words):
                    number += 1
                    continue
                break
            last = number
            if between.startswith(","):
                at = min(at, number)
            number += 1
        if last < at:
            return
        if not strong and last == at and not self._single_is_sure(at):
            return
        end = self.words[last].end
        if self.text[end : end + 1] == "." and len(self.words[last].text) == 1:
            end += 1
        yield self.words[at].start, end

    def _may_follow_comma(self, at: int, number: int) -> bool:
        word = self.words[number]
        known = lists()
        if number - at > 2:
            return False
        return (
            word.key in known.given
            or word.key in SUFFIXES
            or (not known.ordinary(word.key) and word.capitalised)
            or (self.words[at].shouted and word.shouted and known.name(word.key))
        )

    def _fits(self, at: int, *, first: bool, strong: bool) -> bool:
        known = lists()
        word = self.words[at]
        letter = len(word.text) == 1 and word.text.isupper()
        if (word.key in NOT_NAMES and not letter) or (
            word.key in known.kept and not (strong and known.name(word.key))
        ):
            return False
        if re.match(rf"(?:{CREDENTIAL})(?!\w)", self.text[word.start :]) and not (
            first and known.name(word.key) and not word.shouted
        ):
            return False
        if len(word.text) == 1 and word.text.isupper() and not first:
            return True
        lower = not word.capitalised
        if lower:
            line_lower = not any(w.capitalised for w in self.words[max(0, at - 4) : at + 2])
            alien = (
                not known.ordinary(word.key)
                and strong
                and (line_lower or self._after_courtesy(word.start))
            )
            if alien:
                return True
            if not known.name(word.key) or not (strong or line_lower):
                return False
            if word.key not in known.common:
                return True
            return (strong and line_lower) or (first and self._after_courtesy(word.start))
        if len(word.text) == 1:
            return not first or self.text[word.end : word.end + 1] == "." or strong
        if self.eponym(at) and (not strong or self._head_follows(at)):
            return False
        if known.name(word.key) or not known.ordinary(word.key) or word.key in SUFFIXES:
            return True
        return strong and word.capitalised and (first or word.key not in known.common)

    def _after_courtesy(self, position: int) -> bool:
        """Whether a form of address stands before `position`: even a small letter is a name then."""
        return bool(re.search(r"(?i)\b(?:mr|mrs|ms|miss|dr|prof)\.? {1,2}$", self.text[:position]))

    def _single_is_sure(self, at: int) -> bool:
        known = lists()
        word = self.words[at]
        if word.shouted and self._mixed and len(word.text) < 4:
            return False
        return known.name(word.key) or not known.ordinary(word.key)

    def name_before(self, position: int) -> tuple[int, int] | None:
        """The name that ends at `position`, if one does."""
        last = self._by_end.get(position)
        if last is None and self.text[position - 1 : position] == ".":
            last = self._by_end.get(position - 1)
        if last is None:
            return None
        first = last + 1
        for number in range(last, max(-1, last - 5), -1):
            if number < last:
                between = self.text[self.words[number].end : self.words[number + 1].start]
                if not re.fullmatch(r" |, ?|\. ?|-", between):
                    break
                if "," in between and (
                    number < last - 2 or not lists().name(self.words[number + 1].key)
                ):
                    break
            if self.words[number].key in PARTICLES and first <= last:
                continue
            if not self.words[number].capitalised or not self._fits(
                number, first=False, strong=False
            ):
                break
            first = number
        if first > last or (first == last and not self._single_is_sure(first)):
            return None
        return self.words[first].start, self.words[last].end
