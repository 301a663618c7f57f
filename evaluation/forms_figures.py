"""Errors of numbers and units, in sizes that stand twice or that no organ has."""

import re
from collections.abc import Iterator

from evaluation.forms_words import Edit
from evaluation.written import Written

_SIZE = re.compile(
    r"\b(\d+(?:\.\d+)?)((?:\s*(?:x|×|by)\s*\d+(?:\.\d+)?){0,2})\s*-?(mm|cm|millimeters?"
    r"|centimeters?)\b",
    re.IGNORECASE,
)
_LEVEL = re.compile(r"\b([CTL])(\d{1,2})([-/][CTLS]?\d{1,2})?\b")
_AGE = re.compile(r"\b(\d{2})(?=[- ]year[s]?[- ]old)")
_COUNT = re.compile(r"\b(two|three|four|five|six)\b", re.IGNORECASE)
_COUNTS = ("two", "three", "four", "five", "six")


def _twice(report: Written) -> Iterator[re.Match[str]]:
    """Sizes that stand in findings and impression alike."""
    found = list(_SIZE.finditer(report.text, report.findings))
    for one in found:
        same = [m for m in found if _plain(m) == _plain(one)]
        if {report.part(m.start()) for m in same} == {"findings", "impression"} and len(same) == 2:
            yield one


def _plain(size: re.Match[str]) -> str:
    return "".join(size[0].lower().split())


def digit_changed(report: Written) -> Iterator[Edit]:
    """One digit of the first axis is another."""
    for size in _twice(report):
        for place, digit in enumerate(size[1]):
            if digit.isdigit():
                for step in (2, 4):
                    other = str((int(digit) + step) % 10)
                    if not (place == 0 and other == "0"):
                        at = size.start(1) + place
                        yield at, at + 1, other


def point_moved(report: Written) -> Iterator[Edit]:
    """Ten times too large or small."""
    for size in _twice(report):
        first = size[1]
        yield size.start(1), size.end(1), f"{float(first) * 10:g}"
        yield size.start(1), size.end(1), f"{float(first) / 10:g}"


def digits_swapped(report: Written) -> Iterator[Edit]:
    """Two digits change places."""
    for size in _twice(report):
        digits = size[1].replace(".", "")
        if len(digits) == 2 and digits[0] != digits[1] and digits[1] != "0":
            point = "." if "." in size[1] else ""
            yield size.start(1), size.end(1), digits[1] + point + digits[0]


def beyond_anatomy(report: Written) -> Iterator[Edit]:
    """A size that stands once, ten times too large for any organ: 45 cm or more."""
    for size in _SIZE.finditer(report.text, report.findings):
        first = float(size[1]) * (10 if size[3].lower().startswith("c") else 1)
        if first * 10 >= 450 and first < 300:
            yield size.start(1), size.end(1), f"{float(size[1]) * 10:g}"


def level_changed(report: Written) -> Iterator[Edit]:
    """Another vertebral level in one of two places that name it."""
    found = list(_LEVEL.finditer(report.text, report.findings))
    for level in found:
        parts = [report.part(m.start()) for m in found if m[0] == level[0]]
        if sorted(parts) == ["findings", "impression"] and level[1] != "T":
            number = int(level[2])
            other = number - 1 if number > 2 else number + 1
            shifted = f"{level[1]}{other}"
            if level[3]:
                shifted += f"-{level[1]}{other + 1}"
            if not any(m[0] == shifted for m in found):
                yield level.start(), level.end(), shifted


def age_impossible(report: Written) -> Iterator[Edit]:
    """An age that nobody reaches."""
    for age in _AGE.finditer(report.text):
        yield age.start(), age.end(), age[1] + "0"


def count_changed(report: Written) -> Iterator[Edit]:
    """Another count in one of two places that count the same."""
    found = list(_COUNT.finditer(report.text, report.findings))
    for one in found:
        noun = re.match(r"\s+(\w+\s+)?(\w+)", report.text[one.end() :])
        same = [m for m in found if m[1].lower() == one[1].lower()]
        parts = {report.part(m.start()) for m in same}
        twin = noun and len(re.findall(rf"\b{noun[2]}\b", report.text[report.findings :])) > 1
        if parts == {"findings", "impression"} and len(same) == 2 and twin:
            yield one.start(), one.end(), _COUNTS[(_COUNTS.index(one[1].lower()) + 1) % 5]


def unit_swapped(report: Written) -> Iterator[Edit]:
    """Millimetres for centimetres, or the reverse, in one of two places."""
    for size in _twice(report):
        yield _other_unit(size)


def unit_beyond_anatomy(report: Written) -> Iterator[Edit]:
    """A unit that makes a size absurd: 30 cm and more, or an organ under 15 mm."""
    organs = r"(?:kidney|spleen|liver|uterus|prostate|ovary|testicle|aneurysm|aorta)"
    for size in _SIZE.finditer(report.text, report.findings):
        a, _ = report.sentence(size.start())
        before = report.text[a : size.start()]
        centimetres = size[3].lower().startswith("c")
        organ = re.search(rf"\b{organs} (?:gland )?measur\w+[^.]{{0,25}}$", before, re.IGNORECASE)
        if (centimetres and organ and float(size[1]) < 15) or (
            not centimetres and float(size[1]) >= 30
        ):
            yield _other_unit(size)


def _other_unit(size: re.Match[str]) -> Edit:
    unit = size[3].lower()
    swap = {"c": "m", "m": "c"}[unit[0]]
    if unit in {"mm", "cm"}:
        return size.start(3), size.end(3), swap + "m"
    return size.start(3), size.end(3), ("centi" if swap == "c" else "milli") + "meters"


def litres_of_contrast(report: Written) -> Iterator[Edit]:
    """Litres of contrast medium."""
    for dose in re.finditer(r"\b\d+(?:\.\d+)?\s*(mL|cc)\b(?=\s+(?:of )?[A-Z])", report.text):
        yield dose.start(1), dose.end(1), "L"
