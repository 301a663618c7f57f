"""What every SQLite file of ours needs, whichever library opens it."""

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

BUSY_TIMEOUT_S = 30.0
"""How long a writer waits for another one; longer than any transaction of ours by far."""

_LOOK_S = 0.01


def use_write_ahead_log(execute: Callable[[str], object]) -> None:
    """Switches the file to its write-ahead log, so that readers and the writer do not wait.

    Args:
        execute: Runs one statement on a connection to the file.

    Raises:
        sqlite3.OperationalError: Another process held the file all the time.
    """
    deadline = time.monotonic() + BUSY_TIMEOUT_S
    while True:
        try:
            execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            # SQLite's own busy timeout does not cover this switch when two processes are first.
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(_LOOK_S)
        else:
            return


@contextmanager
def writing(connection: sqlite3.Connection) -> Iterator[None]:
    """One transaction on a connection in autocommit mode; rolled back when the block fails.

    Raises:
        sqlite3.OperationalError: Another process held the lock all the time, or the disk is full.
    """
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:  # SQLite itself rolls back after some errors
            connection.execute("ROLLBACK")
        raise
