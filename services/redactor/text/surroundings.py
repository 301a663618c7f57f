"""What stands around a word, and how sure that makes it a name by itself."""

from collections.abc import Sequence

from services.redactor.lexicon import MEDICAL_ENDS, Word, folded, lists
from services.redactor.text.eponyms import head_follows, is_eponym, joined_by_hyphens
from services.redactor.text.name_cues import ACTS, NOT_NAMES, NUMERAL

ACRONYM_LETTERS = 5
"""Longest group of capitals that is taken for an abbreviation in a text of small letters."""
SHOUTED_SHARE = 0.6
TITLE_CASE_SHARE = 0.7
LONGER_WORD = 4
"""Letters of words that headings write with a capital."""
SHORTEST_NAME = 3
PROSE_WORDS = 9
"""Words of a text that is no description of a series or a study."""
NAMED_ALONE = 0.85
"""A capital inside a sentence, on a list of names, no word of the language."""


def known_name(key: str) -> bool:
    """Whether `key` is on a list of names or on none at all."""
    return lists().name(key) or not lists().ordinary(key)


class Surroundings:
    """Words of a text with what stands around them.

    Attributes:
        text: The text.
        words: Its words.
        mixed: Whether the text has small letters, so that capitals mean something.
    """

    def __init__(self, text: str, words: Sequence[Word]) -> None:
        self.text = text
        self.words = words
        self.mixed = sum(word.shouted for word in words) < SHOUTED_SHARE * len(words)
        self.at_start = {word.start: number for number, word in enumerate(words)}
        self.at_end = {word.end: number for number, word in enumerate(words)}

    def between(self, at: int) -> str:
        """What stands between `words[at - 1]` and `words[at]`."""
        return self.text[self.words[at - 1].end : self.words[at].start]

    def acronym(self, start: int, end: int) -> bool:
        """Whether a span is a few capitals that are no name, in a text of small letters."""
        span = self.text[start:end]
        short = span.isalpha() and span.isupper() and len(span) < ACRONYM_LETTERS
        key = folded(span)
        return self.mixed and short and (not lists().name(key) or lists().ordinary(key))

    def acronyms(self, *some: Word) -> bool:
        """Whether all are written in capitals in a text that is not."""
        return self.mixed and all(
            word.shouted and len(word.text) <= ACRONYM_LETTERS for word in some
        )

    def next_to(self, at: int) -> Word | None:
        """The word that only one space or mark parts from `words[at]`."""
        if at + 1 >= len(self.words):
            return None
        return self.words[at + 1] if self.between(at + 1) in {" ", ". ", "-"} else None

    def acts(self, at: int) -> bool:
        """Whether `words[at]` is a name and does what only people do."""
        word = self.words[at]
        written = word.capitalised and not word.shouted and len(word.text) >= SHORTEST_NAME
        if not written or not lists().name(word.key) or self.blocked(at, bare=True):
            return False
        return ACTS.match(self.text, word.end) is not None

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
        near = [w for w in self.words if begin <= w.start < end and len(w.text) >= LONGER_WORD]
        return sum(w.capitalised for w in near) > TITLE_CASE_SHARE * len(near)

    def eponym(self, at: int) -> bool:
        """Whether `words[at]` is a name in a medical term."""
        return is_eponym(self.text, self.words, at)

    def head_follows(self, at: int) -> bool:
        """Whether the word behind `words[at]` makes a medical term of it."""
        return head_follows(self.text, self.words, at)

    def blocked(self, at: int, *, bare: bool = False) -> bool:
        """Whether `words[at]` is no name without a title before it.

        Args:
            at: Which word.
            bare: Whether only the word behind it may make a medical term of it.
        """
        word = self.words[at]
        joined = joined_by_hyphens(self.text, self.words, at)
        kept = any(w.key in lists().kept for w in joined)
        if word.key in NOT_NAMES or kept or NUMERAL.fullmatch(word.text):
            return True
        return self.head_follows(at) if bare and len(joined) == 1 else self.eponym(at)

    def alone(self, at: int) -> tuple[float, str]:
        """How sure `words[at]` is a name by itself, and why."""
        word = self.words[at]
        if not word.capitalised or len(word.text) < 2 or self.blocked(at):  # noqa: PLR2004
            return 0, ""
        named, plain = lists().name(word.key), lists().ordinary(word.key)
        if word.shouted:
            sure = self._shouted(word, named=named, plain=plain)
        elif plain:
            sure = self._plain(at, named=named)
        else:
            sure = self._strange(at, named=named)
        return sure, "names:list" if named else "names:unknown word"

    def _shouted(self, word: Word, *, named: bool, plain: bool) -> float:
        # A description of a few words has words of its own: "THORAXROUTINE SAG".
        rare = not (named or plain) and len(word.text) > ACRONYM_LETTERS
        rare = rare and len(self.words) >= PROSE_WORDS
        if rare and not MEDICAL_ENDS.search(word.key):
            return 0.5
        if self.mixed:
            return 0.55 if named and not plain and len(word.text) >= ACRONYM_LETTERS else 0.05
        return 0 if plain else 0.7 if named else 0.15

    def _plain(self, at: int, *, named: bool) -> float:
        """A word of the language."""
        key, opens = self.words[at].key, self.sentence_start(at)
        if named and key not in lists().common:
            return 0.3 if opens else 0.6
        if key not in lists().common and not opens and self._suspicious(at):
            return 0.5
        given = named and key in lists().given
        return 0.55 if given and not opens and not self.title_case_line(at) else 0

    def _suspicious(self, at: int) -> bool:
        """Whether a rare word has a capital that nothing but a name explains."""
        word = self.words[at]
        if len(word.text) <= LONGER_WORD or MEDICAL_ENDS.search(word.key):
            return False
        return not self.title_case_line(at) and word.key not in lists().eponyms

    def _strange(self, at: int, *, named: bool) -> float:
        """No word of the language."""
        word, opens = self.words[at], self.sentence_start(at)
        if not word.text.isascii():
            return 0.9
        if named:
            return 0.7 if opens else NAMED_ALONE
        if not opens:
            return 0.6
        return 0.5 if len(word.text) > SHORTEST_NAME else 0.3
