import struct
from io import BytesIO

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from pydicom import dcmread
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset, FileDataset
from pydicom.encaps import encapsulate, generate_frames
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_dataset
from pydicom.sequence import Sequence
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    EncapsulatedCDAStorage,
    EncapsulatedOBJStorage,
    EncapsulatedPDFStorage,
    EncapsulatedSTLStorage,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    RLELossless,
)

from radloom.errors import Rejected
from services.redactor.guard import admit
from services.redactor.layout import Change, FileAction, finish
from services.redactor.layout.native import Cells
from services.redactor.spans import Kind, RedactedText, Span
from tests.redactor.planted_files import ct, high_bits, pdf, written

SYNTAXES = [
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    ExplicitVRBigEndian,
    DeflatedExplicitVRLittleEndian,
]


def kept(text: str) -> RedactedText:
    return RedactedText(text, (), 0.0)


def found(text: str) -> RedactedText:
    at = text.find("Fernsby")
    spans = () if at < 0 else (Span(at, at + 7, Kind.NAME, 1.0, "[NAME]", "identity"),)
    return RedactedText(text.replace("Fernsby", "[NAME]"), spans, 0.0)


def finished(ds: FileDataset) -> FileDataset:
    content = finish(admit(written(ds)), redact_text=found).content
    return dcmread(BytesIO(content))


def shipped(name: str) -> FileDataset:
    return dcmread(str(get_testdata_file(name, download=False)))


@pytest.mark.parametrize("syntax", SYNTAXES)
def test_values_and_transfer_syntax_stay(syntax: UID) -> None:
    before = ct(syntax)
    after = finished(before)
    assert after.file_meta.TransferSyntaxUID == syntax
    assert after == before


@pytest.mark.parametrize("syntax", SYNTAXES[:3])
def test_what_is_copied_is_what_pydicom_writes(syntax: UID) -> None:
    ds = ct(syntax)
    item = Dataset()
    item.CodeMeaning, item.CodeValue = "Ängstlich", "1"
    ds.ProcedureCodeSequence = Sequence([item])
    encoded = DicomBytesIO()
    encoded.is_implicit_VR = syntax == ImplicitVRLittleEndian
    encoded.is_little_endian = syntax != ExplicitVRBigEndian
    write_dataset(encoded, ds)
    assert finish(admit(written(ds)), redact_text=kept).content.endswith(encoded.getvalue())


def test_the_same_values_give_the_same_bytes() -> None:
    content = written(ct())
    assert (
        finish(admit(content), redact_text=kept).content
        == finish(admit(content + b"x"), redact_text=kept).content
    )


def test_preamble_and_meta_are_made_anew() -> None:
    ds = ct()
    ds.preamble = b"Fernsby" + bytes(121)
    ds.file_meta.ImplementationVersionName = "FERNSBY"
    ds.file_meta.PrivateInformationCreatorUID = UID("1.2.3")
    ds.file_meta.PrivateInformation = b"Fernsby "
    after = finished(ds)
    assert after.preamble == bytes(128)
    assert {element.keyword for element in after.file_meta} == {
        "FileMetaInformationGroupLength",
        "FileMetaInformationVersion",
        "MediaStorageSOPClassUID",
        "MediaStorageSOPInstanceUID",
        "TransferSyntaxUID",
        "ImplementationClassUID",
        "ImplementationVersionName",
    }
    assert after.file_meta.MediaStorageSOPInstanceUID == after.SOPInstanceUID
    assert after.file_meta.ImplementationVersionName == "RADLOOM"


