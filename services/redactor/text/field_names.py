"""Names that a form or a mark gives away: DICOM carets, fields in small letters, "Long/AL"."""

import re
from collections.abc import Callable, Iterator

from services.redactor.lexicon import MEDICAL_ENDS, folded, lists
from services.redactor.spans import Kind
from services.redactor.text.candidates import Candidate
from services.redactor.text.cues import any_of, words_in
from services.redactor.text.name_cues import CREDENTIAL, PARTICLES, TITLES

_PART = r"[^\W\d_]+(?:['’-][^\W\d_]+)*"
_PARTICLE = (
    r"(?:(?i:al|el|bin|ibn|van|von|de|der|den|da|di|du|del|la|le|dos|das|ter|ten|st\.?)[ -])"
)
_SLASHED = r"[^\W\d_]{2,4}"

CARETS = re.compile(
    rf"(?<![\w^'’-]){_PARTICLE}{{0,3}}{_PART}(?: ?\^ ?(?=[^\W\d_]{{2,}}|[^\W\d_]\b)(?:{_PART}\.?)"
    rf"(?: {_PART}(?=\^))?"
    rf"(?:\^{{1,4}}(?:{_PART}\.?)?(?: {_PART}(?=\^))?){{0,4}})"
)
"""PS3.5 6.2.1.1: family^given^middle^prefix^suffix, whatever its words mean."""

_SMALL_WORD = r"(?-i:[^\W\d_A-Z](?:[^\W\d_A-Z]|['’.-])*)"
_LABEL = rf"(?i)(?<![\w-]){any_of('name_fields')}(?:\sname)?(?:\s?(?::|=|\|)|\sby(?=\s))\s{{0,3}}"
SMALL_FIELD = re.compile(
    rf"{_LABEL}(?P<it>{_SMALL_WORD}(?: {_SMALL_WORD}){{0,4}})"
    rf"(?P<first>, {_SMALL_WORD}(?: {_SMALL_WORD})?)?"
    r"(?=\s*(?:$|[,;|/(\[]|\d|-\s)|\s{2}|\s(?:mrn|dob|id|md|rn|do|ph|tel|at|on|age|sex)\b|(?<=\.)\s|\n)"
)
CAPITAL_FIELD = re.compile(
    rf"{_LABEL}(?P<it>{_PARTICLE}{{0,3}}(?-i:[A-Z\u00c0-\u00de])(?:{_PART})?\.?"
    rf"(?:,? {_PARTICLE}{{0,3}}(?-i:[A-Z\u00c0-\u00de])(?:{_PART})?\.?){{0,4}})"
    r"(?=\s*(?:$|[,;|/(\[]|\d)|\s{2}|\s(?:mrn|dob|id|ph|tel|at|on|age|sex|follow|f/u|report|results?)\b|\n)"
)
PARTICLE_WITH_HYPHEN = re.compile(
    r"(?<![\w-])(?P<it>(?i:al|el|ad|as|ash|an|ar|bin|ibn|abu)-[A-Z\u00c0-\u00de][^\W\d_]{2,})"
)
TITLED = re.compile(
    r"(?<![\w.-])(?:Dr|Drs|Mr|Mrs|Ms|Prof|Doctor|DR|MRS|MS)\.? "
    r"(?P<it>[A-Z\u00c0-\u00de][\w'’-]*[^\W_](?:-[A-Z]\w+)?)"
)
BEFORE_SIGNATURE = re.compile(
    rf"(?im)(?:^|\s)(?:{any_of('signature_fields')})\s?[:=]?\s{{1,2}}(?P<it>{_PARTICLE}{{0,3}}{_PART}\s?/\s?{_SLASHED})"
    r"(?=\s*(?:$|\n|[,;|.]|\s\d))"
)
BEFORE_INITIALS = re.compile(
    rf"(?<![\w-])(?:(?i:pt|patient|pat|name|subject)\s?:\s{{0,2}})"
    rf"(?P<it>(?-i:[A-Z]){_PART} (?-i:[A-Z]{{1,2}}))"
    r"(?=\s*(?:$|\n|[,;|.(]))"
)
OPINION = re.compile(
    rf"(?<=[^\s.:;!?] )(?P<it>{_PARTICLE}{{0,3}}(?-i:[A-Z\u00c0-\u00de]){_PART})['’]s?\s"
    rf"(?:{any_of('opinions')})(?!\w)"
)
OF_SOMEBODY = re.compile(
    rf"(?i)(?:images|films|study|studies|scans?|case|chart|record|history|exam|report|mother|"
    rf"father|son|daughter|wife|husband|parents?|relatives?|on behalf) of "
    rf"(?P<it>{_PARTICLE}{{0,3}}(?-i:[A-Z\u00c0-\u00de]){_PART}"
    rf"(?: (?-i:[A-Z\u00c0-\u00de]){_PART})?)"
)
COPIED = re.compile(r"(?im)^[ \t]*(?:cc|c\.c\.|copies to|copy to)\s?:?\s")
ONE_OF_MANY = re.compile(
    rf"(?<![\w'’-])[A-Z\u00c0-\u00de]{_PART}(?: (?:[A-Z]\.?|[A-Z\u00c0-\u00de]{_PART})){{0,3}}"
    r"(?=\s*(?:[,;/&(]|and\b|$))"
)
IMAGED = frozenset(
    {"ct", "mr", "mri", "us", "xr", "pet", "nm", "lt", "rt", "ap", "pa", "bx", "pain"}
)
"""What stands behind a part of the body in a field: "PT: Head CT"."""
CREDENTIAL_BEHIND = re.compile(rf"(?i)(?:,\s?|\s)\(?{CREDENTIAL}\.?\)?$")
PROSE = words_in("prose")
ANATOMY = words_in("anatomy")
OF_STUDY = re.compile(
    r"(?i)(?:re|subject|consult(?:ed|ation)? re|name|cc|contact|patient|pt|pat)\b"
)
"""Fields that also hold what a study is of, or how a patient is."""


