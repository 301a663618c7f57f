"""Whether a rewrite says the same: the same facts, cues and no word of its own."""

from collections import Counter
from functools import cache

from services.report_structurer.context import scopes
from services.report_structurer.facts import facts, literal_facts
from services.report_structurer.lexicon import load, single_words
from services.report_structurer.terms import terms
from services.report_structurer.words import tokens


def difference(source: str, rewrite: str) -> str:
    """What a rewrite changes, in words of ours; "" when it says the same.

    Compared are numbers with units, sides, findings with polarity and certainty, organs, words of
    time and degree, cues of denial and doubt; every word of the rewrite stands in the source or in
    the list of short forms.
    """
    if len(rewrite) > len(source):
        return "longer than the source"
    before, after = _said(source), _said(rewrite)
    for kind in before:
        if before[kind] != after[kind]:
            return f"{kind} differ"
    added = _words(rewrite) - _words(source) - _short_forms()
    return "words that the source does not have" if added else ""


def _said(text: str) -> dict[str, Counter[tuple[str, ...]]]:
    words = tokens(text)
    governing = scopes(words)
    kept = single_words("times") | single_words("degrees")
    found, organs = terms(words, "findings"), terms(words, "anatomy")
    stated = facts(text, literal_facts(text), found, organs, governing)
    return {
        "numbers or sides": Counter(
            f.meaning() for f in stated if f.kind not in {"finding", "organ"}
        ),
        "findings": Counter(f.meaning() for f in stated if f.kind == "finding"),
        "organs": Counter((f.value, f.side) for f in stated if f.kind == "organ"),
        "normality": Counter((t.meaning.kind,) for t in found if t.meaning.kind == "normal"),
        "cues": Counter((s.quality,) for s in governing),
        "times or degrees": Counter((w.text,) for w in words if w.text in kept),
    }


def _words(text: str) -> set[str]:
    return {token.text for token in tokens(text) if token.text.isalpha()}


@cache
def _short_forms() -> frozenset[str]:
    """Words that a rewrite may use although the source does not."""
    shorts = " ".join(load("concise")["replace"])
    return frozenset(word for word in shorts.split() if word.isalpha()) | {"no", "and", "with"}
