"""A finding whose organ is another one elsewhere, or that its organ cannot have."""

import re
from collections.abc import Iterator, Sequence

from services.report_structurer.checks.alert import Alert, alert
from services.report_structurer.checks.reading import (
    FINDINGS,
    FRONT,
    IMPRESSION,
    Reading,
    Said,
    Word,
    heads_in,
    is_head,
    places,
    words_of,
)
from services.report_structurer.lexicon import load

LIKE = 0.5
"""Share of what the impression says that the findings must say too to be of the same finding."""


def organ(reading: Reading) -> list[Alert]:
    """Organs of the impression that the findings do not give, and organs that do not fit."""
    checks = (_swapped, _unfit, _pairs, _unseen, _unfounded, _impossible, _nowhere)
    return [found for one in checks for found in one(reading)]


def _swapped(reading: Reading) -> Iterator[Alert]:
    findings = reading.zone(FINDINGS)
    for said in reading.zone(IMPRESSION):
        for word in said.words:
            if word.stem in words_of("organs") and not said.denied(word.start):
                other = _elsewhere(reading, said, word, findings)
                if other:
                    yield alert("organ_differs", (word.start, word.end), (other.start, other.end))
                    break


def _elsewhere(reading: Reading, said: Said, word: Word, findings: Sequence[Said]) -> Word | None:
    """The organ of the findings that say the same of another organ than this one."""
    named = _near(said, word) - words_of("organs")
    rest = named - (words_of("degrees") - heads_in(named))
    if len(rest) < 2 or not heads_in(rest):  # noqa: PLR2004 - one word is no finding
        return None
    likeness = [(_share(reading, rest, one), one) for one in findings]
    best, other = max(likeness, key=lambda pair: pair[0], default=(0.0, None))
    if other is None or best < LIKE:
        return None
    if any(word.stem in one.stems for share, one in likeness if share >= best * 0.6):
        return None
    if any(word.stem in one.stems for one in reading.zone(FRONT)):
        return None
    own = _near(said, word)
    organs = [w for w in other.words if w.stem in words_of("organs") and w.stem not in own]
    return organs[0] if organs else None


def _near(said: Said, word: Word) -> frozenset[str]:
    """Stems of the clause around a word."""
    marks = [w for w in said.words if w.text in {".", ";", ","}]
    first = max((m.end for m in marks if m.end <= word.start), default=said.statement.start)
    last = min((m.start for m in marks if m.start >= word.end), default=said.statement.end)
    near = frozenset(w.stem for w in said.words if first <= w.start < last and w.stem)
    return near if len(near) > 3 else said.stems  # noqa: PLR2004


def _share(reading: Reading, rest: frozenset[str], said: Said) -> float:
    return reading.weight(rest & said.stems) / reading.weight(rest)


def _unfit(reading: Reading) -> Iterator[Alert]:
    """A finding beside an organ that it does not occur in."""
    hosts: dict[str, list[str]] = load("checks")["hosts"]
    for said in reading.said:
        if said.zone == FRONT:
            continue
        for k, word in enumerate(said.words):
            allowed = hosts.get(word.stem)
            if allowed is None:
                continue
            beside = _beside(said, k)
            if beside is None or beside.stem in allowed:
                continue
            if _adjoins(said, beside, k) or not said.stems & set(allowed):
                yield alert("organ_unfit", (word.start, word.end), (beside.start, beside.end))


def _beside(said: Said, k: int) -> Word | None:
    """The organ directly before a finding, or behind "of the"."""
    words = said.words
    if k and words[k - 1].stem in words_of("organs"):
        return words[k - 1]
    if k + 1 < len(words) and words[k + 1].text in {"of", "in", "within", "involving"}:
        for behind in words[k + 2 : k + 5]:
            if behind.stem in words_of("organs"):
                return behind
    return None


def _adjoins(said: Said, beside: Word, k: int) -> bool:
    """Whether an organ is directly before the finding, or behind "of the" alone."""
    if k and said.words[k - 1] is beside:
        return True
    between = [w.text for w in said.words[k + 1 :] if w.end <= beside.start]
    return between in (["of", "the"], ["in", "the"], ["of"]) or between[2:] in (["left"], ["right"])


_LESIONS = frozenset({"lesion", "hemangioma", "cyst", "nodule", "mass", "fibroid", "tumor"})
PAIR_REACH = 7
"""Words from an organ over its finding to the organ that the finding is said to lie in."""


def _pairs(reading: Reading) -> Iterator[Alert]:
    """A lesion of one organ placed in another: "hepatic lesion in the kidney"."""
    for said in reading.said:
        if said.zone == FRONT or "metastasis" in said.stems:
            continue
        for k, word in enumerate(said.words):
            lesion = said.words[k + 1].stem if k + 1 < len(said.words) else ""
            if word.stem in words_of("organs") and lesion in _LESIONS:
                other = _placed_in(said.words[k + 2 : k + 2 + PAIR_REACH])
                if other and other.stem != word.stem and not said.denied(word.start):
                    yield alert("organ_pair", (word.start, word.end), (other.start, other.end))


