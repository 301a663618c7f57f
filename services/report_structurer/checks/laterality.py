"""Left against right: the same thing with another side elsewhere, or a side that it cannot have."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from services.report_structurer.checks.alert import Alert, alert
from services.report_structurer.checks.reading import (
    FINDINGS,
    FRONT,
    IMPRESSION,
    Reading,
    Said,
    Word,
    heads_in,
    places,
    words_of,
)

SIDES = {
    "left": "left", "lul": "left", "lll": "left", "lingula": "left", "lingular": "left",
    "right": "right", "rul": "right", "rml": "right", "rll": "right",
    "bilateral": "both", "bilaterally": "both", "both": "both",
}  # fmt: skip
_SPLITS = frozenset({".", ";", "and"})
_ENDS = frozenset(".,;:()")
REACH = 5
"""Words behind or before a side that say what it is the side of."""
NEAR = 9
"""Words around a side that say what is found there."""


AROUND = 0.4
"""Weight of a word around, beside one of what has the side."""
LIKE, BOTH_LIKE, FRONT_LIKE, LESS = 0.5, 0.65, 0.99, 0.75
"""Likeness from which two places speak of the same; and how much less another place must have."""


@dataclass(frozen=True)
class Sided:
    """A side and what has it.

    Attributes:
        said: Where it stands.
        side: `left`, `right` or `both`.
        start: Offset of the side.
        end: Offset behind it.
        head: Stems of what has the side: "maxillary", "sinus".
        near: Stems of what is said there, with those of the head.
        more: Whether it only says which side has more.
        denied: Whether it is denied.
    """

    said: Said
    side: str
    start: int
    end: int
    head: frozenset[str]
    near: frozenset[str]
    more: bool
    denied: bool


def laterality(reading: Reading) -> list[Alert]:
    """Sides that another place contradicts, and sides that an organ does not have."""
    found = [sided for said in reading.said for sided in _sided(said)]
    return [
        *_impossible(reading),
        *_repeated(reading),
        *_contradicted(reading, found),
        *_more_sides(found),
    ]


def _sided(said: Said) -> Iterator[Sided]:
    """Sides of a statement with what has them; of one under "LEFT:", that of the heading."""
    headed = said.headed & {"left", "right"}
    if len(headed) == 1 and said.zone == FINDINGS and _only_headed(said):
        stems = frozenset(_class(stem) for stem in said.stems)
        start, end = said.words[0].start, said.words[-1].end
        yield Sided(said, min(headed), start, end, stems, stems, more=False, denied=False)
        return
    for k, word in enumerate(said.words):
        side = SIDES.get(word.text)
        if side is None or (k > 1 and _joined(said, k - 2)):
            continue
        side = "both" if _joined(said, k) else side
        near = frozenset(_class(w.stem) for w in _around(said, k) if w.stem)
        more = _more(said, k)
        denied = said.denied(word.start) or said.denied(word.end + 1)
        head = _behind(said, k) or _before(said, k)
        if more and not _behind(said, k):
            head = frozenset(_class(w.stem) for w in said.words[max(0, k - 12) : k] if w.stem)
            head -= words_of("more")
        yield Sided(said, side, word.start, word.end, head, near | head, more, denied)


def _only_headed(said: Said) -> bool:
    """Whether a statement has no side but that of its heading."""
    own = [k for k, word in enumerate(said.words) if word.text in SIDES]
    return all(any(w.text == ":" for w in said.words[k + 1 : k + 4]) for k in own)


def _class(stem: str) -> str:
    """One name for what findings and impression may name differently: an abscess, a collection."""
    return "growth" if stem in words_of("growths") else _CLASSES.get(stem, stem)


_CLASSES = {"lymphadenopathy": "node", "hemiparesis": "weakness", "infiltrate": "opacity",
            "consolidation": "opacity", "pneumonia": "opacity"}  # fmt: skip


def _joined(said: Said, k: int) -> bool:
    """Whether two sides have what follows: "left and right kidneys"."""
    three = [word.text for word in said.words[k : k + 3]]
    return len(three) > 2 and {three[0], three[2]} == {"left", "right"} and three[1] in _JOINING  # noqa: PLR2004


_JOINING = frozenset({"and", "or", "/"})


def _more(said: Said, k: int) -> bool:
    """Whether a side follows a comparison: "greater on the left"."""
    return any(word.text in words_of("more") for word in said.words[max(0, k - 4) : k])


def _behind(said: Said, k: int) -> frozenset[str]:
    """Stems behind a side up to the end of its phrase."""
    stems: list[str] = []
    k += 2 if _joined(said, k) else 0
    for word in said.words[k + 1 : k + 1 + REACH]:
        if word.text in _ENDS or word.text in words_of("breaks") or word.text in SIDES:
            break
        if word.stem and word.text not in words_of("degrees"):
            stems.append(_class(word.stem))
    return frozenset(stems)


def _before(said: Said, k: int) -> frozenset[str]:
    """Stems before a side that stands behind what has it: "on the left"."""
    stems: list[str] = []
    for word in reversed(said.words[max(0, k - REACH - 2) : k]):
        if word.text in _ENDS or word.text in SIDES:
            break
        if word.stem and word.text not in words_of("degrees"):
            stems.append(_class(word.stem))
    return frozenset(stems[:3])


def _around(said: Said, k: int) -> Iterator[Word]:
    """Words of content on either side of a side, up to the next side or the end of the sentence."""
    for way in (reversed(said.words[:k]), said.words[k + 1 :]):
        left = NEAR
        for word in way:
            if word.text in _SPLITS or word.text in SIDES or not left:
                break
            if word.stem:
                left -= 1
                yield word


def _contradicted(reading: Reading, found: Sequence[Sided]) -> Iterator[Alert]:
    """Sides of the impression, and of what comes before the findings, against the findings."""
    stated = [sided for sided in found if sided.said.zone == FINDINGS]
    front = [sided for sided in found if sided.said.zone == FRONT]
    both = any(one.side == "both" for one in front)
    for one in found:
        if one.said.zone == FINDINGS:
            yield from _odd(reading, one, found)
            continue
        bare = replace(one, near=one.head)
        if one.said.zone == IMPRESSION:
            yield from _against(reading, one, stated)
            if not both and all(_alike(reading, bare, o) < LIKE for o in stated):
                yield from _against(reading, bare, front, FRONT_LIKE)
        elif not both and one.said.statement.part in {"exam", "indication"} and one.head:
            ill = [o for o in stated if not healthy(o.said)]
            yield from _against(reading, bare, ill, FRONT_LIKE)


def _odd(reading: Reading, one: Sided, found: Sequence[Sided]) -> Iterator[Alert]:
    """A side of the findings that two or more other places contradict and none repeats."""
    heads = heads_in(one.near) | one.near & {"growth"}
    same = [o for o in found if o.said is not one.said and _same_head(reading, one, o)]
    apart = [o for o in same if o.side not in {one.side, "both"}]
    if one.side == "both" or not heads or len(apart) < 2 or len(apart) < len(same):  # noqa: PLR2004
        return
    told = [o for o in apart if o.near & heads and o.said.zone == IMPRESSION]
    if told:
        yield alert("side_odd", (one.start, one.end), (told[0].start, told[0].end))


def _same_head(reading: Reading, one: Sided, other: Sided) -> bool:
    both = reading.weight(one.head & other.head)
    return both > LESS * max(reading.weight(one.head), reading.weight(other.head)) > 0


def _against(
    reading: Reading, one: Sided, others: Sequence[Sided], least: float = LIKE
) -> Iterator[Alert]:
    """The place that speaks most of the same, when it has another side than every similar place."""
    likeness = [(_alike(reading, one, other), other) for other in others if _tells(other)]
    best, other = max(likeness, key=lambda pair: pair[0], default=(0.0, None))
    if other is None or best < least or other.side == one.side:
        return
    if other.side == "both" and best < BOTH_LIKE:
        return
    if one.side == "both" and _each(likeness, best):
        return
    toward = reading.report.text[max(0, one.start - 7) : one.start].lower() == "to the "
    if toward and other.side == "both":
        return
    support = max((a * _support(one.side, o.side) for a, o in likeness), default=0.0)
    if support < best * LESS:
        rule = "side_impression" if "both" not in {one.side, other.side} else "side_both"
        yield alert(rule, (one.start, one.end), (other.start, other.end))


def _tells(one: Sided) -> bool:
    """Whether something is said of a side; of the other, healthy one nothing need agree."""
    texts = {word.text for word in one.said.words}
    return not (texts & {"normal", "unremarkable", "contralateral"} and not heads_in(one.near))


def _more_sides(found: Sequence[Sided]) -> Iterator[Alert]:
    """Findings and impression each say once which side has more of a thing, and differ."""
    zones = [
        [o for o in found if o.more and o.side != "both" and o.said.zone == zone]
        for zone in (IMPRESSION, FINDINGS)
    ]
    for one in zones[0]:
        same = [o for o in zones[1] if o.head & one.head]
        if len(same) == 1 and same[0].side != one.side and len(zones[0]) == 1:
            yield alert("side_impression", (one.start, one.end), (same[0].start, same[0].end))


_EARLIER = (
    "prior",
    "previous",
    "replacement",
    "arthroplasty",
    "amputation",
    "prosthesis",
    "status",
)


def healthy(said: Said) -> bool:
    """Whether a statement compares with the limb that was not asked about."""
    texts = {word.text for word in said.words}
    return bool(
        texts & {"normal", "contralateral", "opposite", "unremarkable", "compared", *_EARLIER}
    )


def _each(likeness: Sequence[tuple[float, Sided]], best: float) -> bool:
    """Whether both sides are told of one by one, or in one statement."""
    near = [o for a, o in likeness if a >= best * LESS * LESS]
    around = {o.side for n in near for _, o in likeness if o.said is n.said}
    return {"left", "right"} <= {o.side for o in near} | around


def _support(side: str, other: str) -> float:
    """How far one side stands for another: what is bilateral is also left."""
    if side == other:
        return 1.0
    return 0.7 if side == "both" else 0.0


def _alike(reading: Reading, one: Sided, other: Sided) -> float:
    """How much two sided places speak of the same, from 0 to 1."""
    head = one.head & other.near
    if (one.head and not head) or (one.more, one.denied) != (other.more, other.denied):
        return 0.0
    around = min(reading.weight(o.near - one.head) for o in (one, other))
    own = reading.weight(one.head) + AROUND * around
    shared = reading.weight(head) + AROUND * reading.weight((one.near & other.near) - one.head)
    return shared / own if own else 0.0


def _repeated(reading: Reading) -> Iterator[Alert]:
    """The same side twice where the other is meant: "left and left kidneys"."""
    for found in _TWICE.finditer(reading.report.text):
        yield alert("side_repeated", found.span(1), found.span(2))


_TWICE = re.compile(
    r"\b(left|right) (?:and|or) (?:the )?(\1)\b(?! (?:upper|lower|middle))", re.IGNORECASE
)


def _impossible(reading: Reading) -> Iterator[Alert]:
    for said in reading.said:
        for place in places(said, "impossible_sides"):
            yield alert("side_impossible", (place.start, place.end))
