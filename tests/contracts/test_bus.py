"""What every bus does. Runs on the local bus and on Kafka."""

import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from radloom import topics
from radloom.adapters.kafka import KafkaBus
from radloom.adapters.local_bus import LocalBus
from radloom.errors import Rejected
from radloom.ports import Bus, BusRecord, Delivery, Subscription
from tests.peers.tansu import SESSION_TIMEOUT_S, broker

PATIENCE_S = 120.0

MEMBER_PROGRAM = """
import sys
from radloom.adapters.kafka import KafkaBus
from radloom.adapters.local_bus import LocalBus

bus = {make}
member = bus.subscribe({group!r}, [{topic!r}])
held = 0
while True:
    held += len(member.poll(0.1))
    print(held, flush=True)
"""


@dataclass(frozen=True)
class Kind:
    """A bus under test, and the source text that opens it in another process."""

    bus: Bus
    make: str


@pytest.fixture(scope="session")
def servers() -> Iterator[str]:
    with broker() as address:
        yield address


@pytest.fixture(params=["local", pytest.param("kafka", marks=pytest.mark.peer)])
def kind(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Kind]:
    if request.param == "local":
        make = f"LocalBus({str(tmp_path / 'bus.sqlite')!r}, lease_s=2.0)"
    else:
        address = request.getfixturevalue("servers")
        make = f"KafkaBus({address!r}, session_timeout_s={SESSION_TIMEOUT_S}, cooperative=False)"
    bus = eval(make, {"LocalBus": LocalBus, "KafkaBus": KafkaBus})  # noqa: S307 - our own text
    yield Kind(bus, make)
    bus.close()


@pytest.fixture
def bus(kind: Kind) -> Bus:
    return kind.bus


@pytest.fixture
def topic() -> str:
    return f"t{uuid.uuid4().hex[:8]}"


@pytest.fixture
def group() -> str:
    return f"g{uuid.uuid4().hex[:8]}"


@pytest.fixture
def subscribe(bus: Bus) -> Iterator[Callable[[str, Sequence[str]], Subscription]]:
    joined: list[Subscription] = []

    def join(group: str, names: Sequence[str]) -> Subscription:
        joined.append(bus.subscribe(group, names))
        return joined[-1]

    yield join
    for subscription in joined:
        subscription.close()


Subscribe = Callable[[str, Sequence[str]], Subscription]


def record(topic: str, key: str, value: str = "v", **headers: bytes) -> BusRecord:
    return BusRecord(topic, key.encode(), value.encode(), headers)


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, "did not happen in time"


def take(member: Subscription, count: int) -> list[Delivery]:
    """Polls until `count` deliveries are out; commits none."""
    out: list[Delivery] = []

    def enough() -> bool:
        out.extend(member.poll(0.2))
        return len(out) >= count

    wait_until(enough)
    return out


def work_off(member: Subscription, count: int) -> list[Delivery]:
    """Polls and commits until `count` deliveries are done."""
    done: list[Delivery] = []

    def enough() -> bool:
        for delivery in member.poll(0.2):
            assert member.commit(delivery)
            done.append(delivery)
        return len(done) >= count

    wait_until(enough)
    return done


def test_a_record_arrives_as_it_was_published(
    bus: Bus, subscribe: Subscribe, topic: str, group: str
) -> None:
    sent = BusRecord(topic, b"\x00key", b"\xff\x00bytes", {"ce_id": b"1", "x": "ü".encode()})
    bus.publish([sent])
    (delivery,) = take(subscribe(group, [topic]), 1)
    assert delivery.record == sent
    assert delivery.offset == 0
    assert abs(delivery.published_at.timestamp() - time.time()) < PATIENCE_S


def test_records_of_one_key_come_in_order_from_one_partition(
    bus: Bus, subscribe: Subscribe, topic: str, group: str
) -> None:
    bus.publish(record(topic, f"key {n % 3}", str(n)) for n in range(30))
    done = work_off(subscribe(group, [topic]), 30)
    for key in range(3):
        mine = [d for d in done if d.record.key == f"key {key}".encode()]
        assert [int(d.record.value) for d in mine] == list(range(key, 30, 3))
        assert len({d.partition for d in mine}) == 1


def test_the_next_record_of_a_partition_waits_for_the_commit_of_the_one_before(
    bus: Bus, subscribe: Subscribe, topic: str, group: str
) -> None:
    bus.publish(record(topic, "same", str(n)) for n in range(3))
    member = subscribe(group, [topic])
    (first,) = take(member, 1)
    assert not member.poll(1.0)
    assert member.commit(first)
    (second,) = take(member, 1)
    assert [first.record.value, second.record.value] == [b"0", b"1"]


def test_a_released_record_is_handed_out_again(
    bus: Bus, subscribe: Subscribe, topic: str, group: str
) -> None:
    bus.publish(record(topic, "same", str(n)) for n in range(2))
    member = subscribe(group, [topic])
    (first,) = take(member, 1)
    member.release(first)
    (again,) = take(member, 1)
    assert again.record == first.record


