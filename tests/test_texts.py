import pytest
from fhir.resources.R4B.observation import Observation
from hypothesis import given
from hypothesis import strategies as st

from radloom.errors import Rejected
from radloom.texts import joined, literal, of_literal, shown, text_of

ANY = st.text(st.characters())


@given(ANY)
def test_a_literal_is_ascii_and_gives_the_text_back(text: str) -> None:
    assert literal(text).isascii()
    assert literal(text).isprintable()
    assert of_literal(literal(text)) == text


@given(ANY)
def test_what_is_shown_has_a_character_for_each_and_may_be_shown_again(text: str) -> None:
    assert len(shown(text)) == len(text)
    assert shown(shown(text)) == shown(text)


@given(ANY.filter(lambda text: text.strip()))
def test_what_is_shown_is_a_string_of_fhir(text: str) -> None:
    code = {"text": "x"}
    resource = {"resourceType": "Observation", "status": "preliminary", "code": code}
    Observation.model_validate(resource | {"valueString": shown(text)})


@pytest.mark.parametrize("text", ["", "null", "1", "{}", '"open', "[]"])
def test_what_is_no_literal_is_refused(text: str) -> None:
    with pytest.raises(Rejected):
        of_literal(text)


def test_statements_join_in_whatever_order_they_come() -> None:
    parts = [(0, "", "One.", ""), (6, "\n ", "Two.", ""), (10, "", "Three.", " ")]
    assert joined(reversed(parts)) == "One.\n Two.Three. "


@pytest.mark.parametrize("missing", [0, 1])
def test_a_statement_that_is_missing_is_noticed(missing: int) -> None:
    parts = [(0, "", "One.", ""), (5, " ", "Two.", ""), (10, " ", "Three.", " ")]
    del parts[missing]
    with pytest.raises(Rejected) as refused:
        joined(parts)
    assert refused.value.reason == "statements_missing"


def test_a_text_is_read_in_the_charset_that_it_declares() -> None:
    assert text_of("Müde".encode("latin-1"), "text/plain; charset=latin-1") == "Müde"
    assert text_of("Müde".encode(), "text/plain") == "Müde"
    for content_type in ("text/plain", "text/plain; charset=klingon"):
        with pytest.raises(Rejected) as refused:
            text_of(b"M\xfcde", content_type)
        assert refused.value.reason == "charset"
