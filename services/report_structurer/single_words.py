"""Edits of single words, which depend on the words beside them."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from services.report_structurer.edit import Edit, Read, listed, stands_alone
from services.report_structurer.words import Token

_PLACE_WORDS = frozenset({"of", "in", "within"})
_SPINE = frozenset({"c", "t", "l", "s"})
_ARTICLES = frozenset({"the", "a", "an"})
_NO_PARTICIPLE_AFTER = frozenset({"be", "been", "as", "at", "and", "or", "not", ",", ":", "when"})
_SIDES = frozenset({"left", "right"})
_VERBS = frozenset(
    {"is", "are", "was", "were", "has", "have", "had", "appears", "appear", "shows", "show",
     "demonstrates", "demonstrate", "measures", "measure", "remains", "remain", "contains",
     "reveals"}
)  # fmt: skip
CLAUSE_REACH = 9
"""Words behind "and" among which a verb makes a clause of its own."""
SIDE_REACH = 7
"""Words beside "and" among which a side may be taken for that of its neighbour."""
NEAR = 5
"""Words beside "and" among which "both" or "or" may belong to it."""


@dataclass(frozen=True)
class _Beside:
    """What rules of single words look at beside the word."""

    words: Sequence[Token]
    text: str
    denied: Collection[int]
    dropped: Collection[int]
    places: Collection[int]
    named: Collection[int]
    findings: Collection[int]
    keeps_lists: bool


_Rule = Callable[[_Beside, int], Edit | None]


def single_word_edits(read: Read, dropped: Collection[int]) -> Iterator[Edit]:
    """Edits of single words that depend on the words beside them."""
    beside = _Beside(
        read.words,
        read.text,
        read.denied,
        dropped,
        {t.first for t in read.organs if t.meaning.kind in {"organ", "region"}},
        {k for t in (*read.found, *read.organs) for k in range(t.first, t.last + 1)},
        {t.first for t in read.found if t.meaning.kind != "normal"},
        any(word.text in listed("with_and") for word in read.words),
    )
    wholes = {k for t in (*read.organs, *read.found) for k in range(t.first + 1, t.last + 1)}
    rules = _rules()
    for k, word in enumerate(read.words):
        rule = rules.get(word.text)
        if rule is None or k in wholes or not stands_alone(read.words, k, k, read.text):
            continue
        edit = rule(beside, k)
        if edit is not None:
            yield edit


@cache
def _rules() -> dict[str, _Rule]:
    """The rule for each word that has one."""
    lists: list[tuple[Collection[str], _Rule]] = [
        (listed("participles"), _participle),
        (listed("possessives"), _possessive),
        (listed("subjects"), _subject),
        (_PLACE_WORDS, _place),
        ({"at", "on"}, _at),
        ({"level", "levels"}, _level),
        ({"has", "have"}, _perfect),
        ({"and"}, _and),
        ({"or"}, _or),
        ({"by"}, _by),
        ({"with"}, _with),
    ]
    return {word: rule for words, rule in lists for word in words}


def _participle(beside: _Beside, k: int) -> Edit | None:
    """Where "is seen" would stand: "a nodule seen in the lung"."""
    words = beside.words
    if k == 0 or words[k - 1].text in _NO_PARTICIPLE_AFTER:
        return None
    ends = k + 1 == len(words) or words[k + 1].text in listed("before")
    return Edit(k, k, "") if ends else None


def _possessive(beside: _Beside, k: int) -> Edit | None:
    """The patient's own, not a relative's."""
    behind = _text(beside.words, k + 1)
    other = behind in listed("relatives") or behind in listed("possessives")
    return Edit(k, k, "") if behind.isalpha() and not other else None


def _subject(beside: _Beside, k: int) -> Edit | None:
    """The subject at the start, before its verb."""
    starts = k == 0 or (k == 1 and 0 in beside.dropped)
    return Edit(k, k, "") if starts and _text(beside.words, k + 1) in listed("verbs") else None


def _place(beside: _Beside, k: int) -> Edit | None:
    """Between what was found and where: "in" or "of" goes."""
    words = beside.words
    before = k - 1
    while before >= 0 and before in beside.dropped:
        before -= 1
    if before < 0 or words[before].text in listed("not_after"):
        return None
    where = k + 1
    while where in beside.dropped and words[where].text in _ARTICLES:
        where += 1
    is_place = where in beside.places or _text(words, where) in listed("positions")
    return Edit(k, k, "", "place") if is_place and words[before].text[-1].isalpha() else None


def _level(beside: _Beside, k: int) -> Edit | None:
    """Behind "L4" or "L4-5"; not "level 3"."""
    before = [word.text for word in beside.words[max(0, k - 4) : k]]
    spine = bool(before) and before[-1].isdigit() and bool(_SPINE & set(before))
    return Edit(k, k, "") if spine and not _text(beside.words, k + 1)[:1].isdigit() else None


def _perfect(beside: _Beside, k: int) -> Edit | None:
    """Before what says the same without it: as in "has increased" by itself."""
    return Edit(k, k, "") if k and _text(beside.words, k + 1) in listed("perfect") else None


def _by(beside: _Beside, k: int) -> Edit | None:
    """Between two numbers of a size."""
    numbers = _text(beside.words, k - 1)[:1] + _text(beside.words, k + 1)[:1]
    return Edit(k, k, "x") if len(numbers) == 2 and numbers.isdigit() else None  # noqa: PLR2004


def _with(beside: _Beside, k: int) -> Edit | None:
    """Nothing behind a comma; a comma between two findings, unless they are denied together."""
    if not 0 < k < len(beside.words) - 1:
        return None
    if beside.words[k - 1].text == ",":
        return Edit(k, k, "", "with")
    joined = k - 1 in beside.named and k not in beside.denied and _is_found(beside, k + 1)
    return Edit(k, k, ",", "with") if joined else None


def _is_found(beside: _Beside, first: int) -> bool:
    """Whether a finding begins soon, in the same phrase."""
    for k in range(first, min(first + NEAR, len(beside.words))):
        if k in beside.findings:
            return True
        if not beside.words[k].text[0].isalnum() or beside.words[k].text in {"and", "or"}:
            return False
    return False


def _at(beside: _Beside, k: int) -> Edit | None:
    """Between a finding and its level or side: "disc bulge at L4-5", "effusion on the left"."""
    where = k + 1
    while where in beside.dropped and beside.words[where].text in _ARTICLES:
        where += 1
    place, behind = _text(beside.words, where), _text(beside.words, where + 1)
    is_level = place in _SPINE and behind.isdigit()
    is_side = beside.words[k].text == "on" and place in _SIDES and not behind[:1].isalnum()
    return Edit(k, k, "", "place") if k - 1 in beside.named and (is_level or is_side) else None


def _text(words: Sequence[Token], k: int) -> str:
    """The word at an index; "" outside."""
    return words[k].text if 0 <= k < len(words) else ""


def _and(beside: _Beside, k: int) -> Edit | None:
    """A semicolon before a clause with its own verb, a comma in a list of words."""
    words = beside.words
    if beside.keeps_lists or not _joins_words(beside, k):
        return None
    if _begins_clause(words, k):
        return Edit(k, k, ";", "clause")
    near = words[max(0, k - SIDE_REACH) : k + 1 + SIDE_REACH]
    has_side = any(word.text in _SIDES or word.text.startswith("bilateral") for word in near)
    if not has_side:
        return Edit(k, k, ",", "and")
    earlier = any(first in beside.findings for first in range(max(0, k - SIDE_REACH), k))
    mark = ";" if earlier and _is_found(beside, k + 1) else ","
    return Edit(k, k, mark, "and beside a side")


def _joins_words(beside: _Beside, k: int) -> bool:
    """Whether "and" stands between words of a list, not between numbers or sides."""
    words, text = beside.words, beside.text
    before, behind = _text(words, k - 1), _text(words, k + 1)
    if not behind[:1].isalpha() or not (before[:1].isalnum() or before == ","):
        return False
    for near in range(max(0, k - NEAR), min(k + NEAR, len(words))):
        if words[near].text in listed("near_and") and not _is_pair(beside, near):
            return False
    start = words[k - 1].start
    bare = before[0].isdigit() and (start == 0 or text[start - 1].isspace())
    return not bare and not (before in _SIDES and behind in _SIDES)


def _is_pair(beside: _Beside, k: int) -> bool:
    """Whether "both" names a pair of organs, "both kidneys", not two members of a list."""
    behind = _text(beside.words, k + 1)
    return beside.words[k].text == "both" and k + 1 in beside.places and behind.endswith("s")


def _begins_clause(words: Sequence[Token], k: int) -> bool:
    """Whether a verb follows in the same clause, and one clause came before."""
    earlier = words[0].text in {"no", "without"} or any(w.text in _VERBS for w in words[:k])
    if not earlier or words[k + 1].text in _VERBS:
        return False
    for word in words[k + 1 : k + 1 + CLAUSE_REACH]:
        if word.text in {",", "and", ";", "but", "."}:
            return False
        if word.text in _VERBS:
            return True
    return False


def _or(beside: _Beside, k: int) -> Edit | None:
    """A stroke between two plain words of what a denial lists; also for ", or"."""
    words = beside.words
    if k not in beside.denied or k < 2 or not beside.text[words[k].start - 1].isspace():  # noqa: PLR2004
        return None
    first = k - 1 if words[k - 1].text == "," else k
    pair = (words[first - 1].text, _text(words, k + 1))
    plain = all(word.isalpha() and word not in _SIDES for word in pair)
    return Edit(first, k, "/", "or") if plain else None
