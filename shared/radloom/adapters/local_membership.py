"""Who of a consumer group reads which partition of the local bus.

A member holds a lease that polling renews. Whoever notices that members came, left or died shares
the partitions out anew, in one transaction. Each change of a partition's owner has a new epoch, and
a commit is written only under the epoch that is current, so that a member that was taken for dead
cannot move an offset.
"""

import json
import sqlite3
import time
import uuid
from collections import Counter
from collections.abc import Mapping, Sequence

from radloom import topics
from radloom.adapters.sqlite_file import writing

Partition = tuple[str, int]
"""Topic and number."""

RENEWALS_PER_LEASE = 3
"""How often a lease is renewed before it would run out."""


class Membership:
    """One member's lease and its partitions.

    Args:
        connection: Used by this member only, in autocommit mode.
        group: Consumer group.
        topics: What the member wants to read.
        lease_s: Life of the lease without renewal, seconds of the wall clock, which all processes
            of the machine share.
    """

    def __init__(
        self, connection: sqlite3.Connection, group: str, topics: Sequence[str], *, lease_s: float
    ) -> None:
        self.group = group
        self.name = uuid.uuid4().hex
        self.epochs: Mapping[Partition, int] = {}
        """Epoch of each partition that is ours, as of the last look."""
        self.rebalances = 0
        self._connection = connection
        self._topics = json.dumps(sorted(topics))
        self._lease_s = lease_s
        self._renew_at = 0.0

    def renew(self) -> bool:
        """Renews the lease when it is time; True when it did.

        Raises:
            sqlite3.OperationalError: The file is locked.
        """
        if time.monotonic() < self._renew_at:
            return False
        begun = time.monotonic()
        with writing(self._connection):
            now = time.time()
            self._connection.execute(
                "INSERT OR REPLACE INTO members VALUES (?, ?, ?, ?)",
                (self.group, self.name, self._topics, now + self._lease_s),
            )
            self._share_out(now)
        self._renew_at = begun + self._lease_s / RENEWALS_PER_LEASE
        return True

    def refresh(self) -> None:
        """Looks which partitions are ours."""
        rows = self._connection.execute(
            "SELECT topic, part, epoch FROM assignments WHERE grp = ? AND member = ?",
            (self.group, self.name),
        )
        epochs = {(topic, part): epoch for topic, part, epoch in rows}
        if epochs != self.epochs:
            self.rebalances += 1
            self.epochs = epochs

    def leave(self) -> None:
        """Gives lease and partitions up."""
        with writing(self._connection):
            self._connection.execute(
                "DELETE FROM members WHERE grp = ? AND member = ?", (self.group, self.name)
            )
            self._share_out(time.time())
        self.epochs = {}

    def _share_out(self, now: float) -> None:
        self._connection.execute(
            "DELETE FROM members WHERE grp = ? AND lease_until < ?", (self.group, now)
        )
        wanted = {
            member: json.loads(wants)
            for member, wants in self._connection.execute(
                "SELECT member, topics FROM members WHERE grp = ? ORDER BY member", (self.group,)
            )
        }
        current = {
            (topic, part): (member, epoch)
            for topic, part, member, epoch in self._connection.execute(
                "SELECT topic, part, member, epoch FROM assignments WHERE grp = ?", (self.group,)
            )
        }
        owners = shared_out(wanted, {place: owner for place, (owner, _) in current.items()})
        epoch = max((epoch for _, epoch in current.values()), default=0) + 1
        for place, owner in owners.items():
            if current.get(place, ("", 0))[0] != owner:
                self._connection.execute(
                    "INSERT OR REPLACE INTO assignments VALUES (?, ?, ?, ?, ?)",
                    (self.group, *place, owner, epoch),
                )


def shared_out(
    wanted: Mapping[str, Sequence[str]], current: Mapping[Partition, str]
) -> dict[Partition, str]:
    """Owner of each partition: even within each topic, and with as few moves as possible.

    Args:
        wanted: Topics by live member.
        current: Owners so far; those that are no longer live lose what they had.

    Returns:
        Owners. A partition that nobody wants is missing: its last row keeps its epoch.
    """
    owners: dict[Partition, str] = {}
    total: Counter[str] = Counter()
    for topic in sorted({topic for wants in wanted.values() for topic in wants}):
        members = [member for member, wants in wanted.items() if topic in wants]
        places = [(topic, number) for number in range(topics.PARTITIONS)]
        topic_owners = _even(members, places, current, total)
        total.update(topic_owners.values())
        owners |= topic_owners
    return owners


def _even(
    members: Sequence[str],
    places: Sequence[Partition],
    current: Mapping[Partition, str],
    total: Counter[str],
) -> dict[Partition, str]:
    owners = {place: current[place] for place in places if current.get(place) in members}
    load = Counter(dict.fromkeys(members, 0))
    load.update(owners.values())

    def least() -> str:
        return min(members, key=lambda member: (load[member], total[member], member))

    for place in places:
        if place not in owners:
            owners[place] = least()
            load[owners[place]] += 1
    while True:
        most = max(members, key=lambda member: (load[member], member))
        if load[most] - load[least()] <= 1:
            return owners
        place = next(place for place in places if owners[place] == most)
        load[most] -= 1
        owners[place] = least()
        load[owners[place]] += 1
