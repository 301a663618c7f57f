"""Whether an instance may come in, and what is remembered of it."""

import re
from dataclasses import dataclass
from typing import Any, BinaryIO

from pydicom import Dataset, dcmread
from pydicom.errors import InvalidDicomError

from radloom.results import MANUFACTURER

UID = re.compile(r"(?=.{1,64}$)(0|[1-9][0-9]*)(\.(0|[1-9][0-9]*))*")
"""PS3.5 section 9.1."""

CANNOT_UNDERSTAND = 0xC000
MISMATCH = 0xA900
STUDY_MISMATCH = 0xA901
DUPLICATE = 0x0111
"""Failure Reason (0008,1197): PS3.4 table B.2-1 (C000, A9xx), PS3.7 C.5 (0111, duplicate SOP
instance)."""

REQUIRED_UIDS = ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID", "SOPClassUID")

QUERY_KEYWORDS = (
    "SpecificCharacterSet",
    "StudyDate",
    "StudyTime",
    "AccessionNumber",
    "ReferringPhysicianName",
    "StudyDescription",
    "PatientName",
    "PatientID",
    "IssuerOfPatientID",
    "PatientBirthDate",
    "PatientSex",
    "StudyInstanceUID",
    "StudyID",
    "Modality",
    "SeriesDescription",
    "SeriesInstanceUID",
    "SeriesNumber",
    "SeriesDate",
    "SeriesTime",
    "BodyPartExamined",
    "SOPClassUID",
    "SOPInstanceUID",
    "InstanceNumber",
    "Rows",
    "Columns",
    "BitsAllocated",
    "NumberOfFrames",
)
"""Attributes kept for queries: PS3.18 tables 10.6.3-3 to 10.6.3-5."""


class Refusal(Exception):  # noqa: N818 - one instance's answer, not a failure of ingest
    """An instance that cannot come in.

    Attributes:
        failure_reason: Failure Reason (0008,1197).
        sop_class_uid: As far as it could be read.
        sop_instance_uid: As far as it could be read.
    """

    def __init__(
        self, message: str, failure_reason: int, sop_class_uid: str = "", sop_instance_uid: str = ""
    ) -> None:
        super().__init__(message)
        self.failure_reason = failure_reason
        self.sop_class_uid = sop_class_uid
        self.sop_instance_uid = sop_instance_uid


@dataclass(frozen=True)
class Admitted:
    """What ingest remembers of an instance that may come in.

    Attributes:
        patient: Patient ID, issuer, name, birth date, sex.
        attributes: DICOM JSON (PS3.18 annex F) of the attributes that queries ask for.
        is_result_of_ours: Made by radloom, so that it must not set off another measurement.
    """

    study_instance_uid: str
    series_instance_uid: str
    sop_instance_uid: str
    sop_class_uid: str
    modality: str
    transfer_syntax_uid: str
    patient: tuple[str, str, str, str, str]
    attributes: dict[str, Any]
    is_result_of_ours: bool


def admit(content: BinaryIO, study_instance_uid: str = "") -> Admitted:
    """Reads the header of a Part 10 file and decides.

    Args:
        content: The file.
        study_instance_uid: Study that the sender says it belongs to; empty when it says none.

    Raises:
        Refusal: It may not come in.
    """
    try:
        ds = dcmread(content, stop_before_pixels=True)
        header = query_attributes(ds)
    except (
        InvalidDicomError,
        EOFError,
        ValueError,
        TypeError,
        NotImplementedError,
        KeyError,
        AttributeError,
        OSError,
        RecursionError,
    ) as error:
        raise Refusal(
            f"not readable as a DICOM Part 10 file ({type(error).__name__})", CANNOT_UNDERSTAND
        ) from error
    _require_uids(ds)
    if study_instance_uid and ds.StudyInstanceUID != study_instance_uid:
        raise Refusal(
            "Study Instance UID is not that of the request's URL",
            STUDY_MISMATCH,
            str(ds.SOPClassUID),
            str(ds.SOPInstanceUID),
        )
    return Admitted(
        study_instance_uid=str(ds.StudyInstanceUID),
        series_instance_uid=str(ds.SeriesInstanceUID),
        sop_instance_uid=str(ds.SOPInstanceUID),
        sop_class_uid=str(ds.SOPClassUID),
        modality=_text(ds, "Modality")[:16],
        transfer_syntax_uid=str(ds.file_meta.TransferSyntaxUID),
        patient=(
            _text(ds, "PatientID")[:64],
            _text(ds, "IssuerOfPatientID")[:64],
            _text(ds, "PatientName")[:324],
            _text(ds, "PatientBirthDate")[:8],
            _text(ds, "PatientSex")[:16],
        ),
        attributes=header,
        is_result_of_ours=_text(ds, "Manufacturer") == MANUFACTURER,
    )


def query_attributes(ds: Dataset) -> dict[str, Any]:
    """DICOM JSON of the attributes that queries ask for."""
    kept = Dataset()
    for keyword in QUERY_KEYWORDS:
        if keyword in ds:
            kept.add(ds[keyword])
    return dict(kept.to_json_dict())


def _require_uids(ds: Dataset) -> None:
    known = [_text(ds, name) for name in ("SOPClassUID", "SOPInstanceUID")]
    for name in REQUIRED_UIDS:
        value = _text(ds, name)
        if not UID.fullmatch(value):
            what = "is missing or empty" if not value else "is no UID"
            raise Refusal(
                f"{name} {what}; every instance needs one (PS3.5 section 9)",
                MISMATCH,
                *(uid if UID.fullmatch(uid) else "" for uid in known),
            )
    if not getattr(ds, "file_meta", None) or not ds.file_meta.get("TransferSyntaxUID"):
        raise Refusal(
            "TransferSyntaxUID is missing from the file meta information",
            CANNOT_UNDERSTAND,
            *known,
        )
    if not _text(ds, "PatientID"):
        raise Refusal(
            "PatientID is empty; a result could not return to the right patient", MISMATCH, *known
        )


def _text(ds: Dataset, name: str) -> str:
    value = ds.get(name)
    return "" if value is None else str(value).strip()
