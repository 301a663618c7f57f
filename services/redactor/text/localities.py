"""Addresses, towns and institutions."""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from services.redactor.lexicon import Word, folded, lists
from services.redactor.spans import Kind
from services.redactor.text.addresses import ADDRESSES, CAPITALISED
from services.redactor.text.candidates import Candidate
from services.redactor.text.cues import lines_of, words_in
from services.redactor.text.surroundings import ACRONYM_LETTERS

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
PUBLIC = frozenset({"university", "general", "community", "regional", "memorial"})
"""Make one institution of a kind of it: "University Hospital"."""
COMPANIES = frozenset({"inc", "llc", "ltd", "plc"})
ABBREVIATIONS = frozenset({"st", "ste", "mt", "ft", "dr"})
NOT_FIRST = frozenset({"of", "the", "and", "for", "am", "im", "in"})
LONGEST_NAME = 6
"""Words of the name of an institution."""
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
        if sure:
            first = _walked_back(text, words, at)
            if _is_one_of_many(words, first, at, strong=sure >= STRONG):
                yield Candidate(words[first].start, word.end, Kind.LOC, sure, "rule:institution")


def _is_one_of_many(words: Sequence[Word], first: int, at: int, *, strong: bool) -> bool:
    """Whether the words before the last name one institution, not a kind of it."""
    before = words[first:at]
    named = [w for w in before if w.text.lower() not in GENERIC | CONNECTIVES | WEAK_TAILS]
    if named and (strong or any(map(_proper, named))):
        return True
    charted = not {w.key for w in before}.isdisjoint(PUBLIC) and not words[at].shouted
    return strong and charted and before[0].capitalised and before[0].key not in STOPS


def _proper(word: Word) -> bool:
    known = lists()
    return word.capitalised and (not known.ordinary(word.key) or known.name(word.key))


def _tail_score(text: str, words: Sequence[Word], at: int) -> float:
    """How sure `words[at]` ends the name of an institution: 0 if it does not."""
    word = words[at]
    if not word.capitalised or at == 0 or _goes_on(text, words, at):
        return 0
    before = words[at - 1]
    if text[before.end : word.start] not in {" ", "-", " & ", ", "}:
        return 0
    if word.key in TAILS:
        return 0.92
    if before.key in PAIRS.get(word.key, ()):
        return 0.9
    return 0.7 if word.key in WEAK_TAILS else 0


def _goes_on(text: str, words: Sequence[Word], at: int) -> bool:
    """Whether a later word ends the name: only the last one counts."""
    if at + 1 >= len(words):
        return False
    word, following = words[at], words[at + 1]
    joined = following.capitalised and text[word.end : following.start] == " "
    ends = following.key in TAILS | WEAK_TAILS or word.key in PAIRS.get(following.key, ())
    return joined and ends


def _walked_back(text: str, words: Sequence[Word], at: int) -> int:
    """The first word of the name of an institution that ends with `words[at]`."""
    first = at
    while first > 0 and at - first < LONGEST_NAME and _belongs(text, words, first, at):
        first -= 1
    while first < at and words[first].text.lower() in NOT_FIRST:
        first += 1
    return first


def _belongs(text: str, words: Sequence[Word], first: int, at: int) -> bool:
    """Whether the word before `words[first]` belongs to the name that ends with `words[at]`."""
    before = words[first - 1]
    between = text[before.end : words[first].start]
    if between == ", ":
        company = first == at and words[at].key in COMPANIES
        if not company and not _law_firm(text, words, first):
            return False
    elif between == ". ":
        if before.key not in ABBREVIATIONS:
            return False
    elif between not in {" ", "-", " & ", "'s ", "’s "}:
        return False
    if before.key in STOPS or not (before.capitalised or before.text in CONNECTIVES):
        return False
    return before.key != "of" or first == 1 or words[first - 2].key in CHARTERED


def _law_firm(text: str, words: Sequence[Word], first: int) -> bool:
    """Whether a comma parts the partners of a firm: "Smith, Jones and Brown"."""
    follows = words[first + 1].key if first + 1 < len(words) else ""
    return follows == "and" and _proper(words[first - 1]) and text[words[first].end] == " "


def _towns(text: str, words: Sequence[Word]) -> Iterator[Candidate]:
    for at, word in enumerate(words):
        if not word.capitalised or word.key in lists().kept:
            continue
        for count in (3, 2, 1):
            run = words[at : at + count]
            score = _town_score(words, at, run) if _is_town(text, run, count) else 0
            if score:
                yield Candidate(run[0].start, run[-1].end, Kind.LOC, score, "places")
                break


def _is_town(text: str, run: Sequence[Word], count: int) -> bool:
    if len(run) < count or not all(word.capitalised for word in run):
        return False
    between = {text[a.end : b.start] for a, b in pairwise(run)}
    return between <= {" ", "-", ". "} and " ".join(word.key for word in run) in lists().places


def _town_score(words: Sequence[Word], at: int, run: Sequence[Word]) -> float:
    known = lists()
    before = words[at - 1].key if at else ""
    plain = all(known.ordinary(word.key) for word in run)
    if len(run) == 1:
        acronym = run[0].shouted and len(run[0].text) <= ACRONYM_LETTERS
        if acronym or run[0].key in known.eponyms:
            return 0
    if before in PREPOSITIONS and not words[at - 1].capitalised:
        return 0.4 if plain and len(run) == 1 else 0.8
    return 0 if plain else 0.55
