"""The examined limb: one side throughout, in title, history, technique and findings."""

from collections.abc import Iterator
from dataclasses import dataclass

from services.report_structurer.checks.alert import Alert, alert
from services.report_structurer.checks.laterality import SIDES, healthy
from services.report_structurer.checks.reading import (
    FRONT,
    Reading,
    Said,
    words_of,
)

_UPPER = frozenset(
    {"shoulder", "elbow", "wrist", "hand", "arm", "forearm", "finger", "thumb", "humerus"}
)
_LOWER = frozenset(
    {"hip", "knee", "ankle", "foot", "thigh", "calf", "leg", "heel", "toe", "femur", "tibia"}
)


def limb(reading: Reading) -> list[Alert]:
    """Sides of the examined limb that differ."""
    return [*_examined(reading), *_front(reading), *_strays(reading)]


def _front(reading: Reading) -> Iterator[Alert]:
    """Title, history and technique that name neighbouring limbs of two sides."""
    limbs = [one for one in _limbs(reading) if one.said.zone == FRONT]
    limbs = [one for one in limbs if one.said.statement.part != "comparison"]
    for group in (_UPPER, _LOWER | {"extremity"}):
        near = [one for one in limbs if one.part in group]
        if {one.side for one in near} != {"left", "right"} or len({o.part for o in near}) < 2:  # noqa: PLR2004
            continue
        other = next(one for one in near if one.side != near[0].side)
        apart = near[0].said is not other.said
        if apart and all(o.side != near[0].side for o in near[1:]):
            first = (near[0].start, near[0].end)
            yield alert("side_examined", first, (other.start, other.end))


def _strays(reading: Reading) -> Iterator[Alert]:
    """The other side, once, in the findings of one limb."""
    limbs = [one for one in _limbs(reading) if one.said.zone == FRONT]
    body = _LOWER | _UPPER | {"extremity"}
    examined = [o for o in limbs if o.part in body and o.said.statement.part in _NAMING]
    if not examined or len({one.side for one in limbs}) != 1:
        return
    sides = [
        (SIDES[w.text], s, w)
        for s in reading.said
        if s.zone != FRONT and not healthy(s)
        for w in s.words
        if w.text in SIDES
    ]
    apart = [one for one in sides if one[0] != examined[0].side]
    if len(apart) == 1 and apart[0][0] != "both" and len(sides) > 2:  # noqa: PLR2004 - the other side is named often
        word, first = apart[0][2], examined[0]
        yield alert("side_stray", (first.start, first.end), (word.start, word.end))


_NAMING = frozenset({"exam", "technique"})


@dataclass(frozen=True)
class _Limb:
    part: str
    side: str
    said: Said
    start: int
    end: int


def _limbs(reading: Reading) -> Iterator[_Limb]:
    """Sided parts of the body of which one is examined: "left knee"."""
    for said in reading.said:
        if said.statement.part == "communication":
            continue
        for k, word in enumerate(said.words):
            side = SIDES.get(word.text, "both")
            if side == "both" or healthy(said):
                continue
            for behind in said.words[k + 1 : k + 1 + LIMB_REACH]:
                if behind.stem in words_of("limbs"):
                    yield _Limb(behind.stem, side, said, word.start, behind.end)
                    break


LIMB_REACH = 3
"""Words behind a side in which the limb stands."""


def _examined(reading: Reading) -> Iterator[Alert]:
    """A limb whose side in title, history or technique differs from the side elsewhere."""
    if any(SIDES.get(w.text) == "both" for s in reading.zone(FRONT) for w in s.words):
        return
    limbs = list(_limbs(reading))
    told: set[str] = set()
    for one in limbs:
        same = [o for o in limbs if o.part == one.part and o is not one]
        apart = next((o for o in same if o.side != one.side), None)
        if apart is None or one.part in told:
            continue
        alone = all(o.side != one.side for o in same)
        examined = one.said.zone == FRONT and (alone or apart.said.zone == FRONT)
        named = any(o.said.zone == FRONT for o in same) and one.part != "breast"
        if examined or (alone and named and len(same) > 1):
            told.add(one.part)
            yield alert("side_examined", (one.start, one.end), (apart.start, apart.end))
