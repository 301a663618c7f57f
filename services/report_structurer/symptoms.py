"""Symptoms that the cachexia scorer reads: who has them, since when, and how much weight."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache

from services.report_structurer.assertions import Named, Sentence, cues, is_impersonal, status
from services.report_structurer.context import Scope, scopes
from services.report_structurer.lexicon import load
from services.report_structurer.phrasings import Kind
from services.report_structurer.segment import pieces
from services.report_structurer.states import states
from services.report_structurer.weights import LOST, loss, pair
from services.report_structurer.words import Phrases, tokens

NEIGHBOURS = 2
"""Sentences before and behind one in which praise or an operation makes its weight loss wanted."""
PROGRAMME_MENTIONS = 2
"""Phrases of diet or bariatric surgery that make a text one about wanted weight loss."""
_HEADING = re.compile(r"([A-Z][A-Za-z/&' -]{1,40}?)\s*:")


@dataclass(frozen=True)
class Mention:
    """One mention of a symptom.

    Attributes:
        symptom: `weight_loss`, `appetite_loss`, `fatigue`, ... (`lexicons/symptoms.yaml`).
        status: `present`, `absent`, `historical`, or `other`: intended, focal, of somebody else, a
            warning.
        start: Offset of its first character in the text.
        end: Offset behind its last.
        value: Weight lost; None where not said.
        unit: `lb`, `kg` or `%` of the weight.
        interval_days: Days within which; None where not said.
    """

    symptom: str
    status: str
    start: int
    end: int
    value: float | None = None
    unit: str | None = None
    interval_days: int | None = None


@cache
def _symptoms() -> Phrases[tuple[str, Kind]]:
    lists = load("symptoms")
    kinds: tuple[Kind, ...] = ("absent", "present")
    ignored: Iterator[tuple[str, tuple[str, Kind]]] = (
        (phrase, ("", "absent")) for phrase in lists["ignored"]
    )
    named = (
        (phrase, (symptom, kind))
        for kind in kinds
        for symptom, phrases in lists[kind].items()
        for phrase in phrases
    )
    return Phrases([*ignored, *named])


@cache
def _sections() -> Phrases[str]:
    lists = load("symptoms")["sections"]
    return Phrases((phrase, kind) for kind in lists for phrase in lists[kind])


def symptoms(text: str) -> list[Mention]:
    """Mentions in the order of the text; of the same symptom in one sentence one per status."""
    found: list[Mention] = []
    on_programme = _is_programme(text)
    section = ""
    every = [piece for piece in pieces(text) if not piece.blank]
    for k, piece in enumerate(every):
        words = tokens(text, piece.start, piece.end)
        section = _section(text, piece.start, piece.end, section)
        near = (every[max(0, k - NEIGHBOURS)].start, every[k : k + NEIGHBOURS + 1][-1].end)
        sentence = Sentence(
            text, piece.start, piece.end, words, scopes(words), section, on_programme, near
        )
        found.extend(_in_sentence(sentence))
    return found


def _is_programme(text: str) -> bool:
    """Whether the text is about weight that is meant to go: phrases of diets, and an intent."""
    words = tokens(text)
    if cues("unintended").find(words) or not cues("intended").find(words):
        return False
    return len(cues("programme").find(words)) >= PROGRAMME_MENTIONS


def _section(text: str, start: int, end: int, before: str) -> str:
    """What the heading that a sentence begins with makes of it, or the one before."""
    # A report's heading may have cut "FAMILY HISTORY:" in two; notes begin one at a line.
    line = text.rfind("\n", 0, start) + 1
    heading = _HEADING.match(text, line, end) or _HEADING.match(text, start, end)
    if heading is None or heading.end() <= start:
        return before
    words = tokens(heading[1])
    known = [hit for hit in _sections().find(words) if hit.last == len(words) - 1]
    if known and known[0].first == 0:
        return known[0].value
    return "" if heading[1].isupper() else before


def _in_sentence(sentence: Sentence) -> Iterator[Mention]:
    said: dict[tuple[str, str], Mention] = {}
    every = _named(sentence)
    sentence = replace(sentence, governing=_outside(every, sentence.governing))
    for named in every:
        stated = status(named, sentence)
        if not stated:
            continue
        mention = Mention(named.symptom, stated, named.start, named.end)
        if named.symptom == "weight_loss" and stated in {"present", "historical"}:
            lost = loss(sentence.text, sentence.start, sentence.end, (named.start, named.end))
            mention = Mention(
                named.symptom, stated, named.start, named.end,
                lost.value, lost.unit, lost.interval_days,
            )  # fmt: skip
        known = said.get((named.symptom, stated))
        if known is None or (known.value is None and mention.value is not None):
            said[named.symptom, stated] = mention
    yield from sorted(said.values(), key=lambda mention: mention.start)


def _named(sentence: Sentence) -> list[Named]:
    """Phrases of the lists, and weights lost: "lost 10 pounds", "from 180 to 150 pounds"."""
    words = sentence.words
    made = [
        Named(hit.value[0], hit.value[1], words[hit.first].start, words[hit.last].end)
        for hit in _symptoms().find(words)
        if hit.value[0]
    ]
    more = [Named("weight_loss", "present", *m.span()) for m in _weights_lost(sentence)]
    more += [Named(*state) for state in states(sentence.text, sentence.start, sentence.end)]
    for named in more:
        if not any(n.symptom == named.symptom and n.overlaps(named.start, named.end) for n in made):
            made.append(named)
    lost = any(n.symptom == "weight_loss" and n.kind == "present" for n in made)
    return sorted(
        (n for n in made if not (is_impersonal(n, sentence) or (lost and n.kind == "gain"))),
        key=lambda named: named.start,
    )


def _outside(named: Sequence[Named], governing: Sequence[Scope]) -> list[Scope]:
    """Scopes whose cue is no part of a symptom: "lack of energy" denies nothing behind it."""
    own = [(n.start, n.end) for n in named if n.kind == "present"]
    return [s for s in governing if not any(a <= s.cue_start < b for a, b in own)]


def _weights_lost(sentence: Sentence) -> Iterator[re.Match[str]]:
    text, start, end = sentence.text, sentence.start, sentence.end
    of_weight = any(word.text in {"weight", "wt", "body"} for word in sentence.words)
    for found in LOST.finditer(text, start, end):
        # Bones and vessels lose percents too.
        if of_weight or ("%" not in found[0] and "percent" not in found[0].lower()):
            yield found
    two = pair(text, start, end)
    if two:
        yield two
