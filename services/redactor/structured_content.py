"""Content trees of structured reports: text and person names item by item, at every depth.

PS3.3 C.17.3. Codes, dates, times and UIDs of content items are attributes like any other and are
treated with them; measured values, coordinates, references and the tree itself stay as they are.
"""

from collections.abc import Iterator

from pydicom import Dataset

from services.redactor.attributes import Action, ElementAction
from services.redactor.lexicon import folded, listed
from services.redactor.pseudonyms import Pseudonyms, Subject
from services.redactor.spans import Kind, RedactText

PERSONS = frozenset({"113870", "121008", "121029", "121036"})
"""DCM concepts whose text is a person's name: observer, subject, mother (PS3.16 annex D)."""

IDENTIFIERS = listed(
    """
    110190 111700 111705 111706 111724 113511 113512 113513 113514 113516 113871 113872 113877
    113880 121000 121013 121016 121022 121030 121040 121041 121043 121148 121149 121193 121196
    """
)
"""DCM concepts whose text is a number or name of a subject, order, specimen, lot or device."""

PLACES = frozenset({"113873", "121009", "121017", "121121", "121197", "121434"})
"""DCM concepts whose text is an organization, a room or another place."""

WHOLE = {
    **dict.fromkeys(PERSONS, Kind.NAME),
    **dict.fromkeys(IDENTIFIERS, Kind.ID),
    **dict.fromkeys(PLACES, Kind.LOC),
}
TEXT_VALUE = "TextValue"
PERSON_NAME = "PersonName"


def redact_content(
    ds: Dataset, *, redact_text: RedactText, pseudonyms: Pseudonyms, subject: Subject
) -> tuple[ElementAction, ...]:
    """Redacts the content tree of an object in place; nothing happens to one that has none.

    Args:
        ds: The object, with its own Patient's Name: before its attributes are redacted.
        redact_text: Redacts text about the subject.
        pseudonyms: Of the project.
        subject: Whom the object is about.
    """
    patient = _person(str(ds.get("PatientName", "")))
    actions: list[ElementAction] = []
    for path, item in _items(ds, ""):
        action = _text(item, redact_text)
        if action is not None:
            actions.append(ElementAction(f"{path}0040A160", TEXT_VALUE, action, "content-text"))
        name = str(item.get(PERSON_NAME, "") or "")
        if name:
            own = bool(patient) and _person(name) == patient
            item.PersonName = (
                pseudonyms.patient_id(subject) if own else pseudonyms.code("person", _person(name))
            )
            actions.append(
                ElementAction(f"{path}0040A123", PERSON_NAME, Action.REPLACED, "content-person")
            )
    return tuple(actions)


def _items(ds: Dataset, path: str) -> Iterator[tuple[str, Dataset]]:
    """Every content item below `ds` with its path, depth first."""
    for number, item in enumerate(ds.get("ContentSequence") or ()):
        below = f"{path}0040A730[{number}]."
        yield below, item
        yield from _items(item, below)


def _text(item: Dataset, redact_text: RedactText) -> Action | None:
    """Redacts the text of one item; what was done, None if nothing had to be."""
    text = str(item.get(TEXT_VALUE, "") or "")
    if not text.strip():
        return None
    concept = next(iter(item.get("ConceptNameCodeSequence") or ()), Dataset())
    code = (str(concept.get("CodingSchemeDesignator", "")), str(concept.get("CodeValue", "")))
    kind = WHOLE.get(code[1]) if code[0] == "DCM" else None
    if kind is not None:
        item.TextValue = f"[{kind}]"
        return Action.REPLACED
    redacted = redact_text(text)
    if redacted.text == text:
        return None
    item.TextValue = redacted.text
    return Action.CLEANED


def _person(name: str) -> str:
    """The words of a name in one order: family first or given first is the same person."""
    first_group = name.partition("=")[0]
    return " ".join(sorted(folded(first_group.replace("^", " ").replace(",", " ")).split()))