def test_what_was_not_committed_is_delivered_to_the_next_member(
    bus: Bus, subscribe: Subscribe, topic: str, group: str
) -> None:
    bus.publish(record(topic, "same", str(n)) for n in range(3))
    first = bus.subscribe(group, [topic])
    (done,) = take(first, 1)
    assert first.commit(done)
    take(first, 1)
    first.close()
    (next_one,) = take(subscribe(group, [topic]), 1)
    assert next_one.record.value == b"1"


def test_each_group_gets_every_record(bus: Bus, subscribe: Subscribe, topic: str) -> None:
    bus.publish(record(topic, str(n), str(n)) for n in range(5))
    for name in (uuid.uuid4().hex, uuid.uuid4().hex):
        done = work_off(subscribe(name, [topic]), 5)
        assert {d.record.value for d in done} == {b"%d" % n for n in range(5)}


def test_a_record_that_is_held_does_not_block_other_topics_or_partitions(
    bus: Bus, subscribe: Subscribe, topic: str, group: str
) -> None:
    bus.publish([record(f"{topic}.retry", "late")])
    member = subscribe(group, [topic, f"{topic}.retry"])
    (held,) = take(member, 1)
    bus.publish(record(topic, str(n), str(n)) for n in range(20))
    assert {d.record.topic for d in work_off(member, 20)} == {topic}
    assert member.owns(held)
    assert member.commit(held)


def test_many_records_on_few_keys_all_arrive_while_others_are_idle(
    bus: Bus, subscribe: Subscribe, topic: str, group: str
) -> None:
    bus.publish(record(topic, str(n % 4), str(n)) for n in range(160))
    done = work_off(subscribe(group, [topic, f"{topic}.idle"]), 160)
    assert {int(d.record.value) for d in done} == set(range(160))


def test_two_members_share_the_partitions_and_miss_nothing(
    bus: Bus, subscribe: Subscribe, topic: str, group: str
) -> None:
    bus.publish(record(topic, str(n), str(n)) for n in range(60))
    members = [subscribe(group, [topic])]
    done = {d.record.value for d in work_off(members[0], 5)}
    members.append(subscribe(group, [topic]))
    partitions: list[set[int]] = [set(), set()]

    def shared_and_done() -> bool:
        bus.publish([record(topic, uuid.uuid4().hex, "more")])
        for member, mine in zip(members, partitions, strict=True):
            for delivery in member.poll(0.1):
                if member.commit(delivery):
                    mine.add(delivery.partition)
                    done.add(delivery.record.value)
        return len(done) == 61 and all(partitions)

    wait_until(shared_and_done)
    assert done == {b"more"} | {b"%d" % n for n in range(60)}


def test_a_commit_for_a_partition_that_moved_is_refused(
    bus: Bus, subscribe: Subscribe, topic: str, group: str
) -> None:
    bus.publish(record(topic, str(n), str(n)) for n in range(60))
    first = subscribe(group, [topic])
    out = take(first, topics.PARTITIONS)
    second = subscribe(group, [topic])

    def moved() -> bool:
        second.poll(0.1)
        first.poll(0.1)
        return any(not first.owns(delivery) for delivery in out)

    wait_until(moved)
    lost = [delivery for delivery in out if not first.owns(delivery)]
    assert [first.commit(delivery) for delivery in lost] == [False] * len(lost)
    assert first.rebalances() >= 2


@pytest.mark.timeout(120)
def test_what_a_killed_member_held_goes_to_the_others(
    kind: Kind, subscribe: Subscribe, topic: str, group: str
) -> None:
    kind.bus.publish(record(topic, str(n), str(n)) for n in range(40))
    program = MEMBER_PROGRAM.format(make=kind.make, group=group, topic=topic)
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) as victim:
        assert victim.stdout is not None
        while int(victim.stdout.readline() or b"1") == 0:
            pass
        victim.kill()
    done = work_off(subscribe(group, [topic]), 40)
    assert {int(d.record.value) for d in done} == set(range(40))


def test_lag_counts_what_is_not_committed(
    bus: Bus, subscribe: Subscribe, topic: str, group: str
) -> None:
    bus.publish(record(topic, "same", str(n)) for n in range(5))
    member = subscribe(group, [topic])
    (first,) = take(member, 1)
    assert member.lag()[topic] == 5
    assert member.commit(first)
    assert member.lag()[topic] == 4


def test_a_value_beyond_the_limit_is_refused_and_nothing_of_its_batch_written(
    bus: Bus, subscribe: Subscribe, topic: str, group: str
) -> None:
    large = "x" * (topics.MAX_VALUE_BYTES + 1)
    with pytest.raises(Rejected, match=r"65537 bytes.*at most 65536") as refused:
        bus.publish([record(topic, "a", "small"), record(topic, "a", large)])
    assert refused.value.reason == "oversize"
    bus.publish([record(topic, "a", "next")])
    (only,) = take(subscribe(group, [topic]), 1)
    assert only.record.value == b"next"


def test_a_dead_letter_may_wrap_the_largest_value(
    bus: Bus, subscribe: Subscribe, topic: str, group: str
) -> None:
    dead_letters = topics.dead_letter_topic(topic, group)
    bus.publish([record(dead_letters, "a", "x" * (topics.MAX_VALUE_BYTES + 1000))])
    (only,) = take(subscribe(group, [dead_letters]), 1)
    assert len(only.record.value) == topics.MAX_VALUE_BYTES + 1000
