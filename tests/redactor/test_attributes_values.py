from datetime import date, timedelta
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.charset import encode_string
from pydicom.dataset import Dataset
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_dataset
from pydicom.sequence import Sequence
from pydicom.uid import ExplicitVRBigEndian

from services.redactor.attributes import Action
from services.redactor.attributes.dates import moved_date, moved_date_time
from services.redactor.attributes.descriptors import is_coded, technical
from services.redactor.profiles import COHORT, LONGITUDINAL, profile_named
from services.redactor.spans import Kind
from tests.redactor.planted_headers import (
    PSEUDONYMS,
    SUBJECT,
    element,
    image,
    raw_data_set,
    read,
    redact_text,
    redacted,
    speaking,
    written,
)

DAY = timedelta(days=-100)
FULL_DATES = profile_named("full-dates")


def moved(day: date) -> date:
    return day + DAY


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("20200411", "20200102"),
        ("2020.04.11", "20200102"),
        ("20200411-20200412", "20200102-20200103"),
        (r"20200411\20200412", r"20200102\20200103"),
        ("20200411 ", "20200102"),
        ("2020", None),
        ("20201399", None),
        ("Zqharrow", None),
    ],
)
def test_dates_move(before: str, after: str | None) -> None:
    assert moved_date(before, moved) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("20200411103000.123456+0100", "20200102103000.123456+0100"),
        ("202004111030", "202001021030"),
        ("20200411", "20200102"),
        ("202004", "202001"),
        ("2020", "2020"),
        ("20200411-0500", "20200102-0500"),
        (r"20200411\20200412", r"20200102\20200103"),
        ("Zqharrow", None),
    ],
)
def test_dates_and_times_move_with_the_precision_they_have(before: str, after: str | None) -> None:
    assert moved_date_time(before, moved) == after


@settings(max_examples=50)
@given(st.dates(date(1940, 1, 1), date(2030, 1, 1)), st.dates(date(1940, 1, 1), date(2030, 1, 1)))
def test_intervals_stay_exact_at_every_depth(first: date, second: date) -> None:
    ds = image()
    ds.StudyDate = first.strftime("%Y%m%d")
    ds.ReferencedStudySequence = [Dataset()]
    ds.AcquisitionDateTime = second.strftime("%Y%m%d") + "101500.5"
    after, _, _ = redacted(ds, LONGITUDINAL)
    there = date.fromisoformat(after.StudyDate), date.fromisoformat(after.AcquisitionDateTime[:8])
    assert there[1] - there[0] == second - first
    assert there[0] == PSEUDONYMS.shifted(first, SUBJECT)
    assert after.AcquisitionDateTime.endswith("101500.5")


def test_full_dates_stay_as_they_are() -> None:
    ds = image()
    ds.StudyDate = "20200411"
    after, _, _ = redacted(ds, FULL_DATES)
    assert after.StudyDate == "20200411"
    assert after.LongitudinalTemporalInformationModified == "UNMODIFIED"


@pytest.mark.parametrize(
    ("before", "after"),
    [("089Y", "089Y"), ("090Y", "090Y"), ("104Y", "090Y"), ("999M", "999M"), ("003D", "003D")],
)
def test_ages_from_ninety_on_are_one(before: str, after: str) -> None:
    ds = image()
    ds.PatientAge = before
    assert redacted(ds, COHORT)[0].PatientAge == after


def test_a_value_that_is_not_of_its_vr_goes_whatever_the_file_says_it_is() -> None:
    ds = image()
    ds[0x00080020] = element(0x00080020, "LO", b"seen by Zqharrow")  # a date
    ds[0x00180050] = element(0x00180050, "LO", b"Zqharrow")  # slice thickness
    ds[0x00280010] = element(0x00280010, "US", b"ZQHARROW")  # rows: four numbers of two letters
    ds[0x00281052] = element(0x00281052, "DS", b"Zqharrow")
    ds[0x00081140] = element(0x00081140, "LO", b"Zqharrow")  # a sequence
    ds[0x00081030] = element(0x00081030, "SQ", b"Zqharrow")  # a descriptor
    _, content, actions = redacted(ds)
    assert b"harrow" not in content.lower()
    assert {one.path for one in actions if one.rule == "misfit"} >= {"00180050", "00280010"}


