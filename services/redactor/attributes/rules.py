"""Which rule an attribute falls under, and the sentence that says so in the documentation."""

from dataclasses import dataclass
from enum import StrEnum

from pydicom.datadict import tag_for_keyword

from services.redactor.attributes.table import rows
from services.redactor.attributes.values import BULK, TEXT, UNIT
from services.redactor.profiles import Option, Profile


class Treatment(StrEnum):
    """What a rule does to a value."""

    KEEP = "keep"
    CODED = "coded"
    CLEAN = "clean"
    UID = "uid"
    SHIFT = "shift"
    AGE = "age"
    EMPTY = "empty"
    DUMMY = "dummy"
    REMOVE = "remove"
    ITEMS = "items"
    PATIENT_ID = "patient-id"
    PATIENT_NAME = "patient-name"
    LOCAL_ID = "local-id"
    CHARACTER_SET = "character-set"
    LEAVE = "leave"


@dataclass(frozen=True)
class Rule:
    """A rule and its sentence.

    Attributes:
        name: Identifier in evidence and in the documentation.
        treatment: What it does.
        sentence: What it does, for a reader.
    """

    name: str
    treatment: Treatment
    sentence: str


def _rule(name: str, treatment: Treatment, sentence: str) -> Rule:
    RULES[name] = rule = Rule(name, treatment, sentence)
    return rule


RULES: dict[str, Rule] = {}
"""All rules, by name."""

