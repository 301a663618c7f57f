"""Numbers that another place contradicts, and numbers that no body has; units likewise."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from services.report_structurer.checks.alert import Alert, alert
from services.report_structurer.checks.reading import (
    FINDINGS,
    IMPRESSION,
    Reading,
    heads_in,
    words_of,
)
from services.report_structurer.checks.sizes import Size, sizes
from services.report_structurer.lexicon import load

LIKE = 0.5
"""Likeness from which two measurements are of the same thing."""
ROUNDING = 0.06
"""Share by which a size in whole centimetres may be rounded."""


def number(reading: Reading) -> list[Alert]:
    """Sizes and percentages of the impression against the findings, and what no body has."""
    measured = sizes(reading)
    return [
        *_differing(reading, measured),
        *_volumes(reading),
        *_ages(reading),
        *_implausible(reading, measured),
    ]


def _differing(reading: Reading, measured: Sequence[Size]) -> Iterator[Alert]:
    found = [s for s in measured if s.said.zone == FINDINGS]
    closing = [s for s in measured if s.said.zone == IMPRESSION and _kind(s)]
    for one in closing:
        if any(_same(one, other) for other in found):
            continue
        left = [
            s for s in found if _kind(s) == _kind(one) and not any(_same(s, c) for c in closing)
        ]
        likeness = [(_alike(reading, one, s), s) for s in left]
        best, other = max(likeness, key=lambda pair: pair[0], default=(0.0, None))
        if best < LIKE and not one.earlier:
            named = [s for s in left if not s.earlier and _named_alike(one, s)]
            best, other = (LIKE, named[0]) if len(named) == 1 else (0.0, None)
        if other is not None and best >= (1.0 if one.earlier else LIKE):
            rule = "unit_differs" if _unit_slip(one, other) else "size_differs"
            yield alert(rule, (one.start, one.end), (other.start, other.end))


def _kind(size: Size) -> str:
    """What is measured; "" for what is not compared, as laboratory values."""
    return "length" if size.mm else size.unit if size.unit in {"%", "mL"} else ""


def _same(one: Size, other: Size) -> bool:
    """Whether a size repeats another, whole or its largest axis, rounded or not."""
    if _kind(one) != _kind(other):
        return False
    own = list(zip(one.mm or one.values, one.whole, strict=True))
    others = list(zip(other.mm or other.values, other.whole, strict=True))
    return all(any(_rounded(a, b) for b in others) for a in own) or all(
        any(_rounded(a, b) for b in own) for a in others
    )


def _rounded(one: tuple[float, bool], other: tuple[float, bool]) -> bool:
    """Whether two numbers agree, as far as whole centimetres are rounded ones."""
    (a, first), (b, second) = one, other
    return a == b or ((first != second) and abs(a - b) <= ROUNDING * max(a, b))


def _unit_slip(one: Size, other: Size) -> bool:
    """Whether the digits are the same and only the unit differs."""
    return one.unit != other.unit and one.values == other.values


def _alike(reading: Reading, one: Size, other: Size) -> float:
    if len(set(one.mm) & set(other.mm)) >= 2:  # noqa: PLR2004 - two axes are the same by no chance
        return 1.0
    if len(one.values) > 1 and _unit_slip(one, other):
        return 1.0
    if len(one.mm) == len(other.mm) > 1 and one.earlier == other.earlier and _one_axis(one, other):
        return 1.0
    if not one.about or not other.about:
        return 0.0
    both = reading.weight(one.about & other.about)
    own = min(reading.weight(one.about), reading.weight(other.about))
    return both / own if own else 0.0


def _one_axis(one: Size, other: Size) -> bool:
    """Whether two sizes differ in one axis alone."""
    return sum(a != b for a, b in zip(one.mm, other.mm, strict=True)) == 1


def _near_whole(one: Size, other: Size) -> bool:
    """Whether a size in whole centimetres may be an axis of another, rounded."""
    return (
        len(one.mm) == 1 and one.whole[0] and any(abs(one.mm[0] - b) <= ROUNDED for b in other.mm)
    )


ROUNDED = 5.0
"""Millimetres by which a size in whole centimetres differs at most from the measured one."""


def _named_alike(one: Size, other: Size) -> bool:
    """Whether two sizes are of one kind of finding, on no two sides."""
    named = heads_in(one.about) & heads_in(other.about)
    growth = bool(one.about & words_of("growths")) and bool(other.about & words_of("growths"))
    sides = [{w.text for w in s.said.words} & {"left", "right"} for s in (one, other)]
    if any(_near_whole(a, b) for a, b in ((one, other), (other, one))):
        return False
    return (bool(named) or growth) and (not all(sides) or bool(sides[0] & sides[1]))


_VOLUME = re.compile(
    r"(\d+(?:\.\d+)?)\s*[x×]\s*(\d+(?:\.\d+)?)\s*[x×]\s*(\d+(?:\.\d+)?)\s*(mm"
    r"|cm)\b[^.;]{0,40}?volume\D{0,20}?"
    r"(\d+(?:\.\d+)?)\s*(?:ml|cc|cm3|cubic)",
    re.IGNORECASE,
)
ELLIPSOID = 0.5236
"""Volume of an ellipsoid over the product of its axes, pi/6."""
VOLUME_OFF = 1.4
"""Factor between the stated and the computed volume from which one of the numbers is wrong."""


def _volumes(reading: Reading) -> Iterator[Alert]:
    for found in _VOLUME.finditer(reading.report.text):
        scale = 0.1 if found[4].lower() == "mm" else 1.0
        product = float(found[1]) * float(found[2]) * float(found[3]) * scale**3
        computed, stated = product * ELLIPSOID, float(found[5])
        if stated and computed and not 1 / VOLUME_OFF <= computed / stated <= 2.0:  # noqa: PLR2004 - some state the box
            yield alert("volume_differs", (found.start(1), found.end(4)), found.span(5))


_AGE = re.compile(
    r"\b(\d{1,4})(?:\s*-?\s*|\s+)(?:years?|yrs?|y/?o)\b[\s-]*(?:old\b)?", re.IGNORECASE
)
OLDEST = 115
"""Years; the oldest person on record reached 122, a patient hardly that."""


def _ages(reading: Reading) -> Iterator[Alert]:
    """Ages that nobody reaches, and two ages of one patient."""
    text = reading.report.text
    ages = [m for m in _AGE.finditer(text) if "old" in m[0].lower()]
    for found in ages:
        if int(found[1]) > OLDEST:
            yield alert("age_impossible", found.span())
            return
    if len({found[1] for found in ages}) > 1 and not _RELATIVE.search(text):
        yield alert("age_differs", *(found.span() for found in _first_two(ages)))


def _first_two(ages: Sequence[re.Match[str]]) -> tuple[re.Match[str], re.Match[str]]:
    return ages[0], next(found for found in ages if found[1] != ages[0][1])


_RELATIVE = re.compile(
    r"\b(?:mother|father|sister|brother|son|daughter|husband|wife|family|infant|donor|fracture"
    r"|age of|since)\b",
    re.IGNORECASE,
)


def _implausible(reading: Reading, measured: Sequence[Size]) -> Iterator[Alert]:
    for size in measured:
        if size.mm:
            rule = _beyond(reading, size)
            if rule:
                yield alert(rule, (size.start, size.end))
        elif size.unit == "%" and max(size.values) > WHOLE and not _OF_MORE.search(size.said.plain):
            yield alert("share_impossible", (size.start, size.end))
    for found in _LITRES.finditer(reading.report.text):
        yield alert("unit_volume", found.span())


WHOLE = 100.0
_OF_MORE = re.compile(r"percentile|increase|change|predicted|maximum|target|ideal|standard")
_LITRES = re.compile(
    r"\b\d{1,3}(?:\.\d+)?\s?(?:L|liters?|litres?)\b(?=[^.]{0,40}(?:contrast|intraven|\bIV\b"
    r"|[A-Z][a-z]+(?:ist|in|vist|rem|scan|que|ray|paque|vue|dol)\b))"
)


_NOT_INSIDE = "".join(
    f"(?<!{place} the {side})" for place in ("of", "in") for side in ("", "right ", "left ")
)
"""Before an organ: what is measured in an organ is not the organ."""
_MEASURES = (
    r"(?: gland)?(?: is| are| was)?(?: currently| now)? (?:measur\w+|spans?|of|up to)[^.;,]{0,30}$"
)


def _beyond(reading: Reading, size: Size) -> str:
    """Rule that a length breaks: too small or too large for what is measured; "" for none."""
    text = reading.report.text
    before = text[size.said.statement.start : size.start].lower()
    behind = text[size.end : size.said.statement.end].lower()[:40]
    if _is_fine(size) and not _FINE.search(before + behind):
        return "unit_decimals"
    entry = _limit(before, behind)
    if entry is not None:
        low, high = entry["mm"]
        return "" if low <= max(size.mm) <= high else _rule(size, low, high)
    measured = len(size.values) > 1 or _MEASURE.search(before) or _THING.match(behind)
    if max(size.mm) > LARGEST_MM and measured and not _LONG.search(before):
        return _rule(size, 0.0, LARGEST_MM)
    return ""


def _is_fine(size: Size) -> bool:
    """Whether several axes below a centimetre are given in tenths of a millimetre."""
    fractions = [v for v in size.values if v != int(v)]
    return size.unit == "mm" and len(fractions) > 1 and max(size.mm) < FINE_MM


def _limit(before: str, behind: str) -> dict[str, Any] | None:
    """The entry of what is measured, by the words before a size and behind it."""
    for entry in load("checks")["limits"]:
        subject, is_organ = entry["subject"], entry.get("organ", False)
        measured = rf"{_NOT_INSIDE if is_organ else ''}\b(?:{subject})s?{_MEASURES}"
        led = rf"^\s*(?:[a-z-]+ ){{0,3}}(?:{subject})\b"
        if re.search(measured, before) or (not is_organ and re.search(led, behind)):
            found: dict[str, Any] = entry
            return found
    return None


def _rule(size: Size, low: float, high: float) -> str:
    """Whether the other unit would fit, or only another number."""
    largest = max(size.mm)
    swapped = largest / 10 if size.unit == "cm" else largest * 10
    return "unit_implausible" if low <= swapped <= high else "size_implausible"


_MEASURE = re.compile(
    r"\b(?:measur\w+|size|diameter|dimension|spans?|spanning|thickness)\b[^.;]{0,30}$"
)
_THING = re.compile(
    r"\s*(?:[a-z-]+ ){0,4}(?:mass|lesion|nodule|cyst|tumou?r|aneurysm|collection|node)"
)
_LONG = re.compile(r"field|fov|length|femur|tibia|distance|catheter|tube|kg|height|scope")
FINE_MM = 10.0
"""Below it a size of several axes with decimals is that of a stone, or was meant in centimetres."""
_FINE = re.compile(
    r"stone|calcul|duct|wall|slice|thick|pixel|voxel|resolution|volume|aneurysm|stent|fetal"
    r"|yolk|crown"
)

LARGEST_MM = 350.0
"""Above it nothing in a report's findings is measured, limbs and whole organs apart."""
