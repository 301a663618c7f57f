"""A study with known identifiers, redacted by the real engine, and hiding places in its files."""

import base64
import gzip
import zlib
from collections.abc import Callable
from io import BytesIO

import numpy as np
from pydicom import Dataset, dcmread
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import (
    UID,
    CTImageStorage,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)
from pypdf import PdfWriter
from pypdf.generic import DictionaryObject, NameObject, StreamObject

from services.redactor.attributes import redact_attributes
from services.redactor.guard import admit
from services.redactor.layout import finish
from services.redactor.profiles import BASIC, Profile, declare_pixels
from services.redactor.pseudonyms import Pseudonyms, Subject
from services.redactor.spans import RedactedText

PSEUDONYMS = Pseudonyms(b"k" * 32)
SUBJECT = Subject("MRN-4417-92")
NAME = "Fernsby^Ottilie^Quill"
JAPANESE = "Yamada^Tarou=山田^太郎=やまだ^たろう"
SOP_INSTANCE_UID = UID("1.2.276.0.7230010.3.1.4.987654.1")

Sabotage = Callable[[bytes], bytes]


def blanked_text(text: str) -> RedactedText:
    """Leaves nothing of a text but a lone word without digits."""
    return RedactedText(text if text.isalpha() else "", (), 0.0)


def ct(syntax: UID = ExplicitVRLittleEndian) -> FileDataset:
    """A CT slice that names its patient."""
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = syntax
    meta.MediaStorageSOPClassUID = CTImageStorage
    meta.MediaStorageSOPInstanceUID = SOP_INSTANCE_UID
    meta.SourceApplicationEntityTitle = "CT-QUILLFORD"
    ds = FileDataset(
        "",
        {},
        file_meta=meta,
        preamble=bytes(128),
        is_implicit_VR=syntax == ImplicitVRLittleEndian,
        is_little_endian=syntax != ExplicitVRBigEndian,
    )
    ds.SpecificCharacterSet = ["", "ISO 2022 IR 87"]
    ds.SOPClassUID, ds.SOPInstanceUID = CTImageStorage, SOP_INSTANCE_UID
    ds.StudyInstanceUID = "1.2.276.0.7230010.3.1.2.987654.1"
    ds.SeriesInstanceUID = "1.2.276.0.7230010.3.1.3.987654.1"
    ds.FrameOfReferenceUID = "1.2.276.0.7230010.3.1.5.987654.1"
    ds.PatientName, ds.PatientID = NAME, SUBJECT.patient_id
    ds.OtherPatientNames = JAPANESE
    ds.PatientBirthDate, ds.PatientSex, ds.StudyDate = "19470923", "F", "20260317"
    ds.StudyTime, ds.AccessionNumber, ds.StudyID = "101112", "ACC77813", "12"
    ds.ReferringPhysicianName, ds.Modality = "Brambleton^Ivo", "CT"
    ds.InstitutionName, ds.StationName = "Quillford Infirmary", "QF-CT-04"
    ds.InstitutionAddress = "17 Larkspur Way, Quillford"
    ds.DeviceSerialNumber, ds.Manufacturer = "SN88412-B", "ACME"
    ds.PatientTelephoneNumbers = "+49 30 5551884"
    ds.StudyDescription, ds.ImageType = "Thorax", ["ORIGINAL", "PRIMARY", "AXIAL"]
    ds.SeriesNumber, ds.InstanceNumber, ds.SliceThickness = 1, 1, "1.5"
    ds.ImagePositionPatient, ds.ImageOrientationPatient = [0, 0, 0], [1, 0, 0, 0, 1, 0]
    ds.PixelSpacing, ds.KVP = [0.7, 0.7], "120"
    ds.RescaleIntercept, ds.RescaleSlope = "-1024", "1"
    add_pixels(ds, ">u2" if syntax == ExplicitVRBigEndian else "<u2")
    return ds


