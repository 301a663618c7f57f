"""Names of people by their neighbours: titles, verbs, credentials, relatives, labels, name lists."""

import re
from collections.abc import Iterator, Sequence
from functools import cache

from services.redactor.spans import Kind
from services.redactor.text.candidates import Candidate
from services.redactor.lexicon import MEDICAL_ENDS, Word, folded, lists

CREDENTIAL = (
    r"(?:M\.?\s?D\b|D\.?O\b\.?|R\.?N\b|Ph\.?\s?D\b|M\.?B\.?\s?B\.?\s?(?:S|Ch\.?B?)\b|M\.?B\.?Ch\.?B\b|M\.?D\.?,?\sPh\.?D\b|"
    r"P\.?A\.?-?C?\b|N\.?P\.?(?:-C)?\b|APRN|ARNP|CRNP|FNP(?:-BC|-C)?|AGNP|DNP|CNP|BSN|MSN|LPN|LVN|CNA|CRNA|CNM|"
    r"R\.?T\.?\s?\([A-Z]+\)(?:\([A-Z]+\))*|R\.?T\.?\(?R?\)?|RDMS|RVT|RDCS|CNMT|ARRT|FRCR|FRCPC?|FRCS|MRCP|MRCS|FACR|FACS|FACC|FACP|"
    r"FSIR|FAAP|FASNR|FRANZCR|DABR|DMD|DDS|DPM|D\.?C\b|DVM|PharmD|Pharm\.D|PsyD|OD|MPH|MSc?|MBA|MHA|JD|Esq|CPC|"
    r"MS\b|MA\b|BA\b|BS\b|PGY-?\s?\d|RRA|RPA|LCSW|OTR/L|DPT|PT|medical student|radiologist|sonographer|technologist)"
)
TITLE = (
    r"(?:Drs?|Doctor|Doc|Prof(?:essor)?|Mr|Mrs|Ms|Miss|Mx|Master|Sir|Dame|Rev(?:erend)?|Fr|Sister|Nurse|RN|NP|PA|"
    r"Pt|Pat|Capt(?:ain)?|Lt|Sgt|Maj|Col|Dott(?:\.ssa|ore|oressa)?|Dra|Sra?|Se[ñn]ora?|Herrn?|Frau|Fräulein|Hr|Fru|Mme|Mlle|"
    r"Monsieur|Madame|M\.\s?le\sDocteur|Docteur|Doktor|Sig(?:\.ra|nora?)?|Mevr(?:ouw)?|Dhr|Pan[ií]?|Senhora?|Priv\.-Doz|PD|Hon)"
)
ROLE = (
    r"(?:radiologists?|resident|fellow|attending|physicians?|surgeon|oncologist|cardiologist|neurologist|urologist|"
    r"pulmonologist|gastroenterologist|hepatologist|pathologist|hospitalist|internist|anesthesiologist|"
    r"provider|clinician|practitioner|consultant|registrar|intern|extern|nurse(?:\spractitioner)?|"
    r"charge\snurse|tech(?:nologist|nician)?s?|sonographer|radiographer|transcriptionist|transcriber|"
    r"author|reader|reviewer|signer|signatory|operator|dictator|typist|scribe|secretary|coordinator|"
    r"physician\sassistant|assistant|pharmacist|therapist|midwife|paramedic|emt|student|pcp|gp|"
    r"unit\sclerk|clerk|receptionist|interpreter|chaperone|caregiver|carer|guardian|counselor|caller|"
    r"navigator|scheduler|case\smanager|social\sworker|director|chief|professor|doctor|colleague|coroner)"
)
RELATIVE = (
    r"(?:wife|husband|spouse|partner|mother|father|mom|mum|dad|parents?|son|daughter|sons|daughters|brother|sister|"
    r"sibling|twin|aunt|uncle|niece|nephew|cousin|grand(?:mother|father|son|daughter|parent|child|ma|pa)|"
    r"(?:step|foster|god)(?:mother|father|son|daughter|sister|brother)|(?:mother|father|son|daughter|brother|sister)-in-law|"
    r"boyfriend|girlfriend|fianc[ée]e?|friend|neighbo(?:u)?r|caretaker|roommate|relative|next\sof\skin|nok|emergency\scontact|"
    r"child|baby|infant|boy|girl|ehefrau|ehemann|épouse|époux|esposa|esposo)"
)
LABEL = (
    r"(?:patient(?:'?s)?(?:\sname)?|pat(?:\sname)?|pt(?:\sname)?|name|full\sname|(?:last|first|middle|maiden|given|family|sur)\s?name|surname|"
    r"alias|aka|a\.k\.a\.|referr(?:ing|er|ed)(?:\s(?:by|provider|physician|md|dr|doctor|clinician|phys))?|referral\sfrom|ref(?:\.|\sdr|\smd|\sphys)?|"
    r"order(?:ing|ed)(?:\s(?:by|provider|physician|md|dr|doctor|clinician))?|requesting(?:\s(?:by|provider|physician|md|doctor|clinician))?|requested\sby|"
    r"attending(?:\s(?:physician|md|radiologist|of\srecord|provider))?|admitting(?:\s(?:physician|md))?|consulting(?:\s(?:physician|md))?|"
    r"reading(?:\s(?:physician|radiologist|md|doctor))?|read\sby|interpret(?:ed|ing)(?:\sby|\s(?:physician|radiologist|provider|md))?|"
    r"dictat(?:ed|ing|or|ion)(?:\s(?:and\s(?:signed|authenticated)\s)?by|\s(?:physician|radiologist|md))?|signed(?:\s(?:off\s)?by)?|"
    r"electronically\s(?:signed|approved|verified|authenticated|finalized|reviewed)(?:\sby)?|e-?signed(?:\sby)?|esigned|signature|"
    r"transcri(?:bed|ber|ption|ptionist|bing)(?:\sby)?|typed(?:\sby)?|approved(?:\sby)?|verified(?:\sby)?|finali[sz]ed(?:\sby)?|"
    r"authenticated(?:\sby)?|reported(?:\sby)?|prepared(?:\sby)?|performed(?:\sby)?|reviewed(?:\sby)?|authored(?:\sby)?|validated(?:\sby)?|"
    r"completed(?:\sby)?|entered(?:\sby)?|witnessed(?:\sby)?|supervised(?:\sby)?|supervising(?:\s(?:physician|md|radiologist))?|"
    r"assisted(?:\sby)?|administered\sby|injected\sby|consented\sby|obtained\sby|scanned\sby|acquired\sby|scan\sby|"
    r"primary\s(?:care\s)?(?:physician|provider|doctor|md)|primary|cc|c\.c\.|copy\sto|copies\sto|copied\sto|to|from|attn|attention|re|regarding|"
    r"contact|contact\sperson|informant|source|history\s(?:from|per)|next\sof\skin|emergency\scontact|guarantor|subscriber|insured|"
    r"responsible\sparty|policy\sholder|legal\sguardian|poa|power\sof\sattorney|hcp|proxy|"
    r"results?\s(?:called|given|communicated|reported|conveyed|discussed)(?:\s(?:to|with|by))?|caller|notified|"
    r"befundet(?:\svon)?|zuweiser(?:in)?|überweiser|arzt|ärztin|médecin|médico|medico\sreferente|paziente|paciente|nom|nombre|nome|prénom|apellidos?|vorname|nachname|"
    + ROLE
    + r")"
)
VERB = (
    r"(?:discussed|reviewed|conferred|spoke|spoken|speaking|talked|consulted|coordinated|shared|communicated|relayed|conveyed|"
    r"called|telephoned|phoned|paged|texted|messaged|emailed|e-mailed|faxed|sent|given|reported|notified|informed|alerted|contacted|"
    r"told|advised|acknowledged|read|dictated|signed|approved|verified|interpreted|transcribed|typed|performed|placed|"
    r"referred|ordered|requested|seen|evaluated|examined|followed|treated|managed|recommended|provided|obtained|described|"
    r"documented|confirmed|agreed|collected|witnessed|supervised|assisted|scanned|injected|accompanied|brought|delivered|handed|"
    r"prepared|finalized|authenticated|reported|entered|attested|co-?signed|overread|over-read|countersigned|received|"
    r"repeated|assessed|consented|operated|written|escalated|transmitted|directed|addressed|forwarded|copied|cc'?d|faxed)"
)
LINK = r"(?:\s(?:to|with|by|from|via|per|and|directly|back|over|the|telephone|phone|verbally|personally|in\sperson|both|results?|findings|at|on|case|this|study|these|were|was|w/|phoned|regarding|electronically|off|behalf|of|ultimately|initially|also|then))*"

