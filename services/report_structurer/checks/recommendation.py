"""Advice that the impression leaves out, or that is about another part of the body."""

import re
from collections.abc import Iterator

from services.report_structurer.checks.alert import Alert, alert
from services.report_structurer.checks.reading import (
    FINDINGS,
    IMPRESSION,
    Reading,
    Said,
    places,
)

_ADVICE = re.compile(
    r"\b(?:recommend\w*|advis\w*|suggested|should be|follow ?up|warranted|consider\w*"
    r"|further (?:evaluation|characterization|imaging|work ?up|assessment)|correlat\w*|biopsy"
    r"|surveillance|may be (?:helpful|obtained|performed|useful)|is needed|required|necessary"
    r"|consult\w*|referral)\b"
)
_ASKS = re.compile(
    r"\b(?:recommend\w*|is advised|are advised|follow ?up (?:with|is|in|ct|mri|imaging"
    r"|ultrasound)|should be (?:obtained|performed|considered))\b"
)
_GRAVE = re.compile(
    r"\b(?:suspicious|concerning|worrisome) for (?:a |an |metasta\w+ |primary "
    r"|high grade |pancreatic |renal |lung |breast )*(?:malignan\w+|neoplas\w+|adenocarcinoma"
    r"|carcinoma|cancer|tumou?r|lymphoma|sarcoma)\b"
    r"|\bindeterminate (?:[a-z0-9.]+ ){0,4}(?:lesion|mass|nodule|cyst)"
)


def recommendation(reading: Reading) -> list[Alert]:
    """Advice of the findings that the impression leaves out, and advice for another place."""
    if not reading.complete:
        return []
    return [*_left_out(reading), *_elsewhere(reading)]


def _left_out(reading: Reading) -> Iterator[Alert]:
    closing = reading.zone(IMPRESSION)
    if any(_ADVICE.search(s.plain) for s in closing):
        return
    for said in reading.zone(FINDINGS):
        found = _ASKS.search(said.plain)
        if found and not re.search(r"\b(?:no|not) (?:further |follow ?up )", said.plain):
            yield alert("advice_left_out", (said.statement.start, said.statement.end))
            return
    for said in closing:
        if _GRAVE.search(said.plain):
            yield alert("advice_missing", (said.statement.start, said.statement.end))
            return


def _elsewhere(reading: Reading) -> Iterator[Alert]:
    """Advice to image what the rest of the report does not speak of."""
    for said in reading.zone(IMPRESSION):
        if not _ADVICE.search(said.plain):
            continue
        for place in places(said, "advised"):
            if not _spoken_of(reading, said, place.value):
                yield alert("advice_elsewhere", (place.start, place.end))


def _spoken_of(reading: Reading, advice: Said, region: str) -> bool:
    others = [s for s in reading.said if s is not advice]
    named = {
        p.value for s in others for name in ("regions", "region_terms") for p in places(s, name)
    }
    return region in named or any(region in s.stems for s in others)
