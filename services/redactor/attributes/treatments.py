"""What each treatment does to one element."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date

from services.redactor.attributes import rules, values
from services.redactor.attributes.actions import Action
from services.redactor.attributes.codes import LOCAL_SCHEME, Coded, cleaned
from services.redactor.attributes.dates import moved_date, moved_date_time
from services.redactor.attributes.decisions import Decision
from services.redactor.attributes.descriptors import Descriptors, is_coded
from services.redactor.attributes.place import Element, Place
from services.redactor.attributes.rules import Treatment
from services.redactor.profiles import Profile
from services.redactor.pseudonyms import Pseudonyms, Subject

OLDEST_AGE_YEARS = 90
"""Ages from 90 years on are one (45 CFR 164.514(b)(2)(i)(C))."""

_PER_YEAR = {"D": 365, "W": 52, "M": 12, "Y": 1}

_SHORT = 16
"""Characters that SH, the VR of most local identifiers, may have (PS3.5 table 6.2-1)."""

_CODE_FIELDS = (0x00080100, 0x00080119, 0x00080120)
_SCHEME, _VERSION, _MEANING = 0x00080102, 0x00080103, 0x00080104
_VERSION_GRAMMAR = re.compile(rb"[0-9.]{1,12} *|DCM *|\d{8}")

NOT_CODED = "UNKNOWN"


@dataclass
class Study:
    """What the treatments of one study share.

    Attributes:
        profile: Options.
        pseudonyms: Of the project.
        subject: Whom the study is about.
        descriptors: Cleans free text.
    """

    profile: Profile
    pseudonyms: Pseudonyms
    subject: Subject
    descriptors: Descriptors
    _coded: dict[bytes, bytes] = field(default_factory=dict)
    _uids: dict[str, str] = field(default_factory=dict)
    _patients: dict[str, bytes] = field(default_factory=dict)
    _days: dict[date, date] = field(default_factory=dict)

    def uid(self, uid: str) -> str:
        """What stands for a UID; itself if the standard registers it."""
        known = self._uids.get(uid)
        if known is None:
            known = self._uids[uid] = self.pseudonyms.uid(uid)
        return known

    def patient_id(self, other: str) -> bytes:
        """Pseudonym of the subject, or of another Patient ID of the same issuer."""
        known = self._patients.get(other)
        if known is None:
            issuer = self.subject.issuer_of_patient_id
            subject = Subject(other, issuer) if other else self.subject
            known = self._patients[other] = self.pseudonyms.patient_id(subject).encode()
        return known

    def shifted(self, day: date) -> date:
        """`day` moved by the shift of the subject."""
        known = self._days.get(day)
        if known is None:
            known = self._days[day] = self.pseudonyms.shifted(day, self.subject)
        return known

    def coded(self, value: bytes) -> bytes:
        """Values of a CS attribute with those that are no coded strings replaced."""
        known = self._coded.get(value)
        if known is None:
            parts = value.decode("latin-1").split("\\")
            kept = [part if is_coded(part.strip(" \0")) else NOT_CODED for part in parts]
            known = self._coded[value] = "\\".join(kept).encode("latin-1")
        return known


def _keep(_: Study, place: Place, element: Element, decision: Decision) -> None:
    value = place.bytes_of(element)
    if not value:
        return
    if not decision.fits(value):
        place.give_up(element, decision, rules.MISFIT)
    elif element.VR is not None and element.VR not in decision.vrs:
        if len(decision.vrs) > 1 or not place.may_restate(element, decision):
            place.give_up(element, decision, rules.MISFIT)
        else:
            place.put(element, decision, value)


def _coded(study: Study, place: Place, element: Element, decision: Decision) -> None:
    value = place.bytes_of(element)
    kept = study.coded(value) if value else value
    if kept == value:
        return
    if kept == NOT_CODED.encode() and decision.kind[0] != "1":
        place.give_up(element, decision, rules.NOTHING_LEFT)
    else:
        place.put(element, decision, kept)
        place.record(decision, Action.CLEANED)


def _clean(study: Study, place: Place, element: Element, decision: Decision) -> None:
    if element.VR == "SQ":
        place.give_up(element, decision, rules.MISFIT)
        return
    text = place.text_of(element)
    many = decision.vr not in values.PARAGRAPHS
    cleaned_text = "\\".join(map(study.descriptors.clean, text.split("\\") if many else [text]))
    if cleaned_text == text:
        return
    if not cleaned_text.strip("\\"):
        place.give_up(element, decision, rules.NOTHING_LEFT)
    else:
        longest = values.LONGEST.get(decision.vr)
        place.put(element, decision, values.encoded(cleaned_text[:longest], place.encodings))
        place.record(decision, Action.CLEANED)


def _uid(study: Study, place: Place, element: Element, decision: Decision) -> None:
    value = place.bytes_of(element)
    uids = value.decode("latin-1").split("\\")
    replaced = "\\".join(study.uid(uid.strip(" \0")) for uid in uids).encode()
    if replaced != value.rstrip(b" \0"):
        place.put(element, decision, replaced)
        place.record(decision, Action.REPLACED)


def _shift(study: Study, place: Place, element: Element, decision: Decision) -> None:
    text = place.text_of(element)
    if not text:
        return
    move = moved_date if decision.vr == "DA" else moved_date_time
    moved = move(text, study.shifted)
    if moved is None:
        place.give_up(element, decision, rules.MISFIT)
    else:
        place.put(element, decision, moved.encode())
        place.record(decision, Action.SHIFTED)


def _age(_: Study, place: Place, element: Element, decision: Decision) -> None:
    value = place.bytes_of(element).strip(b" \0")
    if not value:
        return
    if not decision.fits(value) or b"\\" in value:
        place.give_up(element, decision, rules.MISFIT)
    elif int(value[:3]) // _PER_YEAR[chr(value[3])] >= OLDEST_AGE_YEARS:
        place.put(element, decision, b"090Y")
        place.record(decision, Action.CLEANED)


def _empty(_: Study, place: Place, element: Element, decision: Decision) -> None:
    place.put(element, decision, b"")
    place.record(decision, Action.EMPTIED)


def _dummy(_: Study, place: Place, element: Element, decision: Decision) -> None:
    place.fill(element, decision)
    place.record(decision, Action.REPLACED)


def _remove(_: Study, place: Place, __: Element, decision: Decision) -> None:
    place.remove(decision.tag, decision.keyword, decision.rule)


def _patient(study: Study, place: Place, element: Element, decision: Decision) -> None:
    text = place.text_of(element)
    same = decision.vr == "PN" or text in ("", study.subject.patient_id.strip(" \0"))
    place.put(element, decision, study.patient_id("" if same else text))
    place.record(decision, Action.REPLACED)


def _local_id(study: Study, place: Place, element: Element, decision: Decision) -> None:
    if text := place.text_of(element):
        code = study.pseudonyms.code(decision.keyword, text)[:_SHORT]
        place.put(element, decision, code.encode())
        place.record(decision, Action.REPLACED)


def _character_set(_: Study, place: Place, element: Element, decision: Decision) -> None:
    if values.encodings_of(place.bytes_of(element)) is None:
        place.remove(decision.tag, decision.keyword, rules.MISFIT)


TREATMENTS: Mapping[Treatment, Callable[[Study, Place, Element, Decision], None]] = {
    Treatment.KEEP: _keep,
    Treatment.CODED: _coded,
    Treatment.CLEAN: _clean,
    Treatment.UID: _uid,
    Treatment.SHIFT: _shift,
    Treatment.AGE: _age,
    Treatment.EMPTY: _empty,
    Treatment.DUMMY: _dummy,
    Treatment.REMOVE: _remove,
    Treatment.PATIENT_ID: _patient,
    Treatment.PATIENT_NAME: _patient,
    Treatment.LOCAL_ID: _local_id,
    Treatment.CHARACTER_SET: _character_set,
}


def clean_code(study: Study, place: Place, decided: Mapping[int, Decision]) -> None:
    """Clean the coded entry that an item is."""
    ds = place.ds
    value_tag = next((tag for tag in _CODE_FIELDS if tag in ds), None)
    texts = {
        tag: place.text_of(ds.get_item(tag)) if tag in ds else ""
        for tag in (value_tag, _SCHEME, _MEANING)
        if tag is not None
    }
    code = Coded(texts.get(value_tag or 0, ""), texts[_SCHEME], texts[_MEANING])
    kept = cleaned(
        code,
        study.descriptors.clean,
        lambda value: study.pseudonyms.code("code", code.scheme, value)[:_SHORT],
    )
    wanted = {_SCHEME: kept.scheme, _MEANING: kept.meaning}
    if value_tag is not None:
        wanted[value_tag] = kept.value
    for tag, text in wanted.items():
        if tag not in ds or texts[tag] == text:
            continue
        place.put(ds.get_item(tag), decided[tag], values.encoded(text, place.encodings))
        place.record(decided[tag], Action.REPLACED)
    _drop_spare_fields(place, decided, value_tag, kept.scheme)


def _drop_spare_fields(
    place: Place, decided: Mapping[int, Decision], value_tag: int | None, scheme: str
) -> None:
    ds = place.ds
    for tag in _CODE_FIELDS:
        if tag != value_tag and tag in ds and tag in decided:
            place.remove(tag, decided[tag].keyword, rules.CODE)
    if _VERSION in ds and _VERSION in decided:
        version = place.bytes_of(ds.get_item(_VERSION)).strip(b" \0")
        if scheme == LOCAL_SCHEME or (version and not _VERSION_GRAMMAR.fullmatch(version)):
            place.remove(_VERSION, decided[_VERSION].keyword, rules.CODE)
