"""Which organ sections a statement belongs to, by lexicon, landmark rule and antecedent."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.report_structurer.lexicon import single_words
from services.report_structurer.terms import Term, terms
from services.report_structurer.words import Token

SECTIONS = (
    "lungs_airways",
    "pleura",
    "heart_pericardium",
    "mediastinum",
    "lymph_nodes",
    "vessels",
    "soft_tissues_wall",
    "liver",
    "gallbladder_biliary",
    "spleen",
    "pancreas",
    "adrenals",
    "kidneys_ureters",
    "bladder",
    "reproductive",
    "stomach_bowel",
    "peritoneum_retroperitoneum",
    "bones",
    "devices_postop",
    "general_other",
)
LANDMARK_REACH = 3
"""An organ this many words after a landmark phrase is where something is."""


@dataclass(frozen=True)
class Placement:
    """Sections of a statement.

    Attributes:
        sections: In the order in which the statement names them; empty in a bare heading alone.
        rule: `organ`, `finding`, `weak`, `antecedent`, `heading`, `region`, `landmark`, `aside`,
            `whole` or `none`.
        evidence: Offsets of the words that decided.
        needs_review: Nothing decided, or only something weak did.
    """

    sections: tuple[str, ...]
    rule: str
    evidence: tuple[tuple[int, int], ...] = ()
    needs_review: bool = False


@dataclass(frozen=True)
class Before:
    """What stood before a statement in its part.

    Attributes:
        sections: Sections of the statement before; empty at the start of a part.
        heading: Sections that a heading inside the findings names; empty without.
        concluding: Whether the part is the impression.
    """

    sections: tuple[str, ...] = ()
    heading: tuple[str, ...] = ()
    concluding: bool = False


def place(words: Sequence[Token], found: Sequence[Term], before: Before) -> Placement:
    """Sections of a statement.

    Args:
        words: Its words.
        found: Its findings (`terms(words, "findings")`).
        before: What stood before.
    """
    anatomy = terms(words, "anatomy")
    described, landmarks = _organs(anatomy)
    described = _without_vessel_names(words, described)
    organs = _without_places(words, _without_node_regions(words, described))
    implied = [
        t for t in found if t.meaning.kind in {"implied", "hosted"} and not _inside(t, organs)
    ]
    named = _named(organs, implied)
    if named:
        return _placement("organ", named)
    if implied:
        return _placement("finding", implied)
    if not words:
        return Placement(before.heading, "heading")
    kinds = {t.meaning.kind for t in terms(words, "guidance")}
    if _of_the_whole(kinds, found, before) and not landmarks:
        return Placement(("general_other",), "whole")
    advised = "recommendation" in kinds or ("imaging" in kinds and before.concluding and not found)
    if before.sections and (advised or _points_back(words, anatomy, found)):
        return Placement(before.sections[:1] if advised else before.sections, "antecedent")
    return _without_organ(words, found, (anatomy, landmarks), before)


LOOK_FOR_ANAPHORA = 6
"""Words at the beginning of a statement that may point back."""


def _of_the_whole(kinds: set[str], found: Sequence[Term], before: Before) -> bool:
    """Whether a statement is about the examination as such: "Otherwise unremarkable study"."""
    if before.heading or any(t.meaning.kind in {"weak", "around"} for t in found):
        return False
    if kinds & {"whole_examination", "pointer", "limitation"} and "recommendation" not in kinds:
        return True
    if before.concluding and found and all(t.meaning.kind == "normal" for t in found):
        return True
    return "whole" in kinds and (before.concluding or not before.sections)


def _points_back(words: Sequence[Token], anatomy: Sequence[Term], found: Sequence[Term]) -> bool:
    begins = {term.meaning.kind for term in terms(words[:LOOK_FOR_ANAPHORA], "guidance")}
    region = any(t.meaning.kind == "region" for t in anatomy) and _states_something(found)
    return "anaphora" in begins and not region


def _without_organ(
    words: Sequence[Token],
    found: Sequence[Term],
    places: tuple[Sequence[Term], Sequence[Term]],
    before: Before,
) -> Placement:
    """By the heading, what usually is meant, or what stood before; else for a person to see."""
    anatomy, landmarks = places
    if before.heading:
        return Placement(before.heading, "heading")
    weak = _weak(found)
    region = any(t.meaning.kind == "region" for t in anatomy)
    if region and _states_something(found) and not weak:
        return Placement(("general_other",), "region")
    if landmarks and all(t.meaning.kind == "around" for t in weak):
        return _placement("landmark", landmarks)
    if before.sections and found and all(_fits(t, before) for t in weak):
        several = len(before.sections) > 1
        return Placement(before.sections, "antecedent", needs_review=several and not weak)
    asides = [t for t in anatomy if t.meaning.kind == "aside"]
    for rule, by in (("weak", weak), ("landmark", landmarks), ("aside", asides)):
        if by:
            return _placement(rule, by)
    return _nameless({word.text for word in words}, before)


def _nameless(said: set[str], before: Before) -> Placement:
    """Of a statement that names nothing: "One measures 2 cm." tells of the organ before."""
    if before.sections and said.isdisjoint(single_words("persons")):
        unsized = said.isdisjoint(single_words("sizes"))
        return Placement(before.sections, "antecedent", needs_review=unsized)
    return Placement(("general_other",), "none", needs_review=True)


def _fits(term: Term, before: Before) -> bool:
    """Whether a finding may be one of the organ before: an obstruction, a stone of the bladder."""
    section = term.meaning.section
    stone = section == "kidneys_ureters" and not _STONES.isdisjoint(before.sections)
    return section in VAGUE or stone


_STONES = frozenset({"bladder", "gallbladder_biliary", "pancreas"})
"""Organs beside the kidneys that have stones."""


def _weak(found: Sequence[Term]) -> list[Term]:
    """Findings that usually belong to an organ; vague ones only when nothing else is stated."""
    weak = [t for t in found if t.meaning.kind in {"weak", "around"}]
    return [t for t in weak if t.meaning.section not in VAGUE] or weak


VAGUE = frozenset({"stomach_bowel", "vessels", "lungs_airways"})
"""Sections whose weak findings, obstruction, calcification or nodule, occur in any organ."""


def _organs(anatomy: Sequence[Term]) -> tuple[list[Term], list[Term]]:
    """Organs described, and organs that only say where something is."""
    organs: list[Term] = []
    landmarks: list[Term] = []
    reach = -1
    for term in anatomy:
        if term.meaning.kind == "landmark":
            reach = term.last + LANDMARK_REACH
        elif term.meaning.kind == "organ":
            (landmarks if term.first <= reach else organs).append(term)
    return organs, landmarks


def _states_something(found: Sequence[Term]) -> bool:
    return any(t.meaning.kind in {"normal", "general"} for t in found)


def _without_node_regions(words: Sequence[Token], organs: Sequence[Term]) -> Sequence[Term]:
    """Beside lymph nodes, words that say where the nodes are name no organ."""
    nodes = [t for t in organs if t.meaning.section == "lymph_nodes"]
    if not nodes:
        return organs
    regions = {(t.first, t.last) for t in terms(words, "node_regions")}
    return [
        t
        for t in organs
        if (t.first, t.last) not in regions or not any(_of_nodes(words, t, n) for n in nodes)
    ]


def _of_nodes(words: Sequence[Token], region: Term, node: Term) -> bool:
    """Whether a region belongs to the nodes: nothing else is stated between them."""
    first, last = (
        (region.last + 1, node.first) if region.last < node.first else (node.last + 1, region.first)
    )
    between = {word.text for word in words[first:last]}
    return not between & single_words("apart" if region.last < node.first else "others")


def _without_vessel_names(words: Sequence[Token], organs: Sequence[Term]) -> list[Term]:
    """Of "the hepatic and portal veins" the first word names a vessel, no organ."""
    vessels = {t.first for t in organs if t.meaning.section == "vessels"}
    joined = {"and", "or", ",", "/"}
    return [
        t
        for t in organs
        if not (
            words[t.last].text in single_words("vessel_names")
            and t.last + 2 in vessels
            and words[t.last + 1].text in joined
        )
    ]


def _without_places(words: Sequence[Token], organs: Sequence[Term]) -> Sequence[Term]:
    """Behind a device whose position is told, organs say where it lies: "tip in the stomach"."""
    devices = [t for t in organs if t.meaning.section == "devices_postop"]
    if not devices or single_words("positions").isdisjoint(word.text for word in words):
        return organs
    first = devices[0].first
    kept = {"devices_postop", *_STENTED}
    return [
        t
        for t in organs
        if t.meaning.section in kept and (t.first <= first or t.meaning.section not in _STENTED)
    ]


_STENTED = frozenset({"kidneys_ureters", "gallbladder_biliary", "bladder", "pancreas"})
"""Organs that a device named behind them is in, "ureteral stent"."""


def _named(organs: Sequence[Term], implied: Sequence[Term]) -> list[Term]:
    """Organs, and findings that stand for another section than the organs beside them."""
    sections = {t.meaning.section for t in organs}
    if not sections:
        return []
    return [*organs, *(t for t in implied if not _belongs(t, sections))]


def _belongs(term: Term, sections: set[str]) -> bool:
    """Whether a finding describes one of the organs named beside it."""
    hosts = HOSTS[term.meaning.section] if term.meaning.kind == "hosted" else frozenset()
    return not sections.isdisjoint(hosts) or sections.issuperset(term.meaning.section.split())


HOSTS = {
    "pleura": frozenset({"heart_pericardium", "bones", "general_other", "soft_tissues_wall"}),
    "liver": frozenset({"bones", "spleen", "soft_tissues_wall", "general_other"}),
    "soft_tissues_wall": frozenset(
        {"stomach_bowel", "lungs_airways", "kidneys_ureters", "bones", "general_other"}
    ),
    "stomach_bowel": frozenset({"gallbladder_biliary", "bladder", "kidneys_ureters"}),
}
"""Organs that may have an effusion, a haemangioma, a lipoma or a diverticulum of their own."""


def _inside(term: Term, organs: Sequence[Term]) -> bool:
    """Whether a finding's words are those of an organ phrase."""
    return any(o.first <= term.first and term.last <= o.last for o in organs)


def _placement(rule: str, by: Sequence[Term]) -> Placement:
    in_order = sorted(by, key=lambda term: term.start)
    return Placement(
        tuple(dict.fromkeys(name for t in in_order for name in t.meaning.section.split())),
        rule,
        tuple((t.start, t.end) for t in in_order),
    )
