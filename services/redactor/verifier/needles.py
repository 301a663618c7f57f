"""What must not be in an output: gathered from the originals of its study and from records.

By Value Representation and by what a keyword means, at every depth: more than the engine's table
lists, so that a gap in one is not a gap in both.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date

from pydicom import DataElement, Dataset
from pydicom.multival import MultiValue
from pydicom.valuerep import PersonName

from services.redactor.verifier.doubts import Reason, Retained

STANDARD_ROOT = "1.2.840.10008."
PUBLIC_UIDS_WORDS = """
SOPClassUID ReferencedSOPClassUID MediaStorageSOPClassUID TransferSyntaxUID CodingSchemeUID
ContextUID MappingResourceUID PrivateInformationCreatorUID ImplementationClassUID
PaletteColorLookupTableUID
"""
PUBLIC_UIDS = frozenset(PUBLIC_UIDS_WORDS.split())
"""UIDs of vocabularies and software, which no patient owns."""

ID_KEYWORD = re.compile(
    r"PatientIDs?$|OtherPatientIDs|AccessionNumber|AdmissionID|OrderNumber|StudyID$|ProcedureID$"
    r"|StepID$|EpisodeID|VisitID|PersonID|MedicalRecordLocator|IssuerOfPatientID|InsurancePlan"
    r"|ClinicalTrialSubject|ClinicalTrialProtocolID|SpecimenIdentifier|ContainerIdentifier"
    r"|BarcodeValue|SpecimenAccessionNumber"
)
DEVICE_KEYWORD = re.compile(
    r"SerialNumber|StationName|AETitle|StationAE|GantryID|DetectorID|PlateID|GeneratorID"
    r"|CassetteID|DeviceID$|DeviceUID|UniqueDeviceIdentifier|DeviceLabel"
)
PLACE_KEYWORD = re.compile(
    r"InstitutionName|InstitutionAddress|DepartmentName|OrganizationName|HospitalName"
    r"|ResponsibleOrganization|ClinicalTrialSiteName|CurrentPatientLocation|PatientResidence"
    r"|PatientInstitutionResidence|RequestingService"
)
CONTACT_KEYWORD = re.compile(r"Address|Telephone|Telecom|EMail|RegionOfResidence|ContactInfo")
PERSON_KEYWORD = re.compile(r"(Patient|Physician|Operator|Person|Author|Performer).*Name")
EMAIL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+")
DAY = re.compile(r"(\d{4})[-.]?(\d\d)[-.]?(\d\d)")

TERM_KEYWORDS = frozenset({"Manufacturer", "ManufacturerModelName", "Modality"})
"""They stay, and some sites call stations and departments after them."""

PLACEHOLDERS_WORDS = """
anon anonymous anonymized anonymised deidentified redacted removed unknown none null n/a na nos
unspecified test patient name noname subject other no_value empty xxx xxxx default local
"""
PLACEHOLDERS = frozenset(PLACEHOLDERS_WORDS.split())
MIN_NAME, MIN_ID, MIN_TEXT = 3, 4, 4
"""Letters or characters of the shortest needle; shorter values are compared in place alone."""


@dataclass(frozen=True)
class Needle:
    """One identifier.

    Attributes:
        reason: What it is.
        text: As the source wrote it.
    """

    reason: Reason
    text: str


@dataclass
class Needles:
    """Everything known about the people, places and things of one study.

    Attributes:
        retained: What the profile keeps.
        names: Person names, "Family^Given" and other forms, alphabetic or not.
        days: Calendar days.
        texts: All others, with what they are.
        terms: Makers, models, modalities: they stay, so nothing called like them is sought.
    """

    retained: frozenset[Retained] = frozenset()
    names: set[str] = field(default_factory=set)
    days: set[date] = field(default_factory=set)
    texts: set[Needle] = field(default_factory=set)
    terms: set[str] = field(default_factory=set)

    @classmethod
    def gather(
        cls,
        originals: Iterable[Dataset],
        identity: Iterable[str] = (),
        retained: frozenset[Retained] = frozenset(),
    ) -> "Needles":
        """Needles of a study.

        Args:
            originals: Its data sets as they came in; pixel data are not needed.
            identity: Names, identifiers, dates, addresses that the records hold elsewhere.
            retained: What the profile keeps on purpose.
        """
        needles = cls(retained)
        for ds in originals:
            needles.add(ds)
        for text in identity:
            needles.add_known(text)
        return needles

    def add(self, ds: Dataset) -> None:
        """Takes in one original."""
        for element in _leaves(ds):
            for value in _values(element):
                self._add(element, value)
        for element in getattr(ds, "file_meta", None) or ():
            if element.VR == "AE":
                for value in _values(element):
                    self._text(Reason.KNOWN_DEVICE, value)

    def add_known(self, text: str) -> None:
        """Takes in an identifier from elsewhere; what it is follows from its form."""
        value = text.strip()
        digits = sum(character.isdigit() for character in value)
        if DAY.fullmatch(value):
            self._day(value)
        elif EMAIL.fullmatch(value) or (digits and "," in value):
            self._text(Reason.KNOWN_CONTACT, value)
        elif digits:
            self._text(Reason.KNOWN_ID, value)
        else:
            self._name(value)

    def wanted(self) -> Iterator[Needle]:
        """All but dates and names, without the values that stay."""
        for needle in sorted(self.texts, key=lambda one: (one.reason, one.text)):
            if needle.reason == Reason.KNOWN_UID or needle.text.lower() not in self.terms:
                yield needle

    def _add(self, element: DataElement, value: str) -> None:
        keyword, vr = element.keyword, element.VR
        if vr == "PN" or (vr != "SQ" and PERSON_KEYWORD.search(keyword)):
            self._name(value)
        elif vr == "UI":
            is_public = keyword in PUBLIC_UIDS or value.startswith(STANDARD_ROOT)
            if not is_public and Retained.UIDS not in self.retained:
                self._text(Reason.KNOWN_UID, value)
        elif vr in {"DA", "DT"}:
            self._day(value)
        elif vr == "AE" or DEVICE_KEYWORD.search(keyword):
            self._text(Reason.KNOWN_DEVICE, value)
        elif PLACE_KEYWORD.search(keyword):
            self._text(Reason.KNOWN_INSTITUTION, value)
        elif ID_KEYWORD.search(keyword):
            self._text(Reason.KNOWN_ID, value)
        elif CONTACT_KEYWORD.search(keyword):
            self._text(Reason.KNOWN_CONTACT, value)
        else:
            self._other(element, value)

    def _other(self, element: DataElement, value: str) -> None:
        for found in EMAIL.findall(value):
            self._text(Reason.KNOWN_CONTACT, found)
        if element.keyword in TERM_KEYWORDS:
            self.terms.add(value.lower())

    def _name(self, value: str) -> None:
        if value.strip("^= ").lower() not in PLACEHOLDERS and any(map(str.isalpha, value)):
            self.names.add(value)

    def _day(self, value: str) -> None:
        found = DAY.match(value)
        if found is None or Retained.DATES in self.retained:
            return
        try:
            self.days.add(date(int(found[1]), int(found[2]), int(found[3])))
        except ValueError:
            self._text(Reason.KNOWN_DATE, value)

    def _text(self, reason: Reason, value: str) -> None:
        value = value.strip()
        is_kept = {
            Reason.KNOWN_DEVICE: Retained.DEVICE in self.retained,
            Reason.KNOWN_INSTITUTION: Retained.INSTITUTION in self.retained,
        }
        if value.lower() in PLACEHOLDERS or is_kept.get(reason) or len(set(value)) == 1:
            return
        self.texts.add(Needle(reason, value))


def _leaves(ds: Dataset) -> Iterator[DataElement]:
    """Elements of all depths that are no sequences; broken ones are left to the engine's guard."""
    for tag in list(ds.keys()):
        if tag.group in {0x7FE0, 0x5400, 0x5600}:
            continue
        try:
            element = ds[tag]
        except Exception:  # noqa: BLE001, S112 - a value that cannot be decoded gives no needle
            continue
        if element.VR == "SQ":
            for item in element.value or ():
                yield from _leaves(item)
        else:
            yield element


def _values(element: DataElement) -> Iterator[str]:
    values = element.value if isinstance(element.value, MultiValue | list) else [element.value]
    for value in values:
        if isinstance(value, str | PersonName):
            text = str(value).strip("\0 ")
            if text:
                yield text
