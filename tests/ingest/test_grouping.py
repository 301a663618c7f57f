"""Instances become studies, and studies are released when they are quiet."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from radloom.adapters.dimse import SUCCESS
from radloom.dicom.part10 import encode
from radloom.results import MANUFACTURER
from services.ingest.admission import DUPLICATE, MISMATCH
from services.ingest.app import receive_one
from services.ingest.subject import MIN_SECRET_BYTES, require_secret, subject_key
from tests.ingest.example import (
    ISSUER,
    PATIENT_ID,
    PATIENT_NAME,
    QUIET,
    SECRET,
    SERIES,
    STUDY,
    Stage,
    SteppedClock,
    ct,
    ct_file,
    kept_files,
    stage,
)

ONE_SECOND = timedelta(seconds=1)


@pytest.fixture
def on(tmp_path: Path) -> Iterator[Stage]:
    with stage(tmp_path) as made:
        yield made


def by_c_store(on: Stage, number: int, **changed: str) -> int:
    """Takes an instance in by the other door, in that door's own file meta information."""
    ds = ct(number)
    for keyword, value in changed.items():
        setattr(ds, keyword, value)
    ds.file_meta.ImplementationVersionName = "ANOTHER"
    return receive_one(on.ingest, encode(ds))


# ---------------------------------------------------------------- quiet


def test_a_study_is_released_when_it_was_quiet_long_enough(on: Stage) -> None:
    on.receive(ct_file(1), ct_file(2))
    on.clock.pass_time(QUIET - ONE_SECOND)
    assert on.ingest.release_quiet_studies() == 0
    on.clock.pass_time(ONE_SECOND)
    assert on.ingest.release_quiet_studies() == 1
    assert on.ingest.release_quiet_studies() == 0
    (event,) = on.released()
    assert (event.study_instance_uid, event.revision) == (STUDY, 1)
    assert [(s.series_instance_uid, s.modality, s.instance_count) for s in event.series] == [
        (SERIES, "CT", 2)
    ]
    assert event.released_at.ToDatetime() == on.clock.now().replace(tzinfo=None)


def test_every_new_instance_starts_the_quiet_time_again(on: Stage) -> None:
    for number in range(1, 4):
        on.receive(ct_file(number))
        on.clock.pass_time(QUIET - ONE_SECOND)
        assert on.ingest.release_quiet_studies() == 0
    on.clock.pass_time(ONE_SECOND)
    assert on.ingest.release_quiet_studies() == 1


def test_a_resend_does_not_start_the_quiet_time_again(on: Stage) -> None:
    on.receive(ct_file(1))
    on.clock.pass_time(QUIET - ONE_SECOND)
    assert on.receive(ct_file(1)) == [0]
    on.clock.pass_time(ONE_SECOND)
    assert on.ingest.release_quiet_studies() == 1


def test_studies_are_quiet_each_for_itself(on: Stage) -> None:
    on.receive(ct_file(1))
    on.clock.pass_time(QUIET - ONE_SECOND)
    on.receive(ct_file(1, study="2.25.101", series="2.25.201"))
    on.clock.pass_time(ONE_SECOND)
    assert on.ingest.release_quiet_studies() == 1
    assert [event.study_instance_uid for event in on.released()] == [STUDY]
    assert on.wait_quietly() == 1


def test_instances_of_both_doors_make_one_study(on: Stage) -> None:
    on.receive(ct_file(1))
    on.clock.pass_time(QUIET - ONE_SECOND)
    assert by_c_store(on, 2) == SUCCESS
    on.clock.pass_time(QUIET - ONE_SECOND)
    on.receive(ct_file(1, series="2.25.201"), study=STUDY)
    assert on.wait_quietly() == 1
    (event,) = on.released()
    assert [(s.series_instance_uid, s.instance_count) for s in event.series] == [
        (SERIES, 2),
        ("2.25.201", 1),
    ]


def test_the_quiet_time_survives_a_restart(tmp_path: Path) -> None:
    clock = SteppedClock()
    with stage(tmp_path, clock=clock) as first:
        first.receive(ct_file(1))
        clock.pass_time(QUIET - ONE_SECOND)
    with stage(tmp_path, clock=clock) as second:
        assert second.ingest.release_quiet_studies() == 0
        clock.pass_time(ONE_SECOND)
        assert second.ingest.release_quiet_studies() == 1


def test_a_released_study_is_not_released_again_by_a_restart(tmp_path: Path) -> None:
    clock = SteppedClock()
    with stage(tmp_path, clock=clock) as first:
        first.receive(ct_file(1))
        assert first.wait_quietly() == 1
    with stage(tmp_path, clock=clock) as second:
        assert second.wait_quietly() == 0
        assert len(second.released()) == 1


