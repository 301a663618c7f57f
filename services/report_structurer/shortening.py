"""Which words of a statement a shorter text may leave out or replace, and by what.

The rewriter takes these edits, and the guard accepts no others, whoever wrote the shorter text.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from services.report_structurer.lexicon import load
from services.report_structurer.terms import Term
from services.report_structurer.words import Phrases, Token, spellings

_PLACE_WORDS = frozenset({"of", "in", "within"})
_ARTICLES = frozenset({"the", "a", "an"})
_NO_SUBJECT = frozenset(
    {
        "no",
        "any",
        "or",
        "and",
        "be",
        "been",
        "of",
        "as",
        ",",
        "to",
        "well",
        "also",
        "but",
        "he",
        "she",
        "it",
        "they",
        "which",
        "that",
        "who",
        "this",
        "these",
        "not",
    }
)
"""Before a verb these are no subject that a colon could follow."""
_SIDES = frozenset({"left", "right"})
_VERBS = frozenset(
    {"is", "are", "was", "were", "has", "have", "had", "appears", "appear", "shows", "show",
     "demonstrates", "demonstrate", "measures", "measure", "remains", "remain", "contains", "reveals"}
)  # fmt: skip
CLAUSE_REACH = 9
"""Words behind "and" among which a verb makes a clause of its own."""
SIDE_REACH = 7
"""Words beside "and" among which a side may be taken for that of its neighbour."""
NEAR = 5
"""Words beside "and" among which "both" or "or" may belong to it."""
_KEPT = "keep"


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


@cache
def listed(name: str) -> frozenset[str]:
    """The single words of one list."""
    said = load("concise")[name]
    phrases = [said] if isinstance(said, str) else said
    return frozenset(" ".join(words) for phrase in phrases for words in spellings(phrase))


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


def edits(read: Read) -> list[Edit]:
    """Edits that do not overlap, from left to right."""
    words = read.words
    made = _listed_edits(words, read.text)
    taken = {k for edit in made for k in range(edit.first, edit.last + 1)}
    found = [edit for edit in made if edit.short != _KEPT]
    dropped = {k for e in found if not e.short for k in range(e.first, e.last + 1)}
    for edit in _conditional_edits(read, dropped):
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
        if not _stands_alone(words, first, last, text):
            continue
        at_start = first == begin
        if short[0:1] in {":", ","} and (at_start or words[first - 1].text in _NO_SUBJECT):
            short = _KEPT
        if short == "c/w" and at_start or len(short) > words[last].end - words[first].start:
            continue
        made.append(Edit(first, last, short, kind="colon" if short.startswith(":") else "filler"))
    return made


def _stands_alone(words: Sequence[Token], first: int, last: int, text: str) -> bool:
    """Whether the words are no part of a compound such as "in-situ" or "and/or"."""
    start, end = words[first].start, words[last].end
    before = text[start - 1] if start else " "
    behind = text[end] if end < len(text) else " "
    return (before.isspace() or before in "(,;:.\"'") and (behind.isspace() or behind in "),;:.\"'")


_SINGLE = frozenset({"x", "by", "and", "or", "with", *_PLACE_WORDS})


def _conditional_edits(read: Read, dropped: Collection[int]) -> Iterator[Edit]:
    """Edits of single words that depend on the words beside them."""
    words, text = read.words, read.text
    participles, possessives = listed("participles"), listed("possessives")
    subjects = listed("subjects")
    places = {t.first for t in read.organs if t.meaning.kind in {"organ", "region"}}
    wholes = {k for t in (*read.organs, *read.found) for k in range(t.first + 1, t.last + 1)}
    lists_kept = any(word.text in listed("with_and") for word in words)
    for k, word in enumerate(words):
        plain = word.text
        if plain in participles:
            if _ends_phrase(words, k):
                yield Edit(k, k, "")
        elif plain in possessives:
            if _is_patients(words, k):
                yield Edit(k, k, "")
        elif k <= 1 and plain in subjects:
            if _has_verb_behind(words, k, dropped):
                yield Edit(k, k, "")
        elif plain in {"has", "have"}:
            if k and k + 1 < len(words) and words[k + 1].text in listed("perfect"):
                yield Edit(k, k, "")
        elif plain in {"level", "levels"}:
            if _is_spine_level(words, k):
                yield Edit(k, k, "")
        elif plain not in _SINGLE or k in wholes or not _stands_alone(words, k, k, text):
            continue
        elif plain == "by" and _between_numbers(words, k):
            yield Edit(k, k, "x")
        elif plain in _PLACE_WORDS and _is_place(words, k, places, dropped):
            yield Edit(k, k, "", "place")
        elif plain == "and" and not lists_kept and _joins_words(words, k, text):
            yield _instead_of_and(words, k)
        elif plain == "or":
            edit = _or_edit(words, k, text) if k in read.denied else None
            if edit:
                yield edit
        elif plain == "with" and 0 < k < len(words) - 1 and words[k - 1].text == ",":
            yield Edit(k, k, "", "with")


def _ends_phrase(words: Sequence[Token], k: int) -> bool:
    """Whether a participle stands where "is seen" would: "a nodule seen in the lung"."""
    if k == 0 or words[k - 1].text in {
        "be",
        "been",
        "as",
        "at",
        "and",
        "or",
        "not",
        ",",
        ":",
        "when",
    }:
        return False
    return k + 1 == len(words) or words[k + 1].text in listed("before")


def _is_spine_level(words: Sequence[Token], k: int) -> bool:
    """Whether "level" follows "L4" or "L4-5"; not "level 3"."""
    before = [word.text for word in words[max(0, k - 4) : k]]
    behind = words[k + 1].text[0] if k + 1 < len(words) else "."
    return (
        bool(before)
        and before[-1].isdigit()
        and bool({"c", "t", "l", "s"} & set(before))
        and (not behind.isdigit())
    )


def _between_numbers(words: Sequence[Token], k: int) -> bool:
    return 0 < k < len(words) - 1 and all(words[n].text[0].isdigit() for n in (k - 1, k + 1))


def _is_place(
    words: Sequence[Token], k: int, places: Collection[int], dropped: Collection[int]
) -> bool:
    """Whether "in" or "of" stands between what was found and where."""
    before = k - 1
    while before >= 0 and before in dropped:
        before -= 1
    if before < 0 or words[before].text in listed("not_after"):
        return False
    if not words[before].text[-1].isalpha():
        return False
    where = k + 1
    while where < len(words) and where in dropped and words[where].text in _ARTICLES:
        where += 1
    if where >= len(words):
        return False
    return where in places or words[where].text in listed("positions")


def _joins_words(words: Sequence[Token], k: int, text: str) -> bool:
    """Whether "and" stands between words of a list, not between numbers or at an end."""
    if not 0 < k < len(words) - 1:
        return False
    before, behind = words[k - 1], words[k + 1]
    if behind.text[0].isdigit() or not behind.text[0].isalpha():
        return False
    bare = before.text[0].isdigit() and (before.start == 0 or text[before.start - 1].isspace())
    sides = before.text in _SIDES and behind.text in _SIDES
    near = words[max(0, k - NEAR) : k + NEAR]
    if any(word.text in listed("near_and") for word in near):
        return False
    return not bare and not sides and (before.text[0].isalnum() or before.text == ",")


def _instead_of_and(words: Sequence[Token], k: int) -> Edit:
    """A semicolon before a clause with its own verb, a comma in a list."""
    earlier = words[0].text in {"no", "without"} or any(w.text in _VERBS for w in words[:k])
    for word in words[k + 1 : k + 1 + CLAUSE_REACH]:
        if word.text in {",", "and", ";", "but", "."}:
            break
        if earlier and word.text in _VERBS and words[k + 1].text not in _VERBS:
            return Edit(k, k, ";", "clause")
    near = words[max(0, k - SIDE_REACH) : k + 1 + SIDE_REACH]
    has_side = any(word.text in _SIDES or word.text.startswith("bilateral") for word in near)
    return Edit(k, k, ",", "and beside a side" if has_side else "and")


def _or_edit(words: Sequence[Token], k: int, text: str) -> Edit | None:
    """A stroke for "or" between two plain words of what a denial lists; also for ", or"."""
    if not 1 < k < len(words) - 1 or not text[words[k].start - 1].isspace():
        return None
    first = k - 1 if words[k - 1].text == "," else k
    pair = (words[first - 1].text, words[k + 1].text)
    if not all(word.isalpha() and word not in _SIDES for word in pair):
        return None
    return Edit(first, k, "/", "or")


def _is_patients(words: Sequence[Token], k: int) -> bool:
    behind = words[k + 1].text if k + 1 < len(words) else ""
    return behind.isalpha() and behind not in listed("relatives") | listed("possessives")


def _has_verb_behind(words: Sequence[Token], k: int, dropped: Collection[int]) -> bool:
    """Whether the subject of the sentence is left out before its verb."""
    if k == 1 and 0 not in dropped:
        return False
    behind = words[k + 1].text if k + 1 < len(words) else ""
    return behind in listed("verbs")
