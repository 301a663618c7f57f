"""Whether an instance may come in, and what is remembered of it."""

import re
from dataclasses import dataclass
from os import SEEK_END
from typing import Any, BinaryIO
from unicodedata import category

from pydicom import Dataset
from pydicom.datadict import tag_for_keyword
from pydicom.dataset import FileDataset
from pydicom.filereader import data_element_generator, read_dataset, read_partial
from pydicom.multival import MultiValue
from pydicom.tag import BaseTag
from pydicom.uid import DeflatedExplicitVRLittleEndian

from radloom.errors import Unavailable
from radloom.results import MANUFACTURER

UID = re.compile(r"(?=.{1,64}$)(0|[1-9][0-9]*)(\.(0|[1-9][0-9]*))*")
"""PS3.5 section 9.1."""

CANNOT_UNDERSTAND = 0xC000
MISMATCH = 0xA900
STUDY_MISMATCH = 0xA901
DUPLICATE = 0x0111
SYNTAX_NOT_SUPPORTED = 0xC122
"""Failure Reason (0008,1197): PS3.4 table B.2-1 (C000, A9xx), PS3.7 C.5 (0111, duplicate SOP
instance), PS3.18 table I.2-2 (C122)."""

DEFLATED = (DeflatedExplicitVRLittleEndian,)
"""A few kilobytes may stand for as many gigabytes, here and in every reader after us."""

PREAMBLE_BYTES, META_GROUP = 132, 0x0002
"""PS3.10 section 7.1."""
UNDEFINED_LENGTH = 0xFFFFFFFF
SEQUENCE_ENDS = (b"\xfe\xff\xdd\xe0\0\0\0\0", b"\xff\xfe\xe0\xdd\0\0\0\0")
"""Sequence Delimitation Item in both byte orders (PS3.5 section 7.5)."""
SEQUENCE_END_BYTES = ELEMENT_HEADER_BYTES = 8
"""The shortest data element, without value (PS3.5 section 7.1)."""
TAIL_BYTES = 4096
"""Where the last delimiter is looked for; trailing padding (FFFC,FFFC) may follow it."""
MAX_VALUE_BYTES = 65_536
"""Of a value that is read; the longest that the standard foresees has 10,240 characters."""
MAX_IDENTIFIER = 64
COMPARED_BYTES = 262_144

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

