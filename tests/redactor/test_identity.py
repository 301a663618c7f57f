"""Known identifiers: where they come from, and how texts write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom import Dataset

from services.redactor.identity import Identity, Known
from services.redactor.spans import Kind

HEADER = {
    "PatientName": "Okonkwo-Brandt^Zofia^Maria=山田^太郎=やまだ^たろう",
    "PatientID": "0405608",
    "PatientBirthDate": "19770603",
    "AccessionNumber": "RAD-76659890",
    "ReferringPhysicianName": "Baker^Ruth",
    "InstitutionName": "Lozano Memorial Hospital",
    "PatientTelephoneNumbers": "+1 (212) 555-0187",
    "StudyInstanceUID": "1.2.826.0.1.3680043.9.7777.3.701",
}
IDENTITY = Identity.of_header(HEADER)


def found(text: str, sure: float = 0.5) -> set[str]:
    return {text[m.start : m.end] for m in IDENTITY.matcher.find(text) if m.confidence >= sure}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Okonkwo-Brandt, Zofia M.", {"Okonkwo", "Brandt", "Zofia", "M."}),
        ("ZOFIA OKONKWO BRANDT", {"ZOFIA", "OKONKWO", "BRANDT"}),
        ("zofia.brandt", {"zofia", "brandt"}),
        ("Seen: Zofja Okonkvo", {"Zofja", "Okonkvo"}),
        ("0K0NKW0 here", {"0K0NKW0"}),
        ("file okonkwobrandtzofia_2.dcm", {"okonkwobrandtzofia"}),
        ("患者は山田太郎です", {"山田", "太郎"}),
        ("id 040-5608", {"040-5608"}),
        ("RAD76659890", {"RAD76659890"}),
        ("born 3 June 1977", {"3 June 1977"}),
        ("born 06/03/77", {"06/03/77"}),
        ("tel 212.555.0187", {"212.555.0187"}),
        ("at LOZANO  memorial-hospital", {"LOZANO  memorial-hospital", "LOZANO"}),
        ("uid 1.2.826.0.1.3680043.9.7777.3.701", {"1.2.826.0.1.3680043.9.7777.3.701"}),
    ],
)
def test_an_identifier_is_found_however_it_is_written(text: str, words: set[str]) -> None:
    assert words <= found(text)


@pytest.mark.parametrize(
    "text",
    [
        "A Baker cyst.",
        "the baker's dozen",
        "image 405, 608 mm",
        "5-6-08",
        "Memorial Day",
        "M. soleus",
    ],
)
def test_a_word_of_medicine_or_of_the_language_is_none(text: str) -> None:
    assert found(text) == set()


def test_a_surname_that_is_a_word_is_found_in_the_company_of_names() -> None:
    assert found("Discussed with Dr. Baker") == {"Baker"}
    assert {"Ruth", "Baker"} <= found("Ruth Baker called")


def test_identifiers_come_from_every_depth_and_every_instance() -> None:
    item = Dataset()
    item.OperatorsName = ["Kowal^Ewa", "Novak^Jan"]
    item.StationName = "CTROOM77"
    first, second = Dataset(), Dataset()
    first.RequestAttributesSequence = [item]
    second.OtherPatientIDs = ["H-990017", "X12345"]
    second.SOPClassUID = "1.2.840.10008.5.1.4.1.1.2"
    known = Identity.gather([first, second], extra=[Known(Kind.NAME, "Doe^Jane")]).known
    assert {(k.kind, k.value) for k in known} == {
        (Kind.NAME, "Kowal^Ewa"),
        (Kind.NAME, "Novak^Jan"),
        (Kind.NAME, "Doe^Jane"),
        (Kind.ID, "CTROOM77"),
        (Kind.ID, "H-990017"),
        (Kind.ID, "X12345"),
    }


def test_identifiers_come_from_the_health_record() -> None:
    patient = {
        "resourceType": "Patient",
        "identifier": [{"value": "778899", "assigner": {"display": "Clinic Nord"}}],
        "name": [{"family": "Kern", "given": ["Ana", "Eva"]}],
        "telecom": [{"system": "email", "value": "ana@kern.example"}],
        "address": [{"line": ["Hauptstr. 5"], "city": "Ulm", "country": "DE"}],
        "birthDate": "1980-02-03",
        "contact": [{"name": {"text": "Otto Kern"}}],
        "generalPractitioner": [{"display": "Dr. Vogt"}],
        "maritalStatus": {"coding": [{"display": "Married"}]},
    }
    known = {(k.kind, k.value) for k in Identity.of(patient).known}
    assert known == {
        (Kind.ID, "778899"),
        (Kind.LOC, "Clinic Nord"),
        (Kind.NAME, "Kern^Ana Eva"),
        (Kind.EMAIL, "ana@kern.example"),
        (Kind.LOC, "Hauptstr. 5"),
        (Kind.LOC, "Ulm"),
        (Kind.DATE, "1980-02-03"),
        (Kind.NAME, "Otto Kern"),
        (Kind.NAME, "Dr. Vogt"),
    }


@pytest.mark.parametrize(
    "word", ["OKONKWO", "ok0nkwo", "Brandt,", "0405608", "O4O56O8", "19770603"]
)
def test_a_word_read_from_pixels_is_known(word: str) -> None:
    match = IDENTITY.matcher.matches_word(word)
    assert match is not None
    assert 0 <= match.start < match.end <= len(word)


@pytest.mark.parametrize("word", ["AXIAL", "R", "5.0", "kVp", "120", ""])
def test_a_word_of_the_image_is_not(word: str) -> None:
    assert IDENTITY.matcher.matches_word(word) is None


def test_nothing_known_finds_nothing_and_no_repr_says_a_value() -> None:
    assert Identity.of_header({}).matcher.find("Okonkwo 0405608") == ()
    assert "Okonkwo" not in repr(IDENTITY) + repr(IDENTITY.known) + repr(IDENTITY.matcher)


@given(st.text(max_size=200))
def test_any_text_can_be_searched(text: str) -> None:
    for match in IDENTITY.matcher.find(text):
        assert 0 <= match.start < match.end <= len(text)
        assert 0 <= match.confidence <= 1
