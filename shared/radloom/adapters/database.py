"""SQL databases: SQLite for one machine, PostgreSQL in production; one schema per service.

A service brings its tables as a package of Alembic revisions named `v0001_<what>.py`, without an
`env.py`:

    database = Database("sqlite:////data/ingest.sqlite", schema="ingest")
    database.upgrade("radloom.runtime.migrations", "services.ingest.migrations")
    with database.transaction() as connection:
        connection.execute(...)
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import as_file, files
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

from radloom.adapters.sqlite_file import BUSY_TIMEOUT_S, use_write_ahead_log
from radloom.errors import Unavailable

PRAGMAS = (
    "synchronous = FULL",  # a commit survives loss of power
    "foreign_keys = ON",
    f"busy_timeout = {BUSY_TIMEOUT_S * 1000:.0f}",
)

_ENVIRONMENT = "radloom.adapters:alembic_environment"
_SQLITE_LATER = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_READONLY,
    }
)
"""SQLite result codes that another try may not see; the others are faults of the statement."""
_POSTGRES_LATER = ("08", "40", "53", "55", "57")
"""SQLSTATE classes: connection, rollback, resources, object not ready, operator intervention."""
_BEGIN, _DURABLE = "radloom_begin", "radloom_durable"
"""Execution options that a `begin` listener reads."""


class Database:
    """Engine of one service's database.

    Args:
        url: `sqlite:///relative.sqlite`, `sqlite:////absolute.sqlite` or
            `postgresql+psycopg://user@host/name`.
        schema: Name of the service's schema. PostgreSQL keeps the tables in it; a SQLite file
            belongs to one service as a whole.

    Raises:
        ValueError: Another kind of database, or one in memory.
    """

    def __init__(self, url: str, schema: str) -> None:
        parsed = sa.make_url(url)
        self._schema = schema
        match parsed.get_backend_name():
            case "sqlite":
                self.engine = _sqlite_engine(parsed)
            case "postgresql":
                self.engine = _postgresql_engine(parsed, schema)
            case other:
                raise ValueError(
                    f"Database of kind {other!r}; expected a URL that starts with 'sqlite:///' "
                    "or 'postgresql+psycopg://'."
                )

    @contextmanager
    def transaction(self, *, durable: bool = True) -> Iterator[sa.Connection]:
        """One transaction that may write: committed when the block ends, or rolled back whole.

        SQLite takes the write lock at the start, so that a read-then-write cannot fail half-way.

        Args:
            durable: False when loss of power may undo it, though not the end of this process. It
                saves one wait for the disk.

        Raises:
            Unavailable: The database does not answer, is locked, or is out of space.
        """
        with self._begun("BEGIN IMMEDIATE", durable=durable) as connection:
            yield connection

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """One transaction that only reads, and waits for no writer.

        Raises:
            Unavailable: The database does not answer.
        """
        with self._begun("BEGIN") as connection:
            yield connection

    def upgrade(self, *packages: str, revision: str = "head") -> None:
        """Brings the tables of each package of revisions up to date; harmless when they are.

        Each package has its own version table, so that packages move independently. Replicas that
        start together wait for each other.

        Args:
            packages: Dotted names, "services.ingest.migrations".
            revision: How far; an older release stood at an older one.

        Raises:
            Unavailable: The database does not answer.
        """
        for package in packages:
            with self.transaction() as connection:
                self._lock_schema(connection)
                _upgrade(connection, package, revision)

    def close(self) -> None:
        """Closes every connection."""
        self.engine.dispose()

    @contextmanager
    def _begun(self, sqlite_begin: str, *, durable: bool = True) -> Iterator[sa.Connection]:
        with _named_failures(), self.engine.connect() as connection:
            connection.execution_options(**{_BEGIN: sqlite_begin, _DURABLE: durable})
            with connection.begin():
                yield connection

    def _lock_schema(self, connection: sa.Connection) -> None:
        if connection.dialect.name == "postgresql":
            lock = sa.func.pg_advisory_xact_lock(sa.func.hashtext(f"radloom {self._schema}"))
            connection.execute(sa.select(lock))
            connection.execute(sa.schema.CreateSchema(self._schema, if_not_exists=True))


def _upgrade(connection: sa.Connection, package: str, revision: str) -> None:
    with as_file(files(package)) as revisions:
        config = Config()
        config.set_main_option("script_location", _ENVIRONMENT)
        config.set_main_option("path_separator", "newline")
        config.set_main_option("version_locations", str(revisions).replace("%", "%%"))
        config.attributes["connection"] = connection
        config.attributes["version_table"] = "version_of_" + package.replace(".", "_")
        command.upgrade(config, revision)


@contextmanager
def _named_failures() -> Iterator[None]:
    try:
        yield
    except sa.exc.DBAPIError as error:
        if not (error.connection_invalidated or _may_pass(error.orig)):
            raise
        raise Unavailable(
            f"The database does not answer ({type(error.orig).__name__}); "
            "check that it runs and has space.",
            dependency="database",
        ) from error


def _may_pass(error: BaseException | None) -> bool:
    code = getattr(error, "sqlite_errorcode", None)
    if code is not None:
        return code & 0xFF in _SQLITE_LATER  # the low byte is the primary result code
    state = getattr(error, "sqlstate", "")
    # psycopg leaves the state out when the connection itself failed.
    return state is None or state.startswith(_POSTGRES_LATER)


def _sqlite_engine(url: sa.URL) -> sa.Engine:
    if url.database in (None, "", ":memory:"):
        raise ValueError(
            "A SQLite database in memory is lost with its connection; name a file, "
            "'sqlite:////data/ingest.sqlite'."
        )
    Path(str(url.database)).parent.mkdir(parents=True, exist_ok=True)
    engine = sa.create_engine(url, connect_args={"timeout": BUSY_TIMEOUT_S})

    @sa.event.listens_for(engine, "connect")
    def prepare(connection: DBAPIConnection, _record: ConnectionPoolEntry) -> None:
        # sqlite3 would otherwise begin transactions by itself, and only before some statements.
        connection.isolation_level = None
        cursor = connection.cursor()
        use_write_ahead_log(cursor.execute)
        for pragma in PRAGMAS:
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @sa.event.listens_for(engine, "begin")
    def begin(connection: sa.Connection) -> None:
        options = connection.get_execution_options()
        durable = "FULL" if options.get(_DURABLE, True) else "NORMAL"
        connection.exec_driver_sql(f"PRAGMA synchronous = {durable}")
        connection.exec_driver_sql(options.get(_BEGIN, "BEGIN"))

    return engine


def _postgresql_engine(url: sa.URL, schema: str) -> sa.Engine:
    engine = sa.create_engine(
        url.set(drivername="postgresql+psycopg"),
        connect_args={"options": f"-csearch_path={schema} -ctimezone=UTC"},
        pool_pre_ping=True,  # a server that restarted is noticed before a transaction, not in it
    )

    @sa.event.listens_for(engine, "begin")
    def begin(connection: sa.Connection) -> None:
        if not connection.get_execution_options().get(_DURABLE, True):
            connection.exec_driver_sql("SET LOCAL synchronous_commit = off")

    return engine
