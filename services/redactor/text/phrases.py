"""Where a name of several words begins and ends."""

import re

from services.redactor.lexicon import lists
from services.redactor.text.name_cues import CREDENTIAL, NOT_NAMES, PARTICLES, SUFFIXES, TITLES
from services.redactor.text.surroundings import Surroundings, known_name

LONGEST_NAME = 6
"""Words of a name, particles and initials counted."""
INITIAL_LETTERS = 2
"""A full stop behind more letters ends a sentence."""
BEFORE_COMMA = 2
"""Words of a family name before the comma: "van Berg, Jan"."""

JOINS = re.compile(r" |, ?|\.,? ?|-|’|'| ['\"(]|['\")]+ ")
"""What may stand between the words of a name."""
IS_CREDENTIAL = re.compile(rf"{CREDENTIAL}(?!\w)")
COURTESY = re.compile(r"(?i)\b(?:mr|mrs|ms|miss|dr|prof)\.? {1,2}$")


class Phrases:
    """Names of several words in one text."""

    def __init__(self, around: Surroundings) -> None:
        self._around = around
        self._text = around.text
        self._words = around.words

    def after(self, position: int, *, strong: bool, by: bool = False) -> tuple[int, int] | None:
        """The name that begins at `position`, if one does.

        Args:
            position: In the text.
            strong: Whether what stands before it leaves little but a name.
            by: Whether "by" stands before it: then a name is one even if it is a disease, too.
        """
        while self._text[position : position + 1] in set(" \t\n\"'("):
            position += 1
        while title := TITLES.match(self._text, position):
            position, strong = title.end(), True
        first = self._around.at_start.get(position)
        if first is None:
            return None
        last = self._last(first, strong=strong, by=by)
        if last < first or (not strong and last == first and not self._sure_alone(first)):
            return None
        return self._words[first].start, self._with_stop(last)

    def before(self, position: int) -> tuple[int, int] | None:
        """The name that ends at `position`, if one does."""
        at_end = self._around.at_end
        last = at_end.get(position, at_end.get(position - 1) if self._stop(position) else None)
        if last is None:
            return None
        first = last + 1
        for number in range(last, max(-1, last - LONGEST_NAME + 1), -1):
            if number < last and not self._joins_back(number, last):
                break
            particle = self._words[number].key in PARTICLES and first <= last
            if not particle and not self._may_be_part(number):
                break
            first = first if particle else number
        if first > last or (first == last and not self._sure_alone(first)):
            return None
        return self._words[first].start, self._words[last].end

    def _last(self, first: int, *, strong: bool, by: bool) -> int:
        """The last word of a name whose first would be `first`; before it if it is none."""
        last, number = first - 1, first
        while number < len(self._words) and number - first < LONGEST_NAME:
            if number > first and not self._joins(first, number):
                break
            word = self._words[number]
            stronger = strong or (by and word.capitalised and known_name(word.key))
            if self._fits(number, first=number == first, strong=stronger):
                last = number
            elif word.key not in PARTICLES:
                break
            number += 1
        return last

    def _joins(self, first: int, number: int) -> bool:
        between = self._around.between(number)
        if not JOINS.fullmatch(between):
            return False
        if between.startswith("."):
            return len(self._words[number - 1].text) <= INITIAL_LETTERS
        return not between.startswith(",") or self._may_follow_comma(first, number)

    def _joins_back(self, number: int, last: int) -> bool:
        between = self._around.between(number + 1)
        if "," in between:
            near = number >= last - BEFORE_COMMA
            return near and lists().name(self._words[number + 1].key) and between in {",", ", "}
        return between in {" ", ".", ". ", "-"}

    def _may_be_part(self, number: int) -> bool:
        return self._words[number].capitalised and self._fits(number, first=False, strong=False)

    def _may_follow_comma(self, first: int, number: int) -> bool:
        word, known = self._words[number], lists()
        if number - first > BEFORE_COMMA:
            return False
        if word.key in known.given or word.key in SUFFIXES:
            return True
        both_shouted = self._words[first].shouted and word.shouted and known.name(word.key)
        return both_shouted or (word.capitalised and not known.ordinary(word.key))

    def _fits(self, at: int, *, first: bool, strong: bool) -> bool:
        """Whether `words[at]` can be part of a name that a cue announces."""
        word, known = self._words[at], lists()
        letter = len(word.text) == 1 and word.text.isupper()
        if self._excluded(at, letter=letter, first=first, strong=strong):
            return False
        if letter:
            return not first or strong or self._text[word.end : word.end + 1] == "."
        if not word.capitalised:
            return self._fits_small(at, first=first, strong=strong)
        if self._around.eponym(at) and (not strong or self._around.head_follows(at)):
            return False
        if known_name(word.key) or word.key in SUFFIXES:
            return True
        return strong and (first or word.key not in known.common)

    def _excluded(self, at: int, *, letter: bool, first: bool, strong: bool) -> bool:
        word, named = self._words[at], lists().name(self._words[at].key)
        if word.key in NOT_NAMES and not letter:
            return True
        if word.key in lists().kept and not (strong and named):
            return True
        credential = IS_CREDENTIAL.match(self._text, word.start) is not None
        return credential and not (first and named and not word.shouted)

    def _fits_small(self, at: int, *, first: bool, strong: bool) -> bool:
        """Whether a word without a capital can be part of a name."""
        word, known = self._words[at], lists()
        all_small = not any(w.capitalised for w in self._words[max(0, at - 4) : at + 2])
        courtesy = COURTESY.search(self._text[: word.start]) is not None
        if not known.ordinary(word.key) and strong and (all_small or courtesy):
            return True
        if not known.name(word.key) or not (strong or all_small):
            return False
        if word.key not in known.common:
            return True
        return (strong and all_small) or (first and courtesy)

    def _sure_alone(self, at: int) -> bool:
        word = self._words[at]
        return known_name(word.key) and not self._around.acronym(word.start, word.end)

    def _stop(self, position: int) -> bool:
        return self._text[position - 1 : position] == "."

    def _with_stop(self, last: int) -> int:
        """The end of `words[last]`, with the full stop of an initial."""
        word = self._words[last]
        return word.end + (len(word.text) == 1 and self._text[word.end : word.end + 1] == ".")