TITLES = re.compile(
    rf"(?<![\w.-])(?:(?:{TITLE})|dr|mr|mrs|ms|prof)(?![^\W\d_])\.?(?:\s(?:{TITLE})(?![^\W\d_])\.?)*(?=\s?[^\W\d_])\s{{0,2}}"
)
LABELS = re.compile(
    rf"(?i)(?<![\w-])(?:{LABEL})(?:\([sS]\))?(?:\sname)?\s?(?:\((?:last,?\sfirst|print(?:ed)?|s)\))?\s?(?::|=|\t|-{{1,2}}>?\s|\bis\b|\|)\s*"
)
VERBS = re.compile(rf"(?i)(?<![\w-]){VERB}{LINK}\s")
TOLD = re.compile(
    r"(?i)(?<![\w-])(?:discuss\w*|confer\w*|spok\w+|speak\w*|talk\w*|consult\w*|communicat\w+|relay\w*|convey\w*|"
    r"call\w*|telephon\w+|phon\w+|pag(?:ed|ing)|inform\w*|notif\w+|report\w*|dictated|signed|transcribed|approved|read|interpreted)"
    rf"{LINK}\s(?:to|with|by)\s"
)
BY = re.compile(
    r"(?i)(?<![\w-])(?:by|per|with|w/|attn|cc|via|c/o|from|and|for|to|signed|/s/|alias|aka|named|called|name\sis|i\sam|i'm|thanks?,?|thank\syou,?|sincerely,?|regards,?|dear|hi|hello|tell|ask|asked|page|contact|call)\s*:?\s"
)
ROLES = re.compile(
    rf"(?i)(?<![\w-]){ROLE}(?:\s(?:on\scall|on-call|of\srecord|is|was|named))?,?\s{{1,2}}(?=[^\W\d_])"
)
RELATIVES = re.compile(
    rf"(?i)(?<![\w-]){RELATIVE}(?:'s\sname\sis|\s(?:is|named|called|of|to|at|\())?[,:(]?\s{{1,2}}"
)
CREDENTIALS = re.compile(rf"(?:,\s?|\s)\(?(?:{CREDENTIAL})(?![\w])")
FORMAL = re.compile(
    r"(?<![\w.])(?P<last>(?:(?:van|von|de|der|den|das|dos|da|di|du|del|la|le|ter|ten|VAN|VON|DE|DER|DEN|DAS|DOS|DA|DI|DU|DEL|LA|LE|TER|TEN)\s){0,2}[^\W\d_a-z][\w'’-]+(?:\s[^\W\d_a-z][\w'’-]+)?),\s?(?P<first>[^\W\d_a-z][\w'’-]*\.?(?:\s[A-Z]\b\.?)?)(?![\w'’])"
)
INITIALS = (
    re.compile(
        r"(?i:\b(?:transcri\w+|typ(?:ed|ist)|dictat\w+|signed|initials?|read|by|tech\w*|scribe|job|operator|d|t|dd|dt|reader|entered|sec(?:retary)?))"
        r"(?i:\sby)?\s?[:#/=-]\s*(?P<it>[A-Za-z]{2,4}\s?[/:|-]\s?[A-Za-z]{2,4}(?:\s?[/:|-]\s?[A-Za-z]{2,4})?)(?![\w/])"
    ),
    re.compile(r"(?<![\w/:.-])(?P<it>[^\W\d_a-z]{2,3}\s?[/:]\s?[a-z]{2,4})(?![\w/:.-])"),
    re.compile(r"(?m)^\s*(?P<it>[A-Za-z]{2,3}[/:][A-Za-z]{2,4})\s*$"),
    re.compile(
        r"(?i:\b(?:transcri\w+|typ(?:ed|ist)|dictat\w+|signed|initials?|read|tech(?:nologist)?|scribe|operator|reader|entered|radiologist|attending|resident|interpreted|performed)"
        r"(?:\sby)?)(?:\s?[:=]|\s(?i:by))\s*(?P<it>(?:[A-Z]\.?){2,4})(?![\w/])"
    ),
)
INITIAL_NAME = re.compile(
    r"(?<![\w.])(?P<it>(?:[A-Z]\.[ -]?){1,3}[A-Z\u00c0-\u00de][\w'’-]*[a-z\u00df-\u00ff][\w'’-]*(?:-[A-Z][\w'’-]+)?)"
)
PARTICLE_NAME = re.compile(
    r"(?<![\w-])(?:[A-Z\u00c0-\u00de][\w'’-]+\s)?(?:van|von|de|der|den|das|dos|da|di|du|del|della|ter|ten|zu|zum|bin|ibn|el|al|af|av)"
    r"(?:\s(?:der|den|de|la|los|las|het|'t))*\s(?P<name>[A-Z\u00c0-\u00de][\w'’-]+)"
)
ACTS = re.compile(
    r"\s(?:(?:may|can|could|will|should|was|is|has\sbeen|had\sbeen|were|to)\sbe?\s?(?:contacted|reached|called|notified|informed|paged|advised|made\saware|seen|"
    r"admitted|discharged|transferred|referred|evaluated|counselled|counseled|accompanied|born|transported|aware)|"
    r"(?:was|is|has\sbeen|were)\s(?:contacted|reached|called|notified|informed|paged|advised|made\saware|seen|admitted|discharged|transferred|referred|evaluated|"
    r"counsel+ed|accompanied|born|transported|aware|asked|told|unable|present|a\s\d|an\s\d|the\s(?:attending|resident|referring|radiologist))|"
    r"(?:has|had)\s(?:moved|agreed|asked|requested|called|reported|complained|been\s(?:a\spatient|seen))|"
    r"returned|notified|informed|called|paged|telephoned|phoned|agrees|agreed|concurs|concurred|reports|reported\s(?!ly)|denies|denied|states|stated|says|said|complains|complained|"
    r"presents|presented|underwent|lives|lived|resides|works|recommends|recommended|requests|requested|asked|acknowledged|understood|verbali[sz]ed|attended|arrived|"
    r"dictated|signed|interpreted|transcribed|spoke|discussed|reviewed|wishes|wants|tolerated|consented|thinks|believes|feels|noticed|describes|described|mentioned|"
    r"came|went|saw|visited|smokes|smoked|drinks|sustained|fell|developed|suffers|follows|followed\sup|at\s(?:ext|x|pager|\d{3}))(?!\w)"
)
"""What only people do or is only done to people."""
TRAILING_INITIAL = re.compile(
    r"(?<![\w.])(?P<it>[A-Z\u00c0-\u00de][\w'’-]{2,}\s[A-Z]\.)(?=\s[a-z]|,|\s?$|\n)"
)
NUMERAL = re.compile(r"[IVX]{1,4}[a-dA-D]?")
"""Stages, segments, types; "Ivan" is none."""

