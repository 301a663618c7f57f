"""Postal addresses, and what says that somebody lives or works there."""

import re

from services.redactor.text.cues import any_of

_STREETS = any_of("streets")
_STATES = any_of("states")
CAPITALISED = r"(?:(?:St|Ste|Mt|Ft|Dr|Sta|Sto)\.|[A-Z\u00c0-\u00de][\w'’-]*)"
_PART = r"(?:(?:van|von|de|da|der|den|di|du|la|le|dos|das|ter|ten) ){0,2}"
_UNIT = (
    r"(?:[,\s]{1,2}(?:suite|ste|apt|apartment|unit|floor|fl|building|bldg|flat|studio|lot|"
    r"appartamento|piano|depto|edif|interior|int|étage|porta|local|"
    r"p\.?o\.?\sbox)\.?\s?#?\s?[\w-]{1,6}|[,\s]{1,2}#\s?\w{1,5})"
)
_ZIP = r"(?:\d{5}(?:-\d{4})?|[A-Z]\d[A-Z]\s?\d[A-Z]\d|[A-Z]{1,2}\d[A-Z\d]?\s\d[A-Z]{2})"
_TOWN = rf"(?:(?:, ?| |,?\n\s*)(?:{CAPITALISED} ){{0,2}}{CAPITALISED})"
_TAIL = (
    rf"(?i:{_UNIT})?(?:(?:{_TOWN})?,?[ \n]{{1,2}}{_STATES}\b\.?(?:,?\s{{1,2}}{_ZIP}(?!\w))?"
    rf"|{_TOWN}?,?\s{_ZIP}(?!\w))?"
)

