"""The impression against the findings: what nothing supports, and what is left out."""

import re
from collections.abc import Iterator

from services.report_structurer.checks.alert import Alert, alert
from services.report_structurer.checks.reading import (
    FINDINGS,
    FRONT,
    IMPRESSION,
    Reading,
    Said,
    words_of,
)

SUPPORT = 0.25
"""Share of an impression's words of content that the rest of the report must have."""
NAMED = 0.4
"""Share of a grave finding's words that the impression must have."""


def contradiction(reading: Reading) -> list[Alert]:
    """Impressions without support, and grave findings without impression."""
    if not reading.complete:
        return []
    return [*_unsupported(reading), *_left_out(reading)]


_INFERENCE = re.compile(
    r"\b(?:consistent|compatible|suggest\w*|likely|represent\w*|diagnos\w*|correlat\w*|recommend\w*|concern\w*|suspicious|differential|history|known|given|possib\w*|probab\w*|favor\w*|cannot|advis\w*|should|may|could|consider\w*|discuss\w*|follow|patient|finding|findings|study|examination|exam|normal|negative|no|not|without|unremarkable|prior|previous|compared|limited|impression of|above|see|status)\b"
)


def _unsupported(reading: Reading) -> Iterator[Alert]:
    known = frozenset(stem for s in reading.said if s.zone != IMPRESSION for stem in s.stems)
    for said in reading.zone(IMPRESSION):
        content = said.stems - words_of("degrees")
        if len(content) < 3 or _INFERENCE.search(said.plain):  # noqa: PLR2004 - too little to judge
            continue
        if not content & (words_of("heads") | words_of("organs")):
            continue
        if len(content & known) / len(content) <= SUPPORT:
            yield alert("unsupported", (said.statement.start, said.statement.end))


_PAST = re.compile(
    r"\b(?:old|healed|chronic|remote|prior|previous|status post|history|repair|resolved|unchanged|stable|treated)\b"
)


def _left_out(reading: Reading) -> Iterator[Alert]:
    closing = reading.zone(IMPRESSION)
    said_there = frozenset(stem for s in closing for stem in s.stems)
    for said in reading.zone(FINDINGS):
        if _PAST.search(said.plain):
            continue
        for k, word in enumerate(said.words):
            if word.stem not in words_of("grave") or said.denied(word.start):
                continue
            if k + 1 < len(said.words) and said.words[k + 1].text.startswith("effect"):
                continue
            site = said.stems - words_of("degrees") - {word.stem}
            named = reading.weight(site & said_there) / reading.weight(site) if site else 1.0
            if word.stem not in said_there and named < NAMED:
                yield alert("left_out", (word.start, word.end))
            break


def front_stems(reading: Reading) -> frozenset[str]:
    """Stems of what stands before the findings."""
    return frozenset(stem for s in reading.zone(FRONT) for stem in s.stems)
