"""The bus of one machine: a durable log with consumer groups in one SQLite file.

Several processes may use the file at once. It is the default of `radloom up`; the production bus is
`radloom.adapters.kafka`. Nothing is ever deleted from it: an event is about a kilobyte.
"""

import json
import sqlite3
import threading
import time
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from radloom import topics
from radloom.adapters.local_membership import Membership, Partition
from radloom.adapters.sqlite_file import BUSY_TIMEOUT_S, use_write_ahead_log, writing
from radloom.errors import Rejected, Unavailable
from radloom.ports import BusRecord, Delivery

LOOK_S = 0.01
"""Pause between looks whether another process changed the file; one look reads one counter."""

SCHEMA = """
CREATE TABLE IF NOT EXISTS ends (
  topic TEXT, part INTEGER, next INTEGER NOT NULL,
  PRIMARY KEY (topic, part)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS records (
  topic TEXT, part INTEGER, position INTEGER, published_at REAL NOT NULL,
  key BLOB NOT NULL, value BLOB NOT NULL, headers TEXT NOT NULL,
  PRIMARY KEY (topic, part, position)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS commits (
  grp TEXT, topic TEXT, part INTEGER, next INTEGER NOT NULL,
  PRIMARY KEY (grp, topic, part)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS members (
  grp TEXT, member TEXT, topics TEXT NOT NULL, lease_until REAL NOT NULL,
  PRIMARY KEY (grp, member)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS assignments (
  grp TEXT, topic TEXT, part INTEGER, member TEXT NOT NULL, epoch INTEGER NOT NULL,
  PRIMARY KEY (grp, topic, part)) WITHOUT ROWID;
"""

_HEADS = """
SELECT a.topic, a.part, a.epoch, r.position, r.published_at, r.key, r.value, r.headers
FROM assignments a
LEFT JOIN commits c USING (grp, topic, part)
JOIN records r ON r.topic = a.topic AND r.part = a.part AND r.position = coalesce(c.next, 0)
WHERE a.grp = ? AND a.member = ?
ORDER BY r.published_at
"""

_COMMIT = """
INSERT INTO commits (grp, topic, part, next)
SELECT grp, topic, part, ? FROM assignments
WHERE grp = ? AND topic = ? AND part = ? AND member = ? AND epoch = ?
ON CONFLICT (grp, topic, part) DO UPDATE SET next = excluded.next
"""

_LAG = """
SELECT a.topic, sum(e.next - coalesce(c.next, 0))
FROM assignments a
LEFT JOIN commits c USING (grp, topic, part)
JOIN ends e ON e.topic = a.topic AND e.part = a.part
WHERE a.grp = ? AND a.member = ?
GROUP BY a.topic
"""


class LocalBus:
    """A bus in one SQLite file.

    Args:
        path: The file; it and its folder are created when missing. On a local disk: SQLite's
            write-ahead log does not work over network file systems.
        lease_s: A member that has not polled for this long is taken for dead, seconds.
    """

    def __init__(self, path: Path | str, *, lease_s: float = 15.0) -> None:
        self._path = Path(path)
        self._lease_s = lease_s
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        with _answering():
            self._connection = _connect(self._path, synchronous="FULL")
            self._connection.executescript(SCHEMA)

    def publish(self, records: Iterable[BusRecord]) -> None:
        """Writes all of `records` in one transaction, or none.

        Raises:
            Rejected: A value exceeds the size limit.
            Unavailable: The file is locked, or the disk full.
        """
        batch = list(records)
        for record in batch:
            _require_size(record)
        with self._lock, _answering(), writing(self._connection):
            for record in batch:
                _append(self._connection, record)

    def subscribe(self, group: str, topics: Sequence[str]) -> "LocalSubscription":
        """Joins `group` on `topics`, from the last commit or else the beginning.

        Raises:
            Unavailable: The file is locked, or the disk full.
        """
        with _answering():
            # A commit that loss of power undoes is a delivery more, which the inbox knows.
            connection = _connect(self._path, synchronous="NORMAL")
            member = Membership(connection, group, topics, lease_s=self._lease_s)
            return LocalSubscription(connection, member)

    def close(self) -> None:
        """Closes the file."""
        with self._lock:
            self._connection.close()


