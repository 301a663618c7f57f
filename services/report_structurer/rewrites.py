"""Whether a shorter text may stand for a statement, whoever wrote it."""

from collections import Counter
from collections.abc import Sequence
from functools import cache

from services.report_structurer.facts import Fact, facts, literal_facts, read
from services.report_structurer.guard import difference
from services.report_structurer.lexicon import load
from services.report_structurer.words import tokens

PLAIN = frozenset(chr(code) for code in range(32, 127))
"""Characters that a rewrite may use although its source does not: printable ASCII. No others:
letters that only look alike, and marks that turn the direction of reading, pass for words."""


def fault(source: str, rewrite: str) -> str:
    """Why a rewrite may not stand for its source, in words of ours; "" when it may.

    Beside what the guard compares, characters are those of the source or plain ones, and where a
    sentence states several numbers or sides, all it says keeps its order: "6 mm left and 8 mm
    right" holds the same facts as "8 mm left and 6 mm right".
    """
    if set(rewrite) - set(source) - PLAIN:
        return "characters that the source does not have"
    changed = difference(source, rewrite)
    if changed:
        return changed
    several = len(literal_facts(source)) > 1
    if several and _meanings(stated(source)) != _meanings(stated(rewrite)):
        return "the order of what is said differs"
    return ""


def model_fault(source: str, rewrite: str) -> str:
    """Why a language model's rewrite may not stand for its source; "" when it may.

    Stricter than `fault`: word lists know what they leave out, a model does not. Only words that
    state nothing by themselves may be missing, no word and no sign may be new, and where a sentence
    holds several numbers, levels or sides ("L5-S1", "T1 and T2"), the words keep their order.
    """
    wrong = fault(source, rewrite)
    if wrong:
        return wrong
    before, after = _content(source), _content(rewrite)
    if Counter(before) - Counter(after):
        return "a word of meaning is left out"
    if Counter(after) - Counter(before):
        return "a word is added"
    if _signs(source) != _signs(rewrite):
        return "signs differ"
    several = max(len(literal_facts(source)), sum(word[0].isdigit() for word in before)) > 1
    return "the order of what is said differs" if several and before != after else ""


def _content(text: str) -> list[str]:
    """Words that must come back."""
    same = load("rewrite")["same"]
    words = (token.text for token in tokens(text) if token.text[0].isalnum())
    return [same.get(word, word) for word in words if word not in _droppable()]


def _signs(text: str) -> Counter[str]:
    """Signs that change what is meant: "< 5 mm", "-30 HU", "? mass"; not those that part words."""
    return Counter(s for s in text if not (s.isalnum() or s.isspace() or s in ".,;:()'\""))


@cache
def _droppable() -> frozenset[str]:
    return frozenset(word for line in load("rewrite")["may_drop"] for word in line.split())


def stated(text: str) -> Sequence[Fact]:
    """Facts of a sentence, in its order."""
    return facts(read(text))


def _meanings(said: Sequence[Fact]) -> list[tuple[str, ...]]:
    return [fact.meaning() for fact in said]
