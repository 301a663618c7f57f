"""Names that stand for a disease, a sign or a device and for no person."""

import re
from collections.abc import Sequence
from functools import cache

from services.redactor.lexicon import MEDICAL_ENDS, Word, folded, lists

ALONE = frozenset(
    {"foley", "barrett", "whipple", "baker", "graves", "parkinson", "hickman", "doppler", "nissen"}
)
"""Stand without a word for what they are: a Foley, her Parkinson's."""

GRADED = re.compile(r"(?i)(?:[ivxab\d]+|type|grade|class|stage|score|category)\b")
"""What a classification goes on with: "Bosniak IIF", "Child-Pugh B"."""


@cache
def strong_eponyms() -> frozenset[str]:
    """Eponyms that hardly anybody is called, or that stand alone."""
    known = lists()
    return known.eponyms - known.frequent - frozenset(known.given) | ALONE


def joined_by_hyphens(text: str, words: Sequence[Word], at: int) -> list[Word]:
    """`words[at]` with what hyphens join to it: "Hill-Sachs"."""
    first = last = at
    while first > 0 and text[words[first - 1].end : words[first].start] in {"-", "–"}:
        first -= 1
    while last + 1 < len(words) and text[words[last].end : words[last + 1].start] in {"-", "–"}:
        last += 1
    return list(words[first : last + 1])


def makes_term(word: str) -> bool:
    """Whether `word` behind a name makes a medical term of it."""
    key = folded(word)
    heads = lists().eponym_heads
    return key in heads or key.split("-")[0] in heads or MEDICAL_ENDS.search(key) is not None


def head_follows(text: str, words: Sequence[Word], at: int) -> bool:
    """Whether what directly follows `words[at]` makes a medical term of it."""
    last = joined_by_hyphens(text, words, at)[-1]
    after = re.match(r"(?:['’]s)?[ ,-]*([\w-]*)", text[last.end : last.end + 40])
    return after is not None and makes_term(after[1])


def is_eponym(text: str, words: Sequence[Word], at: int) -> bool:
    """Whether `words[at]` is a name in a medical term."""
    known = lists()
    joined = joined_by_hyphens(text, words, at)
    if not any(word.key in known.eponyms for word in joined):
        return False
    key, last = words[at].key, joined[-1]
    possessive = text[last.end : last.end + 2] in {"'s", "’s"}
    after = text[last.end + 2 * possessive : last.end + 40].lstrip(" ,-")
    following = re.findall(r"[\w-]+", after)[:3]
    if following and after.startswith(following[0]):
        pair = folded(following[0]) in known.eponyms and not possessive
        if makes_term(following[0]) or (pair and any(map(makes_term, following[1:]))):
            return True
    if GRADED.match(after) and len(joined) > 1:
        return True
    own = possessive and key in known.eponyms - known.frequent
    return own or key in strong_eponyms()
