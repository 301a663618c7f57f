"""What was handled, and what was begun and never ended.

`claim` counts a run before it begins, `admit` and `settle` forget the count when it ends. A record
that ends the process (out of memory, a segmentation fault in native code) never reaches an
`except`; its count is all that is left, and the worker gives it up when there are too many.
"""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from radloom.ports import Transactions
from radloom.runtime.tables import ATTEMPTS, INBOX, insert_new


@dataclass(frozen=True)
class Claim:
    """State of an event just before its handler runs.

    Attributes:
        handled: Its effects are durable already: do not run again.
        unfinished: Runs that began before and never ended.
    """

    handled: bool
    unfinished: int


class Inbox:
    """Which events this service has handled.

    Args:
        database: Holds the tables of `radloom.runtime.migrations`.
    """

    def __init__(self, database: Transactions) -> None:
        self._database = database

    def claim(self, event_id: str) -> Claim:
        """Counts a run of `event_id` as begun, unless it was handled.

        Raises:
            Unavailable: The database does not answer.
        """
        with self._database.transaction(durable=False) as connection:
            if connection.execute(
                sa.select(INBOX.c.event_id).where(INBOX.c.event_id == event_id)
            ).first():
                return Claim(handled=True, unfinished=0)
            insert_new(
                connection, ATTEMPTS, event_id=event_id, unfinished=0, started_at=sa.func.now()
            )
            unfinished = connection.execute(
                sa.update(ATTEMPTS)
                .where(ATTEMPTS.c.event_id == event_id)
                .values(unfinished=ATTEMPTS.c.unfinished + 1, started_at=sa.func.now())
                .returning(ATTEMPTS.c.unfinished)
            ).scalar_one()
        return Claim(handled=False, unfinished=unfinished - 1)

    def admit(self, connection: sa.Connection, event_id: str) -> bool:
        """Notes `event_id` as handled in the transaction of its effects; False when it was."""
        admitted = insert_new(connection, INBOX, event_id=event_id, handled_at=sa.func.now())
        _forget(connection, event_id)
        return admitted

    def settle(self, event_id: str) -> None:
        """Forgets runs of `event_id` that began: the last one ended without being handled.

        Raises:
            Unavailable: The database does not answer.
        """
        with self._database.transaction() as connection:
            _forget(connection, event_id)

    def withdraw(self, event_id: str) -> None:
        """Takes back one run of `event_id` that was begun and given up on purpose.

        Raises:
            Unavailable: The database does not answer.
        """
        with self._database.transaction() as connection:
            connection.execute(
                sa.update(ATTEMPTS)
                .where(ATTEMPTS.c.event_id == event_id, ATTEMPTS.c.unfinished > 0)
                .values(unfinished=ATTEMPTS.c.unfinished - 1)
            )

    def prune(self, before: datetime) -> int:
        """Forgets events handled before `before`; returns how many.

        Raises:
            Unavailable: The database does not answer.
        """
        with self._database.transaction() as connection:
            return connection.execute(sa.delete(INBOX).where(INBOX.c.handled_at < before)).rowcount


def _forget(connection: sa.Connection, event_id: str) -> None:
    connection.execute(sa.delete(ATTEMPTS).where(ATTEMPTS.c.event_id == event_id))
