"""An outbox, a broker that goes away, and an empty one in its place; prints what arrived there.

A process of its own, because kafka-python leaves the sockets of refused connections to the
collector, which pytest would report against whatever test runs then. tansu keeps its log in memory,
so this shows only what it can: nothing that was not acknowledged is lost, and a bus whose producer
the brokers forgot recovers. What was acknowledged survives a restart of Apache Kafka, not of tansu.
"""

import sys
import tempfile
import time
from pathlib import Path

from radloom.adapters.database import Database
from radloom.adapters.kafka import KafkaBus
from radloom.errors import Unavailable
from radloom.runtime.outbox import Outbox, OutboxRelay
from radloom.wire.v1.study_received_pb2 import StudyReceived
from tests.peers.tansu import SESSION_TIMEOUT_S, free_port, own_broker

PATIENCE_S = 120.0


def enqueue(database: Database, outbox: Outbox, event_id: str) -> None:
    with database.transaction() as connection:
        outbox.enqueue(connection, StudyReceived(subject_key="s"), event_id=event_id)


def arrived(address: str) -> str:
    """Id of the first event on study.received."""
    bus = KafkaBus(address, session_timeout_s=SESSION_TIMEOUT_S, cooperative=False)
    member = bus.subscribe("reader", ["study.received"])
    deadline = time.monotonic() + PATIENCE_S
    while not (heads := member.poll(0.2)) and time.monotonic() < deadline:
        pass
    member.close()
    bus.close()
    return heads[0].record.headers["ce_id"].decode()


def publishes(relay: OutboxRelay) -> bool:
    try:
        return relay.run_once() > 0
    except Unavailable:
        return False


def run(folder: Path) -> None:
    database = Database(f"sqlite:///{folder / 'service.sqlite'}", "service")
    database.upgrade("radloom.runtime.migrations")
    outbox, port = Outbox(database), free_port()
    with own_broker(port) as address:
        bus = KafkaBus(address, ack_timeout_s=2)
        relay = OutboxRelay(outbox, bus)
        enqueue(database, outbox, "before")
        sys.stdout.write(f"with a broker: {publishes(relay)}\n")
    enqueue(database, outbox, "during")
    sys.stdout.write(f"without: {publishes(relay)}, waiting: {outbox.waiting()}\n")
    with own_broker(port) as address:
        deadline = time.monotonic() + PATIENCE_S
        while not publishes(relay) and time.monotonic() < deadline:
            time.sleep(0.1)
        sys.stdout.write(f"with another: {arrived(address)}, waiting: {outbox.waiting()}\n")
        bus.close()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        run(Path(name))