class LocalSubscription:
    """One member of a group; see `radloom.ports.Subscription`."""

    def __init__(self, connection: sqlite3.Connection, member: Membership) -> None:
        self._connection = connection
        self._member = member
        self._out: dict[Partition, Delivery] = {}
        self._seen_version = -1

    def poll(self, timeout_s: float) -> Sequence[Delivery]:
        """Heads of partitions that have no delivery out; renews the lease."""
        deadline = time.monotonic() + timeout_s
        with _answering():
            while True:
                heads = self._heads() if self._changed() else []
                left = deadline - time.monotonic()
                if heads or left <= 0:
                    return heads
                time.sleep(min(LOOK_S, left))

    def owns(self, delivery: Delivery) -> bool:
        """Whether the partition was ours under the delivery's epoch at the last poll."""
        return self._member.epochs.get(_place(delivery)) == delivery.epoch

    def commit(self, delivery: Delivery) -> bool:
        """Marks `delivery` as done, in one statement that checks whose partition it is."""
        place = _place(delivery)
        if self._out.get(place) == delivery:
            del self._out[place]
        self._seen_version = -1
        with _answering():
            written = self._connection.execute(
                _COMMIT,
                (
                    delivery.offset + 1,
                    self._member.group,
                    *place,
                    self._member.name,
                    delivery.epoch,
                ),
            )
        return written.rowcount == 1

    def release(self, delivery: Delivery) -> None:
        """Gives `delivery` back: the next poll hands it out again."""
        if self._out.get(_place(delivery)) == delivery:
            del self._out[_place(delivery)]
        self._seen_version = -1

    def lag(self) -> Mapping[str, int]:
        """Uncommitted records by topic in this member's partitions."""
        with _answering():
            return dict(
                self._connection.execute(_LAG, (self._member.group, self._member.name)).fetchall()
            )

    def rebalances(self) -> int:
        """How often partitions came to or left this member."""
        return self._member.rebalances

    def close(self) -> None:
        """Leaves the group at once, so that others need not wait for the lease to run out."""
        with _answering():
            self._member.leave()
            self._connection.close()

    def _changed(self) -> bool:
        # data_version changes when another connection writes; our own writes reset the memory.
        renewed = self._member.renew()
        version = self._connection.execute("PRAGMA data_version").fetchone()[0]
        changed = renewed or version != self._seen_version
        self._seen_version = version
        return changed

    def _heads(self) -> list[Delivery]:
        self._member.refresh()
        self._out = {p: d for p, d in self._out.items() if self.owns(d)}
        rows = self._connection.execute(_HEADS, (self._member.group, self._member.name)).fetchall()
        heads = [_delivery(row) for row in rows if (row[0], row[1]) not in self._out]
        heads = [head for head in heads if self.owns(head)]
        self._out.update((_place(head), head) for head in heads)
        return heads


def _place(delivery: Delivery) -> Partition:
    return delivery.record.topic, delivery.partition


def _delivery(row: tuple[str, int, int, int, float, bytes, bytes, str]) -> Delivery:
    topic, partition, epoch, position, published_at, key, value, headers = row
    named = {name: text.encode("latin-1") for name, text in json.loads(headers).items()}
    record = BusRecord(topic, key, value, named)
    return Delivery(record, partition, position, epoch, datetime.fromtimestamp(published_at, UTC))


def _require_size(record: BusRecord) -> None:
    limit = topics.max_value_bytes(record.topic)
    if len(record.value) > limit:
        raise Rejected(
            f"A value of {len(record.value)} bytes on {record.topic}; at most {limit} are carried.",
            reason="oversize",
        )


def _append(connection: sqlite3.Connection, record: BusRecord) -> None:
    partition = zlib.crc32(record.key) % topics.PARTITIONS
    ((position,),) = connection.execute(
        "INSERT INTO ends VALUES (?, ?, 1) ON CONFLICT DO UPDATE SET next = next + 1 "
        "RETURNING next - 1",
        (record.topic, partition),
    ).fetchall()
    headers = json.dumps({name: value.decode("latin-1") for name, value in record.headers.items()})
    connection.execute(
        "INSERT INTO records VALUES (?, ?, ?, ?, ?, ?, ?)",
        (record.topic, partition, position, time.time(), record.key, record.value, headers),
    )


def _connect(path: Path, *, synchronous: str) -> sqlite3.Connection:
    connection = sqlite3.connect(
        path, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False
    )
    use_write_ahead_log(connection.execute)
    connection.execute(f"PRAGMA synchronous = {synchronous}")
    return connection


@contextmanager
def _answering() -> Iterator[None]:
    try:
        yield
    except sqlite3.OperationalError as error:
        raise Unavailable(
            f"The local bus does not answer ({error.sqlite_errorname}); check that its disk has "
            "space and that no other program locks its file.",
            dependency="bus",
        ) from error