CLASSES = frozenset(
    "class grade type stage category hepatitis vitamin group figure level segment series phase zone part panel protein "
    "factor point lobe influenza gleason score".split()
)
"""Words that a single letter belongs to: "Child-Pugh B. Small hernia"."""

PARTICLES = frozenset(
    "van von der den de la le du del della di da do dos das al el bin ibn ben abu ter ten zu zur af av y e mac mc st san santa 't ap".split()
)
SUFFIXES = frozenset("jr sr ii iii iv esq".split())
NOT_NAMES = frozenset(
    "mrn dob sex age date exam examination acc accession id md do rn np pa mr mrs ms dr phd ssn gender study history indication "
    "technique comparison findings impression conclusion recommendation recommendations clinical report procedure "
    "the a an this that these those at on in of to for from by with and or but who whom which is was were be been "
    "has have had would can could should not no none unknown unremarkable normal limits patient patients "
    "radiology surgery medicine oncology emergency department ed er icu team service staff nursing clinic hospital "
    "office neurology cardiology urology orthopedics pediatrics trauma critical care unit floor telephone phone pager "
    "fax direct verbally via at approximately today yesterday am pm hours he she they it his her their him them male "
    "female none see above below left right ct mri mr us pet xr chest abdomen pelvis brain head neck spine view views "
    "contrast without image images series read back voice dictation software powerscribe final preliminary addendum "
    "signed electronically dictated transcribed attending resident fellow physician radiologist ordering referring "
    "provider doctor nurse time location phone called discussed reviewed results result number no type status "
    "room bed account visit order tech technologist name names first last middle self same tumor board "
    "per npi dea ssn dos tel ph ref cc re attn multidisciplinary conference mdt gp pcp primary family".split()
)


