"""One edit of a statement, and the word lists that edits are made by."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cache

from services.report_structurer.lexicon import load
from services.report_structurer.terms import Term
from services.report_structurer.words import Token, spellings


@dataclass(frozen=True)
class Edit:
    """Words that may go.

    Attributes:
        first: Index of the first.
        last: Index of the last.
        short: What stands for them; "" when nothing does.
        kind: `filler`, or what a more careful rewrite leaves undone: `and`, `place`, `colon`, ...
    """

    first: int
    last: int
    short: str
    kind: str = "filler"


@dataclass(frozen=True)
class Read:
    """A statement as it was read.

    Attributes:
        text: The statement.
        words: Its words.
        denied: Indices of the words that a denial governs.
        found: Its findings.
        organs: Its organs.
    """

    text: str
    words: Sequence[Token]
    denied: Collection[int]
    found: Sequence[Term]
    organs: Sequence[Term]


@cache
def listed(name: str) -> frozenset[str]:
    """The single words of one list."""
    said = load("concise")[name]
    phrases = [said] if isinstance(said, str) else said
    return frozenset(" ".join(words) for phrase in phrases for words in spellings(phrase))


def stands_alone(words: Sequence[Token], first: int, last: int, text: str) -> bool:
    """Whether the words are no part of a compound such as "in-situ" or "and/or"."""
    start, end = words[first].start, words[last].end
    before = text[start - 1] if start else " "
    behind = text[end] if end < len(text) else " "
    return (before.isspace() or before in "(,;:.\"'") and (behind.isspace() or behind in "),;:.\"'")
