"""What a sentence says of a symptom in it: there, denied, over, or no symptom of the patient."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from services.report_structurer.context import Scope, has_ended, qualities
from services.report_structurer.lexicon import load
from services.report_structurer.phrasings import Kind
from services.report_structurer.words import Hit, Phrases, Token, tokens

DRUG_REACH = 18
"""Words and marks before a symptom in which a drug against it counts."""
FOCAL_REACH = 5
"""Words beside a weakness in which a part of the body makes it focal."""
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
_BOTH = frozenset({"both", "bilateral", "all", "four", "temporal", "bitemporal"})
"""Beside these wasting is no local one."""
_OVER = re.compile(
    r"[^.;]{0,60}?(?:\bbut|\band|,|;|\.)\s*"
    r"(?:this|it|that|these|they|those|(?:the|his|her)\s+symptoms?|all)\s+"
    r"(?:(?!not\b|never\b|partially\b)\w+\s+){0,3}?"
    r"(?:resolved|subsided|abated|cleared|disappeared|stopped|gone|went\s+away)\b",
    re.IGNORECASE,
)
"""Behind a symptom: that it went, in a clause of its own."""
_LASTING = re.compile(
    r"\b(?:now|still|since|currently|continu\w+|persist\w*|today)\b", re.IGNORECASE
)
_REGAINED = re.compile(
    r"(?:\bregained|\b(?:gained|put)\s+(?:\w+\s+){0,4}back\b)(?!\s+(?:\w+\s+)?\d)"
    r"|\brecovered\s+(?:the|his|her|all|most|that)",
    re.IGNORECASE,
)
_ADJACENT = frozenset({"of", "in", "on", "involving", "affecting", "at", "to", "with"})
_BREAKS = frozenset({",", ";", "and", "but", "or", "with"})


@dataclass(frozen=True)
class Named:
    """A symptom named in a sentence, or its opposite."""

    symptom: str
    kind: Kind
    start: int
    end: int

    def overlaps(self, start: int, end: int) -> bool:
        """Whether it shares a character with a place."""
        return self.start < end and start < self.end


@dataclass(frozen=True)
class Sentence:
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
def cues(name: str) -> Phrases[bool]:
    """Phrases of a list of `lexicons/symptoms.yaml`."""
    return Phrases((phrase, True) for phrase in load("symptoms")[name])


def status(named: Named, sentence: Sentence) -> str:
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
    return _affirmed(named, sentence, hypothetical="hypothetical" in said)


def _affirmed(named: Named, sentence: Sentence, *, hypothetical: bool) -> str:
    """What is said of a symptom that is not denied."""
    unasked = {
        "weight_loss": _is_intended,
        "weakness": _is_focal,
        "wasting": _is_focal,
    }.get(named.symptom)
    if unasked and unasked(named, sentence):
        return "other"
    if hypothetical or _is_unstated(named, sentence):
        return "other"
    return "historical" if _is_past(named, sentence) else "present"


def _says_so(named: Named, sentence: Sentence) -> bool:
    """Whether weight is said to be gained, or denied to have changed."""
    said = qualities(named.start, sentence.governing)
    elsewhere = sentence.section in {"other", "historical"}
    if elsewhere or said & {"other", "hypothetical", "historical"}:
        return False
    if named.kind == "change":
        return "negated" in said
    return "negated" not in said and not _is_unstated(named, sentence)


def _is_past(named: Named, sentence: Sentence) -> bool:
    """Whether it was there once: by its section, a cue, a dated event or a weight regained."""
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


def _is_complaint(scope: Scope, sentence: Sentence) -> bool:
    """Whether "with a history of" gives the reason of the visit: behind age or sex."""
    before = sentence.text[sentence.start : scope.cue_end]
    return bool(_PRESENTED.search(before))


def _is_denied_near(named: Named, sentence: Sentence) -> bool:
    """Whether a denial stands before it in the same phrase: "not a good appetite"."""
    return any(
        scope.quality == "negated"
        and scope.cue_end <= named.start < scope.end
        and "," not in sentence.text[scope.cue_end : named.start]
        and not sentence.text[named.start : named.start + 3].lower().startswith(("no ", "den"))
        for scope in sentence.governing
    )


def _is_intended(_: Named, sentence: Sentence) -> bool:
    """Whether the weight is lost on purpose, or spoken of as a plan."""
    if cues("unintended").find(sentence.words):
        return False
    if sentence.on_programme or cues("intended").find(sentence.words):
        return True
    around = tokens(sentence.text, *sentence.near)
    return bool(cues("wanted").find(around)) and not cues("unintended").find(around)


def _is_focal(named: Named, sentence: Sentence) -> bool:
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
    focal = cues("focal")
    neurological = named.symptom == "weakness" and cues("neurological").find(words)
    return bool(neurological or focal.find(before) or focal.find(after))


def _is_unstated(named: Named, sentence: Sentence) -> bool:
    """Whether a drug, a warning or a risk is spoken of."""
    before = [word for word in sentence.words if word.end <= named.start]
    after = [word for word in sentence.words if word.start >= named.end]
    near = before[-DRUG_REACH:]
    stated = max((hit.last for hit in cues("stated").find(near)), default=-1)
    if cues("drug").find(near[stated + 1 :]) or cues("spoken_of").find(after):
        return True
    experienced = cues("experienced").find(before)
    return any(not _within(hit, experienced) for hit in cues("warning").find(before))


def _within(hit: Hit[bool], others: Sequence[Hit[bool]]) -> bool:
    return any(other.first <= hit.first <= other.last for other in others)


def is_impersonal(named: Named, sentence: Sentence) -> bool:
    """Whether an argument is weak, not a person."""
    before = sentence.text[sentence.start : named.start]
    return named.symptom == "weakness" and bool(_ARGUMENT.search(before))