def test_graphics_signatures_padding_and_icons_go_at_every_depth() -> None:
    ds = ct()
    item = Dataset()
    item.CodeMeaning = "stays"
    for part in (ds, item):
        part.IconImageSequence = Sequence([Dataset()])
        part.add_new(0xFFFCFFFC, "OB", b"Fernsby ")
        part.add_new(0xFFFAFFFA, "SQ", Sequence([Dataset()]))
        part.add_new(0x4FFE0001, "SQ", Sequence([Dataset()]))
    item.add_new(0x7FE00010, "OW", b"Fernsby ")
    for group in (0x5000, 0x5002, 0x6000, 0x601E, 0x6011):
        ds.add_new(group << 16 | 0x3000, "OB", b"Fernsby ")
    ds.add_new(0x00100000, "UL", 12)
    ds.ProcedureCodeSequence = Sequence([item])
    done = finish(admit(written(ds)), redact_text=kept)
    assert b"Fernsby " not in done.content
    after = dcmread(BytesIO(done.content))
    assert after.ProcedureCodeSequence[0].CodeMeaning == "stays"
    assert FileAction("00081032[0].00880200", Change.DROPPED, "icon") in done.actions
    assert FileAction("60003000", Change.DROPPED, "overlay") in done.actions


def test_an_overlay_stays_when_it_is_found_free_of_text() -> None:
    ds = shipped("examples_overlay.dcm")
    seen: list[NDArray[np.uint8]] = []

    def keep(plane: NDArray[np.uint8]) -> bool:
        seen.append(plane)
        return True

    content = written(ds)
    after = dcmread(BytesIO(finish(admit(content), redact_text=kept, keep_overlay=keep).content))
    assert after[0x60003000].value == ds[0x60003000].value
    assert seen[0].shape == (ds[0x60000010].value, ds[0x60000011].value)
    assert set(np.unique(seen[0])) == {0, 255}
    without = finish(admit(content), redact_text=kept, keep_overlay=lambda _: False)
    assert (0x6000, 0x3000) not in dcmread(BytesIO(without.content))


def test_unused_bits_are_cleared_and_pixels_stay() -> None:
    after = dcmread(BytesIO(finish(admit(high_bits(written(ct()))), redact_text=kept).content))
    assert after.PixelData == ct().PixelData


def test_signs_that_are_repeated_upwards_stay() -> None:
    cells = Cells(16, 12, 11, is_signed=True)
    values = np.array([-1, -2048, 0, 2047], "<i2")
    assert cells.cleaned(values.tobytes()) is None
    assert cells.cleaned((values & 0xFFF).astype("<u2").tobytes()) is None
    mixed = np.array([0xFFFF, 0x7001], "<u2")
    assert cells.cleaned(mixed.tobytes()) == np.array([0xFFFF, 0x0001], "<u2").tobytes()


@given(st.lists(st.integers(0, 0xFFFF), min_size=1), st.integers(1, 15), st.booleans())
def test_cleared_cells_keep_their_values_and_are_clean(
    values: list[int],
    stored: int,
    is_signed: bool,  # noqa: FBT001
) -> None:
    cells = Cells(16, stored, stored - 1, is_signed)
    content = np.array(values, "<u2").tobytes()
    cleaned = cells.cleaned(content) or content
    mask = (1 << stored) - 1
    after = np.frombuffer(cleaned, "<u2")
    assert np.array_equal(after & mask, np.array(values) & mask)
    assert cells.cleaned(cleaned) is None


def test_pixels_have_their_exact_length() -> None:
    ds = ct()
    ds.PixelData += b"Fernsby "
    assert finished(ds).PixelData == ct().PixelData
    ds.PixelData = ds.PixelData[:100]
    with pytest.raises(Rejected, match="fewer pixels"):
        finished(ds)


def test_an_odd_number_of_bytes_in_big_endian_words_keeps_its_last_pixel() -> None:
    ds = shipped("SC_rgb_small_odd_big_endian.dcm")
    assert np.array_equal(finished(ds).pixel_array, ds.pixel_array)


@pytest.mark.filterwarnings("ignore:Invalid value for VR UI")
@pytest.mark.parametrize(
    "name",
    [
        "MR_small_RLE.dcm",
        "SC_rgb_rle_2frame.dcm",
        "rtdose_rle.dcm",
        "693_J2KI.dcm",
        "MR_small_jp2klossless.dcm",
        "examples_jpeg2k.dcm",
        "SC_rgb_jpeg_gdcm.dcm",
        "examples_ybr_color.dcm",
        "SC_jpeg_no_color_transform.dcm",
    ],
)
def test_compressed_frames_stay_compressed_and_decode_to_the_same(name: str) -> None:
    ds = shipped(name)
    after = finished(ds)
    assert after.file_meta.TransferSyntaxUID == ds.file_meta.TransferSyntaxUID
    assert np.array_equal(after.pixel_array, ds.pixel_array)