@cache
def _strong_eponyms() -> frozenset[str]:
    """Eponyms that hardly anybody is called, or that stand alone: a Foley, her Crohn's."""
    known = lists()
    alone = {
        "foley",
        "barrett",
        "whipple",
        "baker",
        "graves",
        "parkinson",
        "hickman",
        "doppler",
        "nissen",
    }
    return known.eponyms - known.frequent - frozenset(known.given) | alone


def found_people(text: str, words: Sequence[Word]) -> Iterator[Candidate]:
    """Names of people in `text`.

    Args:
        text: The text.
        words: Its words.
    """
    index = _Index(text, words)
    yield from _initials(text)
    for pattern, reason, strong, score in (
        (TITLES, "title", True, 0.95),
        (LABELS, "label", True, 0.93),
        (TOLD, "told", True, 0.85),
        (VERBS, "verb", False, 0.85),
        (ROLES, "role", False, 0.85),
        (RELATIVES, "relative", False, 0.85),
        (BY, "preposition", False, 0.7),
    ):
        for match in pattern.finditer(text):
            for span in index.name_from(
                match.end(),
                strong=strong,
                by=text[match.start() : match.end()].lower().startswith("by"),
            ):
                if reason == "told" and not index.known_name(span[0]):
                    continue
                yield Candidate(*span, Kind.NAME, score, f"names:{reason}")
    for match in CREDENTIALS.finditer(text):
        found = index.name_before(match.start())
        if found:
            yield Candidate(*found, Kind.NAME, 0.93, "names:credential")
    yield from _shapes(text, index)
    yield from _listed(index)


