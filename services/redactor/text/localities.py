"""Addresses, towns and institutions."""

import re
from collections.abc import Iterator, Sequence

from services.redactor.spans import Kind
from services.redactor.text.candidates import Candidate
from services.redactor.lexicon import Word, folded, lists

STREETS = (
    "alley|aly|annex|arcade|avenue|ave|av|bayou|beach|bend|bluffs?|bottom|boulevard|blvd|branch|bridge|"
    "brooks?|burgs?|bypass|camp|canyon|cape|causeway|centers?|centre|circles?|cir|cliffs?|close|club|"
    "common|corners?|course|courts?|ct|coves?|cv|creek|crescent|cres|crest|crossing|crossroad|curve|"
    "dale|dam|divide|drives?|dr|estates?|expressway|extensions?|falls?|ferry|fields?|flats?|fords?|"
    "forest|forges?|forks?|fort|freeway|gardens?|gdns|gateway|glens?|greens?|groves?|harbors?|haven|"
    "heights|hts|highway|hwy|hills?|hollow|inlet|islands?|isle|junctions?|keys?|knolls?|lakes?|land|"
    "landing|lane|ln|lights?|loaf|locks?|lodge|loop|mall|manors?|meadows?|mews|mills?|mission|"
    "motorway|mount|mountains?|neck|orchard|oval|overpass|parks?|parkways?|pkwy|pass|passage|path|pike|"
    "pines?|place|pl|plains?|plaza|plz|points?|ports?|prairie|radial|ramp|ranch|rapids?|rest|ridges?|"
    "river|roads?|rd|route|row|rue|run|shoals?|shores?|skyway|springs?|spurs?|squares?|sq|station|"
    "stravenue|streams?|streets?|str|st|summit|terrace|ter|throughway|trace|track|trafficway|trail|trl|"
    "tunnel|turnpike|tpke|underpass|unions?|valleys?|via|viaduct|views?|villages?|ville|vista|walks?|"
    "wall|ways?|wells?|wynd|yard"
)
STATES = (
    "A[KLRZ]|C[AOT]|D[CE]|F[LM]|G[AU]|HI|I[ADLN]|K[SY]|LA|M[ADEHINOPST]|N[CDEHJMVY]|O[HKR]|P[ARW]|RI|"
    "S[CD]|T[NX]|UT|V[AIT]|W[AIVY]|A[AEP]|BC|AB|SK|MB|ON|QC|N[BSLTU]|PE|YT|NSW|VIC|QLD|TAS|ACT|WA|SA"
)
STATE_NAMES = (
    "Alabama|Alaska|Arizona|Arkansas|California|Colorado|Connecticut|Delaware|Florida|Georgia|Hawaii|"
    "Idaho|Illinois|Indiana|Iowa|Kansas|Kentucky|Louisiana|Maine|Maryland|Massachusetts|Michigan|"
    "Minnesota|Mississippi|Missouri|Montana|Nebraska|Nevada|New\\sHampshire|New\\sJersey|New\\sMexico|"
    "New\\sYork|North\\sCarolina|North\\sDakota|Ohio|Oklahoma|Oregon|Pennsylvania|Rhode\\sIsland|"
    "South\\sCarolina|South\\sDakota|Tennessee|Texas|Utah|Vermont|Virginia|Washington|West\\sVirginia|"
    "Wisconsin|Wyoming"
)
_CAP = r"(?:(?:St|Ste|Mt|Ft|Dr|Sta|Sto)\.|[A-Z\u00c0-\u00de][\w'’-]*)"
_PART = r"(?:(?:van|von|de|da|der|den|di|du|la|le|dos|das|ter|ten) ){0,2}"
_UNIT = r"(?:[,\s]{1,2}(?:suite|ste|apt|apartment|unit|floor|fl|building|bldg|flat|studio|lot|appartamento|piano|depto|edif|interior|int|étage|porta|local|p\.?o\.?\sbox)\.?\s?#?\s?[\w-]{1,6}|[,\s]{1,2}#\s?\w{1,5})"
_ZIP = r"(?:\d{5}(?:-\d{4})?|[A-Z]\d[A-Z]\s?\d[A-Z]\d|[A-Z]{1,2}\d[A-Z\d]?\s\d[A-Z]{2})"
_TOWN = rf"(?:(?:, ?| |,?\n\s*)(?:{_CAP} ){{0,2}}{_CAP})"
_STATE = rf"(?:(?:{STATES})|(?:{STATE_NAMES}))"
_TAIL = rf"(?i:{_UNIT})?(?:(?:{_TOWN})?,?[ \n]{{1,2}}{_STATE}\b\.?(?:,?\s{{1,2}}{_ZIP}(?!\w))?|{_TOWN}?,?\s{_ZIP}(?!\w))?"

