"""Words of a text with their offsets, and phrases found among them."""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import product
from typing import Generic, NamedTuple, TypeVar

T = TypeVar("T")

_TOKEN = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_]+(?:['’][^\W\d_]+)?|_+|[^\w\s]")
_HYPHENS = frozenset("-‐‑–")
_PART = re.compile(r"\{([^}]*)\}|\[([^\]]*)\]|(\S+)")
_SUFFIX = re.compile(r"\(([^)]*)\)")


class Token(NamedTuple):
    """A word, number or mark.

    Attributes:
        text: Lower case.
        start: Offset of its first character.
        end: Offset behind its last character.
    """

    text: str
    start: int
    end: int


@lru_cache(maxsize=4)
def tokens(text: str, start: int = 0, end: int | None = None) -> tuple[Token, ...]:
    """Words, numbers and marks between two offsets; hyphens inside compounds are left out.

    The last few answers are kept: rules ask for the same sentence one after the other.
    """
    small = text.lower()
    # Lower case may be longer, "İ": then word by word.
    even = len(small) == len(text)
    found = _TOKEN.finditer(small if even else text, start, len(text) if end is None else end)
    made = [Token(m[0] if even else m[0].lower(), *m.span()) for m in found]
    if _HYPHENS.isdisjoint(text[start:end]):
        return tuple(made)
    return tuple(t for k, t in enumerate(made) if not (t.text in _HYPHENS and _joins(made, k)))


def _joins(made: Sequence[Token], k: int) -> bool:
    """Whether the mark at `k` stands between two words without space."""
    if not 0 < k < len(made) - 1:
        return False
    return made[k - 1].end == made[k].start and made[k].end == made[k + 1].start


def spellings(phrase: str) -> Iterator[tuple[str, ...]]:
    """Every sequence of words that a phrase stands for.

    `{a|b}` is one of, `[a|b]` one of or nothing, `nodule(s)` with or without the ending. An
    alternative may hold several words.
    """
    parts: list[list[tuple[str, ...]]] = []
    for one_of, optional, word in _PART.findall(phrase):
        if word:
            parts.append([(w,) for w in _endings(word)])
            continue
        choices = [
            tuple(combination)
            for choice in (one_of or optional).split("|")
            for combination in product(*(_endings(w) for w in choice.split()))
        ]
        parts.append(choices if one_of else [*choices, ()])
    for combination in product(*parts):
        yield tuple(word for part in combination for word in part)


def _endings(word: str) -> list[str]:
    found = _SUFFIX.search(word)
    if found is None:
        return [word]
    head, tail = word[: found.start()], word[found.end() :]
    return [head + tail, *(head + ending + tail for ending in found[1].split("/"))]


class Hit(NamedTuple, Generic[T]):
    """A phrase found among tokens.

    Attributes:
        value: What it stands for.
        first: Index of its first token.
        last: Index of its last token.
    """

    value: T
    first: int
    last: int


def _split(words: Sequence[str]) -> Iterator[str]:
    """Words of a phrase as `tokens` would give them."""
    for word in words:
        if word.isalnum():
            yield word.lower()
        else:
            yield from (token.text for token in tokens(word))


class _Node(Generic[T]):
    __slots__ = ("next", "value")

    def __init__(self) -> None:
        self.next: dict[str, _Node[T]] = {}
        self.value: T | None = None


class Phrases(Generic[T]):
    """Finds phrases; the longest at each place, none inside another.

    Args:
        entries: Phrase (see `spellings`) and what it stands for. Of two values for the same words
            the first stays.
    """

    def __init__(self, entries: Iterable[tuple[str, T]]) -> None:
        self._root: _Node[T] = _Node()
        for phrase, value in entries:
            for words in spellings(phrase):
                node = self._root
                for token in _split(words):
                    node = node.next.setdefault(token, _Node())
                if node.value is None and node is not self._root:
                    node.value = value

    def find(self, among: Sequence[Token]) -> list[Hit[T]]:
        """Hits from left to right."""
        begins = self._root.next
        texts = [token[0] for token in among]
        found: list[Hit[T]] = []
        free = 0
        for first, text in enumerate(texts):
            node = begins.get(text)
            if node is None or first < free:
                continue
            best, last = node.value, first
            for at in range(first + 1, len(texts)):
                node = node.next.get(texts[at])
                if node is None:
                    break
                if node.value is not None:
                    best, last = node.value, at
            if best is not None:
                found.append(Hit(best, first, last))
                free = last + 1
        return found
