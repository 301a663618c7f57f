"""Title, technique and findings: modality, contrast medium and part of the body."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from services.report_structurer.checks.alert import Alert, Span, alert
from services.report_structurer.checks.reading import (
    FINDINGS,
    FRONT,
    IMPRESSION,
    Place,
    Reading,
    Said,
    places,
)


def technique(reading: Reading) -> list[Alert]:
    """What title, technique and findings say of one examination, where they disagree."""
    if not reading.zone(FRONT) or not reading.zone(FINDINGS):
        return []
    return [*_modality(reading), *_contrast(reading), *_region(reading)]


def _title(reading: Reading) -> list[Said]:
    """Statements that name the examination."""
    front = reading.zone(FRONT)
    named = [
        s
        for s in front
        if s.statement.part == "exam"
        and not _OTHER.search(s.plain)
        and not _HEADED.match(s.statement.text)
    ]
    first = front[0]
    if (
        first not in named
        and first.statement.part in {"findings", "exam"}
        and len(first.words) < LONGEST_TITLE
    ):
        named.insert(0, first)
    # "WITH CONTRAST:" in a title is read as a heading of its own.
    behind = front[1:2]
    if named and behind and behind[0].plain.startswith("contrast :"):
        named.append(_joined(named[0], behind[0]))
    return named


def _joined(one: Said, other: Said) -> Said:
    return replace(one, words=(*one.words, *other.words))


def _how(reading: Reading) -> list[Said]:
    """Statements that tell how it was done."""
    front = reading.zone(FRONT)
    return [s for s in front if s.statement.part == "technique" or _HEADED.match(s.statement.text)]


LONGEST_TITLE = 20
"""Words; a first statement that is longer is none."""
_OTHER = re.compile(r"\b(?:compar\w+|prior|previous|none available)\b")
_HEADED = re.compile(r"\s*(?:technique|procedure|imaging technique)\s*:", re.IGNORECASE)


def _modality(reading: Reading) -> Iterator[Alert]:
    """Modalities that title and technique name, and terms that only one modality has."""
    title = _found(_title(reading), "modalities")
    how = [p for p in _found(_how(reading), "modalities") if p not in title]
    terms = _found(
        [s for s in reading.zone(FRONT) if s.statement.part != "comparison"], "modality_terms"
    )
    named, done, hinted = ({p.value for p in found} for found in (title, how, terms))
    for one, several in ((named, done), (named, hinted), (done, hinted)):
        if one and several and not one & several and _exclusive(one, several):
            first = next(p for p in (*title, *how) if p.value in one)
            other = next(p for p in (*how, *terms) if p.value in several and p is not first)
            yield alert("modality", (first.start, first.end), (other.start, other.end))
            return
    if not named and done == {"ct", "mr"} and len(hinted) == 1:
        first = next(p for p in how if p.value not in hinted)
        yield alert("modality", (first.start, first.end), (terms[0].start, terms[0].end))
    odd = named - hinted
    if named == hinted and len(named) == 1 and done - named and done | named == {"ct", "mr"}:
        first = next(p for p in how if p.value not in named)
        yield alert("modality", (title[0].start, title[0].end), (first.start, first.end))
    if named == {"ct", "mr"} and len(hinted) == 1 and done <= hinted:
        first, other = (next(p for p in title if p.value in group) for group in (odd, hinted))
        yield alert("modality", (first.start, first.end), (other.start, other.end))


def _exclusive(one: set[str], several: set[str]) -> bool:
    return not (one | several) & {"pet", "nm"}


def _found(said: Sequence[Said], name: str) -> list[Place]:
    return [p for s in said for p in places(s, name) if not _is_earlier(s, p)]


def _is_earlier(said: Said, place: Place) -> bool:
    before = " ".join(w.text for w in said.words[max(0, place.first - 3) : place.first])
    return bool(_OTHER.search(before))


_WITH_AND_WITHOUT = re.compile(
    r"\b(?:with(?:out)? and with(?:out)?|before and (?:after|following)|prior to and (?:after"
    r"|following)|pre ?(?:and|/|-)? ?post)\b"
)
_WITHOUT = re.compile(
    r"\b(?:without (?:the )?(?:use of |administration of )*(?:any )?(?:iv |intravenous "
    r"|gadolinium |oral or intravenous )*(?:gadolinium |administration of )*(?:iv )?contrast"
    r"|without (?:the )?intravenous administration|non ?-?contrast(?:ed)?|unenhanced|no (?:iv"
    r"|intravenous) contrast|without contrast)\b"
)
_WITH = re.compile(
    r"(?<!without )\b(?:with (?:iv |intravenous |gadolinium )?contrast|contrast ?-?enhanced"
    r"|post ?-?contrast|w / ?contrast|w / (?:iv )?contrast"
    r"|\d+ ?(?:ml|cc) (?:of )?(?:[a-z]+ )?(?:contrast|[a-z]+(?:ist|vist|que|scan|vue|ray|rem"
    r"|paque|bicol)\b)"
    r"|(?:after|following) (?:the )?(?:uneventful )?(?:administration|intravenous|iv"
    r"|injection)[a-z ]*"
    r"|gadavist|dotarem|omniscan|magnevist|omnipaque|isovue|ultravist|optiray|visipaque"
    r"|multihance|prohance|gadobutrol)\b"
)
_ORAL = re.compile(r"\boral contrast(?: (?:material|only))?\b(?! and)")


def _states(said: Sequence[Said]) -> dict[str, Span]:
    """`with`, `without` or `both`, by what statements say of intravenous contrast medium."""
    made: dict[str, Span] = {}
    for one in said:
        plain = one.plain
        if _WITH_AND_WITHOUT.search(plain):
            made["both"] = (one.statement.start, one.statement.end)
            continue
        for name, pattern in (("without", _WITHOUT), ("with", _WITH)):
            rest = _WITHOUT.sub(" ", plain) if name == "with" else plain
            found = pattern.search(rest)
            if found and not (name == "with" and "oral" in found[0]):
                made[name] = (one.statement.start, one.statement.end)
    return made


def _contrast(reading: Reading) -> Iterator[Alert]:
    title, how = _states(_title(reading)), _states(_how(reading))
    if len(title) > 1:
        title = {}
    named, done = next(iter(title), ""), set(how)
    if named in {"with", "both"} and done == {"without"}:
        yield alert("contrast", title[named], how["without"])
    elif named == "without" and done and "without" not in done:
        yield alert("contrast", title[named], next(iter(how.values())))
    elif named == "without" or (not named and done == {"without"}):
        span = title.get("without") or how["without"]
        enhancing = _enhancing(reading)
        if enhancing and "with" not in done and "both" not in done:
            yield alert("contrast_findings", span, enhancing)
    elif named == "with" or (not named and done and done <= {"with", "both"}):
        limited = _limited(reading)
        span = title.get("with") or next(iter(how.values()))
        if limited:
            yield alert("contrast_findings", span, limited)


def _enhancing(reading: Reading) -> Span | None:
    for said in (*reading.zone(FINDINGS), *reading.zone(IMPRESSION)):
        for word in said.words:
            if word.text in {"enhancing", "enhances", "enhancement", "nephrograms", "postcontrast"}:
                plain = said.plain
                if not said.denied(word.start) and not re.search(
                    r"recommend|further|prior|previous|could|would|color", plain
                ):
                    return word.start, word.end
    return None


def _limited(reading: Reading) -> Span | None:
    for said in reading.zone(FINDINGS):
        if re.search(
            r"\b(?:lack|absence) of (?:iv |intravenous )?contrast|\b(?:non ?-?contrast"
            r"|unenhanced) (?:technique|study|examination)\b",
            said.plain,
        ):
            return said.statement.start, said.statement.end
    return None


def _region(reading: Reading) -> Iterator[Alert]:
    """A title that names another part of the body than technique or findings."""
    title = _found(_title(reading), "regions")
    named = {p.value for p in title}
    if not named or "whole" in named:
        return
    how = [p for p in _found(_how(reading), "regions") if all(p.start != t.start for t in title)]
    done = {p.value for p in how}
    if done and not named & done and "whole" not in done:
        yield alert("region", (title[0].start, title[0].end), (how[0].start, how[0].end))
        return
    body = [*reading.zone(FINDINGS), *reading.zone(IMPRESSION)]
    seen = _found(body, "region_terms")
    known = {p.value for p in seen} | {p.value for p in _found(body, "regions")} | done
    counted = Counter(p.value for p in seen)
    most, count = max(counted.items(), key=lambda pair: pair[1], default=("", 0))
    for place in title:
        if place.value in _KNOWN and place.value not in known and count >= ELSEWHERE:
            other = next(p for p in seen if p.value == most)
            yield alert("region", (place.start, place.end), (other.start, other.end))
            return


ELSEWHERE = 3
"""Terms of another part of the body from which the findings are about that part."""
_KNOWN = frozenset(
    {
        "head",
        "chest",
        "abdomen",
        "knee",
        "shoulder",
        "hip",
        "ankle",
        "wrist",
        "elbow",
        "spine",
        "neck",
    }
)
