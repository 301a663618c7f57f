import zlib
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset, FileDataset
from pydicom.encaps import encapsulate
from pydicom.sequence import Sequence
from pydicom.uid import (
    MPEG2MPML,
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    RawDataStorage,
)

from radloom.errors import Rejected
from services.redactor.guard import Limits, admit, kind_of
from services.redactor.sop_classes import KINDS, ObjectKind
from tests.redactor.planted_files import ct, written

SYNTAXES = [
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    ExplicitVRBigEndian,
    DeflatedExplicitVRLittleEndian,
]
SMALL = ["CT_small.dcm", "test-SR.dcm", "liver_1frame.dcm", "rtplan.dcm", "UN_sequence.dcm"]
SMALL += ["693_J2KI.dcm", "MR_small_RLE.dcm", "image_dfl.dcm", "nested_priv_SQ.dcm"]


def shipped(name: str) -> bytes:
    return Path(str(get_testdata_file(name, download=False))).read_bytes()


FILES = [shipped(name)[:20_000] for name in SMALL] + [written(ct(syntax)) for syntax in SYNTAXES]


def reason(content: bytes, limits: Limits | None = None) -> str:
    with pytest.raises(Rejected) as caught:
        admit(content, limits or Limits())
    return caught.value.reason


def changed(keyword: str, value: object) -> bytes:
    ds = ct()
    setattr(ds, keyword, value)
    return written(ds)


def nested(depth: int, *, is_undefined: bool = False) -> FileDataset:
    ds = ct()
    inner = Dataset()
    inner.CodeMeaning = "deep"
    for _ in range(depth):
        outer = Dataset()
        outer.ContentSequence = Sequence([inner])
        outer["ContentSequence"].is_undefined_length = is_undefined
        inner = outer
    ds.ContentSequence = inner.ContentSequence
    return ds


@pytest.mark.parametrize("syntax", SYNTAXES)
def test_a_whole_object_is_admitted_in_every_encoding(syntax: UID) -> None:
    content = written(ct(syntax))
    ds = admit(content)
    assert ds.PatientID == "MRN-4417-92"
    assert ds.file_meta.TransferSyntaxUID == syntax
    assert kind_of(ds) == ObjectKind.IMAGE


@pytest.mark.parametrize("syntax", SYNTAXES)
def test_a_file_cut_short_anywhere_is_rejected(syntax: UID) -> None:
    content = written(ct(syntax))
    for end in range(0, len(content) - 1, 97):
        assert reason(content[:end]) in {"cut_short", "not_part10", "malformed", "sop_class"} | {
            "no_sop_class",
            "no_uid",
            "no_pixels",
            "transfer_syntax",
        }


def test_bytes_behind_the_pixels_are_left_out() -> None:
    content = written(ct())
    assert admit(content + b"Fernsby") == admit(content)
    assert admit(content + bytes(512) + b"Fernsby, Ottilie") == admit(content)


@pytest.mark.parametrize("is_undefined", [True, False])
@pytest.mark.parametrize("syntax", SYNTAXES[:2])
def test_sequences_nested_too_deep_are_rejected(syntax: UID, is_undefined: bool) -> None:  # noqa: FBT001
    deep, ordinary = nested(40, is_undefined=is_undefined), nested(12, is_undefined=is_undefined)
    for ds in (deep, ordinary):
        ds.file_meta.TransferSyntaxUID = syntax
    assert reason(written(deep)) == "too_deep"
    assert kind_of(admit(written(ordinary))) == ObjectKind.IMAGE


def test_a_sequence_of_unknown_vr_is_followed_too() -> None:
    deep = b"bottom"
    for _ in range(40):
        item = b"\x40\x00\x30\xa7UN\0\0" + len(deep).to_bytes(4, "little") + deep
        deep = b"\xfe\xff\x00\xe0" + len(item).to_bytes(4, "little") + item
    ds = ct()
    ds.add_new(0x00111001, "UN", deep)
    assert reason(written(ds)) == "too_deep"


def test_a_deflate_bomb_is_rejected_before_it_has_grown() -> None:
    content = written(ct(DeflatedExplicitVRLittleEndian))
    start = content.index(b"1.2.840.10008.1.2.1.99") + 22
    deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
    bomb = deflate.compress(bytes(40 << 20)) + deflate.flush()
    assert len(bomb) < 50_000
    assert reason(content[:start] + bomb, Limits(max_inflated_bytes=1 << 20)) in {
        "too_large",
        "malformed",
    }


def test_limits_are_limits() -> None:
    content = written(ct())
    assert reason(content, Limits(max_bytes=len(content) - 1)) == "too_large"
    assert reason(content, Limits(max_elements=10)) == "too_many_elements"


def test_objects_that_nobody_has_thought_about_go_to_a_person() -> None:
    assert reason(changed("SOPClassUID", RawDataStorage)) == "sop_class"
    assert reason(changed("SOPClassUID", "1.3.12.2.1107.5.9.1")) == "sop_class"
    assert reason(changed("SOPInstanceUID", "")) == "no_uid"
    ds = ct()
    del ds.SOPClassUID
    content = BytesIO()
    ds.save_as(content)
    assert reason(content.getvalue()) == "no_sop_class"


def test_a_frame_that_cannot_be_opened_by_itself_is_rejected() -> None:
    ds = ct()
    ds.PixelData = encapsulate([b"frame "])
    ds["PixelData"].is_undefined_length = True
    for syntax, told in (
        (MPEG2MPML, "transfer_syntax"),
        (UID("1.3.46.670589.33.1"), "private_syntax"),
    ):
        ds.file_meta.TransferSyntaxUID = syntax
        content = BytesIO()
        ds.save_as(content, implicit_vr=False, little_endian=True, enforce_file_format=False)
        assert reason(content.getvalue()) == told


def test_encrypted_attributes_and_directories_are_rejected() -> None:
    ds = ct()
    ds.EncryptedAttributesSequence = Sequence([Dataset()])
    assert reason(written(ds)) == "encrypted"
    assert reason(shipped("DICOMDIR")) == "dicomdir"
    assert reason(b"%PDF-1.7") == "not_part10"


def test_no_reason_quotes_the_object() -> None:
    ds = ct()
    ds.SOPClassUID = "1.3.12.2.1107.5.9.1"
    with pytest.raises(Rejected) as caught:
        admit(written(ds))
    assert "1107" not in str(caught.value)


def test_the_table_of_classes_holds_each_once_and_no_raw_data() -> None:
    assert len(KINDS) == 164
    assert RawDataStorage not in KINDS
    assert KINDS["1.2.840.10008.5.1.4.1.1.104.1"] == ObjectKind.DOCUMENT


@settings(max_examples=400, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.sampled_from(FILES),
    st.lists(st.tuples(st.integers(128, 6000), st.binary(min_size=1, max_size=6)), max_size=8),
    st.integers(0, 6000),
)
@pytest.mark.filterwarnings("ignore")
def test_damaged_bytes_give_a_data_set_or_a_rejection(
    content: bytes, damages: list[tuple[int, bytes]], cut: int
) -> None:
    damaged = bytearray(content)
    for at, new in damages:
        damaged[at : at + len(new)] = new
    try:
        ds = admit(bytes(damaged[: len(damaged) - (cut if cut < 3000 else 0)]))
    except Rejected:
        return
    assert isinstance(ds, Dataset)