SUFFIX = re.compile(r",?\s(?:Jr|Sr|II|III|IV|JR|SR)\b\.?")
SURE = 0.8
"""A name as sure as this is one wherever else it stands."""


def again(text: str, words: Sequence[Word], found: Sequence[Candidate]) -> list[Candidate]:
    """Other places of names that were found for sure, and what is suffixed to them.

    Args:
        text: The text.
        words: Its words.
        found: What was found so far.
    """
    sure = [c for c in found if c.kind is Kind.NAME and c.score >= SURE]
    index = _Index(text, words)
    covered = [(c.start, c.end) for c in sure]
    keys = {
        w.key
        for w in words
        if len(w.text) > 2
        and w.capitalised
        and any(s <= w.start and w.end <= e for s, e in covered)  # noqa: PLR2004
    }
    repeated = [
        Candidate(w.start, w.end, Kind.NAME, 0.75, "names:again")
        for at, w in enumerate(words)
        if w.key in keys
        and w.capitalised
        and not index.blocked(at, bare=True)
        and not any(s <= w.start and w.end <= e for s, e in covered)
        and not (
            index.sentence_start(at) and w.key in lists().common and w.key not in lists().surnames
        )
    ]
    suffixed = [
        Candidate(c.start, match.end(), Kind.NAME, c.score, c.reason)
        for c in sure
        if (match := SUFFIX.match(text, c.end))
    ]
    return repeated + suffixed


def _initials(text: str) -> Iterator[Candidate]:
    for pattern in INITIALS:
        for match in pattern.finditer(text):
            word = match["it"]
            if word.lower() in {"a/p", "ap/pa", "pa/lat"} or folded(word) in NOT_NAMES:
                continue
            if len(word) > 3 and pattern is INITIALS[3] and lists().ordinary(folded(word)):  # noqa: PLR2004
                continue
            yield Candidate(*match.span("it"), Kind.NAME, 0.9, "rule:initials")


def _shapes(text: str, index: "_Index") -> Iterator[Candidate]:
    known = lists()
    for match in INITIAL_NAME.finditer(text):
        word = folded(re.split(r"[ .-]", match["it"])[-1])
        if word in known.kept or word in NOT_NAMES:
            continue
        sure = 0.9 if known.name(word) or not known.ordinary(word) else 0.3
        before = re.search(r"([\w-]+)[ -]$", text[: match.start()])
        classed = before is not None and folded(before[1].split("-")[-1]) in CLASSES | known.eponyms
        if index.eponym_at(match.end() - 1) or classed:
            sure = 0.2
        yield Candidate(*match.span("it"), Kind.NAME, sure, "names:initial")
    for match in PARTICLE_NAME.finditer(text):
        key = folded(match["name"].split("-")[0])
        if not known.ordinary(key) and key not in known.eponyms and not MEDICAL_ENDS.search(key):
            yield Candidate(*match.span(), Kind.NAME, 0.8, "names:particle")
    for match in TRAILING_INITIAL.finditer(text):
        key = folded(match["it"].split()[0])
        if known.name(key) and key not in known.common and key not in NOT_NAMES:
            yield Candidate(*match.span("it"), Kind.NAME, 0.8, "names:initial")
    for match in FORMAL.finditer(text):
        last, first = (
            folded(w) for w in (match["last"].split(" ")[-1], re.split(r"[ .]", match["first"])[0])
        )
        if last in NOT_NAMES or first in NOT_NAMES:
            continue
        if (
            len(first) > 1
            and first in known.given
            and (known.name(last) or not known.ordinary(last))
        ):
            plain = (last in known.common) + (first in known.common)
            yield Candidate(*match.span(), Kind.NAME, (0.92, 0.75, 0.3)[plain], "names:last, first")


