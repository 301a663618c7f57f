"""Errors of side, denial and organ: one word is wrong, and another place of the report tells."""

import re
from collections.abc import Iterator

from evaluation.written import Written, content

Edit = tuple[int, int, str]
"""Offsets of what is replaced, and by what."""

_SIDE = re.compile(r"\b(left|right)\b", re.IGNORECASE)
_BOTH = re.compile(r"\b(?:bilateral|both)\b", re.IGNORECASE)
_NEXT = 45
"""Characters behind a side in which its noun stands."""


def like(model: str, word: str) -> str:
    """A word in the capitals of another."""
    if model.isupper() and len(model) > 1:
        return word.upper()
    return word[:1].upper() + word[1:] if model[:1].isupper() else word


def _nouns(report: Written, side: re.Match[str]) -> frozenset[str]:
    behind = report.text[side.end() : side.end() + _NEXT]
    return content(re.split(r"[.,;:()]", behind)[0])


def _said_of(report: Written, nouns: frozenset[str], apart: tuple[int, int]) -> set[str]:
    """Sides that other sentences say of the first noun."""
    said: set[str] = set()
    for side in re.finditer(r"\b(left|right|bilateral|both)\b", report.text, re.IGNORECASE):
        if not apart[0] <= side.start() < apart[1] and nouns & _nouns(report, side):
            said.add(side[1].lower().replace("both", "bilateral"))
    return said


def swapped_side(report: Written) -> Iterator[Edit]:
    """Left for right where every other place says otherwise of the same noun."""
    for side in _SIDE.finditer(report.text):
        nouns = _nouns(report, side)
        here = report.sentence(side.start())
        if nouns and _said_of(report, nouns, here) == {side[1].lower()}:
            other = "right" if side[1].lower() == "left" else "left"
            yield side.start(), side.end(), like(side[1], other)


def one_side_of_both(report: Written) -> Iterator[Edit]:
    """One side in the impression for what is bilateral in the findings, or the reverse."""
    for both in _BOTH.finditer(report.text, report.impression):
        nouns = _nouns(report, both)
        here = report.sentence(both.start())
        if nouns and _said_of(report, nouns, here) == {"bilateral"}:
            yield both.start(), both.end(), like(both[0], "right")


def impossible_side(report: Written) -> Iterator[Edit]:
    """A side that the organ does not have."""
    for found in re.finditer(r"\b(right)(?= middle lobe)", report.text, re.IGNORECASE):
        yield found.start(), found.end(), like(found[1], "left")


_DENIALS = (
    (re.compile(r"\bThere (is|are) no (?:evidence of )?"), r"There \1 "),
    (re.compile(r"\bNo (?:definite |convincing )?(?:evidence|signs?) (?:of|for) "), "Evidence of "),
    (re.compile(r"\bNo (?=[a-z])"), ""),
    (re.compile(r"\bwithout (?:evidence of |signs of )?(?!contrast|the )"), "with "),
    (
        re.compile(r"\b(is|are|was|were) not (?=seen|identified|observed|present|noted|evident)"),
        r"\1 ",
    ),
)
_QUALIFIED = re.compile(
    r"\bother\b|\badditional\b|\bremain|\bchange\b|\bcontrast\b|\bprior\b|\bprevious"
)


def _denied(sentence: str) -> bool:
    return bool(
        re.search(r"\b(?:no|not|without|free of|negative|absent|nor)\b", sentence, re.IGNORECASE)
    )


def _other_parts(report: Written, at: int) -> Iterator[str]:
    for a, b in report.sentences:
        if report.part(a) in {"findings", "impression"} and report.part(a) != report.part(at):
            yield report.text[a:b]


def denial_removed(report: Written) -> Iterator[Edit]:
    """What is denied in two places is affirmed in one of them."""
    for pattern, by in _DENIALS:
        for found in pattern.finditer(report.text, report.findings):
            a, b = report.sentence(found.start())
            behind = re.split(r"[.,;:()]| or | and ", report.text[found.end() : b])[0]
            nouns = content(behind)
            if not nouns or _QUALIFIED.search(behind) or a > found.start():
                continue
            others = [s for s in _other_parts(report, a) if nouns <= content(s)]
            if others and all(_denied(s) for s in others):
                end = found.end() if by else found.end() + 1
                yield found.start(), end, found.expand(by) or report.text[end - 1].upper()


