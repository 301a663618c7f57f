"""What every database does. Runs on SQLite and PostgreSQL; each test has a schema of its own."""

import threading
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from radloom.adapters.database import Database
from radloom.errors import Unavailable
from radloom.runtime.inbox import Inbox
from radloom.runtime.outbox import Outbox, OutboxRelay
from tests.peers.postgres import postgres
from tests.runtime.stage import study_received
from tests.runtime.test_outbox import Recorder

NOTES = sa.Table("notes", sa.MetaData(), sa.Column("word", sa.String(20), primary_key=True))


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    with postgres() as url:
        yield url


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.peer)])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    schema = f"test_{uuid.uuid4().hex[:8]}"
    url = f"sqlite:///{tmp_path / 'a.sqlite'}"
    if request.param == "postgresql":
        url = request.getfixturevalue("server")
    database = Database(url, schema)
    database.upgrade("radloom.runtime.migrations")
    with database.transaction() as connection:
        NOTES.create(connection)
    yield database
    if request.param == "postgresql":
        with database.transaction() as connection:
            connection.execute(sa.schema.DropSchema(schema, cascade=True))
    database.close()


def write(connection: sa.Connection, word: str) -> None:
    connection.execute(sa.insert(NOTES).values(word=word))


def words(database: Database) -> set[str]:
    with database.reading() as connection:
        return set(connection.execute(sa.select(NOTES.c.word)).scalars())


def test_a_transaction_is_kept_whole(database: Database) -> None:
    with database.transaction() as connection:
        write(connection, "a")
        write(connection, "b")
    assert words(database) == {"a", "b"}


def test_a_transaction_that_fails_leaves_nothing(database: Database) -> None:
    def fail_half_way() -> None:
        with database.transaction() as connection:
            write(connection, "a")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_half_way()
    assert words(database) == set()


def test_a_fault_of_the_statement_is_not_mistaken_for_an_outage(database: Database) -> None:
    def write_twice() -> None:
        with database.transaction() as connection:
            write(connection, "a")
            write(connection, "a")

    def read_nothing() -> None:
        with database.reading() as connection:
            connection.exec_driver_sql("SELECT * FROM no_such_table")

    with pytest.raises(sa.exc.IntegrityError):
        write_twice()
    with pytest.raises(sa.exc.DBAPIError):
        read_nothing()


def test_a_reader_does_not_wait_for_a_writer(database: Database) -> None:
    with database.transaction() as connection:
        write(connection, "a")
        assert words(database) == set()
    assert words(database) == {"a"}


def test_counting_by_many_threads_loses_none(database: Database) -> None:
    inbox = Inbox(database)
    threads = [threading.Thread(target=inbox.claim, args=("event",)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert inbox.claim("event").unfinished == 8


def test_an_event_is_admitted_once(database: Database) -> None:
    inbox = Inbox(database)
    with database.transaction() as connection:
        assert inbox.admit(connection, "event")
    with database.transaction() as connection:
        assert not inbox.admit(connection, "event")
    assert inbox.claim("event").handled


def test_events_are_enqueued_with_their_effects_and_marked_when_published(
    database: Database,
) -> None:
    outbox, bus = Outbox(database), Recorder()
    with database.transaction() as connection:
        outbox.enqueue(connection, study_received(1), event_id="one")
        outbox.enqueue(connection, study_received(1), event_id="one")
    assert outbox.waiting() == 1
    assert OutboxRelay(outbox, bus).run_once() == 1
    assert outbox.waiting() == 0
    assert bus.records[0].headers["ce_id"] == b"one"


def test_a_database_that_cannot_be_reached_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    database = Database(f"sqlite:///{tmp_path / 'folder'}", "ingest")
    with pytest.raises(Unavailable) as away, database.reading():
        pass
    assert away.value.dependency == "database"


def test_a_server_that_does_not_answer_is_unavailable() -> None:
    database = Database("postgresql+psycopg://nobody@127.0.0.1:9/none", "ingest")
    with pytest.raises(Unavailable) as away, database.transaction():
        pass
    assert away.value.dependency == "database"
