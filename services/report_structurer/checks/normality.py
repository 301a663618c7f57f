"""What one place calls normal and another describes as diseased."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from services.report_structurer.checks.alert import Alert, alert
from services.report_structurer.checks.mentions import Mention, mentions
from services.report_structurer.checks.reading import (
    FINDINGS,
    IMPRESSION,
    Reading,
    Said,
    Word,
    words_of,
)

_NORMAL = frozenset({"intact", "unremarkable", "normal", "clear", "preserved"})
_LIMITED = frozenset(
    {
        "otherwise",
        "remaining",
        "remainder",
        "rest",
        "other",
        "grossly",
        "visualized",
        "except",
        "surrounding",
        "adjacent",
        "but",
    }
)
"""Words with which the normal part is what is left."""
_VERBS = frozenset(
    {
        "is",
        "are",
        "was",
        "were",
        "appears",
        "appear",
        "appeared",
        "remains",
        "remain",
        "remained",
        "demonstrates",
        "shows",
    }
)
_ONLY = re.compile(
    r"\b(?:in|for|caliber|calibre|size|sized|alignment|position|course|contour|enhancement)\b"
)
WIDER = 3
"""Words by which the place of a finding may be closer described than what is called normal."""


@dataclass(frozen=True)
class _Part:
    said: Said
    stems: frozenset[str]
    sides: frozenset[str]
    start: int
    end: int


def normality(reading: Reading) -> list[Alert]:
    """Parts called normal in a report that elsewhere finds something in them."""
    if not reading.complete:
        return []
    stated = [m for m in mentions(reading) if not m.denied]
    return list(_contradicted(stated, [p for s in reading.said for p in _parts(s)]))


def _contradicted(stated: Sequence[Mention], parts: Sequence[_Part]) -> Iterator[Alert]:
    told: set[int] = set()
    for part in parts:
        found = next((one for one in stated if _diseased(part, one)), None)
        if found and part.said.statement.id not in told:
            told.add(part.said.statement.id)
            yield alert("normal_diseased", (part.start, part.end), (found.start, found.end))


def _diseased(part: _Part, one: Mention) -> bool:
    """Whether a finding lies in what is called normal."""
    if one.stem in words_of("mild_heads") or one.said is part.said:
        # Marrow is one thing throughout; other parts of one zone are told of one by one.
        return "marrow" in part.stems and "marrow" in one.site and one.start < part.start
    if one.said.zone == part.said.zone and "marrow" not in part.stems:
        return False
    wider = one.site - part.stems
    if "marrow" in part.stems & one.site:
        return part.stems <= {"bone", "marrow", "intensity"} and one.stem == "edema"
    return part.stems <= one.site and len(wider) <= WIDER and one.sides == part.sides


def _parts(said: Said) -> Iterator[_Part]:
    """Subjects of "is normal" and the like, clause by clause."""
    if said.zone not in {FINDINGS, IMPRESSION} or _LIMITED & {w.text for w in said.words}:
        return
    for verb, word in enumerate(said.words):
        first = " ".join(w.text for w in said.words[verb + 1 : verb + 5])
        called = _NORMAL & set(first.split()) or first.startswith("within normal limits")
        if word.text not in _VERBS or not called or "not" in first:
            continue
        if _ONLY.search(" ".join(w.text for w in said.words[verb + 1 : verb + 8])):
            continue
        for group in _groups(_subject(said.words[:verb])):
            stems = frozenset(w.stem for w in group if w.stem and w.text not in words_of("degrees"))
            if len(stems) > 1:
                sides = frozenset(w.text for w in group) & {"left", "right"}
                yield _Part(said, stems - {"signal"}, sides, group[0].start, group[-1].end)


def _subject(words: Sequence[Word]) -> Sequence[Word]:
    """Words of the clause before its verb: behind the last verb and the mark that follows it."""
    verb = max((k for k, w in enumerate(words) if w.text in _VERBS), default=-1)
    mark = next((k for k in range(verb + 1, len(words)) if words[k].text in {",", ";"}), verb)
    return words[mark + 1 :] if verb >= 0 else words


def _groups(words: Sequence[Word]) -> Iterator[list[Word]]:
    """Parts of an enumeration; without its mark the enumeration is one part."""
    group: list[Word] = []
    for word in words:
        if word.text in {",", ":", "and"}:
            if group:
                yield group
            group = []
        else:
            group.append(word)
    if group:
        yield group
