import pytest
from pydicom.dataset import Dataset

from services.redactor.attributes.codes import Coded, cleaned, is_public, verhoeff
from services.redactor.attributes.private import safe_attributes
from services.redactor.attributes.values import UNIT
from services.redactor.profiles import BASIC, Option, Profile
from tests.redactor.planted_headers import element, image, raw_data_set, redacted

MR = "1.2.840.10008.5.1.4.1.1.4"


def with_private(ds: Dataset, group: int, creator: str, block: int = 0x10) -> Dataset:
    ds[group << 16 | block] = element(group << 16 | block, "LO", creator.encode())
    return ds


def test_numbers_of_safe_private_attributes_stay_with_their_creator() -> None:
    ds = with_private(image(MR), 0x0019, "SIEMENS MR HEADER", 0x11)
    ds[0x0019110C] = element(0x0019110C, "IS", b"1000")
    ds[0x00191108] = element(0x00191108, "CS", b"ZQHARROW")
    with_private(ds, 0x2005, "Philips MR Imaging DD 001")
    ds[0x2005100E] = element(0x2005100E, "FL", b"\0\0\x88\x40")
    after, content, actions = redacted(ds)
    assert after[0x0019110C].value == 1000
    assert after[0x2005100E].value == 4.25
    assert after[0x00190011].value == "SIEMENS MR HEADER"
    assert b"ZQHARROW" not in content
    assert ("00191108", "private") in {(one.path, one.rule) for one in actions}


@pytest.mark.parametrize(
    ("creator", "tag", "vr", "value"),
    [
        ("SIEMENS MR HEADER", 0x0019100C, "IS", b"Zqharrow"),
        ("SIEMENS MR HEADER", 0x0019100C, "LO", b"1000"),
        ("SIEMENS MR HEADER", 0x00191127, "FD", b"ZQHARROW"),
        ("ZQHARROW", 0x0019100C, "IS", b"1000"),
        ("SIEMENS MR HEADER ZQHARROW", 0x0019100C, "IS", b"1000"),
        ("SIEMENS MR HEADER", 0x0019200C, "IS", b"1000"),
    ],
)
def test_anything_else_private_goes(creator: str, tag: int, vr: str, value: bytes) -> None:
    ds = image(MR)
    ds[tag] = element(tag, vr, value)
    with_private(ds, 0x0019, creator)
    after, _, _ = redacted(ds)
    assert [one for one in after.keys() if one.is_private] == []  # noqa: SIM118 - no conversion


def test_private_attributes_within_sequences_and_private_sequences_go() -> None:
    inner = with_private(raw_data_set(), 0x0009, "ACME")
    inner[0x00091001] = element(0x00091001, "LO", b"Zqharrow")
    inner.ReferencedSOPInstanceUID = "1.2.3"
    ds = with_private(image(), 0x0009, "ACME")
    ds.ReferencedImageSequence = [inner]
    ds.add_new(0x00091002, "SQ", [inner])
    after, content, actions = redacted(ds)
    assert b"Zqharrow" not in content
    assert 0x00091002 not in after
    assert "00081140[0].00091001" in {one.path for one in actions}


def test_without_the_option_no_private_attribute_stays() -> None:
    ds = with_private(image(MR), 0x0019, "SIEMENS MR HEADER")
    ds[0x0019100C] = element(0x0019100C, "IS", b"1000")
    profile = Profile("strict", BASIC.options - {Option.RETAIN_SAFE_PRIVATE})
    assert 0x0019100C not in redacted(ds, profile)[0]


def test_only_numbers_are_safe() -> None:
    listed = {vr for known in safe_attributes().values() for vr in known.values()}
    assert listed <= {*UNIT, "DS", "IS"}


def clean(text: str) -> str:
    return text.replace("Zqharrow", "").strip()


def pseudonym(_: str) -> str:
    return "RL0123"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (Coded("39607008", "SCT", "Lung"), Coded("39607008", "SCT", "Lung")),
        (
            Coded("39607008", "SCT", "Lung of Zqharrow"),
            Coded("39607008", "SCT", "Lung structure (body structure)"),
        ),
        (Coded("CTCHEST", "99ACME", "CT Zqharrow"), Coded("CTCHEST", "99ACME", "CT")),
        (Coded("Zqharrow", "99ACME", "Zqharrow"), Coded("RL0123", "99ACME", "Removed")),
        (Coded("1", "99Zqharrow", "Chest"), Coded("1", "99LOCAL", "Chest")),
        (Coded("1", "Zqharrow", "Chest"), Coded("1", "99LOCAL", "Chest")),
        (Coded("880231", "SCT", "Chest"), Coded("880231", "SCT", "Chest")),
    ],
)
def test_codes_keep_what_is_public(before: Coded, after: Coded) -> None:
    assert cleaned(before, clean, pseudonym) == after


def test_a_number_is_no_snomed_code_unless_its_check_digit_says_so() -> None:
    assert verhoeff("80891009") == 0
    assert is_public(Coded("80891009", "SCT", "Heart"))
    assert not is_public(Coded("880231", "SCT", "record"))
    assert not is_public(Coded("880231", "DCM", "record"))
    assert is_public(Coded("T-28000", "SRT", "Lung"))


def test_a_record_number_in_place_of_a_code_becomes_a_pseudonym() -> None:
    code = raw_data_set()
    code[0x00080100] = element(0x00080100, "SH", b"MRN880231")
    code[0x00080102] = element(0x00080102, "SH", b"SCT")
    code[0x00080104] = element(0x00080104, "LO", b"seen by Zqharrow")
    code[0x00080119] = element(0x00080119, "UC", b"Zqharrow long")
    ds = image()
    ds.ProcedureCodeSequence = [code]
    after, content, _ = redacted(ds)
    (kept,) = after.ProcedureCodeSequence
    assert kept.CodeValue.startswith("RL")
    assert kept.CodeMeaning == "seen by"
    assert b"880231" not in content
    assert b"Zqharrow" not in content


def test_what_was_typed_as_the_meaning_of_an_answer_goes() -> None:
    answer = raw_data_set()
    answer[0x00080100] = element(0x00080100, "SH", b"L1")
    answer[0x00080102] = element(0x00080102, "SH", b"99LOCAL")
    answer[0x00080104] = element(0x00080104, "LO", b"nodule seen by Zqharrow")
    item = raw_data_set()
    item.ValueType = "CODE"
    item.ConceptCodeSequence = [answer]
    ds = image("1.2.840.10008.5.1.4.1.1.88.33")
    ds.ContentSequence = [item]
    after, _, _ = redacted(ds)
    assert after.ContentSequence[0].ConceptCodeSequence[0].CodeMeaning == "nodule seen by"