def test_a_number_that_cannot_be_read_is_emptied_not_made_up() -> None:
    ds = image()
    ds[0x00281052] = element(0x00281052, "DS", b"Zqharrow")  # rescale intercept, Type 1
    ds[0x00280010] = element(0x00280010, "UN", b"ZQHARROW")
    after, content, actions = redacted(ds)
    assert after.RescaleIntercept is None
    assert after.Rows is None
    assert {one.action for one in actions if one.rule == "misfit"} == {Action.EMPTIED}
    assert b"harrow" not in content.lower()


def test_text_that_came_as_another_vr_is_cleaned_as_what_it_is() -> None:
    ds = image()
    ds[0x0008103E] = element(0x0008103E, "UT", b"AXIAL LUNG Zqharrow")
    ds[0x00080050] = element(0x00080050, "UN", b"ACC-Zqharrow")
    after, content, _ = redacted(ds)
    assert after.SeriesDescription == "AXIAL LUNG"
    assert after.get_item("SeriesDescription").VR == "LO"
    assert b"Zqharrow" not in content


def encoded_items(*items: Dataset) -> bytes:
    holder = Dataset()
    holder.ReferencedImageSequence = Sequence(items)
    buffer = DicomBytesIO()
    buffer.is_implicit_VR = buffer.is_little_endian = True
    write_dataset(buffer, holder)
    return buffer.getvalue()[8:]


def test_a_sequence_that_came_as_un_is_read_as_implicit_vr() -> None:
    item = Dataset()
    item.ReferencedSOPClassUID = "1.2.840.10008.5.1.4.1.1.2"
    item.ReferencedSOPInstanceUID = "1.2.3.4"
    item.PatientName = "Zqharrow"
    ds = image()
    ds[0x00081140] = element(0x00081140, "UN", encoded_items(item))
    after, content, _ = redacted(ds)
    (kept,) = after.ReferencedImageSequence
    assert kept.ReferencedSOPInstanceUID == PSEUDONYMS.uid("1.2.3.4")
    assert b"Zqharrow" not in content


@settings(max_examples=50)
@given(st.binary(max_size=60))
def test_bytes_that_are_no_sequence_never_stop_the_rest(noise: bytes) -> None:
    ds = image()
    ds[0x00081140] = element(0x00081140, "UN", noise + b"Zqharrow")
    ds[0x00081032] = element(0x00081032, "UN", noise + b"Zqharrow")
    ds.PatientName = "White"
    after, content, _ = redacted(ds)
    assert b"Zqharrow" not in content
    assert after.PatientName == PSEUDONYMS.patient_id(SUBJECT)


@settings(max_examples=50)
@given(
    st.binary(min_size=1, max_size=40), st.sampled_from(["LO", "SH", "PN", "DS", "DA", "UI", "CS"])
)
def test_any_bytes_in_any_attribute_are_survived(noise: bytes, vr: str) -> None:
    ds = image()
    for tag in (0x00080020, 0x00081030, 0x00100010, 0x00180050, 0x0020000D, 0x00080060, 0x00101010):
        ds[tag] = element(tag, vr, noise)
    _, content, _ = redacted(ds, COHORT)
    assert read(content).PatientIdentityRemoved == "YES"


@pytest.mark.parametrize(
    ("character_set", "encodings", "name"),
    [
        (["ISO_IR 192"], ["utf-8"], "山田^太郎"),
        (["GB18030"], ["GB18030"], "王^小东"),
        (["", "ISO 2022 IR 87"], ["iso8859", "iso2022_jp"], "Yamada^Tarou=山田^太郎"),
        (["", "ISO 2022 IR 149"], ["iso8859", "euc_kr"], "Hong^Gildong=洪^吉洞=홍^길동"),
        (["ISO_IR 100"], ["latin_1"], "Müller^Jörg"),
    ],
)
def test_names_in_other_scripts_go_and_terms_stay(
    character_set: list[str], encodings: list[str], name: str
) -> None:
    ds = speaking(image(), character_set)
    for tag, text in ((0x00100010, name), (0x00081030, f"CT CHEST {name}")):
        ds[tag] = element(tag, "PN" if tag == 0x00100010 else "LO", encode_string(text, encodings))
    ds.RequestAttributesSequence = [speaking(raw_data_set(), character_set)]
    nested = element(0x00321060, "LO", encode_string(f"{name} ABDOMEN", encodings))
    ds.RequestAttributesSequence[0][0x00321060] = nested
    after, content, _ = redacted(ds)
    assert after.StudyDescription == "CT CHEST"
    assert after.RequestAttributesSequence[0].RequestedProcedureDescription == "ABDOMEN"
    for part in name.replace("=", "^").split("^"):
        assert encode_string(part, encodings) not in content