def with_frame(ds: FileDataset, frame: bytes) -> FileDataset:
    ds.PixelData = encapsulate([frame])
    return ds


def only_frame(ds: FileDataset) -> bytes:
    (frame,) = generate_frames(ds.PixelData, number_of_frames=1)
    return frame


def test_comments_and_applications_leave_a_jpeg_frame() -> None:
    ds = shipped("SC_rgb_dcmtk_+eb+cr.dcm")
    assert ds.file_meta.TransferSyntaxUID == JPEGBaseline8Bit
    frame = only_frame(ds)
    exif = b"\xff\xe1" + struct.pack(">H", 2 + 13) + b"Exif\0\0Fernsby"
    comment = b"\xff\xfe" + struct.pack(">H", 2 + 7) + b"Fernsby"
    end = frame.rstrip(b"\0").rfind(b"\xff\xd9") + 2
    planted = frame[:2] + exif + comment + frame[2:end] + b"Fernsby"
    after = finished(with_frame(ds, planted))
    assert b"Fernsby" not in after.PixelData
    assert np.array_equal(after.pixel_array, ds.pixel_array)


def test_a_thumbnail_in_the_jfif_header_goes_and_its_colour_meaning_stays() -> None:
    ds = shipped("SC_rgb_dcmtk_+eb+cr.dcm")
    frame = only_frame(ds)
    jfif = b"JFIF\0\1\1\0\0\1\0\1\1\1Fernsby"
    planted = frame[:2] + b"\xff\xe0" + struct.pack(">H", 2 + len(jfif)) + jfif + frame[2:]
    after = only_frame(finished(with_frame(ds, planted)))
    assert after[2:20] == b"\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0"


def test_comments_leave_a_jpeg_2000_codestream_and_its_tile_parts() -> None:
    ds = shipped("MR_small_jp2klossless.dcm")
    assert ds.file_meta.TransferSyntaxUID == JPEG2000Lossless
    frame = only_frame(ds)
    comment = b"\xff\x64" + struct.pack(">HH", 4 + 7, 1) + b"Fernsby"
    tile = frame.index(b"\xff\x90")
    data = frame.index(b"\xff\x93", tile)
    length = struct.unpack_from(">L", frame, tile + 6)[0]
    longer = struct.pack(">L", length + len(comment) if length else 0)
    header = frame[tile : tile + 6] + longer + frame[tile + 10 : data]
    planted = frame[:tile] + comment + header + comment + frame[data:].rstrip(b"\0") + b"Fernsby"
    after = finished(with_frame(ds, planted))
    assert b"Fernsby" not in after.PixelData
    assert np.array_equal(after.pixel_array, shipped("MR_small_jp2klossless.dcm").pixel_array)


def test_a_tail_behind_the_segments_leaves_an_rle_frame() -> None:
    ds = shipped("MR_small_RLE.dcm")
    assert ds.file_meta.TransferSyntaxUID == RLELossless
    before = ds.pixel_array
    after = finished(with_frame(ds, only_frame(ds) + b"\x07Fernsby!"))
    assert b"Fernsby" not in after.PixelData
    assert np.array_equal(after.pixel_array, before)


@pytest.mark.parametrize("name", ["MR_small_RLE.dcm", "693_J2KI.dcm", "SC_rgb_jpeg_gdcm.dcm"])
def test_a_damaged_frame_is_rejected(name: str) -> None:
    ds = shipped(name)
    with pytest.raises(Rejected) as caught:
        finished(with_frame(ds, only_frame(ds)[: 40 if "RLE" in name else -200] + b"\0" * 2))
    assert caught.value.reason == "frames"