def _listed(index: "_Index") -> Iterator[Candidate]:
    known = lists()
    for at, word in enumerate(index.words):
        score, reason = index.alone(at)
        if score:
            yield Candidate(word.start, word.end, Kind.NAME, score, reason)
        if index.acts(at):
            yield Candidate(word.start, word.end, Kind.NAME, 0.75, "names:acts")
        following = index.next_to(at)
        if following is None or index.blocked(at) or index.blocked(at + 1, bare=True):
            continue
        first, second = word.key, following.key
        if not (word.capitalised and following.capitalised) or index.acronyms(word, following):
            continue
        pair = _pair_score(first, second)
        if pair == BOTH_WORDS and not index.title_case_line(at) and not index.sentence_start(at):
            pair = 0.6
        if pair:
            yield Candidate(word.start, following.end, Kind.NAME, pair, "names:pair")


BOTH_WORDS = 0.35
"""Two names that are both words of the language: "Mark Long"."""


def _pair_score(first: str, second: str) -> float:
    known = lists()
    if first in NOT_NAMES or second in NOT_NAMES:
        return 0
    strange = not known.ordinary(second) and second not in known.kept
    if first in known.given and (known.name(second) or strange):
        plain = (first in known.common) + (second in known.common)
        return (0.92, 0.8, BOTH_WORDS)[plain]
    alien = not known.ordinary(first) and first not in known.kept
    return 0.8 if alien and strange and len(first) > 2 < len(second) else 0  # noqa: PLR2004


def known_name(key: str) -> bool:
    """Whether `key` is on a list of names or on none at all."""
    return lists().name(key) or not lists().ordinary(key)


