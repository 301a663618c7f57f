"""What may come in: whole Part 10 files that say what and whose they are."""

import errno
import zlib
from io import BytesIO

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom import Dataset, dcmread
from pydicom.encaps import encapsulate
from pydicom.sequence import Sequence
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ImplicitVRLittleEndian,
    RLELossless,
)

from radloom.dicom.part10 import encode
from radloom.errors import Unavailable
from radloom.results import MANUFACTURER
from services.ingest import admission
from services.ingest.admission import Admitted, Refusal, admit, same_data_set
from tests.ingest.example import (
    ISSUER,
    PATIENT_ID,
    PATIENT_NAME,
    SERIES,
    STUDY,
    ct,
    ct_file,
    ct_file_without,
)


def refusal_of(content: bytes) -> Refusal:
    with pytest.raises(Refusal) as refused:
        admit(BytesIO(content))
    return refused.value


def compressed() -> bytes:
    ds = ct()
    ds.file_meta.TransferSyntaxUID = RLELossless
    ds.PixelData = encapsulate([b"\1" * 300])
    ds["PixelData"].is_undefined_length = True
    return encode(ds)


def report() -> bytes:
    """An object without pixels that ends with nested sequences of undefined length."""
    ds = ct()
    del ds.PixelData
    inner, outer = Dataset(), Dataset()
    inner.TextValue = "finding" * 20
    outer.ContentSequence = Sequence([inner])
    ds.ContentSequence = Sequence([outer])
    for sequence in (ds["ContentSequence"], outer["ContentSequence"]):
        sequence.is_undefined_length = True
    return encode(ds)


def with_value(keyword: str, value: str) -> Dataset:
    ds = ct()
    setattr(ds, keyword, value)
    return ds


def in_syntax(uid: str) -> bytes:
    buffer = BytesIO()
    ds = ct()
    ds.file_meta.TransferSyntaxUID = UID(uid)
    ds.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


# ---------------------------------------------------------------- may come in


def test_an_admitted_instance_says_what_and_whose_it_is() -> None:
    found = admit(BytesIO(ct_file()))
    assert found == Admitted(
        study_instance_uid=STUDY,
        series_instance_uid=SERIES,
        sop_instance_uid=f"{SERIES}.1",
        sop_class_uid="1.2.840.10008.5.1.4.1.1.2",
        modality="CT",
        transfer_syntax_uid="1.2.840.10008.1.2.1",
        patient=(PATIENT_ID, ISSUER, PATIENT_NAME, "19500101", "F"),
        attributes=found.attributes,
        is_result_of_ours=False,
    )
    assert found.attributes["00080060"] == {"vr": "CS", "Value": ["CT"]}
    assert "7FE00010" not in found.attributes


@pytest.mark.parametrize("uid", [ImplicitVRLittleEndian, ExplicitVRBigEndian])
def test_every_encoding_of_the_data_set_is_read(uid: str) -> None:
    content = in_syntax(uid)
    assert admit(BytesIO(content)).patient[0] == PATIENT_ID
    assert admit(BytesIO(content)).transfer_syntax_uid == uid


def test_compressed_pixels_and_objects_without_pixels_may_come_in() -> None:
    assert admit(BytesIO(compressed())).transfer_syntax_uid == RLELossless
    assert admit(BytesIO(report())).sop_instance_uid == f"{SERIES}.1"


def test_a_result_of_ours_is_known_by_its_manufacturer() -> None:
    assert admit(BytesIO(ct_file(Manufacturer=MANUFACTURER))).is_result_of_ours


def test_names_in_another_character_set_are_read() -> None:
    content = ct_file(SpecificCharacterSet="ISO_IR 192", PatientName="山田^太郎")
    assert admit(BytesIO(content)).patient[2] == "山田^太郎"


# ---------------------------------------------------------------- may not


@pytest.mark.parametrize("content", [ct_file(), compressed(), report()], ids=["ct", "rle", "sr"])
def test_a_file_cut_short_anywhere_is_refused(content: bytes) -> None:
    """As a disk that ran full leaves it; at the end of an element of a header nobody can tell."""
    for missing in [1, 2, 4, 8, 20, 100]:
        assert refusal_of(content[:-missing]).failure_reason == admission.CANNOT_UNDERSTAND


def test_padding_after_compressed_pixels_is_no_fault() -> None:
    padding = b"\xfc\xff\xfc\xffOB\0\0" + (1000).to_bytes(4, "little") + b"\0" * 1000
    assert admit(BytesIO(compressed() + padding)).modality == "CT"


def test_a_deflated_file_is_refused_before_it_is_inflated() -> None:
    whole = ct_file()
    start = whole.index(b"\x08\x00\x05\x00CS")
    meta = in_syntax(DeflatedExplicitVRLittleEndian)
    deflate = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    bomb = deflate.compress(whole[start:] + b"\0" * 50_000_000) + deflate.flush()
    head = len(meta) - len(dcmread_rest(meta))
    assert refusal_of(meta[:head] + bomb).failure_reason == admission.SYNTAX_NOT_SUPPORTED


