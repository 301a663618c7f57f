"""The ledger on every database that may hold it."""

import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from radloom.adapters.database import Database
from services.publisher import ledger
from services.publisher.ledger import Effect, Entry, Status
from services.publisher.muscle_result import fingerprint, result_of
from services.publisher.tables import METADATA
from tests.peers.postgres import postgres
from tests.publisher.example import STUDY, measured, refused

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
INSTANCE = {"sop_class_uid": "1", "sop_instance_uid": "2", "series_instance_uid": "3"}


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with postgres() as url:
        yield url


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.peer)])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    url = f"sqlite:///{tmp_path / 'publisher.sqlite'}"
    if request.param == "postgresql":
        url = request.getfixturevalue("server")
    made = Database(url, f"test_{uuid.uuid4().hex[:8]}")
    made.upgrade("services.publisher.migrations")
    yield made
    made.close()


def run(database: Database, *effects: Effect) -> None:
    with database.transaction() as connection:
        for effect in effects:
            effect(connection)


def entries(database: Database) -> list[Entry]:
    with database.reading() as connection:
        return ledger.history(connection, "muscle", STUDY)


def test_an_entry_is_read_as_it_was_written(database: Database) -> None:
    result = result_of(measured().event)
    entry = Entry(result, Status.DELIVERED, [INSTANCE], ["Observation/1"], "http://a", "http://r")
    run(database, ledger.write(entry, NOW))
    assert entries(database) == [entry]


def test_a_result_has_one_row_whatever_becomes_of_it(database: Database) -> None:
    result = result_of(measured().event)
    for status in (Status.PENDING, Status.DELIVERED):
        run(database, ledger.write(Entry(result, status), NOW))
    assert [entry.status for entry in entries(database)] == [Status.DELIVERED]


def test_history_is_latest_first_by_revision_then_time(database: Database) -> None:
    old, new = (result_of(refused(revision=r, seconds=s)) for r, s in ((1, 9), (2, 1)))
    again = result_of(measured(result_id="again", revision=2, seconds=2).event)
    run(database, *(ledger.write(Entry(e, Status.WITHHELD), NOW) for e in (new, old, again)))
    assert [entry.result for entry in entries(database)] == [again, new, old]


def test_ending_others_spares_the_result_itself_and_what_was_never_sent(
    database: Database,
) -> None:
    mine = result_of(measured(revision=4).event)
    others = {
        status: result_of(measured(result_id=f"other-{status}", revision=1).event)
        for status in (Status.DELIVERED, Status.PENDING, Status.WITHHELD)
    }
    run(database, ledger.write(Entry(mine, Status.DELIVERED), NOW))
    run(database, *(ledger.write(Entry(e, status), NOW) for status, e in others.items()))
    run(database, ledger.end_others(mine, Status.SUPERSEDED, NOW))
    found = {entry.result.result_id: entry.status for entry in entries(database)}
    assert found == {
        mine.result_id: Status.DELIVERED,
        "other-delivered": Status.SUPERSEDED,
        "other-pending": Status.SUPERSEDED,
        "other-withheld": Status.WITHHELD,
    }


def test_the_listing_is_by_latest_change_with_times_in_utc(database: Database) -> None:
    for minute, event in enumerate((measured().event, refused(revision=2))):
        at = NOW + timedelta(minutes=minute)
        run(database, ledger.write(Entry(result_of(event), Status.WITHHELD), at))
    with database.reading() as connection:
        rows = ledger.listing(connection)
    assert [row["study_revision"] for row in rows] == [2, 1]
    assert datetime.fromisoformat(rows[1]["updated_at"]) == NOW


def test_the_migration_makes_the_table_that_the_code_reads(database: Database) -> None:
    with database.reading() as connection:
        made = sa.inspect(connection).get_columns("results")
    declared = METADATA.tables["results"].columns
    assert {(c["name"], c["nullable"]) for c in made} == {(c.name, c.nullable) for c in declared}


def test_results_that_say_the_same_have_one_fingerprint() -> None:
    one = measured().event
    two = measured(result_id="other", revision=5, seconds=1_800_000_000).event
    two.measurement.segmentation.key = "results/other/seg.dcm"
    two.models[0].mode = "remote"
    assert fingerprint(one) == fingerprint(two)
    two.measurement.area_cm2 += 1e-9
    assert fingerprint(one) != fingerprint(two)


def test_results_of_other_kinds_about_the_same_are_left_alone(database: Database) -> None:
    muscle = result_of(measured().event)
    other = replace(muscle, kind="report", result_id="other")
    for result in (muscle, other):
        run(database, ledger.write(Entry(result, Status.DELIVERED), NOW))
    run(database, ledger.end_others(replace(muscle, result_id="new"), Status.SUPERSEDED, NOW))
    with database.reading() as connection:
        (spared,) = ledger.history(connection, "report", muscle.about)
        (ended,) = ledger.history(connection, "muscle", muscle.about)
    assert (spared.status, ended.status) == (Status.DELIVERED, Status.SUPERSEDED)


def test_rows_from_before_there_were_kinds_are_muscle_about_their_study(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'old.sqlite'}"
    old = Database(url, "publisher")
    old.upgrade("services.publisher.migrations", revision="0001")
    row = {
        "result_id": "old",
        "study_instance_uid": STUDY,
        "study_revision": 1,
        "measured_at_us": 2,
        "status": "delivered",
        "fingerprint": "",
        "gates": "[]",
        "tracking_uid": "",
        "instances": "[]",
        "resources": "[]",
        "archive": "",
        "record": "",
        "event": b"",
        "updated_at": NOW,
    }
    columns = ", ".join(row)
    values = ", ".join(f":{name}" for name in row)
    with old.transaction() as connection:
        insert = f"INSERT INTO results ({columns}) VALUES ({values})"  # noqa: S608 - our own names
        connection.execute(sa.text(insert), row)
    old.upgrade("services.publisher.migrations")
    (entry,) = entries(old)
    assert (entry.result.kind, entry.result.about) == ("muscle", STUDY)
    old.close()
