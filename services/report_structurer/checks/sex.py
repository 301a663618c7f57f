"""Organs that the stated sex does not have, words for both sexes, organs that were removed."""

import re
from collections.abc import Iterator

from services.report_structurer.checks.alert import Alert, alert
from services.report_structurer.checks.reading import (
    FINDINGS,
    FRONT,
    IMPRESSION,
    Place,
    Reading,
    places,
)

_RELATIVE = re.compile(
    r"\b(?:mother|father|sister|brother|son|daughter|husband|wife|boyfriend|girlfriend|fetus"
    r"|fetal|infant|baby|family|donor|dr|physician|partner)\b"
)


def sex(reading: Reading) -> list[Alert]:
    """Sex against organs, sex against sex, and what surgery removed against what is described."""
    return [*_sexes(reading), *_removed(reading)]


def _sexes(reading: Reading) -> Iterator[Alert]:
    people = " ".join(said.plain for said in reading.said)
    words = [p for said in reading.said for p in places(said, "sexes") if p.value != "none"]
    if _RELATIVE.search(people):
        words = [p for p in words if p.last > p.first or p.end - p.start > 3]  # noqa: PLR2004 - no pronouns
        if len({p.value for p in words}) > 1:
            return
    stated = {p.value: p for p in reversed(words)}
    if len(stated) > 1:
        yield alert("sex_words", *((p.start, p.end) for p in stated.values()))
        return
    organs = [p for said in reading.said if said.zone != FRONT for p in places(said, "sex_organs")]
    told = next(iter(stated.values()), None)
    for organ in organs:
        if told and organ.value != told.value:
            yield alert("sex_organ", (told.start, told.end), (organ.start, organ.end))
            return
    both = {p.value: p for p in reversed(organs)}
    if told is None and len(both) > 1 and not _alternative(reading, list(both.values())):
        yield alert("sex_organs", *((p.start, p.end) for p in both.values()))


def _alternative(reading: Reading, organs: list[Place]) -> bool:
    """Whether a template names both: "prostate/uterus"."""
    first, second = sorted(organs, key=lambda p: p.start)
    return len(reading.report.text[first.end : second.start]) < 6  # noqa: PLR2004 - "or", "/"


def _removed(reading: Reading) -> Iterator[Alert]:
    """An organ that was taken out and is then described."""
    gone = {
        p.value: p
        for said in reversed(reading.said)
        for p in places(said, "removals")
        if not said.denied(p.start)
    }
    for said in (*reading.zone(FINDINGS), *reading.zone(IMPRESSION)):
        for organ in places(said, "described_organs"):
            removal = gone.get(organ.value)
            if removal is None or said.statement.start <= removal.start < said.statement.end:
                continue
            behind = " ".join(w.text for w in said.words[organ.last + 1 :])
            if _DESCRIBED.match(behind) and not _GONE.search(said.plain):
                rule = (
                    "removed_uterus" if organ.value in {"uterus", "prostate"} else "removed_organ"
                )
                yield alert(rule, (removal.start, removal.end), (organ.start, organ.end))


_DESCRIBED = re.compile(
    r"(?:gland )?(?:, [a-z ,]+ )?(?:(?:is|are|appears?|remains?) (?:grossly "
    r"|otherwise )?(?:normal|unremarkable|within normal|intact|enlarged|not enlarged|distended)"
    r"|measures|contains|demonstrates|shows no)"
)
_GONE = re.compile(
    r"\b(?:absent|removed|resected|surgically|status post|not seen|not visualized|partial|fossa"
    r"|bed|ectomy)\b"
)
