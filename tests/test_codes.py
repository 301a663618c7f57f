import pytest
from pydicom.sr.codedict import codes as dictionary

from radloom import codes
from radloom.codes import Code

ALL = {name: value for name, value in vars(codes).items() if isinstance(value, Code)}
LOCAL = {name: code for name, code in ALL.items() if code.scheme == codes.LOCAL_SCHEME}
NOT_IN_THE_DICTIONARY = {
    codes.SQUARE_CENTIMETRE_PER_SQUARE_METRE,  # valid UCUM, used by no context group
    codes.BODY_HEIGHT,  # LOINC
}


@pytest.mark.parametrize("name", [n for n, c in ALL.items() if c.scheme in ("DCM", "SCT", "LN")])
def test_a_code_of_a_public_scheme_is_that_of_the_dicom_dictionary(name: str) -> None:
    code = ALL[name]
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
    assert all(code.system.startswith(("http://", "urn:oid:")) for code in ALL.values())


def test_wider_codes_are_public() -> None:
    assert all(narrow.scheme == codes.LOCAL_SCHEME for narrow in codes.WIDER)
    assert all(wide.scheme != codes.LOCAL_SCHEME for wide in codes.WIDER.values())