ADDRESSES = tuple(
    (name, re.compile(pattern), score)
    for name, pattern, score in (
        (
            "street",
            rf"(?<![\w.,/#-])\d{{1,6}}(?:-\d{{1,4}})?[A-Za-z]?,?\s(?:(?i:[NSEW]|NE|NW|SE|SW)\.?\s)?(?:{_CAP} ){{0,3}}{_CAP}"
            rf" (?i:{STREETS})\b\.?(?: (?:[NSEW]|NE|NW|SE|SW)\b)?{_TAIL}",
            0.97,
        ),
        (
            "numbered street",
            rf"(?<![\w.,/#-])\d{{1,6}}\s(?:(?i:[NSEW]|NE|NW|SE|SW|north|south|east|west)\.?\s)?\d{{1,3}}(?:st|nd|rd|th)"
            rf"\s(?i:{STREETS})\b\.?{_TAIL}",
            0.95,
        ),
        (
            "box",
            rf"\b(?i:p\.?\s?o\.?\s?box|postfach|apartado|bo[iî]te\spostale|casella\spostale)\s?#?\s?\d+{_TAIL}",
            0.97,
        ),
        (
            "military",
            rf"\b(?:PSC|Unit|CMR|USNS|USS|USCGC|USNV)\s[\w]+(?:,?\s(?:Box|box)\s\d+)?[,\s]\s?(?:[AFD]PO)\s(?:A[AEP])\s\d{{5}}",
            0.97,
        ),
        ("military box", r"\b(?:PSC|CMR|Unit)\s\d{1,5},?\s(?i:box)\s\d+", 0.9),
        ("unit", r"(?<!\w)(?i:apt|apartment|suite|ste)\.?\s?#?\s?\d+[A-Za-z]?\b", 0.7),
        (
            "state and code",
            rf"(?:{_CAP} ){{0,2}}{_CAP},?\s{_STATE}\b\.?,?\s{{1,2}}{_ZIP}(?!\w)",
            0.95,
        ),
        (
            "town and state",
            rf"(?:{_CAP} ){{0,2}}{_CAP}, (?!MD|PA|MS|MA|DC|AP|ME|OR|IN|ON|NP)(?:{STATES}|{STATE_NAMES})\b(?!\s?[:/])",
            0.7,
        ),
        (
            "code",
            r"\b(?i:zip|postcode|postal\scode|plz)(?i:\scode)?\s?[:#]?\s?(?:\d{4,5}(?:-\d{4})?|[A-Z\d]{2,4}\s?[A-Z\d]{3})(?!\w)",
            0.95,
        ),
        ("british code", r"(?<![\w-])[A-Z]{1,2}\d[A-Z\d]?\s\d[ABD-HJLNP-UW-Z]{2}(?!\w)", 0.8),
        ("canadian code", r"(?<![\w-])[ABCEGHJ-NPRSTVXY]\d[A-Z]\s\d[A-Z]\d(?!\w)", 0.8),
        (
            "compass town",
            rf"(?:(?<=\bin )|(?<=\bat )|(?<=\bto )|(?<=\bof )|(?<=\bfrom )|(?<=\bnear ))(?:North|South|East|West|New|Lake|Port|Fort|Mount|San|Santa|St\.|Los|Las|El|La|Upper|Lower|Great|Little|Old|Saint|Bad|Le|Den)[ -](?P<name>{_CAP})",
            0.75,
        ),
        (
            "german street",
            r"(?<!\w)[A-Z\u00c0-\u00de][\w.-]*(?: [A-Z\u00c0-\u00de][\w.-]*)?(?i:stra(?:ß|ss)e|str\.|weg|gasse|platz|allee|ring|dreef|pad|hof|singel|kade|dijk|steeg|markt|"
            r"damm|ufer|straat|laan|gracht|plein|vej|gade|gatan|vägen|veien|gata|katu|kuja|tie|utca|ulica)"
            r"\s\d{1,4}(?:\s?[a-zA-Z]\b)?(?:[-/]\d+)?(?:,?\s(?:[A-Z]{1,2}-)?\d{4,6}(?:\s?[A-Z]{2}\b,?)?\s[A-Z\u00c0-\u00de][\w-]+)?",
            0.95,
        ),
        (
            "romance street",
            r"(?<!\w)(?:\d{1,4}\s?(?:bis|ter)?,?\s)?(?i:rue|avenue|boulevard|bd|allée|chemin|impasse|quai|calle|c/|avda\.?|"
            r"avenida|paseo|carrera|cra\.|via|viale|piazza|corso|vicolo|rua|travessa|praça|rotonda|continuaci[oó]n|contrada|strada|borgo|stretto|incrocio|canale|circuito|peatonal|privada|retorno|andador|calzada|cerrada|prolongaci[oó]n|corredor|diagonal|viaducto|callej[oó]n|ronda|glorieta|camino|pasaje|cours|place|rte|ul\.|ulica|ulitsa|plaza)"
            r"\s(?:(?i:de|du|des|del|della|dei|la|las|los|le|l'|da|do|dos|d')\s?){0,3}[A-Z\u00c0-\u00de][\w'’-]+"
            r"(?:\s(?:(?i:de|du|des|del|la|da|do)\s)*[A-Z\u00c0-\u00de][\w'’-]+){0,3}(?:,?\s(?:n[º°.]\s?)?\d{1,4}(?:\s?[a-zA-Z]\b)?)?(?:,?\s(?:appartamento|piano|depto\.?|edif\.?|interior|int\.?)\s\w{1,5})*"
            r"(?:\s\d{1,4})?(?:,?\s\d{4,5},?\s[A-Z\u00c0-\u00de][\w-]+(?:\s\([A-Z]{2}\))?)?",
            0.8,
        ),
        (
            "continental town",
            r"(?<![\w.,/-])(?:[A-Z]{1,2}-)?\d{5}\s[A-Z\u00c0-\u00de][\w-]{2,}(?:\s[A-Z\u00c0-\u00de][\w-]+)?(?!\w)",
            0.6,
        ),
        (
            "address line",
            r"(?im:^|[^\w])(?i:(?:home\s|mailing\s|street\s|patient\s|postal\s)?address(?:\sof\spatient)?|adresse|direcci[oó]n|indirizzo|anschrift|residence|domicile)\s?[:=]\s?(?P<where>\w[^\n|;]{3,90}?)(?=\s{2,}|\s?[|;\n]|$|\s(?i:tel|phone|fax|dob|mrn|email)\b|\.\s?$)",
            0.9,
        ),
        (
            "said to work",
            rf"(?i:\b(?:works|working|employed|worker|employee|retired|employer)\s(?:at|by|for|from|of|with|is))\s(?P<where>{_PART}{_CAP}(?:(?:, | and | & |, and |-| of | ){_PART}{_CAP}){{0,6}})",
            0.8,
        ),
        (
            "said to live",
            r"(?i:\b(?:lives|living|resid(?:es|ing|ent)|home\saddress|address(?:es)?|domicile[d]?|mail(?:ed|ing)?\s(?:address|to)|"
            r"relocated|moved|located|wohnhaft|street|residence)\b(?:\s(?:is|at|in|on|of|near|to|from)\b)*\s?:?\s?(?:at|in|on)?\s?)"
            r"(?P<where>(?:(?:\d|[A-Z\u00c0-\u00de])(?=[^\n;:.]*\d)[^\n;:]{3,80}?|(?:(?:[A-Z\u00c0-\u00de][\w'’.-]*|de|la|of|the),?\s){0,5}[A-Z\u00c0-\u00de][\w'’-]*)"
            r"(?=[.;)]?\s*(?:$|\n)|\.\s|;|\s{2,}|\s(?:and|who|with|since|for|where|phone|tel|by)\b|\s*\())",
            0.8,
        ),
    )
)

