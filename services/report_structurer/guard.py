"""Whether a rewrite says the same: nothing but listed words gone, and the same facts and cues."""

import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cache

from services.report_structurer.context import Scope
from services.report_structurer.edit import Edit, Read
from services.report_structurer.facts import Sentence, facts, read
from services.report_structurer.lexicon import load, single_words
from services.report_structurer.shortening import edits
from services.report_structurer.words import Token, tokens

_MARKS = frozenset({",", ".", ";", ":"})
"""Marks of the source that may go; of those only listed edits bring new ones."""
_CONNECTED = re.compile(r"(?<=\d)\s*([-–/x×]|by\b)\s*(?=\d)")
_ONE_FOR_ALL = frozenset({"denial", "choice", "doubt"})
"""Kinds of words of which a short form may stand for another: "may represent", "possibly"."""
MOST_STEPS = 20
"""Steps per word after which a rewrite is refused; one that is the source takes one."""
Said = dict[str, Sequence[object]]


@dataclass(frozen=True)
class Source:
    """A text that rewrites are judged against; read once."""

    text: str
    words: Sequence[Token]
    allowed: Sequence[Edit]
    said: Said

    @classmethod
    def of(cls, text: str) -> "Source":
        """Reads a text."""
        said = read(text)
        denied = _denied(said.words, said.governing)
        allowed = edits(Read(text, said.words, denied, said.found, said.organs))
        return cls(text, said.words, allowed, _said(said))

    def difference(self, rewrite: str) -> str:
        """What a rewrite changes, in words of ours; "" when it says the same."""
        if len(rewrite) > len(self.text):
            return "longer than the source"
        if not _leads_to(self.words, [word.text for word in tokens(rewrite)], self.allowed):
            return "words lost, added or moved"
        after = _said(read(rewrite))
        for kind, before in self.said.items():
            if before != after[kind]:
                return f"{kind} differ"
        return ""


def difference(source: str, rewrite: str) -> str:
    """What a rewrite changes, in words of ours; "" when it says the same.

    A rewrite is the source with listed words left out or replaced by listed short forms
    (`shortening.edits`); nothing else goes, comes or moves. Beside that the same in the same order
    must be: numbers with units and what connects them, sides, findings with polarity and certainty,
    organs, cues with what they say, words of time, degree, denial, doubt, choice and direction.
    """
    return Source.of(source).difference(rewrite)


def _denied(words: Sequence[Token], governing: Sequence[Scope]) -> set[int]:
    """Indices of the words that a denial governs."""
    spans = [(scope.start, scope.end) for scope in governing if scope.quality == "negated"]
    return {k for k, w in enumerate(words) if any(a <= w.start < b for a, b in spans)}


def _leads_to(source: Sequence[Token], rewrite: Sequence[str], allowed: Sequence[Edit]) -> bool:
    """Whether allowed edits make the words of a rewrite out of those of its source.

    Each edit may be taken or not; of an edit of several words, articles may go alone; commas and
    other marks may go.
    """
    by_first = {edit.first: edit for edit in allowed}
    inside = {k for edit in allowed if not edit.short for k in range(edit.first, edit.last + 1)}
    shorts = {edit.first: tuple(t.text for t in tokens(edit.short)) for edit in allowed}
    seen: set[tuple[int, int]] = set()
    open_pairs = [(0, 0)]
    most = MOST_STEPS * (len(source) + len(rewrite) + 1)
    while open_pairs and len(seen) < most:
        at, made = open_pairs.pop()
        if at == len(source) and made == len(rewrite):
            return True
        if (at, made) in seen or at == len(source):
            continue
        seen.add((at, made))
        word = source[at].text
        if word in _MARKS or (word in {"the", "a", "an"} and at in inside):
            open_pairs.append((at + 1, made))
        edit = by_first.get(at)
        if edit is not None:
            short = shorts[at]
            if tuple(rewrite[made : made + len(short)]) == short:
                open_pairs.append((edit.last + 1, made + len(short)))
            elif set(short) <= _MARKS:
                open_pairs.append((edit.last + 1, made))
        if made < len(rewrite) and rewrite[made] == word:
            open_pairs.append((at + 1, made + 1))
    return False


def _said(sentence: Sentence) -> Said:
    kept = _times_and_degrees()
    text, governing = sentence.text, sentence.governing
    stated = facts(sentence)
    return {
        "numbers or sides": [f.meaning() for f in stated if f.kind not in {"finding", "organ"}],
        "connected numbers": [c.replace("by", "x") for c in _CONNECTED.findall(text)],
        "findings": [f.meaning() for f in stated if f.kind == "finding"],
        "organs": [(f.value, f.side) for f in stated if f.kind == "organ"],
        "normality": [
            (_plainly(text[t.start : t.end]), _is_denied(t.start, governing))
            for t in sentence.found
            if t.meaning.kind == "normal"
        ],
        "cues": sorted(Counter(scope.quality for scope in governing).items()),
        "times or degrees": [word.text for word in sentence.words if word.text in kept],
        "words that carry meaning": _carried(sentence.words),
    }


def _plainly(normal: str) -> str:
    """What is said: "normal" for "within normal limits", every other word for itself."""
    plain = normal.lower()
    return "normal" if "normal limits" in plain else plain


@cache
def _times_and_degrees() -> frozenset[str]:
    return single_words("times") | single_words("degrees")


def _is_denied(start: int, governing: Sequence[Scope]) -> bool:
    return any(s.quality == "negated" and s.start <= start < s.end for s in governing)


@cache
def _carriers() -> dict[str, str]:
    """What a word that is never lost stands for: itself, or its kind."""
    kinds: dict[str, Collection[str]] = load("concise")["carry"]
    return {
        word: kind if kind in _ONE_FOR_ALL else word
        for kind, many in kinds.items()
        for word in many
    }


def _carried(words: Sequence[Token]) -> list[str]:
    known = _carriers()
    return [
        known[word.text]
        for k, word in enumerate(words)
        if word.text in known and not (word.text == "/" and _is_abbreviation(words, k))
    ]


def _is_abbreviation(words: Sequence[Token], k: int) -> bool:
    """Whether a stroke belongs to "c/w" or "s/p"."""
    pair = (words[k - 1].text if k else "", words[k + 1].text if k + 1 < len(words) else "")
    return pair in {("c", "w"), ("s", "p"), ("w", "o"), ("h", "o"), ("r", "o")}