class _Index:
    """Words of a text with what stands around them."""

    def __init__(self, text: str, words: Sequence[Word]) -> None:
        self.text = text
        self.words = words
        self._at = {word.start: number for number, word in enumerate(words)}
        self._by_end = {word.end: number for number, word in enumerate(words)}
        self._mixed = sum(w.shouted for w in words) < 0.6 * len(words)  # noqa: PLR2004

    def known_name(self, position: int) -> bool:
        """Whether the word at `position` is on a list of names or on none."""
        word = self.words[self._at[position]]
        return lists().name(word.key) or not lists().ordinary(word.key)

    def next_to(self, at: int) -> Word | None:
        """The word that only one space parts from `words[at]`."""
        if at + 1 >= len(self.words):
            return None
        following = self.words[at + 1]
        between = self.text[self.words[at].end : following.start]
        return following if between in {" ", ". ", "-"} else None

    def acts(self, at: int) -> bool:
        """Whether `words[at]` does what only people do."""
        word = self.words[at]
        if (
            not word.capitalised
            or word.shouted
            or len(word.text) < 3
            or self.blocked(at, bare=True)
        ):  # noqa: PLR2004
            return False
        return lists().name(word.key) and ACTS.match(self.text, word.end) is not None

    def acronyms(self, *some: Word) -> bool:
        """Whether all are written in capitals in a text that is not."""
        return self._mixed and all(w.shouted and len(w.text) < 6 for w in some)  # noqa: PLR2004

    def sentence_start(self, at: int) -> bool:
        """Whether `words[at]` opens a sentence, a line, a list entry or what a colon opens."""
        before = self.text[: self.words[at].start].rstrip(" \t\"'(*•-")
        return not before or before[-1] in ".:;!?\n)0123456789|"

    def title_case_line(self, at: int) -> bool:
        """Whether most longer words of the line have capitals, so that a capital says little."""
        word = self.words[at]
        begin = self.text.rfind("\n", 0, word.start) + 1
        end = self.text.find("\n", word.end)
        end = len(self.text) if end < 0 else end
        near = [w for w in self.words if begin <= w.start < end and len(w.text) > 3]  # noqa: PLR2004
        return sum(w.capitalised for w in near) > 0.7 * len(near)  # noqa: PLR2004

    def eponym_at(self, position: int) -> bool:
        """Whether the word that covers `position` stands for a disease, sign or device."""
        for number, word in enumerate(self.words):
            if word.start <= position < word.end:
                return self.eponym(number)
        return False

    def eponym(self, at: int) -> bool:
        """Whether `words[at]` is a name in a medical term."""
        known = lists()
        word = self.words[at]
        part_of = self._hyphenated(at)
        if not any(w.key in known.eponyms for w in part_of):
            return False
        last = part_of[-1]
        possessive = self.text[last.end : last.end + 2] in {"'s", "’s"}
        after = self.text[last.end + 2 * possessive : last.end + 40].lstrip(" ,-")
        tail = folded(re.match(r"[\w-]*", after).group())  # type: ignore[union-attr]
        heads = tail in known.eponym_heads or tail.split("-")[0] in known.eponym_heads
        heads = heads or bool(MEDICAL_ENDS.search(tail))
        if heads or (tail in known.eponyms and not possessive and self._head_behind(after)):
            return True
        if (
            re.match(r"(?:[ivxab\d]+|type|grade|class|stage|score|category)\b", after.lower())
            and len(part_of) >= 1
        ):
            graded = bool(re.match(r"(?:type|grade|class|stage|score)", after)) or len(part_of) > 1
            return word.key in _strong_eponyms() or graded
        return word.key in _strong_eponyms() or (
            possessive and word.key in known.eponyms - known.frequent
        )

    def _head_behind(self, after: str) -> bool:
        behind = [folded(w) for w in re.findall(r"\w+", after)[1:3]]
        return any(w in lists().eponym_heads for w in behind)

    def _head_follows(self, at: int) -> bool:
        last = self._hyphenated(at)[-1]
        after = re.match(r"(?:['’]s)?[ ,-]*([\w-]*)", self.text[last.end : last.end + 40])
        if after is None:
            return False
        head = folded(after[1])
        return head in lists().eponym_heads or bool(MEDICAL_ENDS.search(head))

    def _hyphenated(self, at: int) -> list[Word]:
        first = last = at
        while first > 0 and self.text[self.words[first - 1].end : self.words[first].start] in {
            "-",
            "–",
            "'s-",
        }:
            first -= 1
        while last + 1 < len(self.words) and self.text[
            self.words[last].end : self.words[last + 1].start
        ] in {"-", "–"}:
            last += 1
        return list(self.words[first : last + 1])

    def blocked(self, at: int, *, bare: bool = False) -> bool:
        """Whether `words[at]` is no name without a title before it."""
        word = self.words[at]
        kept = any(w.key in lists().kept for w in self._hyphenated(at))
        term = (
            self._head_follows(at) if bare and len(self._hyphenated(at)) == 1 else self.eponym(at)
        )
        return word.key in NOT_NAMES or kept or term or bool(NUMERAL.fullmatch(word.text))

    def alone(self, at: int) -> tuple[float, str]:
        """How sure `words[at]` is a name by itself."""
        known = lists()
        word = self.words[at]
        if not word.capitalised or len(word.text) < 2 or self.blocked(at):  # noqa: PLR2004
            return 0, ""
        named, plain = known.name(word.key), known.ordinary(word.key)
        opens = self.sentence_start(at)
        if word.shouted and self._mixed:
            sure = 0.55 if named and not plain and len(word.text) > 4 else 0.05  # noqa: PLR2004
        elif word.shouted:
            sure = 0.7 if named and not plain else 0.15 if not plain else 0
        elif not word.text.isascii() and not plain:
            sure = 0.9
        elif named and not plain:
            sure = 0.7 if opens else 0.85
        elif named and word.key not in known.common:
            sure = 0.3 if opens else 0.6
        elif not plain:
            sure = (0.5 if len(word.text) > 3 else 0.3) if opens else 0.6  # noqa: PLR2004
        elif named and word.key in known.given and not opens and not self.title_case_line(at):
            sure = 0.55
        else:
            sure = 0
        return sure, "names:list" if named else "names:unknown word"

    def name_from(
        self, position: int, *, strong: bool, by: bool = False
    ) -> Iterator[tuple[int, int]]:
        """The name that begins at `position`, if one does."""
        position += len(self.text[position:]) - len(self.text[position:].lstrip(" \t\n\"'("))
        title = TITLES.match(self.text, position)
        while title:
            position, strong = title.end(), True
            title = TITLES.match(self.text, position)
        at = self._at.get(position)
        if at is None:
            return
        last = at - 1
        number = at
        while number < len(self.words) and number - at < 6:  # noqa: PLR2004 - longest name
            between = (
                self.text[self.words[number - 1].end : self.words[number].start]
                if number > at
                else ""
            )
            if number > at and not re.fullmatch(r" |, ?|\.,? ?|-|’|'| ['\"(]|['\")]+ ", between):
                break
            if between.startswith(".") and len(self.words[number - 1].text) > 2:  # noqa: PLR2004 - no initial
                break
            if between.startswith(",") and number > at and not self._may_follow_comma(at, number):
                break
            if not self._fits(
                number,
                first=number == at,
                strong=strong
                or (by and self.words[number].capitalised and known_name(self.words[number].key)),
            ):
                if self.words[number].key in PARTICLES and number + 1 < len(self.words):
                    number += 1
                    continue
                break
            last = number
            if between.startswith(","):
                at = min(at, number)
            number += 1
        if last < at:
            return
        if not strong and last == at and not self._single_is_sure(at):
            return
        end = self.words[last].end
        if self.text[end : end + 1] == "." and len(self.words[last].text) == 1:
            end += 1
        yield self.words[at].start, end

    def _may_follow_comma(self, at: int, number: int) -> bool:
        word = self.words[number]
        known = lists()
        if number - at > 2:  # noqa: PLR2004 - "van der Berg, Jan"
            return False
        return (
            word.key in known.given
            or word.key in SUFFIXES
            or (not known.ordinary(word.key) and word.capitalised)
            or (self.words[at].shouted and word.shouted and known.name(word.key))
        )

    def _fits(self, at: int, *, first: bool, strong: bool) -> bool:
        known = lists()
        word = self.words[at]
        if len(word.text) == 1 and word.text.isupper() and not first:
            return True
        if word.key in NOT_NAMES or (
            word.key in known.kept and not (strong and known.name(word.key))
        ):
            return False
        if re.match(rf"(?:{CREDENTIAL})(?!\w)", self.text[word.start :]) and not (
            first and known.name(word.key) and not word.shouted
        ):
            return False
        lower = not word.capitalised
        if lower:
            line_lower = not any(w.capitalised for w in self.words[max(0, at - 4) : at + 2])
            alien = (
                not known.ordinary(word.key)
                and strong
                and (line_lower or self._after_courtesy(word.start))
            )
            if alien:
                return True
            if not known.name(word.key) or not (strong or line_lower):
                return False
            if word.key not in known.common:
                return True
            return (strong and line_lower) or (first and self._after_courtesy(word.start))
        if len(word.text) == 1:
            return not first or self.text[word.end : word.end + 1] == "." or strong
        if self.eponym(at) and (not strong or self._head_follows(at)):
            return False
        if known.name(word.key) or not known.ordinary(word.key) or word.key in SUFFIXES:
            return True
        return strong and word.capitalised and (first or word.key not in known.common)

    def _after_courtesy(self, position: int) -> bool:
        """Whether a form of address stands before `position`: even a small letter is a name then."""
        return bool(re.search(r"(?i)\b(?:mr|mrs|ms|miss|dr|prof)\.? {1,2}$", self.text[:position]))

    def _single_is_sure(self, at: int) -> bool:
        known = lists()
        word = self.words[at]
        if word.shouted and self._mixed and len(word.text) < 4:  # noqa: PLR2004 - an acronym
            return False
        return known.name(word.key) or not known.ordinary(word.key)

    def name_before(self, position: int) -> tuple[int, int] | None:
        """The name that ends at `position`, if one does."""
        last = self._by_end.get(position)
        if last is None and self.text[position - 1 : position] == ".":
            last = self._by_end.get(position - 1)
        if last is None:
            return None
        first = last + 1
        for number in range(last, max(-1, last - 5), -1):
            if number < last:
                between = self.text[self.words[number].end : self.words[number + 1].start]
                if not re.fullmatch(r" |, ?|\. ?|-", between):
                    break
                if "," in between and (
                    number < last - 2 or not lists().name(self.words[number + 1].key)
                ):
                    break
            if self.words[number].key in PARTICLES and first <= last:
                continue
            if not self.words[number].capitalised or not self._fits(
                number, first=False, strong=False
            ):
                break
            first = number
        if first > last or (first == last and not self._single_is_sure(first)):
            return None
        return self.words[first].start, self.words[last].end
