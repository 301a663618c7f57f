"""Symptoms that the cachexia scorer reads: who has them, since when, and how much weight."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache

from services.report_structurer.context import Scope, qualities, scopes
from services.report_structurer.lexicon import load
from services.report_structurer.segment import pieces
from services.report_structurer.weights import LOST, loss, pair
from services.report_structurer.words import Hit, Phrases, Token, tokens

DRUG_REACH = 18
"""Words and marks before a symptom in which a drug against it counts."""
FOCAL_REACH = 5
"""Words beside a weakness in which a part of the body makes it focal."""
PROGRAMME_MENTIONS = 2
"""Phrases of diet or bariatric surgery that make a text one about wanted weight loss."""
_HEADING = re.compile(r"([A-Z][A-Za-z/&' -]{1,40}?)\s*:")
_ADJACENT = frozenset({"of", "in", "on", "involving", "affecting", "at", "to", "with"})
_BREAKS = frozenset({",", ";", "and", "but", "or", "with"})


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


@dataclass(frozen=True)
class _Named:
    symptom: str
    is_absence: bool
    start: int
    end: int


@dataclass(frozen=True)
class _Sentence:
    """A sentence as it is read: place, words, cues, heading, and what the text is about."""

    text: str
    start: int
    end: int
    words: Sequence[Token]
    governing: Sequence[Scope]
    section: str
    on_programme: bool


@cache
def _symptoms() -> Phrases[tuple[str, bool]]:
    lists = load("symptoms")
    ignored = ((phrase, ("", False)) for phrase in lists["ignored"])
    named = (
        (phrase, (symptom, kind == "absent"))
        for kind in ("absent", "present")
        for symptom, phrases in lists[kind].items()
        for phrase in phrases
    )
    return Phrases([*ignored, *named])


@cache
def _cues(name: str) -> Phrases[bool]:
    return Phrases((phrase, True) for phrase in load("symptoms")[name])


@cache
def _sections() -> Phrases[str]:
    lists = load("symptoms")["sections"]
    return Phrases((phrase, kind) for kind in lists for phrase in lists[kind])


def symptoms(text: str) -> list[Mention]:
    """Mentions in the order of the text; of the same symptom in one sentence one per status."""
    found: list[Mention] = []
    on_programme = _is_programme(text)
    section = ""
    for piece in pieces(text):
        if piece.blank:
            continue
        words = tokens(text, piece.start, piece.end)
        section = _section(text, piece.start, piece.end, section)
        sentence = _Sentence(
            text, piece.start, piece.end, words, scopes(words), section, on_programme
        )
        found.extend(_in_sentence(sentence))
    return found


def _is_programme(text: str) -> bool:
    """Whether the text is about weight that is meant to go: phrases of diets, and an intent."""
    words = tokens(text)
    if _cues("unintended").find(words) or not _cues("intended").find(words):
        return False
    return len(_cues("programme").find(words)) >= PROGRAMME_MENTIONS


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


def _in_sentence(sentence: _Sentence) -> Iterator[Mention]:
    said: dict[tuple[str, str], Mention] = {}
    every = _named(sentence)
    sentence = replace(sentence, governing=_outside(every, sentence.governing))
    for named in every:
        status = _status(named, sentence)
        mention = Mention(named.symptom, status, named.start, named.end)
        if named.symptom == "weight_loss" and status in {"present", "historical"}:
            lost = loss(sentence.text, sentence.start, sentence.end, (named.start, named.end))
            mention = Mention(
                named.symptom, status, named.start, named.end,
                lost.value, lost.unit, lost.interval_days,
            )  # fmt: skip
        known = said.get((named.symptom, status))
        if known is None or (known.value is None and mention.value is not None):
            said[named.symptom, status] = mention
    yield from sorted(said.values(), key=lambda mention: mention.start)


def _named(sentence: _Sentence) -> list[_Named]:
    """Phrases of the lists, and weights lost: "lost 10 pounds", "from 180 to 150 pounds"."""
    words = sentence.words
    made = [
        _Named(hit.value[0], hit.value[1], words[hit.first].start, words[hit.last].end)
        for hit in _symptoms().find(words)
        if hit.value[0]
    ]
    for found in _weights_lost(sentence):
        if not any(
            n.symptom == "weight_loss" and n.start < found.end() and found.start() < n.end
            for n in made
        ):
            made.append(
                _Named("weight_loss", is_absence=False, start=found.start(), end=found.end())
            )
    return sorted(made, key=lambda named: named.start)


def _outside(named: Sequence[_Named], governing: Sequence[Scope]) -> list[Scope]:
    """Scopes whose cue is no part of a symptom: "lack of energy" denies nothing behind it."""
    own = [(n.start, n.end) for n in named if not n.is_absence]
    return [s for s in governing if not any(a <= s.cue_start < b for a, b in own)]


def _weights_lost(sentence: _Sentence) -> Iterator[re.Match[str]]:
    text, start, end = sentence.text, sentence.start, sentence.end
    of_weight = any(word.text in {"weight", "wt", "body"} for word in sentence.words)
    for found in LOST.finditer(text, start, end):
        # Bones and vessels lose percents too.
        if of_weight or ("%" not in found[0] and "percent" not in found[0].lower()):
            yield found
    two = pair(text, start, end)
    if two:
        yield two


def _status(named: _Named, sentence: _Sentence) -> str:
    said = qualities(named.start, sentence.governing)
    if "other" in said or sentence.section == "other":
        return "other"
    denied = "negated" in said
    if named.is_absence:
        denied = not (denied and _is_denied_near(named, sentence))
    if denied:
        return "absent"
    unasked = {
        "weight_loss": _is_intended,
        "weakness": _is_focal,
        "wasting": _is_focal,
    }.get(named.symptom)
    if unasked and unasked(named, sentence):
        return "other"
    if "hypothetical" in said or _is_unstated(named, sentence):
        return "other"
    past = "historical" in said or sentence.section == "historical"
    return "historical" if past else "present"


def _is_denied_near(named: _Named, sentence: _Sentence) -> bool:
    """Whether a denial stands before it in the same phrase: "not a good appetite"."""
    return any(
        scope.quality == "negated"
        and scope.cue_end <= named.start < scope.end
        and "," not in sentence.text[scope.cue_end : named.start]
        and not sentence.text[named.start : named.start + 3].lower().startswith(("no ", "den"))
        for scope in sentence.governing
    )


def _is_intended(_: _Named, sentence: _Sentence) -> bool:
    """Whether the weight is lost on purpose, or spoken of as a plan."""
    if _cues("unintended").find(sentence.words):
        return False
    return sentence.on_programme or bool(_cues("intended").find(sentence.words))


def _is_focal(named: _Named, sentence: _Sentence) -> bool:
    """Whether a part of the body is weak, not the patient."""
    words = sentence.words
    first = next(k for k, word in enumerate(words) if word.end > named.start)
    last = max(k for k, word in enumerate(words) if word.start < named.end)
    if words[first].text in {"generalized", "general", "diffuse", "global", "overall", "temporal"}:
        return False
    before = list(words[max(0, first - FOCAL_REACH) : first])
    for k, word in enumerate(before):
        if word.text in _BREAKS:
            before[: k + 1] = [Token("", 0, 0)] * (k + 1)
    after = words[last + 1 : last + 1 + FOCAL_REACH]
    after = after if after and after[0].text in _ADJACENT else ()
    focal = _cues("focal")
    neurological = named.symptom == "weakness" and _cues("neurological").find(words)
    return bool(neurological or focal.find(before) or focal.find(after))


def _is_unstated(named: _Named, sentence: _Sentence) -> bool:
    """Whether a drug, a warning or a risk is spoken of."""
    before = [word for word in sentence.words if word.end <= named.start]
    after = [word for word in sentence.words if word.start >= named.end]
    near = before[-DRUG_REACH:]
    stated = max((hit.last for hit in _cues("stated").find(near)), default=-1)
    if _cues("drug").find(near[stated + 1 :]) or _cues("spoken_of").find(after):
        return True
    experienced = _cues("experienced").find(before)
    return any(not _within(hit, experienced) for hit in _cues("warning").find(before))


def _within(hit: Hit[bool], others: Sequence[Hit[bool]]) -> bool:
    return any(other.first <= hit.first <= other.last for other in others)
