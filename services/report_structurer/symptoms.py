"""Symptoms that the cachexia scorer reads: who has them, since when, and how much weight."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache

from services.report_structurer.context import Scope, has_ended, qualities, scopes
from services.report_structurer.lexicon import load
from services.report_structurer.segment import pieces
from services.report_structurer.states import Kind, states
from services.report_structurer.weights import LOST, loss, pair
from services.report_structurer.words import Hit, Phrases, Token, tokens

DRUG_REACH = 18
"""Words and marks before a symptom in which a drug against it counts."""
FOCAL_REACH = 5
"""Words beside a weakness in which a part of the body makes it focal."""
NEIGHBOURS = 2
"""Sentences before and behind one in which praise or an operation makes its weight loss wanted."""
PROGRAMME_MENTIONS = 2
"""Phrases of diet or bariatric surgery that make a text one about wanted weight loss."""
_HEADING = re.compile(r"([A-Z][A-Za-z/&' -]{1,40}?)\s*:")
_PRESENTED = re.compile(
    r"(?:\bold|\by/?o|\b(?:fe)?male|\b(?:wo)?man|gentleman|lady|boy|girl|patient|[mf])\s+"
    r"(?:who\s+)?with\s+(?:an?\s+)?(?:\w+\s+)?history\s+of$",
    re.IGNORECASE,
)
"""A person by age or sex, and what he or she comes with."""
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)\w*"
_EVENT = re.compile(
    rf"(?:[\w ]+:)?\s*in\s+(?:\d{{1,2}}/\d{{2,4}}|(?:{_MONTH}\s+(?:of\s+)?)?(?:19|20)\d\d),?\s+"
    r"(?:he|she|the\s+patient|patient|pt)\s+(?:experienced|suffered|had\s+an?\s+episode"
    r"|was\s+(?:hospitali[sz]ed|admitted|treated))\b",
    re.IGNORECASE,
)
"""What a sentence begins with that tells an event of a month or a year."""
_ARGUMENT = re.compile(
    r"\b(?:evidence|data|argument|rationale|support|association|correlation|signal|case)\b"
    r"[^.;]{0,60}\b(?:is|are|was|were|remains)\s+(?:\w+\s+)?$",
    re.IGNORECASE,
)
_BOTH = frozenset({"both", "bilateral", "all", "four"})
_OVER = re.compile(
    r"[^.;]{0,60}?(?:\bbut|\band|,|;|\.)\s*(?:this|it|that|these|they|those|(?:the|his|her)\s+symptoms?|all)\s+"
    r"(?:(?!not\b|never\b|partially\b)\w+\s+){0,3}?"
    r"(?:resolved|subsided|abated|cleared|disappeared|stopped|gone|went\s+away)\b",
    re.IGNORECASE,
)
"""Behind a symptom: that it went, in a clause of its own."""
_LASTING = re.compile(
    r"\b(?:now|still|since|currently|continu\w+|persist\w*|today)\b", re.IGNORECASE
)
_REGAINED = re.compile(
    r"\bregained(?!\s+(?:about\s+|approximately\s+|only\s+)?\d)|\b(?:gained|put)\s+(?:\w+\s+){0,4}back\b(?!\s+(?:about\s+|approximately\s+|only\s+)?\d)|\brecovered\s+(?:the|his|her|all|most|that)",
    re.IGNORECASE,
)
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
    kind: Kind
    start: int
    end: int

    def overlaps(self, start: int, end: int) -> bool:
        return self.start < end and start < self.end


@dataclass(frozen=True)
class _Sentence:
    """A sentence as it is read: place, words, cues, heading, and what the text is about.

    `near` is the place of the sentences around it, `NEIGHBOURS` on either side.
    """

    text: str
    start: int
    end: int
    words: Sequence[Token]
    governing: Sequence[Scope]
    section: str
    on_programme: bool
    near: tuple[int, int]


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
    every = [piece for piece in pieces(text) if not piece.blank]
    for k, piece in enumerate(every):
        words = tokens(text, piece.start, piece.end)
        section = _section(text, piece.start, piece.end, section)
        sentence = _Sentence(
            text,
            piece.start,
            piece.end,
            words,
            scopes(words),
            section,
            on_programme,
            (
                every[max(0, k - NEIGHBOURS)].start,
                every[k + NEIGHBOURS :][:1][0].end
                if k + NEIGHBOURS < len(every)
                else every[-1].end,
            ),
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
        if not status:
            continue
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
    more = [_Named("weight_loss", "present", *m.span()) for m in _weights_lost(sentence)]
    more += [_Named(*state) for state in states(sentence.text, sentence.start, sentence.end)]
    for named in more:
        if not any(n.symptom == named.symptom and n.overlaps(named.start, named.end) for n in made):
            made.append(named)
    lost = any(n.symptom == "weight_loss" and n.kind == "present" for n in made)
    return sorted(
        (n for n in made if not (_is_impersonal(n, sentence) or (lost and n.kind == "gain"))),
        key=lambda named: named.start,
    )


def _is_impersonal(named: _Named, sentence: _Sentence) -> bool:
    """Whether an argument is weak, not a person."""
    before = sentence.text[sentence.start : named.start]
    return named.symptom == "weakness" and bool(_ARGUMENT.search(before))


def _outside(named: Sequence[_Named], governing: Sequence[Scope]) -> list[Scope]:
    """Scopes whose cue is no part of a symptom: "lack of energy" denies nothing behind it."""
    own = [(n.start, n.end) for n in named if n.kind == "present"]
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
    """What is said of a symptom; "" when nothing is."""
    said = qualities(named.start, sentence.governing)
    if named.kind in {"gain", "change"}:
        return "absent" if _says_so(named, sentence) else ""
    if "other" in said or sentence.section == "other":
        return "other"
    denied = "negated" in said
    if denied and named.kind == "present" and has_ended(named.start, sentence.governing):
        return "historical"
    if named.kind == "absent":
        denied = not (denied and _is_denied_near(named, sentence))
    if denied or named.kind == "denied":
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
    return "historical" if _is_past(named, sentence) else "present"


def _says_so(named: _Named, sentence: _Sentence) -> bool:
    """Whether weight is said to be gained, or denied to have changed."""
    said = qualities(named.start, sentence.governing)
    if said & {"other", "hypothetical", "historical"} or sentence.section in {
        "other",
        "historical",
    }:
        return False
    if named.kind == "change":
        return "negated" in said
    return "negated" not in said and not _is_unstated(named, sentence)


def _is_past(named: _Named, sentence: _Sentence) -> bool:
    """Whether the symptom was there once: by its section, a cue, a dated event or a weight regained."""
    if sentence.section == "historical":
        return True
    begin, end = sentence.start, sentence.end
    if _OVER.match(sentence.text, named.end, end):
        return True
    if named.symptom == "weight_loss" and _REGAINED.search(sentence.text, named.end, end):
        return True
    if _EVENT.match(sentence.text, begin, end) and not _LASTING.search(sentence.text, begin, end):
        return True
    return any(
        scope.quality == "historical"
        and scope.start <= named.start < scope.end
        and not (named.symptom != "malnutrition" and _is_complaint(scope, sentence))
        for scope in sentence.governing
    )


def _is_complaint(scope: Scope, sentence: _Sentence) -> bool:
    """Whether "with a history of" gives the reason of the visit: behind age or sex."""
    before = sentence.text[sentence.start : scope.cue_end]
    return bool(_PRESENTED.search(before))


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
    if sentence.on_programme or _cues("intended").find(sentence.words):
        return True
    around = tokens(sentence.text, *sentence.near)
    return bool(_cues("wanted").find(around)) and not _cues("unintended").find(around)


def _is_focal(named: _Named, sentence: _Sentence) -> bool:
    """Whether a part of the body is weak, not the patient."""
    words = sentence.words
    first = next(k for k, word in enumerate(words) if word.end > named.start)
    last = max(k for k, word in enumerate(words) if word.start < named.end)
    if named.symptom == "wasting" and any(word.text in _BOTH for word in words):
        return False
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