ADDRESSES = tuple(
    (name, re.compile(pattern), score)
    for name, pattern, score in (
        (
            "street",
            (
                rf"(?<![\w.,/#-])\d{{1,6}}(?:-\d{{1,4}})?[A-Za-z]?,?\s(?:(?i:[NSEW]|NE|NW|SE|"
                rf"SW)\.?\s)?(?:{CAPITALISED} ){{0,3}}{CAPITALISED}"
                rf" (?i:{_STREETS})\b\.?(?: (?:[NSEW]|NE|NW|SE|SW)\b)?{_TAIL}"
            ),
            0.97,
        ),
        (
            "long street",
            (
                rf"(?<![\w.,/#-])(?:(?i:flat|unit|apt\.?|apartment|suite|ste\.?|lot|shop|house|villa|"
                rf"no\.?|\#)\s?\w{{1,5}}(?:,\s?|\s|/))?\d{{1,6}}[A-Za-z]?(?:[-/]\d{{1,4}}[A-Za-z]?)?,?\s"
                rf"(?:(?:{CAPITALISED}|Jr\.|Sr\.|[A-Z]\.|\d{{1,3}}(?:st|nd|rd|th)|of|the|"
                rf"de|la) ){{1,6}}"
                rf"{any_of('plain_streets')}\b\.?(?: (?:[NSEW]|NE|NW|SE|SW)\b\.?)?"
                rf"(?i:{_UNIT})?(?:,\s(?:\d{{4,6}}\s)?{CAPITALISED}(?:[ -]{CAPITALISED}){{0,2}})?"
                rf"(?:,?\s{_STATES}\b\.?)?(?:,?\s(?:{_ZIP}|\d{{4}})(?!\w))?"
            ),
            0.9,
        ),
        (
            "numbered street",
            (
                rf"(?<![\w.,/#-])\d{{1,6}}\s(?:(?i:[NSEW]|NE|NW|SE|SW|north|south|east|"
                rf"west)\.?\s)?\d{{1,3}}(?:st|nd|rd|th)"
                rf"\s(?i:{_STREETS})\b\.?{_TAIL}"
            ),
            0.95,
        ),
        (
            "box",
            (
                rf"\b(?i:p\.?\s?o\.?\s?box|postfach|apartado|bo[iî]te\spostale|"
                rf"casella\spostale)\s?#?\s?\d+{_TAIL}"
            ),
            0.97,
        ),
        (
            "military",
            (
                r"\b(?:PSC|Unit|CMR|USNS|USS|USCGC|USNV)\s[\w]+(?:,?\s(?:Box|"
                r"box)\s\d+)?[,\s]\s?(?:[AFD]PO)\s(?:A[AEP])\s\d{5}"
            ),
            0.97,
        ),
        ("military box", r"\b(?:PSC|CMR|Unit)\s\d{1,5},?\s(?i:box)\s\d+", 0.9),
        ("unit", r"(?<!\w)(?i:apt|apartment|suite|ste)\.?\s?#?\s?\d+[A-Za-z]?\b", 0.7),
        (
            "state and code",
            rf"(?:{CAPITALISED} ){{0,2}}{CAPITALISED},?\s{_STATES}\b\.?,?\s{{1,2}}{_ZIP}(?!\w)",
            0.95,
        ),
        (
            "town and state",
            (
                rf"(?:{CAPITALISED} ){{0,2}}{CAPITALISED}, (?!MD|PA|MS|MA|DC|AP|ME|OR|IN|ON|"
                rf"NP){_STATES}\b(?!\s?[:/])"
            ),
            0.7,
        ),
        (
            "code",
            (
                r"\b(?i:zip|postcode|postal\scode|plz)(?i:\scode)?\s?[:#]?\s?(?:\d{4,5}(?:-\d{4})?|"
                r"[A-Z\d]{2,4}\s?[A-Z\d]{3})(?!\w)"
            ),
            0.95,
        ),
        ("british code", r"(?<![\w-])[A-Z]{1,2}\d[A-Z\d]?\s\d[ABD-HJLNP-UW-Z]{2}(?!\w)", 0.8),
        ("canadian code", r"(?<![\w-])[ABCEGHJ-NPRSTVXY]\d[A-Z]\s\d[A-Z]\d(?!\w)", 0.8),
        (
            "compass town",
            (
                rf"(?:(?<=\bin )|(?<=\bat )|(?<=\bto )|(?<=\bof )|(?<=\bfrom )|"
                rf"(?<=\bnear ))(?:North|"
                rf"South|East|West|New|Lake|Port|Fort|Mount|San|Santa|St\.|Los|Las|El|La|Upper|"
                rf"Lower|"
                rf"Great|Little|Old|Saint|Bad|Le|Den)[ -](?P<name>{CAPITALISED})"
            ),
            0.75,
        ),
        (
            "german street",
            (
                r"(?<![\w.-])(?:[A-Z\u00c0-\u00de]|\d{1,3}[a-z])[\w.-]*"
                r"(?: [A-Z\u00c0-\u00de][\w.-]*)?(?i:stra(?:ß|"
                r"ss)e|str\.|weg|gasse|platz|allee|ring|dreef|pad|hof|singel|kade|dijk|steeg|markt|"
                r"damm|ufer|straat|laan|gracht|plein|vej|gade|gatan|vägen|veien|gata|katu|kuja|"
                r"tie|utca|ulica)"
                r"\s\d{1,4}(?:\s?[a-zA-Z]\b)?(?:[-/]\d+)?(?:,?\s(?:[A-Z]{1,2}-)?\d{4,6}(?:\s?"
                r"[A-Z]{2}\b,?)?\s[A-Z\u00c0-\u00de][\w-]+)?"
            ),
            0.95,
        ),
        (
            "romance street",
            (
                r"(?<!\w)(?:\d{1,4}\s?(?:bis|ter)?,?\s)?(?i:rue|avenue|boulevard|bd|allée|chemin|"
                r"impasse|quai|calle|c/|avda\.?|"
                r"avenida|paseo|carrera|cra\.|(?-i:Via)|viale|piazza|corso|vicolo|rua|travessa|"
                r"praça|rotonda|continuaci[oó]n|contrada|strada|borgo|stretto|incrocio|canale|"
                r"circuito|peatonal|privada|retorno|andador|calzada|cerrada|prolongaci[oó]n|"
                r"corredor|diagonal|viaducto|callej[oó]n|ronda|glorieta|camino|pasaje|cours|rte|"
                r"ul\.|ulica|ulitsa|plaza)"
                r"\s(?:(?i:de|du|des|del|della|dei|la|las|los|le|l'|da|do|dos|"
                r"d')\s?){0,3}[A-Z\u00c0-\u00de][\w'’-]+"
                r"(?: (?:(?i:de|du|des|del|la|da|do) )*[A-Z\u00c0-\u00de][\w'’-]+){0,3}(?:,?\s(?:"
                r"n[º°.]\s?)?\d{1,4}(?:\s?[a-zA-Z]\b)?)?(?:,?\s(?:appartamento|piano|depto\.?|"
                r"edif\.?|interior|int\.?)\s\w{1,5})*"
                r"(?:\s\d{1,4})?(?:,?\s\d{4,5},?\s[A-Z\u00c0-\u00de][\w-]+(?:\s\([A-Z]{2}\))?)?"
            ),
            0.8,
        ),
        (
            "continental town",
            (
                r"(?<![\w.,/-])(?:[A-Z]{1,2}-)?\d{5} [A-Z\u00c0-\u00de][\w-]{2,}(?: "
                r"[A-Z\u00c0-\u00de][\w-]+)?(?!\w)"
            ),
            0.6,
        ),
        (
            "address line",
            (
                r"(?im:^|[^\w])(?i:(?:home\s|mailing\s|street\s|patient\s|"
                r"postal\s)?address(?:\sof\spatient)?|adresse|direcci[oó]n|indirizzo|anschrift|"
                r"residence|domicile)\s?[:=]\s?(?P<where>\w[^\n|;]{3,90}?)(?=\s{2,}|\s?[|;\n]|$|"
                r"\s(?i:tel|phone|fax|dob|mrn|email)\b|\.\s?$)"
            ),
            0.9,
        ),
        (
            "letterhead",
            (
                r"(?m)^[ \t]*(?P<where>(?=[^\n]*\d)(?=[^\n]*[A-Z\u00c0-\u00de])[^\n:;|]{6,100}?)"
                r"[ \t]*(?=\n[ \t]*(?i:tel|phone|ph|fax|telefon|tél)\b)"
            ),
            0.8,
        ),
        (
            "said to work",
            (
                rf"(?i:\b(?:works|working|employed|worker|employee|retired|employer)\s(?:at|by|for|"
                rf"from|of|with|is))\s(?P<where>{_PART}{CAPITALISED}(?:(?:, | and | & |, and |-|"
                rf" of |"
                rf" ){_PART}{CAPITALISED}){{0,6}})"
            ),
            0.8,
        ),
        (
            "said to live",
            (
                r"(?i:\b(?:lives|living|resid(?:es|ing)|home\saddress|address(?:es)?|"
                r"domicile[d]?|mail(?:ed|ing)?\s(?:address|to)|"
                r"relocated|moved|wohnhaft|street|residence)\b(?:\s(?:is|at|in|on|of|near|to|"
                r"from)\b)*\s?:?\s?(?:at|in|on)?\s?)"
                r"(?P<where>(?!\d+(?:\.\d+)?\s?(?:cm|mm|%|years|days|weeks))(?:(?:\d|"
                r"[A-Z\u00c0-\u00de])(?=[^\n;:.]*\d)[^\n;:]{3,80}?|"
                r"(?:(?:[A-Z\u00c0-\u00de][\w'’.-]*|de|la|of|"
                r"the),?\s){0,5}[A-Z\u00c0-\u00de][\w'’-]*)"
                r"(?=[.;)]?\s*(?:$|\n)|\.\s|;|\s{2,}|\s(?:and|who|with|since|for|where|phone|tel|"
                r"by)\b|\s*\())"
            ),
            0.8,
        ),
    )
)