def found_in_fields(text: str) -> Iterator[Candidate]:
    """Names that fields and marks of `text` give away."""
    for match in CARETS.finditer(text):
        yield Candidate(*match.span(), Kind.NAME, 0.97, "names:carets")
    for start, end in _fields(text):
        span = _without_titles(text, start, end)
        yield Candidate(*span, Kind.NAME, 0.85, "names:field")
    for match in (m for pattern, fits in FORMS for m in pattern.finditer(text) if fits(m["it"])):
        yield Candidate(*match.span("it"), Kind.NAME, 0.75, "names:form")


def _fields(text: str) -> Iterator[tuple[int, int]]:
    """Names in fields of a form."""
    for match in SMALL_FIELD.finditer(text):
        start, whole = match.start("it"), match["it"] + (match["first"] or "")
        found = (field for field in (whole, match["it"]) if _small_name(field))
        if field := next(found, ""):
            yield start, start + len(field)
    for match in CAPITAL_FIELD.finditer(text):
        if _capital_name(match["it"], of_study=OF_STUDY.match(match.group()) is not None):
            yield match.span("it")
    for copied in COPIED.finditer(text):
        for match in ONE_OF_MANY.finditer(text, copied.end(), _end_of_line(text, copied.end())):
            if _capital_name(match.group(), of_study=False):
                yield match.span()


def _end_of_line(text: str, start: int) -> int:
    end = text.find("\n", start)
    return len(text) if end < 0 else end


def _without_titles(text: str, start: int, end: int) -> tuple[int, int]:
    """The span without the titles before and the credentials behind a name."""
    # "Pat" is a given name, too.
    while (title := TITLES.match(text, start, end)) and not title.group().startswith("Pat"):
        start = title.end()
    while credential := CREDENTIAL_BEHIND.search(text, start, end):
        end = credential.start()
    return start, max(start, end)


def _small_name(field: str) -> bool:
    """Whether a field in small letters holds a name and no prose."""
    known, keys = lists(), _keys(field)
    if not keys:
        return False
    nobody = PROSE - ANATOMY if keys[0] in known.given else PROSE
    if not nobody.isdisjoint(keys):
        return False
    unknown = [key for key in keys if not known.ordinary(key)]
    named = [key for key in keys if known.name(key) and known.ordinary(key)]
    if len(unknown) * 2 >= len(keys):
        return True
    first_or_last = keys[0] in known.given or keys[-1] in known.given or bool(unknown)
    return first_or_last and len(keys) > 1 and len(named) + len(unknown) >= len(keys)


def _capital_name(field: str, *, of_study: bool) -> bool:
    """Whether a field in capitals holds a name: of studies ("Re:", "Subject:") only if it must."""
    known, keys = lists(), _keys(field)
    if "," in field and len(keys) > 1 and keys[1] in known.given and known.name(keys[0]):
        return True
    nobody = PROSE | ANATOMY if of_study else PROSE - ANATOMY
    if not keys or not nobody.isdisjoint(keys) or any(map(MEDICAL_ENDS.search, keys)):
        return False
    fitting = [key for key in keys if known.name(key) or not known.ordinary(key)]
    if of_study:
        plain = [key for key in keys if key in known.common and key not in known.frequent]
        return len(fitting) == len(keys) and len(plain) < len(keys)
    return 2 * len(fitting) >= len(keys)


def _keys(field: str) -> list[str]:
    keys = [folded(part.strip(".,")) for part in re.split(r"[ ,-]+", field)]
    return [key for key in keys if len(key) > 1 and key not in PARTICLES]


def _titled(name: str) -> bool:
    return folded(name) not in PROSE - ANATOMY


def _beside_initials(name: str) -> bool:
    return folded(name.rsplit(maxsplit=1)[-1]) not in IMAGED


def _written_by(name: str) -> bool:
    return not name.isspace()


def _with_particle(name: str) -> bool:
    return not lists().ordinary(folded(name.partition("-")[2]))


def _holds_opinion(name: str) -> bool:
    keys, known = [folded(part) for part in re.split(r"[ -]", name)], lists()
    return PROSE.isdisjoint(set(keys) - ANATOMY) and not any(
        key in known.kept or key in known.eponyms for key in keys
    )


def _owns_images(name: str) -> bool:
    keys = [folded(part) for part in re.split(r"[ -]", name)]
    return _holds_opinion(name) and not all(map(lists().ordinary, keys))


FORMS: tuple[tuple["re.Pattern[str]", Callable[[str], bool]], ...] = (
    (TITLED, _titled),
    (BEFORE_SIGNATURE, _written_by),
    (BEFORE_INITIALS, _beside_initials),
    (PARTICLE_WITH_HYPHEN, _with_particle),
    (OPINION, _holds_opinion),
    (OF_SOMEBODY, _owns_images),
)
"""Forms of names, each with what a name in it must be."""
