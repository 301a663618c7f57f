"""Names of people by their neighbours: titles, verbs, credentials, labels, lists."""

import re
from collections.abc import Iterator, Sequence

from services.redactor.lexicon import MEDICAL_ENDS, Word, folded, lists
from services.redactor.spans import Kind
from services.redactor.text.candidates import Candidate
from services.redactor.text.name_cues import (
    CLASSES,
    CREDENTIALS,
    CUES,
    FORMAL,
    INITIAL_NAME,
    INITIALS,
    NOT_NAMES,
    PARTICLE_NAME,
    SUFFIX,
    TRAILING_INITIAL,
    VAGUE_LABEL,
)
from services.redactor.text.surroundings import Surroundings


def found_people(text: str, words: Sequence[Word]) -> Iterator[Candidate]:
    """Names of people in `text`.

    Args:
        text: The text.
        words: Its words.
    """
    index = Surroundings(text, words)
    yield from _initials(text)
    for pattern, reason, strong, score in CUES:
        for match in pattern.finditer(text):
            for span in index.name_from(
                match.end(),
                strong=strong,
                by=text[match.start() : match.end()].lower().startswith("by"),
            ):
                vague = reason == "told" or (reason == "label" and VAGUE_LABEL.match(match.group()))
                if vague and not index.known_name(span[0]):
                    continue
                if reason != "title" and index.acronym(span):
                    continue
                yield Candidate(*span, Kind.NAME, score, f"names:{reason}")
    for match in CREDENTIALS.finditer(text):
        found = index.name_before(match.start())
        if found:
            yield Candidate(*found, Kind.NAME, 0.93, "names:credential")
    yield from _shapes(text, index)
    yield from _listed(index)


SURE = 0.8
"""A name as sure as this is one wherever else it stands."""


def again(text: str, words: Sequence[Word], found: Sequence[Candidate]) -> list[Candidate]:
    """Other places of names that were found for sure, and what is suffixed to them.

    Args:
        text: The text.
        words: Its words.
        found: What was found so far.
    """
    sure = [c for c in found if c.kind is Kind.NAME and c.score >= SURE]
    index = Surroundings(text, words)
    covered = [(c.start, c.end) for c in sure]
    keys = {
        w.key
        for w in words
        if len(w.text) > 2
        and w.capitalised
        and any(s <= w.start and w.end <= e for s, e in covered)
    }
    repeated = [
        Candidate(w.start, w.end, Kind.NAME, 0.75, "names:again")
        for at, w in enumerate(words)
        if w.key in keys
        and w.capitalised
        and not index.blocked(at, bare=True)
        and not any(s <= w.start and w.end <= e for s, e in covered)
        and not (
            index.sentence_start(at) and w.key in lists().common and w.key not in lists().surnames
        )
    ]
    suffixed = [
        Candidate(c.start, match.end(), Kind.NAME, c.score, c.reason)
        for c in sure
        if (match := SUFFIX.match(text, c.end))
    ]
    return repeated + suffixed


def _initials(text: str) -> Iterator[Candidate]:
    for pattern in INITIALS:
        for match in pattern.finditer(text):
            word = match["it"]
            if word.lower() in {"a/p", "ap/pa", "pa/lat"} or folded(word) in NOT_NAMES:
                continue
            if len(word) > 3 and pattern is INITIALS[3] and lists().ordinary(folded(word)):
                continue
            yield Candidate(*match.span("it"), Kind.NAME, 0.9, "rule:initials")


def _shapes(text: str, index: Surroundings) -> Iterator[Candidate]:
    known = lists()
    for match in INITIAL_NAME.finditer(text):
        word = folded(re.split(r"[ .-]", match["it"])[-1])
        if word in known.kept or word in NOT_NAMES:
            continue
        sure = 0.9 if known.name(word) or not known.ordinary(word) else 0.3
        before = re.search(r"([\w-]+)[ -]$", text[: match.start()])
        classed = before is not None and folded(before[1].split("-")[-1]) in CLASSES | known.eponyms
        if index.eponym_at(match.end() - 1) or classed:
            sure = 0.2
        yield Candidate(*match.span("it"), Kind.NAME, sure, "names:initial")
    for match in PARTICLE_NAME.finditer(text):
        key = folded(match["name"].split("-")[0])
        plain = known.ordinary(key) and not (
            folded(text[match.start() :].split(" ", maxsplit=1)[0]) in known.given
            and known.name(key)
        )
        if not plain and key not in known.eponyms and not MEDICAL_ENDS.search(key):
            yield Candidate(*match.span(), Kind.NAME, 0.8, "names:particle")
    for match in TRAILING_INITIAL.finditer(text):
        key = folded(match["it"].split()[0])
        if known.name(key) and key not in known.common and key not in NOT_NAMES:
            yield Candidate(*match.span("it"), Kind.NAME, 0.8, "names:initial")
    for match in FORMAL.finditer(text):
        last, first = (
            folded(w) for w in (match["last"].split(" ")[-1], re.split(r"[ .]", match["first"])[0])
        )
        if last in NOT_NAMES or first in NOT_NAMES:
            continue
        if (
            len(first) > 1
            and first in known.given
            and (known.name(last) or not known.ordinary(last))
        ):
            plain = (last in known.common) + (first in known.common)
            field = (
                not text[: match.start()].strip(" ")
                or text[: match.start()].rstrip(" ")[-1] in ":|\n"
            )
            both = 0.55 if field and last in known.surnames else 0.3
            yield Candidate(
                *match.span(), Kind.NAME, (0.92, 0.75, both)[plain], "names:last, first"
            )


def _listed(index: Surroundings) -> Iterator[Candidate]:
    known = lists()
    for at, word in enumerate(index.words):
        score, reason = index.alone(at)
        if score:
            yield Candidate(word.start, word.end, Kind.NAME, score, reason)
        if index.acts(at):
            yield Candidate(word.start, word.end, Kind.NAME, 0.75, "names:acts")
        following = index.next_to(at)
        if following is None or index.blocked(at) or index.blocked(at + 1, bare=True):
            continue
        first, second = word.key, following.key
        if not (word.capitalised and following.capitalised) or index.acronyms(word, following):
            continue
        pair = _pair_score(first, second)
        if pair == BOTH_WORDS and not index.title_case_line(at) and not index.sentence_start(at):
            pair = 0.6
        if pair == BOTH_WORDS and index.acts(at + 1):
            pair = 0.75
        if pair:
            yield Candidate(word.start, following.end, Kind.NAME, pair, "names:pair")


BOTH_WORDS = 0.35
"""Two names that are both words of the language: "Mark Long"."""


def _pair_score(first: str, second: str) -> float:
    known = lists()
    if first in NOT_NAMES or second in NOT_NAMES:
        return 0
    strange = not known.ordinary(second) and second not in known.kept
    if first in known.given and (known.name(second) or strange):
        plain = (first in known.common) + (second in known.common)
        return (0.92, 0.8, BOTH_WORDS)[plain]
    alien = not known.ordinary(first) and first not in known.kept
    return 0.8 if alien and strange and len(first) > 2 < len(second) else 0