def add_pixels(ds: Dataset, cell: str = "<u2", size: int = 32) -> None:
    """Twelve bits of tissue in sixteen."""
    ds.Rows = ds.Columns = size
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 16, 12, 11, 0
    noise = np.random.default_rng(3).integers(0, 4096, (size, size))
    ds.PixelData = noise.astype(cell).tobytes()


def written(ds: Dataset) -> bytes:
    """A Part 10 file of a data set, as its maker would write it."""
    content = BytesIO()
    ds.save_as(content, enforce_file_format=True)
    return content.getvalue()


def released(content: bytes, profile: Profile = BASIC) -> bytes:
    """What the engine makes of a file."""
    ds = admit(content)
    subject = Subject(str(ds.get("PatientID", "")))
    redact_attributes(
        ds, profile=profile, pseudonyms=PSEUDONYMS, subject=subject, redact_text=blanked_text
    )
    if "PixelData" in ds:
        declare_pixels(ds, cleaned=False)
    return finish(ds, redact_text=blanked_text).content


def added(add: Callable[[FileDataset], object]) -> Sabotage:
    """Changes an output through its data set."""

    def sabotage(output: bytes) -> bytes:
        ds = dcmread(BytesIO(output))
        ds.SpecificCharacterSet = ["", "ISO 2022 IR 87"]
        add(ds)
        changed = BytesIO()
        ds.save_as(changed)
        return changed.getvalue()

    return sabotage


def element(tag: int, vr: str, value: object) -> Sabotage:
    """Adds one element to an output."""
    return added(lambda ds: ds.add_new(tag, vr, value))


def nested(depth: int, value: str) -> Sabotage:
    """Adds a text so many sequences deep."""

    def add(ds: Dataset) -> None:
        inner = Dataset()
        inner.ContentLabel = "A"
        inner.TextValue = value
        for _ in range(depth):
            outer = Dataset()
            outer.ContentSequence = Sequence([inner])
            inner = outer
        ds.ContentSequence = inner.ContentSequence

    return added(add)


def high_bits(output: bytes) -> bytes:
    """Writes into the bits above BitsStored."""
    ds = dcmread(BytesIO(output))
    cells = np.frombuffer(ds.PixelData, "<u2").copy()
    cells[:8] |= 0x3000
    return added(lambda one: setattr(one, "PixelData", cells.tobytes()))(output)


def pdf(text: str, title: str = "") -> bytes:
    """A PDF of one page with one line of text and one straight line."""
    writer = PdfWriter()
    page = writer.add_blank_page(300, 200)
    font = DictionaryObject(
        {
            NameObject("/Type"): NameObject("/Font"),
            NameObject("/Subtype"): NameObject("/Type1"),
            NameObject("/BaseFont"): NameObject("/Helvetica"),
        }
    )
    page[NameObject("/Resources")] = DictionaryObject(
        {NameObject("/Font"): DictionaryObject({NameObject("/F1"): font})}
    )
    stream = StreamObject()
    stream.set_data(f"BT /F1 12 Tf 20 100 Td ({text}) Tj ET 10 90 m 200 90 l S".encode())
    page[NameObject("/Contents")] = writer._add_object(stream.flate_encode())  # noqa: SLF001
    if title:
        writer.add_metadata({"/Title": title})
    content = BytesIO()
    writer.write(content)
    return content.getvalue()


