"""Tables of the runtime in every service's database; `migrations` creates them."""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

METADATA = sa.MetaData()

INBOX = sa.Table(
    "inbox",
    METADATA,
    sa.Column("event_id", sa.String(255), primary_key=True),
    sa.Column("handled_at", sa.DateTime(timezone=True), nullable=False, index=True),
)
"""Events whose effects are in this database. A row here makes a redelivery harmless."""

OUTBOX = sa.Table(
    "outbox",
    METADATA,
    sa.Column("sequence", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("event_id", sa.String(255), nullable=False, unique=True),
    sa.Column("source_id", sa.String(255), nullable=False),
    sa.Column("topic", sa.String(255), nullable=False),
    sa.Column("key", sa.LargeBinary, nullable=False),
    sa.Column("value", sa.LargeBinary, nullable=False),
    sa.Column("headers", sa.JSON, nullable=False),
    sa.Column("enqueued_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("published_at", sa.DateTime(timezone=True), index=True),
    sa.Index("ix_outbox_source_id", "source_id"),
    sqlite_autoincrement=True,
)
"""Events that this service publishes, in order of `sequence`; `published_at` is null until the
bus acknowledged. `source_id` is the event that caused them, "" when none did."""

ATTEMPTS = sa.Table(
    "attempts",
    METADATA,
    sa.Column("event_id", sa.String(255), primary_key=True),
    sa.Column("unfinished", sa.Integer, nullable=False),
    sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
)
"""Handler runs that began and did not end, by event: what is left when a record kills a process."""


def insert_new(connection: sa.Connection, table: sa.Table, **values: object) -> bool:
    """Inserts a row; False when its primary or a unique key exists already.

    On PostgreSQL it waits for another transaction that inserts the same key.
    """
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    # Asked for the row rather than for rowcount, which PostgreSQL's driver does not always tell.
    statement = dialect.insert(table).values(**values).on_conflict_do_nothing()
    key = next(iter(table.primary_key))
    return connection.execute(statement.returning(key)).first() is not None
