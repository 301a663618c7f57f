"""Named sets of the options of PS3.15 annex E, and what they say about an object they made."""

from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from io import BytesIO

from pydicom.dataelem import DataElement, RawDataElement
from pydicom.dataset import Dataset
from pydicom.filebase import DicomBytesIO
from pydicom.filereader import read_dataset
from pydicom.filewriter import write_dataset
from pydicom.sr.codedict import codes

from radloom.errors import Rejected

METHOD = "radloom redactor: PS3.15 annex E"
"""De-identification Method (0012,0063): who did it; which options, says (0012,0064)."""


class Option(StrEnum):
    """An option of PS3.15 E.3. Those that clean are part of every profile."""

    CLEAN_PIXELS = "clean-pixels"
    CLEAN_GRAPHICS = "clean-graphics"
    CLEAN_STRUCTURED_CONTENT = "clean-structured-content"
    CLEAN_DESCRIPTORS = "clean-descriptors"
    RETAIN_FULL_DATES = "retain-full-dates"
    RETAIN_MODIFIED_DATES = "retain-modified-dates"
    RETAIN_PATIENT_CHARACTERISTICS = "retain-patient-characteristics"
    RETAIN_DEVICE = "retain-device"
    RETAIN_UIDS = "retain-uids"
    RETAIN_SAFE_PRIVATE = "retain-safe-private"
    RETAIN_INSTITUTION = "retain-institution"

    @property
    def code(self) -> str:
        """Its code value in CID 7050, scheme DCM."""
        return _CODES[self]


_CODES = {
    Option.CLEAN_PIXELS: "113101",
    Option.CLEAN_GRAPHICS: "113103",
    Option.CLEAN_STRUCTURED_CONTENT: "113104",
    Option.CLEAN_DESCRIPTORS: "113105",
    Option.RETAIN_FULL_DATES: "113106",
    Option.RETAIN_MODIFIED_DATES: "113107",
    Option.RETAIN_PATIENT_CHARACTERISTICS: "113108",
    Option.RETAIN_DEVICE: "113109",
    Option.RETAIN_UIDS: "113110",
    Option.RETAIN_SAFE_PRIVATE: "113111",
    Option.RETAIN_INSTITUTION: "113112",
}

BASIC_PROFILE_CODE = "113100"

_CLEANING = frozenset(
    {
        Option.CLEAN_PIXELS,
        Option.CLEAN_GRAPHICS,
        Option.CLEAN_STRUCTURED_CONTENT,
        Option.CLEAN_DESCRIPTORS,
    }
)


@dataclass(frozen=True)
class Profile:
    """Options under one name.

    Attributes:
        name: Name in settings and on the command line.
        options: Options beyond the Basic Application Level Confidentiality Profile.
    """

    name: str
    options: frozenset[Option]

    def __post_init__(self) -> None:
        if missing := _CLEANING - self.options:
            raise ValueError(
                f"a profile cleans what it keeps; {sorted(missing)} cannot be left out"
            )
        if {Option.RETAIN_FULL_DATES, Option.RETAIN_MODIFIED_DATES} <= self.options:
            raise ValueError("dates are either kept in full or modified, not both")

    @property
    def temporal_information(self) -> str:
        """Longitudinal Temporal Information Modified (0028,0303) of what it makes."""
        if Option.RETAIN_FULL_DATES in self.options:
            return "UNMODIFIED"
        return "MODIFIED" if Option.RETAIN_MODIFIED_DATES in self.options else "REMOVED"


BASIC = Profile("basic", _CLEANING | {Option.RETAIN_SAFE_PRIVATE})
"""Dates gone, descriptors and structured content cleaned, numbers of safe private tags kept."""

LONGITUDINAL = Profile("longitudinal", BASIC.options | {Option.RETAIN_MODIFIED_DATES})
"""As basic; the dates of one subject move together, so intervals stay exact."""

