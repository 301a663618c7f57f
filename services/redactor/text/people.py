"""Names of people by their neighbours: titles, verbs, credentials, labels, name lists."""

from collections.abc import Iterator, Sequence

from services.redactor.lexicon import Word, lists
from services.redactor.spans import Kind
from services.redactor.text.candidates import Candidate
from services.redactor.text.cues import words_in
from services.redactor.text.name_cues import CREDENTIALS, CUES, NOT_NAMES, SUFFIX, VAGUE_LABEL
from services.redactor.text.name_shapes import found_shapes
from services.redactor.text.phrases import Phrases
from services.redactor.text.surroundings import SHORTEST_NAME, Surroundings, known_name

SURE = 0.8
"""A name as sure as this is one wherever else it stands."""

ANATOMY = words_in("anatomy")

BOTH_WORDS = 0.35
"""Two names that are both words of the language: "Mark Long"."""


def found_people(text: str, words: Sequence[Word]) -> Iterator[Candidate]:
    """Names of people in `text`.

    Args:
        text: The text.
        words: Its words.
    """
    around = Surroundings(text, words)
    yield from _announced(text, around)
    yield from found_shapes(text, around)
    for at, word in enumerate(words):
        score, reason = around.alone(at)
        if score:
            yield Candidate(word.start, word.end, Kind.NAME, score, reason)
        if around.acts(at):
            yield Candidate(word.start, word.end, Kind.NAME, 0.75, "names:acts")
        yield from _pair(around, at)


def _announced(text: str, around: Surroundings) -> Iterator[Candidate]:
    """Names behind a title, a label, a verb, a relative; names before a credential."""
    phrases = Phrases(around)
    for cue in CUES:
        for match in cue.pattern.finditer(text):
            by = match.group().lower().startswith("by")
            span = phrases.after(match.end(), strong=cue.strong, by=by)
            if span is None or (cue.reason != "title" and around.acronym(*span)):
                continue
            if _modality(match.group(), around.words[around.at_start[span[0]]]):
                continue
            vague = cue.reason == "told" or (
                cue.reason == "label" and VAGUE_LABEL.match(match.group()) is not None
            )
            key = around.words[around.at_start[span[0]]].key
            if not vague or (known_name(key) and key not in ANATOMY):
                start = match.start() if match.group() == "Pat " else span[0]
                yield Candidate(start, span[1], Kind.NAME, cue.score, f"names:{cue.reason}")
    for match in CREDENTIALS.finditer(text):
        span = phrases.before(match.start())
        if span is not None:
            yield Candidate(*span, Kind.NAME, 0.93, "names:credential")


def _modality(title: str, following: Word) -> bool:
    """Whether "MR" is magnetic resonance, of a part of the body."""
    return title.strip() == "MR" and following.key in ANATOMY


def _pair(around: Surroundings, at: int) -> Iterator[Candidate]:
    """Given name and surname side by side, or two capitalised words of no language."""
    word, following = around.words[at], around.next_to(at)
    if following is None or not (word.capitalised and following.capitalised):
        return
    if around.acronyms(word, following) or around.blocked(at) or around.blocked(at + 1, bare=True):
        return
    score = _pair_score(word.key, following.key)
    if score == BOTH_WORDS and around.acts(at + 1):
        score = 0.75
    elif score == BOTH_WORDS and not around.title_case_line(at) and not around.sentence_start(at):
        score = 0.6
    if score:
        yield Candidate(word.start, following.end, Kind.NAME, score, "names:pair")


def _pair_score(first: str, second: str) -> float:
    known = lists()
    if first in NOT_NAMES or second in NOT_NAMES:
        return 0
    if first in known.given and known_name(second):
        plain = (first in known.common) + (second in known.common)
        return (0.92, 0.8, BOTH_WORDS)[plain]
    strange = not known.ordinary(first) and not known.ordinary(second)
    return 0.8 if strange and min(len(first), len(second)) >= SHORTEST_NAME else 0


def again(text: str, words: Sequence[Word], found: Sequence[Candidate]) -> list[Candidate]:
    """Other places of names that were found for sure, and what is suffixed to them.

    Args:
        text: The text.
        words: Its words.
        found: What was found so far.
    """
    around = Surroundings(text, words)
    sure = [c for c in found if c.kind is Kind.NAME and c.score >= SURE]
    inside = {
        at for at, w in enumerate(words) if any(c.start <= w.start and w.end <= c.end for c in sure)
    }
    keys = {words[at].key for at in inside if _may_stand_alone(words[at])}
    repeated = [
        Candidate(w.start, w.end, Kind.NAME, 0.75, "names:again")
        for at, w in enumerate(words)
        if w.key in keys and at not in inside and _again(around, at)
    ]
    suffixed = [
        Candidate(c.start, match.end(), Kind.NAME, c.score, c.reason)
        for c in sure
        if (match := SUFFIX.match(text, c.end))
    ]
    return repeated + suffixed


def _may_stand_alone(word: Word) -> bool:
    return word.capitalised and len(word.text) >= SHORTEST_NAME


def _again(around: Surroundings, at: int) -> bool:
    word = around.words[at]
    if not word.capitalised or around.blocked(at, bare=True):
        return False
    # A word that nobody is called opens a sentence as a word.
    plain = word.key in lists().common and word.key not in lists().surnames
    return not (plain and around.sentence_start(at))
