import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radloom import codes
from radloom.fhir.elements import identifier_query, narrative, quantity, uid_identifier


@given(st.decimals(-9999, 9999, places=1))
def test_a_quantity_prints_the_decimal_it_was_given(value: Decimal) -> None:
    printed = json.dumps(quantity(value, codes.SQUARE_CENTIMETRE)["value"])
    assert Decimal(printed) == value


@pytest.mark.parametrize(
    ("unit", "shown", "ucum"),
    [
        (codes.SQUARE_CENTIMETRE, "cm2", "cm2"),
        (codes.HOUNSFIELD_UNIT, "HU", "[hnsf'U]"),
        (codes.NO_UNITS, "1", "1"),
    ],
)
def test_a_unit_is_shown_as_people_write_it_and_coded_in_ucum(
    unit: codes.Code, shown: str, ucum: str
) -> None:
    told = quantity(Decimal(1), unit)
    assert (told["unit"], told["system"], told["code"]) == (
        shown,
        "http://unitsofmeasure.org",
        ucum,
    )


def test_a_search_by_identifier_is_escaped() -> None:
    query = identifier_query(uid_identifier("2.25.1"))
    assert query == "identifier=urn:dicom:uid%7Curn:oid:2.25.1"
    assert identifier_query({"system": "a b", "value": "c&d=e"}) == "identifier=a%20b%7Cc%26d%3De"


def test_text_in_a_narrative_is_text() -> None:
    assert "<p>a &lt; b &amp; c</p>" in narrative("a < b & c")["div"]
