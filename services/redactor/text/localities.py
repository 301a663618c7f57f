"""Addresses, towns and institutions."""

import re
from collections.abc import Iterator, Sequence

from services.redactor.lexicon import Word, folded, lists
from services.redactor.spans import Kind
from services.redactor.text.addresses import ADDRESSES, CAPITALISED
from services.redactor.text.candidates import Candidate
from services.redactor.text.cues import lines_of, words_in

TAILS = words_in("institution_ends")
WEAK_TAILS = words_in("weak_institution_ends")
PAIRS = {
    end: frozenset(before.split())
    for end, before in (line.split(":") for line in lines_of("paired_institution_ends"))
}
"""Last word of a name, and what stands before it then: "medical center"."""
GENERIC = words_in("generic_words")
CONNECTIVES = words_in("connectives")
STOPS = words_in("institution_stops")
CHARTERED = words_in("chartered")
PREPOSITIONS = words_in("town_prepositions")
STRONG = 0.8
"""Score from which the last word of a name is enough."""

HEADS = re.compile(
    rf"(?<!\w)(?:(?:University|College|Hospital|Clinic|Institute|School|City|Town|County|Village|"
    rf"Borough|Universität|"
    rf"Universidad|Université|Università|Universidade)\s(?:of|de|du|des|del|di|da|für|"
    rf"at)\s(?:(?i:the|la|las|los|l'|le)\s)?"
    rf"{CAPITALISED}(?:(?: (?:and|de|of|la|at))* {CAPITALISED}){{0,3}}"
    rf"|(?:Hospital|Hosp\.|Cl[ií]nica|H[oô]pital|Clinique|CHU|CHRU|CHUV|Ospedale|Policlinico|"
    rf"Klinikum|Universit[aä](?:ts|ets|ets)klinik(?:um|en)?|"
    rf"Szpital|Centre\s[Hh]ospitalier(?:\s[Uu]niversitaire)?|Centro\s(?:[Mm][eé]dico|"
    rf"[Hh]ospitalar(?:io)?|[Dd]e\s[Ss]alud)|"
    rf"Instituto|Sanatorio|Santa\sCasa|Casa\s[Dd]i\s[Cc]ura|Istituto|Krankenhaus|Praxis|"
    rf"Azienda\sOspedaliera)"
    rf"(?: (?i:de|du|des|del|della|di|da|do|la|las|los|el|le|der|van|von|den|am|im|für|zu|"
    rf"universitari[oa]|general|regional|nacional))*"
    rf"(?: {CAPITALISED}){{1,4}})"
)


def found_localities(text: str, line_of: Sequence[Word]) -> Iterator[Candidate]:
    """Addresses, towns and institutions of `text`.

    Args:
        text: The text.
        line_of: Its words.
    """
    for name, pattern, score in ADDRESSES:
        for match in pattern.finditer(text):
            groups = match.groupdict()
            if "name" in groups and not strange(groups["name"]):
                continue
            group = "where" if "where" in groups else 0
            yield Candidate(*match.span(group), Kind.LOC, score, f"rule:{name}")
    for match in HEADS.finditer(text):
        yield Candidate(*match.span(), Kind.LOC, 0.9, "rule:institution")
    yield from _institutions(text, line_of)
    yield from _towns(text, line_of)


def strange(word: str) -> bool:
    """Whether a capitalised word is no word of the language, or a name."""
    key = folded(word)
    return not lists().ordinary(key) or key in lists().given or key in lists().surnames


def _institutions(text: str, words: Sequence[Word]) -> Iterator[Candidate]:
    for at, word in enumerate(words):
        sure = _tail_score(text, words, at)
        if not sure:
            continue
        first = _walked_back(text, words, at)
        named = [
            w for w in words[first:at] if w.text.lower() not in GENERIC | CONNECTIVES | WEAK_TAILS
        ]
        strange = [w for w in named if _proper(w)]
        if not named or (sure < 0.8 and not strange):
            named_university = words[first].capitalised and first < at and not word.shouted
            if not (sure >= 0.8 and named_university and words[first].key not in STOPS):
                continue
            if not {w.key for w in words[first:at]} & {
                "university",
                "general",
                "community",
                "regional",
                "memorial",
            }:
                continue
        yield Candidate(words[first].start, word.end, Kind.LOC, sure, "rule:institution")