@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_a_study_is_one_event_whatever_the_order(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    order = data.draw(st.permutations(range(1, 6)))
    digests = set()
    for numbers in (range(1, 6), order):
        with stage(tmp_path_factory.mktemp("study")) as on:
            for number in numbers:
                on.receive(ct_file(number))
            assert on.wait_quietly() == 1
            (event,) = on.released()
            (row,) = on.outbox.unpublished()
            digests.add((event.content_sha256, row.record.headers["ce_id"]))
    assert len(digests) == 1


# ---------------------------------------------------------------- revisions


def test_a_complete_study_sent_again_is_not_released_again(on: Stage) -> None:
    on.receive(ct_file(1), ct_file(2))
    assert on.wait_quietly() == 1
    assert on.receive(ct_file(1), ct_file(2)) == [0, 0]
    assert on.wait_quietly() == 0


def test_a_complete_study_sent_again_by_the_other_door_is_not_released_again(on: Stage) -> None:
    on.receive(ct_file(1))
    assert on.wait_quietly() == 1
    assert by_c_store(on, 1) == SUCCESS
    assert on.wait_quietly() == 0
    assert [path.read_bytes() for path in kept_files(on.folder)] == [ct_file(1)]


def test_the_other_door_refuses_changed_content_too(on: Stage) -> None:
    on.receive(ct_file(1))
    assert by_c_store(on, 1, PatientSex="M") == DUPLICATE
    assert [path.read_bytes() for path in kept_files(on.folder)] == [ct_file(1)]


def test_a_new_instance_gives_the_next_revision_with_all_instances(on: Stage) -> None:
    on.receive(ct_file(1))
    assert on.wait_quietly() == 1
    on.receive(ct_file(2))
    assert on.wait_quietly() == 1
    first, second = on.released()
    assert (first.revision, second.revision) == (1, 2)
    assert second.series[0].instance_count == 2
    assert first.content_sha256 != second.content_sha256


def test_results_of_ours_that_come_back_release_nothing(on: Stage) -> None:
    on.receive(ct_file(1))
    assert on.wait_quietly() == 1
    assert on.receive(ct_file(2, Manufacturer=MANUFACTURER)) == [0]
    assert by_c_store(on, 3, Manufacturer=MANUFACTURER) == SUCCESS
    assert on.wait_quietly() == 0


def test_results_of_ours_alone_release_nothing_until_an_image_comes(on: Stage) -> None:
    on.receive(ct_file(1, Manufacturer=MANUFACTURER))
    assert on.wait_quietly() == 0
    on.receive(ct_file(2))
    assert on.wait_quietly() == 1


def test_a_refused_instance_starts_no_quiet_time(on: Stage) -> None:
    on.receive(ct_file(1))
    on.clock.pass_time(QUIET - ONE_SECOND)
    assert on.receive(ct_file(2, PatientID="SOMEBODY-ELSE")) == [MISMATCH]
    on.clock.pass_time(ONE_SECOND)
    assert on.ingest.release_quiet_studies() == 1
    assert on.released()[0].series[0].instance_count == 1


# ---------------------------------------------------------------- what the bus learns


def test_an_event_reveals_nothing_of_the_patient(on: Stage) -> None:
    on.receive(ct_file(1))
    on.wait_quietly()
    (row,) = on.outbox.unpublished()
    seen = b" ".join([row.record.key, row.record.value, *row.record.headers.values()])
    for secret in (PATIENT_ID, PATIENT_NAME, "Nora", ISSUER, "1950", "A1"):
        assert secret.encode() not in seen.replace(STUDY.encode(), b"")
    assert STUDY.encode() not in row.record.key


def test_a_subject_key_is_stable_and_reveals_nothing() -> None:
    key = subject_key(SECRET, PATIENT_ID, ISSUER)
    assert key == subject_key(SECRET, f" {PATIENT_ID} ", f"{ISSUER} ")
    assert re.fullmatch("[0-9a-f]{64}", key)
    # printf '\0\0\0\13CANARY-4711\0\0\0\12HOSPITAL-A' | openssl dgst -sha256 -hmac "$SECRET"
    assert key == "828b8a7cda7239f389386a3930f05c8fbd2863dcd5afdd14869c2585301cd94e"
    assert key != subject_key(SECRET + b"x", PATIENT_ID, ISSUER)


IDENTIFIERS = st.text(max_size=12).map(str.strip)


@given(one=st.tuples(IDENTIFIERS, IDENTIFIERS), two=st.tuples(IDENTIFIERS, IDENTIFIERS))
def test_two_patients_never_share_a_key(one: tuple[str, str], two: tuple[str, str]) -> None:
    assert (subject_key(SECRET, *one) == subject_key(SECRET, *two)) == (one == two)
    assert subject_key(SECRET, "ab", "c") != subject_key(SECRET, "a", "bc")


def test_a_secret_too_short_is_refused_without_showing_it() -> None:
    with pytest.raises(ValueError, match="openssl rand") as refused:
        require_secret("x" * (MIN_SECRET_BYTES - 1))
    assert "xx" not in str(refused.value)
    assert require_secret("x" * MIN_SECRET_BYTES) == b"x" * MIN_SECRET_BYTES