READ_TAGS: list[BaseTag | int] = [
    tag
    for keyword in (*QUERY_KEYWORDS, "Manufacturer")
    if (tag := tag_for_keyword(keyword)) is not None
]
PIXELS = (0x7FE00008, 0x7FE00009, 0x7FE00010)
"""Float, double float and integer pixel data."""


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
        content: The file, at its start; seekable.
        study_instance_uid: Study that the sender says it belongs to; empty when it says none.

    Raises:
        Refusal: It may not come in.
        Unavailable: The disk does not give it back.
    """
    try:
        syntax = transfer_syntax(content)
        ds = _read_header(content, syntax)
        header = query_attributes(ds)
        is_result_of_ours = _text(ds, "Manufacturer") == MANUFACTURER
    except Refusal:
        raise
    except Exception as error:  # pydicom raises what it meets; the sender is told the class
        if isinstance(error, OSError) and error.errno:  # pydicom's own have none
            raise Unavailable(
                f"the instance cannot be read again (errno {error.errno})",
                dependency="instance_store",
            ) from error
        raise Refusal(
            f"not readable as a DICOM Part 10 file ({type(error).__name__})", CANNOT_UNDERSTAND
        ) from error
    known = _require_uids(ds)
    study = _text(ds, "StudyInstanceUID")
    if study_instance_uid and study != study_instance_uid:
        raise Refusal("Study Instance UID is not that of the request's URL", STUDY_MISMATCH, *known)
    return Admitted(
        study_instance_uid=study,
        series_instance_uid=_text(ds, "SeriesInstanceUID"),
        sop_instance_uid=known[1],
        sop_class_uid=known[0],
        modality=_text(ds, "Modality")[:16],
        transfer_syntax_uid=syntax,
        patient=_patient(ds, known),
        attributes=header,
        is_result_of_ours=is_result_of_ours,
    )


def transfer_syntax(content: BinaryIO) -> str:
    """Transfer Syntax UID of a Part 10 file; leaves it at the start of the data set.

    Raises:
        Refusal: It is no Part 10 file, or does not say.
    """
    if content.read(PREAMBLE_BYTES)[-4:] != b"DICM":
        raise Refusal("no DICM prefix as of a DICOM Part 10 file", CANNOT_UNDERSTAND)
    meta = read_dataset(
        content,
        is_implicit_VR=False,
        is_little_endian=True,
        stop_when=lambda tag, _vr, _length: tag.group != META_GROUP,
    )
    syntax = _text(meta, "TransferSyntaxUID")
    if not UID.fullmatch(syntax):
        raise Refusal(
            "TransferSyntaxUID is missing from the file meta information", CANNOT_UNDERSTAND
        )
    return syntax


def same_data_set(one: BinaryIO, two: BinaryIO) -> bool:
    """Whether two Part 10 files differ in their file meta information at most.

    Each DICOM door writes its own file meta information around what the sender sent.

    Raises:
        Refusal: One is no Part 10 file.
    """
    if transfer_syntax(one) != transfer_syntax(two):
        return False
    while True:
        left, right = one.read(COMPARED_BYTES), two.read(COMPARED_BYTES)
        if left != right:
            return False
        if not left:
            return True


def _read_header(content: BinaryIO, syntax: str) -> FileDataset:
    """What is kept of the data set.

    Raises:
        Refusal: The file ends before it should, or may grow beyond measure.
    """
    if syntax in DEFLATED:
        raise Refusal(
            f"transfer syntax {syntax} may inflate without bound; send it uncompressed",
            SYNTAX_NOT_SUPPORTED,
        )
    size = content.seek(0, SEEK_END)
    content.seek(0)
    last = (0, 0)

    def stop_when(tag: BaseTag, _vr: str | None, length: int) -> bool:
        nonlocal last
        last = (content.tell(), length)
        if length != UNDEFINED_LENGTH and last[0] + length > size:
            raise Refusal("the file is cut short; send it again", CANNOT_UNDERSTAND)
        if tag in READ_TAGS and UNDEFINED_LENGTH > length > MAX_VALUE_BYTES:
            raise Refusal(f"a header value exceeds {MAX_VALUE_BYTES} bytes", CANNOT_UNDERSTAND)
        return tag in PIXELS

    ds = read_partial(content, stop_when, specific_tags=READ_TAGS)
    if last[1] == UNDEFINED_LENGTH:
        content.seek(-min(size, TAIL_BYTES), SEEK_END)
        tail = content.read()
        ends = max(tail.rfind(end) for end in SEQUENCE_ENDS)
        if ends < 0:
            raise Refusal("the file is cut short; send it again", CANNOT_UNDERSTAND)
        if 0 < len(tail) - ends - SEQUENCE_END_BYTES < ELEMENT_HEADER_BYTES:
            raise Refusal("the file ends inside a data element; send it again", CANNOT_UNDERSTAND)
    elif sum(last) != size:
        _require_elements(content, sum(last), ds)
    return ds


def _require_elements(content: BinaryIO, at: int, ds: FileDataset) -> None:
    """Requires that only whole data elements follow the last one read, in ascending order.

    Raises:
        Refusal: The file ends inside one, or holds something else.
    """
    size = content.seek(0, SEEK_END)
    content.seek(at)
    is_implicit, is_little_endian = ds.original_encoding
    before = PIXELS[0]
    for element in data_element_generator(content, bool(is_implicit), bool(is_little_endian)):
        if element.tag <= before:
            break
        at, before = content.tell(), element.tag
    if at != size:
        raise Refusal("the file ends inside a data element; send it again", CANNOT_UNDERSTAND)


def query_attributes(ds: Dataset) -> dict[str, Any]:
    """DICOM JSON of the attributes that queries ask for."""
    kept = Dataset()
    for keyword in QUERY_KEYWORDS:
        if keyword in ds:
            kept.add(ds[keyword])
    return dict(kept.to_json_dict())


def _require_uids(ds: Dataset) -> tuple[str, str]:
    """SOP Class and SOP Instance UID of an instance whose UIDs are all there."""
    known = (_text(ds, "SOPClassUID"), _text(ds, "SOPInstanceUID"))
    for name in REQUIRED_UIDS:
        value = _text(ds, name)
        if not UID.fullmatch(value):
            what = "is missing or empty" if not value else "is no UID"
            raise Refusal(
                f"{name} {what}; every instance needs one (PS3.5 section 9)",
                MISMATCH,
                *(uid if UID.fullmatch(uid) else "" for uid in known),
            )
    return known


def _patient(ds: Dataset, known: tuple[str, str]) -> tuple[str, str, str, str, str]:
    """Identity as `Admitted.patient` has it; an identifier is never cut or mended."""
    identifiers = []
    for name in ("PatientID", "IssuerOfPatientID"):
        value = _text(ds, name)
        odd = any(c == "\\" or category(c) == "Cc" for c in value)
        if odd or len(value) > MAX_IDENTIFIER:
            raise Refusal(
                f"{name} is no single line of at most {MAX_IDENTIFIER} characters (PS3.5 table "
                "6.2-1, LO)",
                MISMATCH,
                *known,
            )
        identifiers.append(value)
    if not identifiers[0]:
        raise Refusal(
            "PatientID is empty; a result could not return to the right patient", MISMATCH, *known
        )
    return (
        identifiers[0],
        identifiers[1],
        _text(ds, "PatientName")[:324],
        _text(ds, "PatientBirthDate")[:8],
        _text(ds, "PatientSex")[:16],
    )


def _text(ds: Dataset, name: str) -> str:
    value = ds.get(name)
    if isinstance(value, MultiValue):
        value = "\\".join(str(part) for part in value)
    # PostgreSQL takes no NUL, which is padding where it stands (PS3.5 section 6.2).
    return "" if value is None else str(value).replace("\0", "").strip()