# --- what PS3.15 table E.1-1 lists
REMOVED = _rule("table-removed", Treatment.REMOVE, "The table removes it.")
EMPTIED = _rule("table-emptied", Treatment.EMPTY, "The table empties it.")
DUMMY = _rule(
    "table-dummy",
    Treatment.DUMMY,
    "The table replaces it: a value that says nothing, of the same VR, stands in its place.",
)
TABLE_CLEANED = _rule(
    "table-cleaned",
    Treatment.CLEAN,
    "The table lets an option clean it: identifiers of the subject and every word that is not a "
    "clinical or technical term go, the rest stays.",
)
TABLE_KEPT = _rule(
    "table-kept", Treatment.KEEP, "The table lets an option of the profile retain it."
)
TABLE_CODED = _rule(
    "table-coded",
    Treatment.CODED,
    "An option retains or cleans it; it stays if it is a defined coded string.",
)
TABLE_ITEMS = _rule(
    "table-items",
    Treatment.ITEMS,
    "A sequence that is kept, cleaned or needed: each item is treated by the same rules.",
)
PATIENT_ID = _rule(
    "patient-id", Treatment.PATIENT_ID, "The keyed pseudonym of the subject stands in its place."
)
PATIENT_NAME = _rule(
    "patient-name", Treatment.PATIENT_NAME, "The keyed pseudonym of the subject stands there."
)
LOCAL_ID = _rule(
    "local-id",
    Treatment.LOCAL_ID,
    "A keyed pseudonym of its value stands in its place, so that an archive does not merge what "
    "was apart.",
)
# --- by VR, listed in the table or not
UID = _rule(
    "uid",
    Treatment.UID,
    "A keyed UID under 2.25 stands in its place, everywhere the same; UIDs of the standard stay.",
)
UID_KEPT = _rule("uid-kept", Treatment.KEEP, "Retain UIDs: it stays if it is a UID.")
SHIFTED = _rule(
    "date-shifted",
    Treatment.SHIFT,
    "Its date moves by the days of the subject, the same everywhere; time of day and zone stay.",
)
DATE_KEPT = _rule("date-kept", Treatment.KEEP, "Stays if it is a date or time.")
AGE = _rule("age", Treatment.AGE, "An age stays; 90 years and more become 090Y.")
# --- what the IOD lists and the table does not
NUMBER = _rule("number", Treatment.KEEP, "Numbers stay if the value is one of its VR.")
BYTES = _rule("image-data", Treatment.KEEP, "Arrays of numbers stay.")
CODED = _rule(
    "coded-string",
    Treatment.CODED,
    "A coded string stays if the standard or a maker defines it or every word is technical.",
)
TEXT_CLEANED = _rule(
    "text-cleaned",
    Treatment.CLEAN,
    "Free text that the table does not list: cleaned as descriptors are.",
)
ITEMS = _rule("items", Treatment.ITEMS, "A sequence stays; each item is treated by these rules.")
NEEDED = _rule(
    "unlisted-dummy",
    Treatment.DUMMY,
    "A name, date, time, address or bytes that the IOD needs and the table does not list: dummy.",
)
NEEDED_EMPTY = _rule(
    "unlisted-emptied", Treatment.EMPTY, "The same where the IOD lets it be empty: emptied."
)
UNNEEDED = _rule(
    "unlisted-removed", Treatment.REMOVE, "The same where the IOD does not need it: removed."
)
# --- the rest
NOT_IN_IOD = _rule(
    "not-in-iod",
    Treatment.REMOVE,
    "The IOD does not list the attribute here (unknown, retired, of another object): removed.",
)
EXTENSION = _rule(
    "extension",
    Treatment.KEEP,
    "A number of groups 0018 and 0028 that makers add to a class which does not list it: stays.",
)
STANDARD_NUMBER = _rule(
    "standard-number",
    Treatment.KEEP,
    "The number of a template or of a context group of PS3.16 stays.",
)
CHARACTER_SET = _rule(
    "character-set", Treatment.CHARACTER_SET, "Stays if every term is defined in PS3.3 C.12.1.1.2."
)
STRUCTURED = _rule(
    "structured-content",
    Treatment.LEAVE,
    "Text and names of content items were cleaned as report text before.",
)
PRIVATE = _rule("private", Treatment.REMOVE, "A private attribute is removed.")
PRIVATE_KEPT = _rule(
    "private-safe",
    Treatment.KEEP,
    "Retain Safe Private: a number on the list of safe private attributes stays, with its creator.",
)
MISFIT = _rule(
    "misfit",
    Treatment.REMOVE,
    "The value is not what the VR of the attribute holds, or cannot be read: removed, emptied or "
    "a dummy, as the IOD needs it; a number that it needs is emptied, never made up.",
)
NOTHING_LEFT = _rule(
    "nothing-left",
    Treatment.REMOVE,
    "Cleaning left nothing: removed, emptied or a dummy, as the IOD needs it.",
)
CODE = _rule(
    "code",
    Treatment.LEAVE,
    "Code: meaning of the standard, or cleaned; a local code value becomes a keyed pseudonym.",
)
DECLARED = _rule("declared", Treatment.LEAVE, "How the object was de-identified.")
FILE_LEVEL = _rule(
    "file-level",
    Treatment.LEAVE,
    "Pixel data, overlays, curves, documents and padding are cleaned with the whole file.",
)

PSEUDONYMS = {
    tag_for_keyword("PatientID"): PATIENT_ID,
    tag_for_keyword("PatientName"): PATIENT_NAME,
    tag_for_keyword("AccessionNumber"): LOCAL_ID,
    tag_for_keyword("StudyID"): LOCAL_ID,
}
"""An empty Patient ID, Accession Number or Study ID makes archives merge strangers."""

IMAGE_BYTES = frozenset(
    tag_for_keyword(keyword)
    for keyword in ("ICCProfile", "WaveformData", "ChannelMinimumValue", "ChannelMaximumValue")
)
"""Attributes of VR OB that hold no text; other bytes of unknown content go."""

STANDARD_NUMBERS = frozenset(
    tag_for_keyword(keyword) for keyword in ("TemplateIdentifier", "ContextIdentifier")
)

TIME_ZONE = tag_for_keyword("TimezoneOffsetFromUTC")

EXTENSIBLE_GROUPS = frozenset({0x0018, 0x0028})
"""Groups of acquisition and of image presentation (PS3.6)."""

