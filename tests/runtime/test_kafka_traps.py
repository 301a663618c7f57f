"""Each work-around for kafka-python 3.0.12, where taking it out would lose or stall records.

The second, pause and resume while another partition is idle, is in `tests/contracts/test_bus.py`
(`test_many_records_on_few_keys...`); the fifth, a producer that the brokers forgot, in
`tests/faults/test_broker_restart.py`.
"""

import asyncio
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial

import pytest
from kafka import TopicPartition

from radloom import topics
from radloom.adapters.kafka import KafkaBus
from radloom.adapters.kafka_subscription import Assignment
from radloom.ports import BusRecord, Delivery, Subscription
from tests.peers.tansu import SESSION_TIMEOUT_S, broker

PATIENCE_S = 120.0
pytestmark = pytest.mark.peer


@pytest.fixture(scope="module")
def servers() -> Iterator[str]:
    with broker() as address:
        yield address


@pytest.fixture
def bus(servers: str) -> Iterator[KafkaBus]:
    bus = KafkaBus(servers, session_timeout_s=SESSION_TIMEOUT_S, cooperative=False)
    yield bus
    bus.close()


def wait_until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, "did not happen in time"


def test_trap_1_a_partition_that_went_and_came_back_starts_at_its_commit(bus: KafkaBus) -> None:
    # Everything is fetched into the member's queues, a second member comes and goes, and what was
    # queued must be handed out again: the client's own position is past it.
    topic, group = f"t{uuid.uuid4().hex[:8]}", f"g{uuid.uuid4().hex[:8]}"
    bus.publish(BusRecord(topic, str(n).encode(), str(n).encode(), {}) for n in range(60))
    with closing(bus.subscribe(group, [topic])) as member:
        a_second_member_comes_and_goes(bus, member, group, topic)


def a_second_member_comes_and_goes(
    bus: KafkaBus, member: Subscription, group: str, topic: str
) -> None:
    heads: list[Delivery] = []

    def one_of_each_partition() -> bool:
        heads.extend(member.poll(0.2))
        return len(heads) == topics.PARTITIONS

    wait_until(one_of_each_partition)
    done = {head.record.value for head in heads[:6] if member.commit(head)}
    with closing(bus.subscribe(group, [topic])) as second:

        def second_has_some() -> bool:
            member.poll(0.1)
            return bool(second.poll(0.1))

        wait_until(second_has_some)

    def all_done() -> bool:
        done.update(d.record.value for d in member.poll(0.2) if member.commit(d))
        return len(done) == 60

    wait_until(all_done)


def test_trap_3_the_listener_only_records() -> None:
    # It runs on the client's I/O thread, so it must neither block nor reach the consumer.
    assignment = Assignment()
    places = [TopicPartition("t", 0), TopicPartition("t", 1)]
    asyncio.run(assignment.on_partitions_assigned(places))
    asyncio.run(assignment.on_partitions_revoked(places[:1]))
    assert assignment.epochs == {places[1]: 1}
    assert assignment.fresh == set(places)
    assert set(vars(assignment)) == {"epochs", "fresh", "count"}


def test_trap_4_a_new_member_gets_its_first_record_without_delay(bus: KafkaBus) -> None:
    topic = f"t{uuid.uuid4().hex[:8]}"
    bus.publish([BusRecord(topic, b"k", b"v", {})])
    for _ in range(3):
        with closing(bus.subscribe(f"g{uuid.uuid4().hex[:8]}", [topic])) as member:
            wait_until(partial(member.poll, 0.2))