def _proper(word: Word) -> bool:
    known = lists()
    return word.capitalised and (not known.ordinary(word.key) or known.name(word.key))


def _tail_score(text: str, words: Sequence[Word], at: int) -> float:
    """How sure `words[at]` ends the name of an institution: 0 if it does not."""
    word = words[at]
    if not word.capitalised or at == 0:
        return 0
    before = words[at - 1]
    if text[before.end : word.start] not in {" ", "-", " & ", ", "}:
        return 0
    # More of the name follows: the last tail counts.
    following = words[at + 1] if at + 1 < len(words) else None
    if (
        following
        and following.capitalised
        and text[word.end : following.start] == " "
        and (following.key in TAILS | WEAK_TAILS or word.key in PAIRS.get(following.key, ()))
    ):
        return 0
    if word.key in TAILS:
        return 0.92
    if before.key in PAIRS.get(word.key, ()):
        return 0.9
    return 0.7 if word.key in WEAK_TAILS else 0


def _walked_back(text: str, words: Sequence[Word], at: int) -> int:
    first = at
    while first > 0 and at - first < 6:
        before = words[first - 1]
        between = text[before.end : words[first].start]
        if between not in {" ", "-", ". ", " & ", "'s ", "’s ", ", "} or "\n" in between:
            break
        if between == ", " and not (words[at].key in {"inc", "llc", "ltd", "plc"} and first == at):
            if not _law_firm(text, words, first):
                break
        if between == ". " and before.key not in {"st", "ste", "mt", "ft", "dr"}:
            break
        if not before.capitalised and before.text not in CONNECTIVES:
            break
        if before.key in STOPS:
            break
        if (
            before.text.lower() in {"of", "and"}
            and first > 1
            and words[first - 2].key not in CHARTERED
            and before.key == "of"
        ):
            break
        first -= 1
    while first < at and words[first].text.lower() in {"of", "the", "and", "for", "am", "im", "in"}:
        first += 1
    return first


def _law_firm(text: str, words: Sequence[Word], first: int) -> bool:
    """ "Smith, Jones and Brown ...": a comma that parts the partners of a firm."""
    follows = words[first + 1].key if first + 1 < len(words) else ""
    return follows == "and" and _proper(words[first - 1]) and text[words[first].end] == " "


def _towns(text: str, words: Sequence[Word]) -> Iterator[Candidate]:
    known = lists()
    for at, word in enumerate(words):
        if not word.capitalised or word.key in known.kept:
            continue
        for count in (3, 2, 1):
            run = words[at : at + count]
            if len(run) < count or not all(w.capitalised for w in run):
                continue
            between = {text[a.end : b.start] for a, b in zip(run, run[1:], strict=False)}
            key = " ".join(w.key for w in run)
            if between <= {" ", "-", ". "} and key in known.places:
                score = _town_score(words, at, run)
                if score:
                    yield Candidate(run[0].start, run[-1].end, Kind.LOC, score, "places")
                    break


def _town_score(words: Sequence[Word], at: int, run: Sequence[Word]) -> float:
    known = lists()
    before = words[at - 1].key if at else ""
    plain = all(known.ordinary(w.key) for w in run)
    if any(w.shouted for w in run) and len(run) == 1 and len(run[0].text) < 6:
        return 0
    if len(run) == 1 and run[0].key in known.eponyms:
        return 0
    if before in PREPOSITIONS and not words[at - 1].capitalised:
        return 0.4 if plain and len(run) == 1 else 0.8
    return 0 if plain else 0.55
