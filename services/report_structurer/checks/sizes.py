"""Measurements with all their axes, in one unit, and what is measured."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from services.report_structurer.checks.reading import Reading, Said, words_of
from services.report_structurer.facts import Fact

_BETWEEN = re.compile(r"\s*(?:mm|cm)?\s*(?:[x×]|by)\s*", re.IGNORECASE)
_UNIT = re.compile(r"\s*-?\s*[A-Za-z%]+")
_EARLIER = re.compile(
    r"\b(?:previous(?:ly)?|prior|formerly|was|were|compared (?:to|with)|from|versus"
    r"|than)\b[^.]{0,25}$",
    re.IGNORECASE,
)
_MM = {"mm": 1.0, "cm": 10.0}


@dataclass(frozen=True)
class Size:
    """One measurement.

    Attributes:
        said: Where it stands.
        values: Numbers as written, one per axis.
        unit: UCUM code.
        start: Offset of the first number.
        end: Offset behind the unit.
        about: Stems of its clause: what is measured, and where.
        earlier: Whether it is that of an earlier examination, or a bound.
        whole: By axis, whether it is written in whole centimetres, as rounded sizes are.
    """

    said: Said
    values: tuple[float, ...]
    unit: str
    start: int
    end: int
    about: frozenset[str]
    earlier: bool
    whole: tuple[bool, ...] = ()

    @property
    def mm(self) -> tuple[float, ...]:
        """Axes in millimetres; empty when it is no length."""
        return tuple(round(v * _MM[self.unit], 3) for v in self.values if self.unit in _MM)


def sizes(reading: Reading) -> list[Size]:
    """Measurements in the order of the text."""
    return [size for said in reading.said for size in _sizes(reading.report.text, said)]


def _sizes(text: str, said: Said) -> Iterator[Size]:
    group: list[Fact] = []
    for fact in (f for f in said.statement.facts if f.kind == "measurement"):
        joined = group and _BETWEEN.fullmatch(text[group[-1].end : fact.start])
        if group and not joined:
            yield _size(text, said, group)
            group = []
        group.append(fact)
    if group:
        yield _size(text, said, group)


def _size(text: str, said: Said, group: Sequence[Fact]) -> Size:
    start, end = group[0].start, group[-1].end
    unit = _UNIT.match(text, end)
    before = text[said.statement.start : start]
    return Size(
        said=said,
        values=tuple(float(fact.value) for fact in group),
        unit=group[-1].unit + ("/" if unit and text[unit.end() : unit.end() + 1] == "/" else ""),
        start=start,
        end=unit.end() if unit else end,
        about=_about(said, start, end),
        earlier=bool(_EARLIER.search(before)),
        whole=tuple("." not in f.value and f.unit == "cm" for f in group),
    )


def _about(said: Said, start: int, end: int) -> frozenset[str]:
    """Stems between the marks around a measurement; the whole statement's when those say little."""
    text = [(w.start, w.end) for w in said.words if w.text in {".", ";", ","}]
    first = max((b for _, b in text if b <= start), default=said.statement.start)
    last = min((a for a, _ in text if a >= end), default=said.statement.end)
    near = {w.stem for w in said.words if first <= w.start < last and w.stem}
    near -= words_of("degrees")
    return frozenset(near if len(near) > 1 else near | (said.stems - words_of("degrees")))
