"""Which organ sections a statement belongs to, by lexicon, landmark rule and antecedent."""

from collections.abc import Sequence
from dataclasses import dataclass

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
        rule: `organ`, `finding`, `weak`, `antecedent`, `heading` or `none`.
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
        heading: Section that a heading inside the findings names; "" without.
    """

    sections: tuple[str, ...] = ()
    heading: str = ""


def place(words: Sequence[Token], found: Sequence[Term], before: Before) -> Placement:
    """Sections of a statement.

    Args:
        words: Its words.
        found: Its findings (`terms(words, "findings")`).
        before: What stood before.
    """
    anatomy = terms(words, "anatomy")
    organs = _without_node_regions(words, _organs(anatomy))
    guidance = {term.meaning.kind for term in terms(words[:LOOK_FOR_ANAPHORA], "guidance")}
    implied = [t for t in found if t.meaning.kind == "implied" and not _inside(t, organs)]
    named = _named(organs, implied)
    if named:
        return _placement([t.meaning.section for t in named], "organ", named)
    if implied:
        return _placement([t.meaning.section for t in implied], "finding", implied)
    if not words:
        return Placement((before.heading,) if before.heading else (), "heading")
    advised = "recommendation" in {t.meaning.kind for t in terms(words, "guidance")}
    points_back = advised or bool(guidance & {"anaphora", "limitation"})
    region = any(t.meaning.kind == "region" for t in anatomy) and _states_something(found)
    if before.sections and points_back and not (region and not advised):
        return Placement(before.sections[:1] if advised else before.sections, "antecedent")
    if region:
        return Placement(("general_other",), "region")
    return _without_organ(found, before)


LOOK_FOR_ANAPHORA = 6
"""Words at the beginning of a statement that may point back."""


def _without_organ(found: Sequence[Term], before: Before) -> Placement:
    """By the heading, what usually is meant, or what stood before; else for a person to see."""
    if before.heading:
        return Placement((before.heading,), "heading")
    weak = [t for t in found if t.meaning.kind == "weak"]
    if before.sections and found and (not weak or _vague(weak)):
        return Placement(before.sections, "antecedent", needs_review=not weak)
    if weak:
        return _placement([t.meaning.section for t in weak], "weak", weak)
    return Placement(("general_other",), "none", needs_review=True)


def _vague(weak: Sequence[Term]) -> bool:
    return all(t.meaning.section in {"stomach_bowel", "vessels"} for t in weak)


def _organs(anatomy: Sequence[Term]) -> list[Term]:
    """Organs described: landmarks are left out as long as another organ is named."""
    organs: list[Term] = []
    landmarks: list[Term] = []
    reach = -1
    for term in anatomy:
        if term.meaning.kind == "landmark":
            reach = term.last + LANDMARK_REACH
        elif term.meaning.kind == "organ":
            (landmarks if term.first <= reach else organs).append(term)
    return organs or landmarks


def _states_something(found: Sequence[Term]) -> bool:
    return any(t.meaning.kind in {"normal", "general"} for t in found)


def _without_node_regions(words: Sequence[Token], organs: Sequence[Term]) -> Sequence[Term]:
    """Beside lymph nodes, words that say where the nodes are name no organ."""
    if not any(t.meaning.section == "lymph_nodes" for t in organs):
        return organs
    regions = {(t.first, t.last) for t in terms(words, "node_regions")}
    return [t for t in organs if (t.first, t.last) not in regions]


def _named(organs: Sequence[Term], implied: Sequence[Term]) -> list[Term]:
    """Organs, and findings that stand for another section than the organs beside them."""
    sections = {t.meaning.section for t in organs}
    if not sections:
        return []
    other = [t for t in implied if not sections & {t.meaning.section, *_HOSTS[t.meaning.section]}]
    return [*organs, *other]


_HOSTS: dict[str, frozenset[str]] = {section: frozenset() for section in SECTIONS} | {
    # A finding of this kind beside one of these organs describes the organ.
    "vessels": frozenset(SECTIONS) - {"lungs_airways", "pleura", "liver", "lymph_nodes"},
    "lungs_airways": frozenset(
        {"liver", "kidneys_ureters", "bladder", "bones", "heart_pericardium"}
    ),
    "bones": frozenset({"lungs_airways", "liver"}),
    "pleura": frozenset({"heart_pericardium", "bones"}),
    "stomach_bowel": frozenset({"gallbladder_biliary", "bladder", "kidneys_ureters"}),
}


def _inside(term: Term, organs: Sequence[Term]) -> bool:
    """Whether a finding's words are those of an organ phrase."""
    return any(o.first <= term.first and term.last <= o.last for o in organs)


def _placement(sections: Sequence[str], rule: str, by: Sequence[Term]) -> Placement:
    in_order = sorted(zip(by, sections, strict=True), key=lambda pair: pair[0].start)
    return Placement(
        tuple(dict.fromkeys(section for _, section in in_order)),
        rule,
        tuple((t.start, t.end) for t, _ in in_order),
    )