COHORT = Profile("cohort", LONGITUDINAL.options | {Option.RETAIN_PATIENT_CHARACTERISTICS})
"""As longitudinal, with age (90 and above as one), sex, size, weight."""

FULL_DATES = Profile(
    "full-dates",
    BASIC.options | {Option.RETAIN_FULL_DATES, Option.RETAIN_PATIENT_CHARACTERISTICS},
)
"""True dates: what comes out still falls under data protection law."""

PROFILES = {profile.name: profile for profile in (BASIC, LONGITUDINAL, COHORT, FULL_DATES)}


@cache
def profile_named(name: str) -> Profile:
    """Profile of a name, "longitudinal", or with more options, "longitudinal+retain-device".

    Raises:
        Rejected: No profile or option has that name, or two options contradict each other.
    """
    first, *more = name.split("+")
    unknown = [first] * (first not in PROFILES) + [one for one in more if one not in list(Option)]
    if unknown:
        raise Rejected(
            f"no profile or option {unknown[0]!r}; profiles: {', '.join(PROFILES)}; options: "
            f"{', '.join(Option)}; join them with +",
            reason="unknown_profile",
        )
    options = PROFILES[first].options | {Option(one) for one in more}
    try:
        return Profile(name, options) if more else PROFILES[first]
    except ValueError as error:
        raise Rejected(f"profile {name!r}: {error}", reason="contradictory_profile") from error


def declare(ds: Dataset, profile: Profile) -> None:
    """Write into `ds` how it was de-identified: (0012,0062), (0012,0063), (0012,0064), (0028,0303).

    Clean Pixel Data is not claimed here but by `declare_pixels`, once pixels were looked at.
    """
    implicit, little = ds.original_encoding
    for element in _declaration(profile, implicit=implicit is True, little=little is not False):
        ds[element.tag] = element


@cache
def _declaration(
    profile: Profile, *, implicit: bool, little: bool
) -> tuple[DataElement | RawDataElement, ...]:
    """The attributes as they are encoded: making them anew costs as much as all the rest."""
    ds = Dataset()
    ds.PatientIdentityRemoved = "YES"
    ds.DeidentificationMethod = METHOD
    ds.LongitudinalTemporalInformationModified = profile.temporal_information
    claimed = sorted(one.code for one in profile.options if one is not Option.CLEAN_PIXELS)
    ds.DeidentificationMethodCodeSequence = _coded(BASIC_PROFILE_CODE, *claimed)
    buffer = DicomBytesIO()
    buffer.is_implicit_VR, buffer.is_little_endian = implicit, little
    write_dataset(buffer, ds)
    encoded = read_dataset(BytesIO(buffer.getvalue()), implicit, little)
    return tuple(map(encoded.get_item, encoded.keys()))


def declare_pixels(ds: Dataset, *, cleaned: bool) -> None:
    """Write into `ds`, which `declare` has seen, that no text is burned into its pixels.

    Args:
        ds: A data set whose pixels hold no identifying text, or no longer.
        cleaned: Whether they were searched for text and what was found blanked: the Clean Pixel
            Data Option; False for objects without pixels, such as SR.
    """
    if not cleaned:
        return
    ds.BurnedInAnnotation = "NO"
    methods = ds.DeidentificationMethodCodeSequence
    code = Option.CLEAN_PIXELS.code
    if all(item.CodeValue != code for item in methods):
        ds.DeidentificationMethodCodeSequence = _coded(
            *sorted({code, *(item.CodeValue for item in methods)})
        )


def _coded(*values: str) -> list[Dataset]:
    items = []
    for value in values:
        item = Dataset()
        item.CodeValue = value
        item.CodingSchemeDesignator = "DCM"
        item.CodeMeaning = _meanings()[value]
        items.append(item)
    return items


@cache
def _meanings() -> dict[str, str]:
    return {code.value: code.meaning for code in codes.cid7050.concepts.values()}