@pytest.mark.filterwarnings("ignore:Unknown encoding")
def test_an_undefined_character_set_goes() -> None:
    ds = image()
    ds[0x00080005] = element(0x00080005, "CS", b"ZQHARROW")
    after, _, _ = redacted(ds)
    assert "SpecificCharacterSet" not in after


def test_uids_of_the_standard_stay_and_forged_ones_go() -> None:
    ds = image()
    uids = ["1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.880231", "1.2.840.10008.HARROW", "1.2.3"]
    ds[0x00080018] = element(0x00080018, "UI", b"1.2.3")
    ds[0x00081140] = element(0x00081140, "UN", encoded_items(*map(referenced, uids)))
    after, _, _ = redacted(ds)
    kept = [one.ReferencedSOPInstanceUID for one in after.ReferencedImageSequence]
    assert kept[0] == uids[0]
    assert all(one.startswith("2.25.") for one in kept[1:])
    assert kept[3] == after.SOPInstanceUID


def referenced(uid: str) -> Dataset:
    item = raw_data_set(implicit=True)
    item.ReferencedSOPClassUID = "1.2.840.10008.5.1.4.1.1.2"
    item[0x00081155] = element(0x00081155, "UI", uid.encode(), implicit=True)
    return item


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("t2_tse_sag_p2", "t2_tse_sag_p2"),
        ("Thorax^1_Routine (Adult)", "Thorax^1_Routine (Adult)"),
        ("T2FLAIR 256x256 b1000", "T2FLAIR 256x256 b1000"),
        ("scan 555-0147", "scan  "),
        ("prior 2018", "prior  "),
        ("room 4411", "   "),
        ("1.25x0.6 mm", "1.25x0.6 mm"),
        ("SRQ5150", " "),
        ("A123 b800 L4 120kV", "  b800 L4 120kV"),
        ("L4/5", "L4/5"),
    ],
)
def test_technical_words_and_settings_stay(before: str, after: str) -> None:
    assert technical(before).split() == after.split()


def test_a_date_that_was_moved_may_stay_in_a_descriptor() -> None:
    assert {span.kind for span in redact_text("CHEST 03/11/2018").spans} == {Kind.DATE}
    ds = image()
    ds.SeriesDescription = "CHEST 03/11/2018"
    assert redacted(ds)[0].SeriesDescription == "CHEST"
    assert redacted(ds, LONGITUDINAL)[0].SeriesDescription == "CHEST [DATE]"


@given(st.text(max_size=60))
def test_cleaning_technical_text_again_changes_nothing(text: str) -> None:
    once = technical(text)
    assert technical(once) == once


@pytest.mark.parametrize("value", ["ORIGINAL", "HFS", "MONOCHROME2", "YBR_FULL_422", "DIS2D", ""])
def test_defined_strings_are_coded(value: str) -> None:
    assert is_coded(value)


@pytest.mark.parametrize("value", ["HARROW", "ZQEXTRA03KX", "JOHN", "MRN880231"])
def test_names_and_numbers_of_people_are_not_coded(value: str) -> None:
    assert not is_coded(value)


def test_a_big_endian_file_is_read_in_its_own_order() -> None:
    ds = image()
    ds.Rows = 512
    ds.PatientName = "White"
    ds.set_original_encoding(False, False, "iso8859")  # noqa: FBT003
    ds.file_meta.TransferSyntaxUID = ExplicitVRBigEndian
    after, content, _ = redacted(ds)
    assert after.Rows == 512
    assert len(after.DeidentificationMethodCodeSequence) == 5
    assert b"White" not in content
    assert written(read(content)) == content
    assert BytesIO(content).getvalue()[132:136] != b"\0\0\0\0"