@pytest.mark.parametrize("number", ["2", "0"])
def test_another_number_of_frames_than_said_is_rejected(number: str) -> None:
    ds = shipped("693_J2KI.dcm")
    ds.NumberOfFrames = number if number != "0" else "5"
    with pytest.raises(Rejected):
        finished(ds)


def test_waveforms_have_their_exact_length() -> None:
    ds = shipped("waveform_ecg.dcm")
    before = [group.WaveformData for group in ds.WaveformSequence]
    for group in ds.WaveformSequence:
        group.WaveformData += b"Fernsby "
    done = finish(admit(written(ds)), redact_text=kept)
    assert b"Fernsby " not in done.content
    after = dcmread(BytesIO(done.content))
    assert [group.WaveformData for group in after.WaveformSequence] == before


def document(sop_class: UID, content: bytes) -> FileDataset:
    ds = ct()
    ds.SOPClassUID = ds.file_meta.MediaStorageSOPClassUID = sop_class
    del ds.PixelData
    ds.EncapsulatedDocument = content + b"\0" * (len(content) % 2)
    ds.EncapsulatedDocumentLength = len(content)
    return ds


def test_a_pdf_that_names_nobody_is_written_anew_without_metadata() -> None:
    after = finished(document(EncapsulatedPDFStorage, pdf("No finding", "Fernsby")))
    assert after.EncapsulatedDocument.startswith(b"%PDF")
    assert b"Fernsby" not in after.EncapsulatedDocument
    assert after.EncapsulatedDocumentLength <= len(after.EncapsulatedDocument)
    again = finished(document(EncapsulatedPDFStorage, pdf("No finding", "Fernsby")))
    assert again.EncapsulatedDocument == after.EncapsulatedDocument


@pytest.mark.parametrize(
    "content",
    [
        pdf("Patient Fernsby"),
        b"%PDF-1.4 broken",
        pdf("No finding").replace(b"/F1 ", b"/F1 ")[:300],
    ],
)
def test_a_pdf_that_names_somebody_or_cannot_be_read_goes_to_a_person(content: bytes) -> None:
    with pytest.raises(Rejected) as caught:
        finished(document(EncapsulatedPDFStorage, content))
    assert caught.value.reason == "document"
    assert "Fernsby" not in str(caught.value)


def test_a_clinical_document_goes_to_a_person() -> None:
    with pytest.raises(Rejected):
        finished(document(EncapsulatedCDAStorage, b"<ClinicalDocument/>"))


def test_a_surface_keeps_its_numbers_and_loses_its_words() -> None:
    facet = struct.pack("<12f", *range(12)) + b"Qu"
    stl = b"Fernsby".ljust(80) + (1).to_bytes(4, "little") + facet + b"Fernsby"
    after = finished(document(EncapsulatedSTLStorage, stl))
    assert after.EncapsulatedDocument == bytes(80) + b"\1\0\0\0" + facet[:48] + b"\0\0"
    obj = b"# Fernsby\nmtllib Fernsby.mtl\ng skull\nv 1 2.5 -3e-1\nf 1/2 2/2 3/2\n"
    after = finished(document(EncapsulatedOBJStorage, obj))
    assert after.EncapsulatedDocument.rstrip(b"\0") == (
        b"mtllib [NAME].mtl\ng skull\nv 1 2.5 -3e-1\nf 1/2 2/2 3/2\n"
    )
    with pytest.raises(Rejected):
        finished(document(EncapsulatedOBJStorage, b"v 1 2 3\nFernsby was here\n"))


@pytest.mark.filterwarnings("ignore:Invalid value for VR UI")
def test_a_value_that_cannot_be_written_is_rejected_without_quoting_it() -> None:
    ds = admit(written(ct()))
    ds.SOPInstanceUID = UID("Fernsbyé", validation_mode=0)
    with pytest.raises(Rejected) as caught:
        finish(ds, redact_text=kept)
    assert caught.value.reason == "malformed"
    assert "Fernsby" not in str(caught.value)
