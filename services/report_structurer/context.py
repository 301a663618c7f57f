"""What a statement says about words in it: denied, possible, past, or about somebody else.

Cues govern words after or before them up to a stop, after NegEx (Chapman 2001) and ConText
(Harkema 2009). The cues are data: `lexicons/context.yaml`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

from services.report_structurer.lexicon import load
from services.report_structurer.words import Hit, Phrases, Token

Quality = Literal["negated", "possible", "historical", "hypothetical", "other"]


@dataclass(frozen=True)
class Cue:
    """Kind of a cue: a `Quality`, `pseudo` or `stop`; and the side it governs."""

    kind: str
    direction: str


@dataclass(frozen=True)
class Scope:
    """Words that a cue governs.

    Attributes:
        quality: What it says of them.
        start: Offset of the first character governed.
        end: Offset behind the last.
        cue_start: Offset of the cue.
        cue_end: Offset behind it.
    """

    quality: Quality
    start: int
    end: int
    cue_start: int
    cue_end: int


@cache
def _cues() -> Phrases[Cue]:
    rules = load("context")
    # Pseudo cues first: of two readings of the same words the harmless one stands.
    names = sorted((n for n in rules if n != "version"), key=lambda name: name != "pseudo")
    return Phrases(
        (phrase, Cue(*name.partition("_")[::2])) for name in names for phrase in rules[name]
    )


def scopes(words: Sequence[Token]) -> list[Scope]:
    """What the cues of one sentence govern."""
    return list(_scopes(words, _cues().find(words)))


def _scopes(words: Sequence[Token], hits: Sequence[Hit[Cue]]) -> Iterator[Scope]:
    stops = [hit for hit in hits if hit.value.kind == "stop"]
    for hit in hits:
        cue = hit.value
        if not cue.direction:
            continue
        if cue.direction == "forward":
            first = hit.last + 1
            last = min((s.first - 1 for s in stops if s.first > hit.last), default=len(words) - 1)
        else:
            first = max((s.last + 1 for s in stops if s.last < hit.first), default=0)
            last = hit.first - 1
        if first <= last:
            yield Scope(
                cue.kind,  # type: ignore[arg-type] # every kind with a direction is a quality
                words[first].start,
                words[last].end,
                words[hit.first].start,
                words[hit.last].end,
            )


def qualities(start: int, governing: Sequence[Scope]) -> set[Quality]:
    """What is said of the words that begin at `start`."""
    return {scope.quality for scope in governing if scope.start <= start < scope.end}
