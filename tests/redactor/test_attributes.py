import pytest
from pydicom.dataelem import DataElement, RawDataElement
from pydicom.dataset import Dataset

from radloom.errors import Rejected
from services.redactor.attributes import Action, ElementAction
from services.redactor.attributes.iods import iod_of
from services.redactor.profiles import BASIC, LONGITUDINAL, Profile, profile_named
from tests.redactor.planted_headers import (
    CT,
    PSEUDONYMS,
    SUBJECT,
    element,
    everything_listed,
    image,
    read,
    redacted,
    whole_table,
    written,
)

MR = "1.2.840.10008.5.1.4.1.1.4"
COMPREHENSIVE_SR = "1.2.840.10008.5.1.4.1.1.88.33"
NUMBERS = (" DS", " IS")
"""Digits alone name nobody: numbers of an IOD stay."""

CLASSES = {
    "CT": CT,
    "MR": MR,
    "US": "1.2.840.10008.5.1.4.1.1.6.1",
    "enhanced MR": "1.2.840.10008.5.1.4.1.1.4.1",
    "SR": COMPREHENSIVE_SR,
    "RT plan": "1.2.840.10008.5.1.4.1.1.481.5",
    "segmentation": "1.2.840.10008.5.1.4.1.1.66.4",
    "12-lead ECG": "1.2.840.10008.5.1.4.1.1.9.1.1",
    "presentation state": "1.2.840.10008.5.1.4.1.1.11.1",
    "slide": "1.2.840.10008.5.1.4.1.1.77.1.6",
}


@pytest.mark.parametrize("profile", [BASIC, LONGITUDINAL], ids=lambda one: one.name)
@pytest.mark.parametrize("sop_class", CLASSES.values(), ids=CLASSES)
def test_no_value_of_any_row_of_the_table_is_left(sop_class: str, profile: Profile) -> None:
    ds, planted = whole_table(sop_class)
    _, content, _ = redacted(ds, profile)
    assert len(planted.tokens) > 800
    times = " TM" if profile is LONGITUDINAL else None
    left = [where for where, token in planted.tokens.items() if token in content]
    assert [where for where in left if times is None or not where.endswith(times)] == []


@pytest.mark.parametrize("sop_class", CLASSES.values(), ids=CLASSES)
def test_no_text_of_any_attribute_of_an_iod_is_left_at_any_depth(sop_class: str) -> None:
    ds, planted = everything_listed(sop_class, deepest=2)
    _, content, _ = redacted(ds)
    left = [where for where, token in planted.tokens.items() if token in content]
    assert [where for where in left if not where.endswith(NUMBERS)] == []


def test_what_is_done_is_told_without_values() -> None:
    ds = image()
    ds.PatientName = "White^Ann"
    ds.RequestAttributesSequence = [Dataset()]
    ds.RequestAttributesSequence[0].RequestedProcedureDescription = "CT CHEST White"
    _, _, actions = redacted(ds)
    assert ElementAction("00100010", "PatientName", Action.REPLACED, "patient-name") in actions
    nested = "00400275[0].00321060"
    assert (
        ElementAction(nested, "RequestedProcedureDescription", Action.CLEANED, "table-cleaned")
        in actions
    )
    assert "White" not in repr(actions)


def test_numbers_and_coded_strings_of_an_image_stay_byte_for_byte() -> None:
    ds = image()
    ds.Modality = "CT"
    ds.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL", "CT_SOM5 SPI"]
    ds.SliceThickness = "2.50"
    ds.WindowCenter = ["40", "-600"]
    ds.KVP = "120"
    ds.PixelSpacing = ["0.7", "0.7"]
    ds.ConvolutionKernel = "B30f"
    ds.Rows = 512
    ds.BodyPartExamined = "CHEST"
    ds.Manufacturer = "SIEMENS"
    ds.ManufacturerModelName = "SOMATOM Definition AS"
    before = read(written(ds))
    after, _, _ = redacted(ds)
    for keyword in (
        *("Modality", "ImageType", "SliceThickness", "WindowCenter", "KVP", "PixelSpacing"),
        *("ConvolutionKernel", "Rows", "BodyPartExamined", "Manufacturer", "ManufacturerModelName"),
    ):
        kept, was = after.get_item(keyword), before.get_item(keyword)
        assert isinstance(kept, RawDataElement)
        assert isinstance(was, RawDataElement)
        assert (kept.VR, kept.value) == (was.VR, was.value)