TAILS = frozenset(
    "hospital hospitals clinic clinics infirmary hospice sanatorium polyclinic klinik klinikum krankenhaus "
    "spital ziekenhuis sykehus sjukhus sairaala hospitalet university college institute healthcare "
    "health-care laboratories hospitaal polyclinique universität llc inc ltd gmbh plc corp corporation "
    "universitätsklinikum universitatsklinikum dispensary academy church school prison".split()
)
PAIRED_TAILS = {
    "center": "medical health cancer heart surgery surgical imaging trauma care rehabilitation rehab "
    "diagnostic diagnostics radiology wellness treatment oncology women's children's spine breast "
    "eye community outpatient veterans nursing ambulatory dialysis vascular endoscopy mri stroke",
    "group": "medical health radiology imaging physicians",
    "associates": "medical radiology imaging surgical physicians health orthopedic cardiology",
    "system": "health hospital healthcare",
    "services": "health imaging medical radiology",
    "network": "health care healthcare",
    "partners": "health radiology imaging healthcare medical",
    "home": "nursing care",
    "care": "urgent health primary managed",
    "practice": "family group medical general",
    "trust": "nhs foundation healthcare hospitals",
    "foundation": "medical health clinic hospital",
    "campus": "medical hospital north south east west",
    "tower": "medical",
    "pavilion": "medical",
    "board": "health",
    "plaza": "medical",
    "specialists": "medical radiology imaging health",
    "consultants": "medical radiology imaging",
    "physicians": "health",
    "sons": "and &",
    "company": "insurance and &",
    "district": "school hospital health",
    "lab": "imaging",
    "department": "sheriff's police fire",
    "house": "medical nursing",
    "facility": "nursing care living correctional",
}
PAIRED_TAILS["centre"] = PAIRED_TAILS["center"]
PAIRS = {tail: frozenset(before.split()) for tail, before in PAIRED_TAILS.items()}
WEAK_TAILS = frozenset(
    "regional memorial general health imaging radiology group associates pavilion center centre "
    "medical diagnostics oncology orthopedics pediatrics hospitals foundation trust partners "
    "insurance county township rehabilitation rehab homecare campus medicine".split()
)
GENERIC = frozenset(
    "a an the our your their this that outside local referring nearby other another same any each nearest "
    "teaching tertiary academic affiliated home initial previous prior university medical general "
    "regional community hospital clinic center centre health care cancer imaging radiology department "
    "emergency outpatient inpatient surgery surgical breast pain wound stroke trauma follow up family "
    "primary urgent intensive nursing rehabilitation mri ct pet spine heart vascular coumadin memory "
    "sleep high-risk fertility transplant dental eye diabetes clinical patient diagnostic acute old new "
    "oncology infusion dialysis endoscopy gi lung liver in at to from by via ob prenatal pacemaker device".split()
)
CONNECTIVES = frozenset(
    "of the and & for de la le du des del della di da do dos das st saint san santa für am im zu van von".split()
)
STOPS = frozenset(
    "at to from by in with via per seen transferred admitted referred outside his her was is were on exam "
    "performed study studies comparison prior referring physician facility location site institution "
    "hospital: clinic: patient name called dr mr mrs ms md m.d. rn dated history findings impression "
    "our your their this that or discharged presenting presented who location:".split()
)
HEADS = re.compile(
    rf"(?<!\w)(?:(?:University|College|Hospital|Clinic|Institute|School|City|Town|County|Village|Borough|Universität|"
    rf"Universidad|Université|Università|Universidade)\s(?:of|de|du|des|del|di|da|für|at)\s(?:(?i:the|la|las|los|l'|le)\s)?"
    rf"{_CAP}(?:(?: (?:and|de|of|la|at))* {_CAP}){{0,3}}"
    rf"|(?:Hospital|Hosp\.|Cl[ií]nica|H[oô]pital|Clinique|CHU|CHRU|CHUV|Ospedale|Policlinico|Klinikum|Universit[aä](?:ts|ets|ets)klinik(?:um|en)?|"
    rf"Szpital|Centre\s[Hh]ospitalier(?:\s[Uu]niversitaire)?|Centro\s(?:[Mm][eé]dico|[Hh]ospitalar(?:io)?|[Dd]e\s[Ss]alud)|"
    rf"Instituto|Sanatorio|Santa\sCasa|Casa\s[Dd]i\s[Cc]ura|Istituto|Krankenhaus|Praxis|Azienda\sOspedaliera)"
    rf"(?: (?i:de|du|des|del|della|di|da|do|la|las|los|el|le|der|am|im|für|zu|universitari[oa]|general|regional|nacional))*"
    rf"(?: {_CAP}){{1,4}})"
)
CHARTERED = frozenset(
    "university college hospital school institute clinic city center centre house church academy "
    "children's women's foundation sisters society lady brothers ministry department board state".split()
)
"""Words that an institution's name goes on from with "of"."""

PREPOSITIONS = frozenset(
    "in from near at of to outside between visiting downtown toward via through to: city: town: county".split()
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
        if not named or (sure < 0.8 and not strange):  # noqa: PLR2004 - a weak tail
            named_university = words[first].capitalised and first < at and not word.shouted
            if not (sure >= 0.8 and named_university and words[first].key not in STOPS):  # noqa: PLR2004
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
    while first > 0 and at - first < 6:  # noqa: PLR2004 - longest name of an institution
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
    if any(w.shouted for w in run) and len(run) == 1 and len(run[0].text) < 6:  # noqa: PLR2004 - an acronym
        return 0
    if len(run) == 1 and run[0].key in known.eponyms:
        return 0
    if before in PREPOSITIONS and not words[at - 1].capitalised:
        return 0.4 if plain and len(run) == 1 else 0.8
    return 0 if plain else 0.55
