import multiprocessing
from pathlib import Path

import pytest
import sqlalchemy as sa

from radloom.adapters.database import Database


def test_a_database_in_memory_is_refused() -> None:
    with pytest.raises(ValueError, match="name a file"):
        Database("sqlite://", "ingest")


def test_another_kind_of_database_is_refused() -> None:
    with pytest.raises(ValueError, match=r"'mysql'; expected"):
        Database("mysql://host/name", "ingest")


def test_a_commit_on_sqlite_survives_loss_of_power(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'a.sqlite'}", "ingest")
    names = ("journal_mode", "synchronous", "foreign_keys")

    def pragmas(*, durable: bool) -> list[object]:
        with database.transaction(durable=durable) as connection:
            return [connection.exec_driver_sql(f"PRAGMA {n}").scalar_one() for n in names]

    assert pragmas(durable=True) == ["wal", 2, 1]
    assert pragmas(durable=False) == ["wal", 1, 1]
    assert pragmas(durable=True) == ["wal", 2, 1]
    database.close()


def test_packages_of_revisions_move_independently(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'a.sqlite'}", "ingest")
    database.upgrade("radloom.runtime.migrations")
    database.upgrade("radloom.runtime.migrations")
    with database.reading() as connection:
        tables = set(sa.inspect(connection).get_table_names())
    assert tables == {
        "inbox",
        "outbox",
        "attempts",
        "version_of_radloom_runtime_migrations",
    }
    database.close()


def test_the_tables_of_the_code_are_the_tables_of_the_migrations(tmp_path: Path) -> None:
    from alembic.autogenerate import compare_metadata  # noqa: PLC0415 - only here
    from alembic.migration import MigrationContext  # noqa: PLC0415 - only here

    from radloom.runtime.tables import METADATA  # noqa: PLC0415 - only here

    database = Database(f"sqlite:///{tmp_path / 'a.sqlite'}", "ingest")
    database.upgrade("radloom.runtime.migrations")
    with database.reading() as connection:
        found = compare_metadata(MigrationContext.configure(connection), METADATA)
    versions = [change for change in found if "version_of" not in repr(change)]
    assert versions == []
    database.close()


def upgrade(path: str) -> None:
    database = Database(f"sqlite:///{path}", "ingest")
    database.upgrade("radloom.runtime.migrations")
    database.close()


def test_replicas_that_start_together_wait_for_each_other(tmp_path: Path) -> None:
    path = str(tmp_path / "a.sqlite")
    context = multiprocessing.get_context("spawn")
    replicas = [context.Process(target=upgrade, args=(path,)) for _ in range(3)]
    for replica in replicas:
        replica.start()
    for replica in replicas:
        replica.join(60)
    assert [replica.exitcode for replica in replicas] == [0, 0, 0]
