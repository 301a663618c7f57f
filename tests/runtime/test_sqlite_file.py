import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from radloom.adapters.sqlite_file import use_write_ahead_log, writing


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    with closing(open_file(tmp_path)) as opened:
        yield opened


def open_file(folder: Path) -> sqlite3.Connection:
    return sqlite3.connect(folder / "a.sqlite", isolation_level=None, timeout=0)


def test_the_first_of_two_processes_makes_the_other_wait_for_the_log(
    connection: sqlite3.Connection, tmp_path: Path
) -> None:
    with closing(open_file(tmp_path)) as first:
        first.execute("CREATE TABLE t (a)")
        first.execute("BEGIN EXCLUSIVE")
        tries = []

        def execute(statement: str) -> object:
            tries.append(statement)
            if len(tries) == 3:
                first.execute("COMMIT")
            return connection.execute(statement)

        use_write_ahead_log(execute)
        assert len(tries) == 3
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_a_block_that_fails_leaves_no_transaction_open(connection: sqlite3.Connection) -> None:
    connection.execute("CREATE TABLE t (a)")

    def fail_half_way() -> None:
        with writing(connection):
            connection.execute("INSERT INTO t VALUES (1)")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_half_way()
    with writing(connection):
        connection.execute("INSERT INTO t VALUES (2)")
    assert connection.execute("SELECT a FROM t").fetchall() == [(2,)]