def _placed_in(words: Sequence[Word]) -> Word | None:
    """The organ behind "in" or "of", up to the next mark."""
    placed = False
    for word in words:
        if word.text in {",", ".", ";", "and", "or"}:
            return None
        if placed and word.stem in words_of("organs"):
            return word
        placed = placed or word.text in {"in", "of", "within"}
    return None


def _unseen(reading: Reading) -> Iterator[Alert]:
    """A lesion of the impression in an organ that nothing else tells of, or only as normal."""
    if not reading.complete:
        return
    for said in reading.zone(IMPRESSION):
        for k, word in enumerate(said.words[:-1]):
            lesion = said.words[k + 1].stem
            if (
                word.stem not in words_of("organs")
                or lesion not in _LESIONS
                or said.denied(word.start)
                or _is_placed(reading, said, lesion)
            ):
                continue
            others = [s for s in reading.said if s is not said and word.stem in s.stems | s.headed]
            findings = [s for s in others if s.zone == FINDINGS]
            normal = findings and all(_is_normal(s) for s in findings)
            if not others or (normal and len(others) == len(findings)):
                spans = ((s.statement.start, s.statement.end) for s in findings[:1])
                yield alert("organ_unseen", (word.start, said.words[k + 1].end), *spans)


def _is_placed(reading: Reading, concluded: Said, lesion: str) -> bool:
    """Whether the findings tell of the lesion under the organ's section, if not beside its name."""
    sections = set(concluded.statement.sections)
    return any(
        lesion in said.stems and sections & set(said.statement.sections)
        for said in reading.zone(FINDINGS)
    )


def _is_normal(said: Said) -> bool:
    """Whether a statement finds nothing."""
    stated = (w for w in said.words if is_head(w.stem) and not said.denied(w.start))
    return next(stated, None) is None


def _unfounded(reading: Reading) -> Iterator[Alert]:
    """A finding of the impression that the findings give in another organ alone."""
    if not reading.complete:
        return
    findings = [s for s in reading.zone(FINDINGS) if s.statement.part == "findings"]
    for said in reading.zone(IMPRESSION):
        for k, word in enumerate(said.words):
            if word.stem not in words_of("organs") or said.denied(word.start):
                continue
            head = _headed_by(said, k)
            if head is None or said.denied(head.start) or not said.current(head.start):
                continue
            other = _other_host(reading, findings, word.stem, head.stem)
            if other is not None:
                yield alert("organ_of_finding", (word.start, word.end), (other.start, other.end))
                return


HOST_REACH = 3
"""Words from an organ to its finding."""


def _headed_by(said: Said, k: int) -> Word | None:
    """The finding of an organ: behind it, "hepatic cyst", or before, "cyst in the liver"."""
    for behind in said.words[k + 1 : k + 1 + HOST_REACH]:
        if not behind.stem or behind.text in {",", ".", ";"}:
            break
        if is_head(behind.stem):
            return behind
    placed = False
    for before in reversed(said.words[max(0, k - HOST_REACH - 3) : k]):
        if before.text in {",", ".", ";", "and", "or", "with"}:
            return None
        if is_head(before.stem):
            return before if placed else None
        placed = placed or before.text in {"in", "of", "within"}
    return None


def _other_host(reading: Reading, findings: Sequence[Said], own: str, head: str) -> Word | None:
    """The organ that the findings give a finding, when they never give it to this one."""
    kin = words_of("growths") if head in words_of("growths") else frozenset({head})
    others = [s for s in reading.said if s.zone != IMPRESSION]
    stated = [
        one for one in findings if any(w.stem in kin and not one.denied(w.start) for w in one.words)
    ]
    told = [s for s in others if own in s.stems | s.headed]
    if any(not _is_normal(s) for s in told) or any(s.zone == FRONT for s in told):
        return None
    hosts = [w for s in stated for w in s.words if w.stem in words_of("organs")]
    if not stated or any(not (s.stems | s.headed) & words_of("organs") for s in stated):
        return None
    return hosts[0] if len({w.stem for w in hosts}) == 1 else None


def _impossible(reading: Reading) -> Iterator[Alert]:
    """Words that no anatomy puts together: "superficial humeral artery"."""
    for said in reading.said:
        for place in places(said, "impossible_organs"):
            yield alert("organ_impossible", (place.start, place.end))


def _nowhere(reading: Reading) -> Iterator[Alert]:
    """An organ of the impression of which nothing else speaks, by name or heading."""
    if not reading.complete:
        return
    others = {w for s in reading.said if s.zone != IMPRESSION for w in s.stems | s.headed}
    kept = [s for s in reading.zone(IMPRESSION) if not _ASIDE.search(s.plain)]
    seen = {section for s in reading.zone(FINDINGS) for section in s.statement.sections}
    for said in kept:
        for word in said.words:
            if word.stem not in words_of("organs") or word.stem in others | words_of("loose"):
                continue
            own = {
                f.value for f in said.statement.facts if f.kind == "organ" and f.start == word.start
            }
            if not own & seen and said.certain(word.start) and not said.denied(word.start):
                yield alert("organ_nowhere", (word.start, word.end))
                return


_ASIDE = re.compile(
    r"\b(?:recommend\w*|advis\w*|suggest\w*|correlat\w*|consider\w*|history|known|status|prior"
    r"|consult\w*|referral|follow|risk|failure|function|disease|consistent|may|could|no)\b"
)
