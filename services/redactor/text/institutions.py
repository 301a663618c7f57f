"""Names of institutions of any length: the whole run of capitals before what it is."""

import re
from collections.abc import Iterator

from services.redactor.lexicon import MEDICAL_ENDS, folded, lists
from services.redactor.spans import Kind
from services.redactor.text.candidates import Candidate
from services.redactor.text.cues import any_of, words_in
from services.redactor.text.localities import GENERIC

_WORD = r"(?:(?:St|Ste|Sta|Mt|Ft)\.|[A-Z\u00c0-\u00de][\w'’]*(?:-[A-Z\u00c0-\u00de][\w'’]*)*)"
_SMALL = r"(?:and|de|la|las|los|del|der|van|von|du|des|y|e|&|am)"
_RUN = rf"{_WORD}(?: (?:{_SMALL} ){{0,3}}{_WORD}){{0,6}}?"
_LEGAL = r"(?:,? (?:P\.?A|P\.?C|L\.?L\.?[CP]|P\.?L\.?L\.?C|Inc|Ltd|PLC|S\.?A|GmbH|Corp)\b\.?)"

NAMED = re.compile(
    rf"(?<![\w.'’-])(?P<run>{_RUN})[ -](?P<end>{any_of('named_institution_ends')})"
    rf"(?:['’]s?)?(?![\w])(?: (?:of|de|at|for) (?:the )?{_WORD}(?: {_WORD})?)?{_LEGAL}?"
)
CHARTERED = re.compile(
    rf"(?<![\w.'’-])(?:Our Lady|Sisters|Brothers|Sacred Heart|Church|Society|House|Daughters|"
    rf"Children|Friends) (?:of|de) (?:the |la |las )?{_WORD}"
    rf"(?: (?:(?:of|the|{_SMALL}) )?{_WORD}){{0,4}}"
)
"""Named after somebody: "Our Lady of Lourdes Hospital"."""
LEGAL = re.compile(rf"(?<![\w.'’-]){_WORD}(?: (?:(?:and|&|of) )?{_WORD}){{0,5}}{_LEGAL}(?!\w)")
GEOGRAPHIC = re.compile(
    rf"(?<![\w.'’-])(?P<run>{_WORD}(?: {_WORD})?)[ -](?i:{any_of('geographic_ends')})(?!\w)"
    r"(?![ -](?:\d|"
    r"(?i:sign|virus|disease|fever)))"
)
"""Towns and villages of two words, no list is long enough: "Harrow Heath"."""
SAINT_OR_PORT = re.compile(
    rf"(?<![\w.'’-])(?:Saint|Port|Fort|Mount|Lake|Upper|Lower|Great|Little|North|South|East|West|New|Old|San|"
    rf"Santa|São|Bad|Los|Las|El|La) (?P<run>{_WORD})(?![\w-])"
)
SAINT = re.compile(r"(?:St|Ste|Sta|Saint|Santa|San|Holy|Sacred|Royal)\b")
OF_NOTHING = GENERIC | words_in("departments")


def found_institutions(text: str) -> Iterator[Candidate]:
    """Institutions, companies and towns of several words in `text`."""
    for match in NAMED.finditer(text):
        score = _named_score(match["run"])
        if score:
            yield Candidate(*match.span(), Kind.LOC, score, "rule:named institution")
    for match in CHARTERED.finditer(text):
        yield Candidate(*match.span(), Kind.LOC, 0.85, "rule:chartered")
    for match in LEGAL.finditer(text):
        if _named_score(match.group()):
            yield Candidate(*match.span(), Kind.LOC, 0.8, "rule:company")
    for pattern in (GEOGRAPHIC, SAINT_OR_PORT):
        for match in pattern.finditer(text):
            if any(_strange(key) for key in _keys(match["run"])):
                yield Candidate(*match.span(), Kind.LOC, 0.7, "rule:named town")


def _keys(run: str) -> list[str]:
    return [
        folded(word).removesuffix("'s").removesuffix("’s") for word in re.findall(r"[\w'’]+", run)
    ]


def _named_score(run: str) -> float:
    """How sure the words before what an institution is are its own, and no kind of it."""
    own = [key for key in _keys(run) if key not in OF_NOTHING and len(key) > 1]
    known = lists()
    if any(_strange(key) for key in own) or SAINT.match(run):
        return 0.85
    return 0.7 if any(known.name(key) and key not in known.common for key in own) else 0


def _strange(key: str) -> bool:
    known = lists()
    if key in known.common or key in known.kept or MEDICAL_ENDS.search(key):
        return False
    return key not in known.eponyms
