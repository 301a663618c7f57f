from datetime import UTC, datetime

import pytest
from pydicom.sr.codedict import codes as dictionary

from radloom import codes
from radloom.codes import Code
from services.cachexia_scorer.features import features
from services.cachexia_scorer.panel import panel
from services.report_structurer.assign import SECTIONS
from services.report_structurer.headings import PARTS

ALL = {name: value for name, value in vars(codes).items() if isinstance(value, Code)}
TABLES = {
    f"{name}[{key}]": value
    for name in (
        "REPORT_TITLES",
        "REPORT_HEADINGS",
        "REPORT_ELEMENTS",
        "ORGAN_SECTIONS",
        "POLARITIES",
        "CERTAINTIES",
        "TEMPORALITIES",
        "CRITERIA",
    )
    for key, value in getattr(codes, name).items()
}
EVERY = ALL | TABLES
LOCAL = {name: code for name, code in EVERY.items() if code.scheme == codes.LOCAL_SCHEME}
NOT_IN_THE_DICTIONARY = {
    codes.SQUARE_CENTIMETRE_PER_SQUARE_METRE,  # valid UCUM, used by no context group
    codes.BODY_HEIGHT,  # LOINC
    codes.CACHEXIA,  # SNOMED CT
}


@pytest.mark.parametrize("name", [n for n, c in EVERY.items() if c.scheme in ("DCM", "SCT", "LN")])
def test_a_code_of_a_public_scheme_is_that_of_the_dicom_dictionary(name: str) -> None:
    code = EVERY[name]
    if code in NOT_IN_THE_DICTIONARY:
        return
    scheme = getattr(dictionary, code.scheme)
    known = [getattr(scheme, keyword) for keyword in scheme.dir()]
    assert code.meaning in {entry.meaning for entry in known if entry.value == code.value}


@pytest.mark.parametrize("name", LOCAL)
def test_a_local_code_fits_dicom(name: str) -> None:
    code = LOCAL[name]
    assert len(code.value) <= 16  # SH
    assert len(code.meaning) <= 64  # LO


def test_no_code_exists_twice() -> None:
    values = [(code.scheme, code.value) for code in ALL.values()]
    assert sorted(values) == sorted(set(values))


def test_every_code_has_a_fhir_system() -> None:
    known = ("http://", "urn:oid:", "urn:ietf:")
    assert all(code.system.startswith(known) for code in EVERY.values())


@pytest.mark.parametrize(
    ("table", "context_group"),
    [
        (codes.REPORT_TITLES, 7000),
        (codes.REPORT_HEADINGS, 7001),
        (codes.REPORT_ELEMENTS, 7002),
        ({k: v for k, v in codes.POLARITIES.items() if k != "mixed"}, 240),
    ],
    ids=["titles", "headings", "elements", "polarities"],
)
def test_codes_of_a_report_are_members_of_their_context_group(
    table: dict[str, Code], context_group: int
) -> None:
    members = getattr(dictionary, f"cid{context_group}").concepts.values()
    known = {(member.scheme_designator, member.value) for member in members}
    assert {(code.scheme, code.value) for code in table.values()} <= known


def test_one_code_means_one_thing() -> None:
    meanings: dict[tuple[str, str], set[str]] = {}
    for code in TABLES.values():
        meanings.setdefault((code.scheme, code.value), set()).add(code.meaning)
    assert all(len(said) == 1 for said in meanings.values())


def test_every_organ_section_of_the_structurer_has_a_code() -> None:
    assert list(codes.ORGAN_SECTIONS) == list(SECTIONS)


def test_every_part_of_a_report_has_a_heading_and_an_element() -> None:
    assert set(codes.REPORT_HEADINGS) == set(codes.REPORT_ELEMENTS) == set(PARTS)


def test_every_criterion_of_the_panel_has_a_code() -> None:
    state = features([], datetime(2026, 1, 1, tzinfo=UTC))
    assert [result.name for result in panel(state)] == list(codes.CRITERIA)


def test_wider_codes_are_public() -> None:
    assert all(narrow.scheme == codes.LOCAL_SCHEME for narrow in codes.WIDER)
    assert all(wide.scheme != codes.LOCAL_SCHEME for wide in codes.WIDER.values())
