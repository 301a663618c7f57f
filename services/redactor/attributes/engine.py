"""Walks a data set at every depth and treats each attribute by its rule, in place."""

from pydicom.datadict import keyword_for_tag
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset

from radloom.errors import Rejected
from services.redactor.attributes import private, rules, values
from services.redactor.attributes.actions import ElementAction
from services.redactor.attributes.decisions import (
    CODE_MEANING,
    CONTENT,
    SPECIFIC_CHARACTER_SET,
    Decision,
    decisions,
    is_kept_apart,
    unlisted_rule,
)
from services.redactor.attributes.descriptors import Descriptors
from services.redactor.attributes.iods import Item, attributes_of, iod_of
from services.redactor.attributes.place import Element, Place
from services.redactor.attributes.rules import Treatment
from services.redactor.attributes.treatments import TREATMENTS, Study, clean_code
from services.redactor.profiles import Option, Profile, declare
from services.redactor.pseudonyms import Pseudonyms, Subject
from services.redactor.spans import RedactText

SOP_CLASS_UID = 0x00080016


class AttributeRedactor:
    """Redacts the attributes of the objects of one study.

    Args:
        profile: Options of PS3.15.
        pseudonyms: Of the project.
        subject: Whom the study is about, as its source calls them.
        redact_text: Takes the identifiers of the subject out of a text.
    """

    def __init__(
        self, profile: Profile, pseudonyms: Pseudonyms, subject: Subject, redact_text: RedactText
    ) -> None:
        keep_dates = Option.RETAIN_MODIFIED_DATES in profile.options
        descriptors = Descriptors(redact_text, keep_dates=keep_dates)
        self._study = Study(profile, pseudonyms, subject, descriptors)

    def redact(self, ds: Dataset) -> tuple[ElementAction, ...]:
        """Redact `ds` in place.

        Args:
            ds: Data set without group 2. Pixel data, overlays, curves, documents and padding of
                the data set itself stay as they are, and so do text and names of its content
                tree: other modules clean them.

        Returns:
            What was done, in the order of the data set; attributes that stay are not listed.

        Raises:
            Rejected: The object's SOP Class has no IOD that the tables know.
        """
        place = Place(ds, [])
        self._walk(place, attributes_of(iod_of(_sop_class(place))))
        declare(ds, self._study.profile)
        return tuple(place.actions)

    def _walk(self, place: Place, listed: Item) -> None:
        ds, study = place.ds, self._study
        decided = decisions(listed, study.profile, place.sequence, in_content=place.in_content)
        self._read_character_set(place)
        apart: list[tuple[int, Element]] = []
        for key, element in list(ds.items()):
            tag = int(key)  # keys compare in Python, numbers do not
            decision = decided.get(tag)
            if decision is None:
                apart.append((tag, element))
                continue
            treatment = decision.rule.treatment
            if treatment is Treatment.KEEP:
                if not _stays(element, decision):
                    TREATMENTS[treatment](study, place, element, decision)
            elif treatment is Treatment.ITEMS:
                self._items(place, element, decision)
            elif treatment is not Treatment.LEAVE:
                TREATMENTS[treatment](study, place, element, decision)
        if CODE_MEANING in decided and CODE_MEANING in ds:
            clean_code(study, place, decided)
        self._unlisted(place, apart)

    def _items(self, place: Place, element: Element, decision: Decision) -> None:
        items = place.items(element, decision)
        if items is None:
            place.give_up(element, decision, rules.MISFIT)
            return
        for number, item in enumerate(items):
            path = f"{place.path}{decision.tag:08X}[{number}]."
            in_content = place.in_content or decision.tag == CONTENT
            nested = Place(item, place.actions, place.encodings, path, decision.tag, in_content)
            self._walk(nested, decision.nested)
        if items and not any(items):
            place.give_up(element, decision, rules.NOTHING_LEFT)

    def _read_character_set(self, place: Place) -> None:
        if element := place.ds.get_item(SPECIFIC_CHARACTER_SET):
            known = values.encodings_of(place.bytes_of(element))
            place.encodings = known or values.DEFAULT_ENCODINGS

    def _unlisted(self, place: Place, elements: list[tuple[int, Element]]) -> None:
        """Remove what the IOD does not list, private attributes among it."""
        retain = Option.RETAIN_SAFE_PRIVATE in self._study.profile.options
        kept = _safe_private(place, elements) if retain else frozenset()
        for tag, _ in elements:
            if tag >> 16 & 1:
                if tag not in kept:
                    place.remove(tag, "", rules.PRIVATE)
            elif place.sequence is not None or not is_kept_apart(tag):
                place.remove(tag, keyword_for_tag(tag), unlisted_rule(tag))


def _safe_private(place: Place, elements: list[tuple[int, Element]]) -> frozenset[int]:
    """Tags of safe private attributes, and of the creators of their blocks."""
    names = {
        tag: place.text_of(element)
        for tag, element in elements
        if tag >> 16 & 1 and private.is_creator(tag)
    }
    reserved = private.reserved_blocks(names)
    if not reserved:
        return frozenset()
    kept = {
        tag
        for tag, element in elements
        if (vr := private.safe_vr(tag, reserved)) and _holds(place, element, vr)
    }
    blocks = {private.block_of(tag) for tag in kept}
    return frozenset(kept | {tag for tag in names if private.block_reserved(tag) in blocks})


def _holds(place: Place, element: Element, vr: str) -> bool:
    value = place.bytes_of(element)
    return element.VR in (vr, None, "UN") and bool(values.checker(vr, None)(value))


def redact_attributes(
    ds: Dataset,
    *,
    profile: Profile,
    pseudonyms: Pseudonyms,
    subject: Subject,
    redact_text: RedactText,
) -> tuple[ElementAction, ...]:
    """Redact one object; for many of a study, `AttributeRedactor` remembers what they share.

    Raises:
        Rejected: The object's SOP Class has no IOD that the tables know.
    """
    return AttributeRedactor(profile, pseudonyms, subject, redact_text).redact(ds)


def _stays(element: Element, decision: Decision) -> bool:
    """Whether a raw element of the right VR holds what it may."""
    if not isinstance(element, RawDataElement):
        return False
    vr = element.VR
    if vr is not None and vr not in decision.vrs:
        return False
    return not element.value or bool(decision.fits(element.value))


def _sop_class(place: Place) -> str:
    element = place.ds.get_item(SOP_CLASS_UID)
    if element is None:
        raise Rejected("the object has no SOP Class UID (0008,0016)", reason="no_sop_class")
    return place.text_of(element)