_AFFIRMED = (
    (
        re.compile(
            r"\bThere (is|are) (?:an? |mild |moderate |small |large |multiple "
            r"|new )*(?!no\b)(?=[a-z])"
        ),
        r"There \1 no ",
    ),
    (
        re.compile(r"\b(is|are|was|were) (?=seen|identified|observed|present|noted|evident)"),
        r"\1 not ",
    ),
    (re.compile(r"(?<=[.:] )(?:An? |Mild |Moderate |Small |Large |Multiple )(?=[a-z])"), "No "),
    (
        re.compile(r"(?<=[.:] )(?:An? |Mild |Moderate |Small |Large |Multiple )(?=[a-z])"),
        "No evidence of ",
    ),
)


def denial_inserted(report: Written) -> Iterator[Edit]:
    """What is affirmed in two places is denied in one of them."""
    for pattern, by in _AFFIRMED:
        for found in pattern.finditer(report.text, report.findings):
            a, b = report.sentence(found.start())
            whole = report.text[a:b]
            if _denied(whole) or re.search(
                r"\b(?:normal|intact|unremarkable|clear|patent)\b", whole
            ):
                continue
            nouns = content(re.split(r"[,;:()]", whole)[0])
            twins = [
                s for s in _other_parts(report, a) if len(nouns & content(s)) >= min(3, len(nouns))
            ]
            if len(nouns) > 1 and twins and not any(_denied(s) for s in twins):
                yield found.start(), found.end(), found.expand(by)


_ORGANS: tuple[tuple[tuple[str, str], ...], ...] = (
    (
        ("liver", "hepatic"),
        ("spleen", "splenic"),
        ("pancreas", "pancreatic"),
        ("kidney", "renal"),
        ("lung", "pulmonary"),
        ("bladder", "vesical"),
        ("uterus", "uterine"),
        ("stomach", "gastric"),
        ("colon", "colonic"),
        ("gallbladder", "gallbladder"),
        ("thyroid", "thyroid"),
        ("heart", "cardiac"),
        ("prostate", "prostatic"),
        ("ovary", "ovarian"),
    ),
    (("femur", "femoral"), ("tibia", "tibial"), ("humerus", "humeral"), ("fibula", "fibular")),
    (("cerebellum", "cerebellar"), ("brainstem", "pontine"), ("thalamus", "thalamic")),
)
"""Nouns and adjectives of organs that one may write for another."""


def organ_replaced(report: Written) -> Iterator[Edit]:
    """Another organ in one of two places that speak of the same finding."""
    for group in _ORGANS:
        for noun, adjective in group:
            pattern = rf"\b(?:{noun}|{adjective})\b"
            for found in re.finditer(pattern, report.text[report.findings :], re.IGNORECASE):
                at = report.findings + found.start()
                if _told_elsewhere(report, at, noun, adjective):
                    form = 0 if found[0].lower() == noun else 1
                    near = report.text[slice(*report.sentence(at))].lower()
                    for other in group:
                        if not re.search(rf"{other[0]}|{other[1]}", near):
                            yield at, at + len(found[0]), like(found[0], other[form])


def _told_elsewhere(report: Written, at: int, noun: str, adjective: str) -> bool:
    """Whether the other part says the same of the organ, in two words at least."""
    a, b = report.sentence(at)
    sentence = report.text[a:b]
    if _denied(sentence) or re.search(r"normal|unremarkable|intact", sentence, re.IGNORECASE):
        return False
    rest = content(sentence) - {noun, adjective}
    return any(
        re.search(rf"\b(?:{noun}s?|{adjective})\b", s, re.IGNORECASE) and len(rest & content(s)) > 1
        for s in _other_parts(report, a)
    )