def dcmread_rest(content: bytes) -> bytes:
    """What follows the file meta information."""
    file = BytesIO(content)
    admission.transfer_syntax(file)
    return file.read()


def test_a_header_value_beyond_measure_is_refused() -> None:
    ds = ct()
    ds.add_new("StudyDescription", "UT", "x" * 70_000)
    assert "65536" in str(refusal_of(encode(ds)))


@pytest.mark.filterwarnings("ignore:The value length:UserWarning")
@pytest.mark.filterwarnings("ignore:Invalid value for VR LO:UserWarning")
@pytest.mark.parametrize("keyword", ["PatientID", "IssuerOfPatientID"])
@pytest.mark.parametrize("value", ["X" * 65, "A\\B", "A\nB", "A\x07"])
def test_an_identifier_is_never_cut_or_mended(keyword: str, value: str) -> None:
    refusal = refusal_of(encode(with_value(keyword, value)))
    assert refusal.failure_reason == admission.MISMATCH
    assert keyword in str(refusal)
    assert value not in str(refusal)


def test_no_refusal_says_whose_instance_it_is() -> None:
    for content in (ct_file(PatientID=""), ct_file()[:-1], ct_file_without("SOPClassUID")):
        text = str(refusal_of(content))
        assert PATIENT_ID not in text
        assert PATIENT_NAME not in text


@pytest.mark.parametrize("rest", [b"\0", b"\x15*\x04\xe5\xbaX", b"\xfc\xff\xfc\xffOB", b"x" * 30])
def test_what_follows_the_pixels_and_is_no_element_is_refused(rest: bytes) -> None:
    assert "data element" in str(refusal_of(ct_file() + rest))


def test_trailing_padding_is_an_element_and_comes_in() -> None:
    ds = ct()
    ds.DataSetTrailingPadding = b"\0" * 10
    assert admit(BytesIO(encode(ds))).sop_instance_uid == ct().SOPInstanceUID


def test_a_report_cut_inside_the_next_element_is_refused() -> None:
    assert "data element" in str(refusal_of(report() + b"\xfc\xff\xfc\xff"))


# ---------------------------------------------------------------- any bytes

WHOLE = [ct_file(), compressed(), report(), in_syntax(ImplicitVRLittleEndian)]


@pytest.mark.filterwarnings("ignore::UserWarning")  # pydicom's, on what it reads
@settings(max_examples=1500, deadline=None)
@given(
    content=st.sampled_from(WHOLE),
    edits=st.lists(st.tuples(st.floats(0, 1), st.binary(min_size=1, max_size=6)), max_size=6),
    kept=st.floats(0, 1),
)
def test_any_damage_gives_an_answer(
    content: bytes, edits: list[tuple[float, bytes]], kept: float
) -> None:
    damaged = bytearray(content)
    for place, piece in edits:
        at = 128 + int(place * min(700, len(damaged) - 128))
        damaged[at : at + len(piece)] = piece
    try:
        found = admit(BytesIO(bytes(damaged[: max(200, int(kept * len(damaged)))])))
    except Refusal:
        return
    assert admission.UID.fullmatch(found.sop_instance_uid)
    assert found.patient[0]


@pytest.mark.filterwarnings("ignore::UserWarning")  # pydicom's, on what it reads
@settings(max_examples=500, deadline=None)
@given(rest=st.binary(max_size=300))
def test_any_bytes_behind_the_prefix_give_an_answer(rest: bytes) -> None:
    assert refusal_of(b"\0" * 128 + b"DICM" + rest).failure_reason > 0


# ---------------------------------------------------------------- the same again


def test_the_same_data_set_in_another_envelope_is_the_same() -> None:
    ds = ct()
    ds.file_meta.SourceApplicationEntityTitle = "ROUTER"
    other = encode(ds)
    assert other != ct_file()
    assert same_data_set(BytesIO(other), BytesIO(ct_file()))


@pytest.mark.parametrize(
    "other",
    [
        ct_file(2),
        ct_file() + b"\0",
        in_syntax(ImplicitVRLittleEndian),
        ct_file(PixelData=np.zeros((16, 16), np.uint16).tobytes()),
    ],
)
def test_a_data_set_that_differs_anywhere_is_another(other: bytes) -> None:
    assert not same_data_set(BytesIO(other), BytesIO(ct_file()))
    assert not same_data_set(BytesIO(ct_file()), BytesIO(other))


class WornDisk(BytesIO):
    """A file of which a sector cannot be read."""

    def read(self, size: int | None = -1) -> bytes:
        if self.tell() > 400:
            raise OSError(errno.EIO, "Input/output error")
        return super().read(size)


def test_a_disk_that_does_not_give_it_back_is_no_fault_of_the_sender() -> None:
    with pytest.raises(Unavailable) as failed:
        admit(WornDisk(ct_file()))
    assert failed.value.dependency == "instance_store"


def test_what_is_admitted_is_what_pydicom_reads() -> None:
    ds = dcmread(BytesIO(compressed()))
    assert admit(BytesIO(compressed())).attributes["00280010"]["Value"] == [ds.Rows]