HIDING_PLACES: dict[str, Sabotage] = {
    "preamble": lambda out: b"Fernsby" + out[7:],
    "meta_source_ae": added(
        lambda ds: setattr(ds.file_meta, "SourceApplicationEntityTitle", "CT-QUILLFORD")
    ),
    "meta_private": added(lambda ds: ds.file_meta.add_new(0x00020102, "OB", b"x Ottilie ")),
    "trailing_bytes": lambda out: out + b"FERNSBY OTTILIE ",
    "trailing_zeros_and_name": lambda out: out + bytes(64) + b"Fernsby\0",
    "trailing_padding": element(0xFFFCFFFC, "OB", b"Fernsby "),
    "high_bits": high_bits,
    "overlay_comments": element(0x60004000, "LT", "seen"),
    "overlay_label": element(0x60001500, "LO", "Ottilie"),
    "curve_data": element(0x50003000, "OB", b"\1\2\3\4"),
    "icon": element(0x00880200, "SQ", Sequence([Dataset()])),
    "signatures": element(0xFFFAFFFA, "SQ", Sequence([Dataset()])),
    "utf16_private": element(0x00111001, "UN", "Fernsby".encode("utf-16-le") + b"\0\0"),
    "utf16_big_endian": element(0x00111001, "UN", "Ottilie".encode("utf-16-be")),
    "base64_text": element(0x0040A160, "UT", "see " + base64.b64encode(b"x Fernsby").decode()),
    "base64_unaligned": element(0x0040A160, "UT", "ab" + base64.b64encode(b"Ottilie Q.").decode()),
    "hexadecimal": element(0x0040A160, "UT", b"MRN-4417-92".hex()),
    "deflated": element(0x00111001, "OB", zlib.compress(b"the patient Fernsby came")),
    "gzipped": element(0x00111001, "OB", gzip.compress(b"the patient Fernsby came", mtime=0)),
    "base64_of_gzip": element(
        0x0040A160, "UT", base64.b64encode(gzip.compress(b"patient Fernsby", mtime=0)).decode()
    ),
    "pdf": element(0x00420011, "OB", pdf("Patient: Ottilie Fernsby")),
    "pdf_title": element(0x00420011, "OB", pdf("Findings", "Fernsby")),
    "nested_7": nested(7, "spoke with Ottilie today"),
    "japanese_name": element(0x00104000, "LT", "患者 山田 様"),
    "phonetic_name": element(0x00104000, "LT", "やまだ"),
    "filename": element(0x00111001, "LO", "D:/scans/fernsby_ottilie_03.dcm"),
    "camel_case": element(0x00181030, "LO", "scanFernsbyThorax"),
    "capitals": element(0x00181030, "LO", "THORAX FERNSBY"),
    "given_first": element(0x00181030, "LO", "OTTILIEFERNSBY"),
    "spaced": element(0x00181030, "LO", "F e r n s b y O t t i l i e"),
    "physician": element(0x00181030, "LO", "as Dr Brambleton asked"),
    "code_meaning": element(0x00181030, "LO", "MRN-4417-92"),
    "accession_lowercase": element(0x00181030, "LO", "acc77813"),
    "birth_date": element(0x00181030, "LO", "born 23.09.1947"),
    "birth_date_in_words": element(0x00181030, "LO", "on September 23, 1947"),
    "birth_date_in_number": element(0x00111001, "LO", "IMG19470923"),
    "date_time": element(0x00111001, "DT", "20260317101112"),
    "study_date": element(0x00080020, "DA", "20260317"),
    "phone_other_form": element(0x00111001, "LO", "0049-30-555-1884"),
    "institution": element(0x00111001, "LO", "QUILLFORD INFIRMARY, ward 3"),
    "address": element(0x00111001, "ST", "17 Larkspur Way, Quillford"),
    "serial_number": element(0x00111001, "LO", "sn88412-b"),
    "station": element(0x00081010, "SH", "QF-CT-04"),
    "instance_uid": element(0x00111001, "LO", SOP_INSTANCE_UID),
    "instance_uid_in_url": element(0x00081190, "UR", f"http://x/?o={SOP_INSTANCE_UID}"),
    "short_study_id": element(0x00200010, "SH", "12"),
    "pixels_as_text": added(
        lambda ds: setattr(ds, "PixelData", b"Ottilie Fernsby " + ds.PixelData[16:])
    ),
}
"""Each plants one identifier in an output; the verifier must see all."""
