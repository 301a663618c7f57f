"""What results copy from the image they were made from, decoded once and made safe to build on.

Sources are never changed. Builders work on a new data set that holds an allow-list of attributes,
all text as UTF-8, so that neither private attributes nor defects of the source travel on.
"""

from datetime import UTC, date, datetime, time, timedelta, timezone

from pydicom import Dataset
from pydicom.valuerep import DA, TM, PersonName

from radloom.errors import Rejected

PATIENT_AND_STUDY = (
    "PatientName",
    "PatientID",
    "IssuerOfPatientID",
    "PatientBirthDate",
    "PatientSex",
    "PatientAge",
    "PatientSize",
    "PatientWeight",
    "StudyInstanceUID",
    "StudyDate",
    "StudyTime",
    "AccessionNumber",
    "StudyID",
    "StudyDescription",
    "ReferringPhysicianName",
    "TimezoneOffsetFromUTC",
)
"""Patient, Patient Study and General Study modules (PS3.3 C.7.1.1, C.7.2.2, C.7.2.1), as far as
results repeat them. The builders of highdicom would copy all of them."""

TYPE_2 = (
    "PatientName",
    "PatientID",
    "PatientBirthDate",
    "PatientSex",
    "StudyDate",
    "StudyTime",
    "AccessionNumber",
    "StudyID",
    "ReferringPhysicianName",
)
"""May be empty, must be present."""

IMAGE = (
    "SOPClassUID",
    "SOPInstanceUID",
    "SeriesInstanceUID",
    "Modality",
    "FrameOfReferenceUID",
    "PositionReferenceIndicator",
    "ImagePositionPatient",
    "ImageOrientationPatient",
    "PixelSpacing",
    "SliceThickness",
    "Rows",
    "Columns",
)
"""What places an image in space and names it."""

NEEDED = (
    "StudyInstanceUID",
    "SOPClassUID",
    "SOPInstanceUID",
    "SeriesInstanceUID",
    "FrameOfReferenceUID",
    "ImagePositionPatient",
    "ImageOrientationPatient",
    "PixelSpacing",
    "Rows",
    "Columns",
)
"""Without these no result can point at the image."""

UNKNOWN_DATE = "19000101"
"""Stands where a date must be (type 1) and the source says none."""

SEXES = frozenset({"M", "F", "O"})
"""Defined terms of Patient's Sex (0010,0040)."""


def source_header(ds: Dataset) -> Dataset:
    """Allow-listed attributes of an image, without pixels, text in UTF-8.

    Raises:
        Rejected: An attribute that results need is missing or empty.
    """
    missing = [name for name in NEEDED if ds.get(name) in (None, "", [])]
    if missing:
        raise Rejected(
            f"the source image lacks {', '.join(missing)}; results cannot refer to it",
            reason="unusable_source",
        )
    header = study_header(ds)
    for name in IMAGE:
        if name in ds:
            setattr(header, name, ds.get(name))
    return header


def study_header(ds: Dataset) -> Dataset:
    """Allow-listed attributes of patient and study, text in UTF-8; empty where `ds` has none."""
    header = Dataset()
    header.SpecificCharacterSet = "ISO_IR 192"
    for name in PATIENT_AND_STUDY:
        if name in ds:
            value = ds.get(name)
            setattr(header, name, str(value) if isinstance(value, PersonName) else value)
    for name in TYPE_2:
        if name not in header:
            setattr(header, name, None)
    if header.PatientSex not in SEXES:
        header.PatientSex = None
    return header


def nameless(header: Dataset) -> Dataset:
    """`header` without the patient's name, for builders.

    highdicom prints a name that has a single component in a warning: patient data in a log.
    `name_patient` puts it back.
    """
    copy = Dataset()
    copy.update(header)
    del copy.PatientName  # `update` shares elements: setting this one would reach `header`
    copy.PatientName = None
    return copy


def name_patient(result: Dataset, header: Dataset) -> None:
    """Gives `result` the patient's name as the source has it."""
    result.PatientName = header.PatientName


def made(ds: Dataset) -> tuple[str, str]:
    """Date (DA) and time (TM) at which the image was made, as precisely as it says."""
    for origin in ("Content", "Acquisition", "Series", "Study"):
        day, clock = ds.get(f"{origin}Date"), ds.get(f"{origin}Time")
        if day and clock:
            return str(day), str(clock)
    return str(ds.get("StudyDate") or UNKNOWN_DATE), str(ds.get("StudyTime") or "000000")


def forget_creation(ds: Dataset) -> None:
    """Drops the times at which a builder happened to run; all are optional (type 3)."""
    for name in ("InstanceCreationDate", "InstanceCreationTime"):
        ds.pop(name, None)
    for equipment in ds.get("ContributingEquipmentSequence", []):
        equipment.pop("ContributionDateTime", None)


def acquired(ds: Dataset) -> datetime | date | None:
    """When the study was made: with time zone where the source gives one, else the date alone.

    None when the source does not say.
    """
    day = DA(ds.get("StudyDate") or None)
    if day is None:
        return None
    offset = _offset(ds)
    clock = TM(ds.get("StudyTime") or None)
    if offset is None or clock is None:
        return date(day.year, day.month, day.day)
    moment = time(clock.hour, clock.minute, clock.second, tzinfo=offset)
    return datetime.combine(date(day.year, day.month, day.day), moment)


def zone_of(ds: Dataset) -> timezone:
    """Time zone that the times of `ds` are in; UTC when it does not say."""
    return _offset(ds) or UTC


def _offset(ds: Dataset) -> timezone | None:
    """Timezone Offset From UTC (0008,0201), "+0100"."""
    text = str(ds.get("TimezoneOffsetFromUTC") or "")
    if len(text) != len("+0100") or text[0] not in "+-" or not text[1:].isdigit():
        return None
    minutes = int(text[1:3]) * 60 + int(text[3:])
    return timezone(timedelta(minutes=-minutes if text[0] == "-" else minutes))
