"""Which words of a statement a shorter text may leave out or replace, and by what.

The rewriter takes these edits, and the guard accepts no others, whoever wrote the shorter text.
"""

from collections.abc import Sequence
from functools import cache
from itertools import pairwise

from services.report_structurer.edit import Edit, Read, stands_alone
from services.report_structurer.lexicon import load
from services.report_structurer.single_words import single_word_edits
from services.report_structurer.words import Phrases, Token

_NO_SUBJECT = frozenset(
    {"no", "any", "or", "and", "be", "been", "of", "as", ",", "to", "well",
     "also", "but", "he", "she", "it", "they", "which", "that", "who", "this", "these", "not"}
)  # fmt: skip
"""Before a verb these are no subject that a colon could follow."""
_KEPT = "keep"
_KINDS = {":": "colon", ",": "and"}
"""Kinds of the edits whose short form begins with a mark."""


@cache
def _phrases() -> Phrases[str]:
    """What stands for a phrase, or `keep` where nothing may."""
    lists = load("concise")
    kept = ((phrase, _KEPT) for phrase in lists["keep"])
    replaced = ((phrase, short) for short, many in lists["replace"].items() for phrase in many)
    return Phrases([*kept, *replaced, *((phrase, "") for phrase in lists["drop"])])


@cache
def _headings() -> Phrases[bool]:
    return Phrases((phrase, True) for phrase in load("concise")["heading"])


def edits(read: Read) -> list[Edit]:
    """Edits that do not overlap, from left to right."""
    words = read.words
    made = _listed_edits(words, read.text)
    taken = {k for edit in made for k in range(edit.first, edit.last + 1)}
    found = [edit for edit in made if edit.short != _KEPT]
    dropped = {k for e in found if not e.short for k in range(e.first, e.last + 1)}
    for edit in single_word_edits(read, dropped):
        if not any(k in taken for k in range(edit.first, edit.last + 1)):
            taken.update(range(edit.first, edit.last + 1))
            found.append(edit)
    return sorted(found, key=lambda edit: edit.first)


def _listed_edits(words: Sequence[Token], text: str) -> list[Edit]:
    """Edits of the lists, and what they keep; a heading at the start goes first."""
    made: list[Edit] = []
    heading = next((hit for hit in _headings().find(words[:4]) if hit.first == 0), None)
    begin = 0
    if heading and heading.last + 1 < len(words):
        made.append(Edit(0, heading.last, ""))
        begin = heading.last + 1
    for hit in _phrases().find(words[begin:]):
        first, last, short = hit.first + begin, hit.last + begin, hit.value
        if not stands_alone(words, first, last, text):
            continue
        at_start = first == begin
        if short == "," and not at_start and words[first - 1].text == ",":
            made.append(Edit(first, last, "", kind="and"))
            continue
        if short[0:1] in {":", ","} and (at_start or words[first - 1].text in _NO_SUBJECT):
            short = _KEPT
        if short == ":" and _is_object_with_verb(words[last + 1 :]):
            short = _KEPT
        if (short == "c/w" and at_start) or len(short) > words[last].end - words[first].start:
            continue
        made.append(Edit(first, last, short, _KINDS.get(short[:1], "filler")))
    return made


def _is_object_with_verb(behind: Sequence[Token]) -> bool:
    """Whether "to be" follows: "showed the duct to be dilated" has no colon."""
    return any(a.text == "to" and b.text in {"be", "have", "extend"} for a, b in pairwise(behind))