def test_descriptors_keep_their_terms_and_lose_the_rest() -> None:
    ds = image()
    ds.StudyDescription = "CT CHEST White"
    ds.SeriesDescription = "AXIAL LUNG MRNQ880231 5.0 mm"
    ds.ProtocolName = "CHEST ROUTINE for Zqharrow"
    ds.ContrastBolusAgent = "OMNIPAQUE 350"
    after, _, _ = redacted(ds)
    assert after.StudyDescription == "CT CHEST"
    assert after.SeriesDescription == "AXIAL LUNG 5.0 mm"
    assert after.ProtocolName == "CHEST ROUTINE for"
    assert after.ContrastBolusAgent == "OMNIPAQUE 350"


def test_what_the_iod_does_not_list_goes_and_added_numbers_stay() -> None:
    ds = image(MR)
    ds.DiffusionBValue = 1000.0
    ds.add(DataElement(0x00080220, "LO", "unknown"))
    ds.add(DataElement(0x00300010, "LO", "retired group"))
    ds.LUTExplanation = "of another object"
    after, _, actions = redacted(ds)
    assert after.DiffusionBValue == 1000.0
    assert not {0x00080220, 0x00300010, 0x00283003} & set(after.keys())
    assert {one.rule for one in actions if one.path == "00300010"} == {"not-in-iod"}


def test_a_coded_string_that_nobody_defined_goes() -> None:
    ds = image()
    ds[0x00180015] = element(0x00180015, "CS", b"ZQEXTRA03KX")
    ds[0x00080008] = element(0x00080008, "CS", rb"ORIGINAL\PRIMARY\ZQHARROW")
    after, _, _ = redacted(ds)
    assert "BodyPartExamined" not in after
    assert list(after.ImageType) == ["ORIGINAL", "PRIMARY", "UNKNOWN"]


def test_group_length_and_elements_of_other_files_go() -> None:
    ds = image()
    ds[0x00080000] = element(0x00080000, "UL", b"\4\0\0\0")
    after, _, _ = redacted(ds)
    assert 0x00080000 not in after


def test_overlays_pixels_and_padding_are_left_to_the_cleaning_of_the_file() -> None:
    ds = image()
    ds[0x60003000] = DataElement(0x60003000, "OW", b"\1\2")
    ds[0x50000005] = DataElement(0x50000005, "US", 1)
    ds[0x7FE00010] = DataElement(0x7FE00010, "OW", b"\1\2")
    ds[0xFFFCFFFC] = DataElement(0xFFFCFFFC, "OB", b"\1\2")
    after, _, actions = redacted(ds)
    assert {0x60003000, 0x50000005, 0x7FE00010, 0xFFFCFFFC} <= set(after.keys())
    assert not {one.path for one in actions} & {"60003000", "50000005", "7FE00010", "FFFCFFFC"}


def test_an_unknown_class_is_rejected() -> None:
    with pytest.raises(Rejected) as caught:
        redacted(image("1.2.840.113619.4.26"))
    assert caught.value.reason == "unknown_sop_class"


def test_a_retired_class_is_treated_as_what_took_its_place() -> None:
    assert iod_of("1.2.840.10008.5.1.4.1.1.6") == "ultrasound-image"


def test_identifiers_that_archives_file_by_become_pseudonyms_not_nothing() -> None:
    ds = image()
    ds.PatientName = "White^Ann"
    ds.AccessionNumber = "ACC1"
    ds.StudyID = "S1"
    after, _, _ = redacted(ds)
    assert after.PatientID == after.PatientName == PSEUDONYMS.patient_id(SUBJECT)
    assert after.AccessionNumber not in ("", "ACC1")
    assert after.StudyID not in ("", "S1", after.AccessionNumber)
    assert max(len(after.AccessionNumber), len(after.StudyID)) <= 16


def test_options_retain_what_they_name_and_nothing_else() -> None:
    ds = image()
    ds.StationName = "CT1"
    ds.InstitutionName = "White House"
    ds.PatientAge = "091Y"
    ds.PatientSex = "F"
    plain, _, _ = redacted(ds)
    assert "StationName" not in plain
    assert "PatientAge" not in plain
    assert "InstitutionName" not in plain
    more = "basic+retain-device+retain-institution+retain-patient-characteristics"
    kept, _, _ = redacted(ds, profile_named(more))
    assert (kept.StationName, kept.InstitutionName) == ("CT1", "White House")
    assert (kept.PatientAge, kept.PatientSex) == ("090Y", "F")


def test_redacting_twice_changes_nothing_but_pseudonyms() -> None:
    ds, _ = everything_listed(CT, deepest=1)
    once, _, _ = redacted(ds)
    twice, _, actions = redacted(once)
    assert {one.action for one in actions} <= {Action.REPLACED, Action.EMPTIED}
    assert set(twice.keys()) == set(once.keys())
