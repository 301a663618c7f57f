from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.redactor.pseudonyms import FIRST_DAY, Pseudonyms, Subject

ONE = Pseudonyms(b"1" * 32)
OTHER = Pseudonyms(b"2" * 32)
TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Zs")), min_size=1)
UIDS = st.integers(1, 10**30).map(lambda n: f"1.3.6.1.4.1.{n}")
DAYS = st.dates(date(1920, 1, 1), date(2100, 1, 1))


@given(UIDS)
def test_a_uid_is_replaced_by_a_valid_one_that_depends_on_the_key(uid: str) -> None:
    assert ONE.uid(uid) == ONE.uid(uid + "\0") != OTHER.uid(uid)
    assert ONE.uid(uid).startswith("2.25.")
    assert len(ONE.uid(uid)) <= 64
    assert ONE.uid(ONE.uid(uid)) != ONE.uid(uid)


def test_a_uid_of_the_standard_stays() -> None:
    assert ONE.uid("1.2.840.10008.5.1.4.1.1.2") == "1.2.840.10008.5.1.4.1.1.2"
    assert ONE.uid("") == ""


@pytest.mark.parametrize("tail", ["880231", "5.1.4.1.1.2.19640212", "DOE^JANE", "5."])
def test_what_hides_behind_the_root_of_the_standard_is_replaced(tail: str) -> None:
    assert ONE.uid(f"1.2.840.10008.{tail}").startswith("2.25.")


@given(TEXTS, TEXTS)
def test_patient_and_issuer_are_one_identity(patient: str, issuer: str) -> None:
    joined = ONE.patient_id(Subject(patient + issuer))
    assert ONE.patient_id(Subject(patient, issuer)) != joined
    assert ONE.patient_id(Subject(f" {patient} ", issuer)) == ONE.patient_id(
        Subject(patient, issuer)
    )


@given(TEXTS, DAYS, DAYS)
def test_intervals_between_the_dates_of_a_subject_stay_exact(
    patient: str, one: date, other: date
) -> None:
    subject = Subject(patient)
    assert ONE.shifted(one, subject) - ONE.shifted(other, subject) == one - other
    assert timedelta(days=30) <= one - ONE.shifted(one, subject) <= timedelta(days=3650)


def test_a_date_before_all_days_becomes_the_first() -> None:
    assert ONE.shifted(date(1, 1, 1), Subject("a")) == FIRST_DAY


def test_a_short_key_is_refused_and_no_key_is_shown() -> None:
    with pytest.raises(ValueError, match="has 3 bytes, at least 32"):
        Pseudonyms(b"abc")
    assert "1111" not in repr(ONE)