EXTENSIONS = frozenset(
    tag_for_keyword(keyword) for keyword in ("ImagePositionPatient", "ImageOrientationPatient")
)

CODE_PARTS = frozenset(
    tag_for_keyword(keyword)
    for keyword in (
        "CodeValue",
        "CodingSchemeDesignator",
        "CodingSchemeVersion",
        "CodeMeaning",
        "LongCodeValue",
        "URNCodeValue",
    )
)
"""Attributes of a coded entry that are treated together."""

DECLARATION = frozenset(
    tag_for_keyword(keyword)
    for keyword in (
        "PatientIdentityRemoved",
        "DeidentificationMethod",
        "DeidentificationMethodCodeSequence",
        "LongitudinalTemporalInformationModified",
    )
)

_REPLACEABLE = ("DA", "DT", "TM", "PN", "AE", "UR", "AS", "OB", "UN")


def decide(tag: int, vr: str, kind: str, profile: Profile) -> Rule:
    """Rule for an attribute that its IOD lists.

    Args:
        tag: Attribute.
        vr: Its VR in PS3.6, the first where it may have several.
        kind: Its Type in the IOD, "1", "1C", "2", "2C" or "3".
        profile: Options.
    """
    if tag in PSEUDONYMS:
        return PSEUDONYMS[tag]
    if row := rows().get(tag):
        return _listed(tag, vr, kind, row.action(profile))
    return _unlisted(tag, vr, kind, profile)


def _listed(tag: int, vr: str, kind: str, action: str) -> Rule:
    if action in ("K", "C"):
        return _retained(tag, vr, kind, cleaned=action == "C")
    if action == "X/Z/U*":
        return TABLE_ITEMS
    if action == "U":
        return UID
    needed = kind[0]
    if action == "D" or needed == "1":
        return DUMMY if vr != "UI" else UID
    if action in ("Z", "Z/D") or needed == "2":
        return EMPTIED
    return REMOVED


def _retained(tag: int, vr: str, kind: str, *, cleaned: bool) -> Rule:
    by_vr = {"SQ": TABLE_ITEMS, "CS": TABLE_CODED, "AS": AGE, "TM": DATE_KEPT}
    by_vr |= dict.fromkeys([*UNIT, *BULK, "DS", "IS"], NUMBER)
    by_vr["UI"] = UID if cleaned else UID_KEPT
    if vr in ("DA", "DT"):
        return SHIFTED if cleaned else DATE_KEPT
    if tag == TIME_ZONE:
        return DATE_KEPT
    if vr in by_vr:
        return by_vr[vr]
    if vr in ("OB", "UN", "PN", "AE", "UR") and cleaned:
        return _replaced(kind)
    return TABLE_CLEANED if cleaned else TABLE_KEPT


def _unlisted(tag: int, vr: str, kind: str, profile: Profile) -> Rule:
    if vr in ("DA", "DT", "TM"):
        return _temporal(vr, kind, profile)
    if vr == "OB" and tag in IMAGE_BYTES:
        return BYTES
    if vr in _REPLACEABLE:
        return _replaced(kind)
    if vr == "UI":
        return UID_KEPT if Option.RETAIN_UIDS in profile.options else UID
    by_vr = (
        {"SQ": ITEMS, "CS": CODED} | dict.fromkeys(BULK, BYTES) | dict.fromkeys(TEXT, TEXT_CLEANED)
    )
    return by_vr.get(vr, NUMBER)


def _temporal(vr: str, kind: str, profile: Profile) -> Rule:
    if Option.RETAIN_FULL_DATES in profile.options:
        return DATE_KEPT
    if Option.RETAIN_MODIFIED_DATES in profile.options:
        return DATE_KEPT if vr == "TM" else SHIFTED
    return _replaced(kind)


def _replaced(kind: str) -> Rule:
    return {"1": NEEDED, "2": NEEDED_EMPTY}.get(kind[0], UNNEEDED)
