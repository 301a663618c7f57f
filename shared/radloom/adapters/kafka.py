"""The production bus: Apache Kafka through kafka-python 3.0.12.

Five behaviours of that client lose or stall records unless worked around; each place is marked with
its trap. `docs/decisions/messaging-kafka-python.md` says what was seen and which test fails without
the work-around.
"""

import logging
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime

from kafka import (
    AsyncConsumerRebalanceListener,
    KafkaAdminClient,
    KafkaConsumer,
    KafkaProducer,
    TopicPartition,
)
from kafka.consumer.fetcher import ConsumerRecord
from kafka.coordinator.assignors.cooperative_sticky import CooperativeStickyAssignor
from kafka.errors import (
    CommitFailedError,
    IllegalGenerationError,
    KafkaError,
    MessageSizeTooLargeError,
    RebalanceInProgressError,
    TopicAlreadyExistsError,
    UnknownMemberIdError,
)
from kafka.structs import OffsetAndMetadata

from radloom import topics
from radloom.errors import Rejected, Unavailable
from radloom.ports import BusRecord, Delivery

log = logging.getLogger(__name__)

COMMIT_TIMEOUT_MS = 10_000
CLOSE_TIMEOUT_MS = 5_000
"""A group that is stuck must not keep the process from ending."""

MAX_POLL_INTERVAL_MS = 300_000
"""Kafka's default; the worker polls every 0.2 s whatever its handlers do."""

FETCH_BYTES = 262_144
"""Read ahead per partition: a few hundred events, which wait in memory."""

POLL_RECORDS = 10_000
"""Trap 2: more than one fetch can hold, so that no parsed record stays behind in the client, which
would forget it after a pause."""

_LOST = (
    CommitFailedError,
    IllegalGenerationError,
    RebalanceInProgressError,
    UnknownMemberIdError,
)


class KafkaBus:
    """A bus on a Kafka cluster.

    Args:
        bootstrap_servers: "host:port", several separated by commas.
        session_timeout_s: A member that sent no heartbeat for this long is taken for dead, seconds.
        cooperative: Move only the partitions that must move when members come and go. False gives
            the eager protocol, which rebalances faster on development brokers.
        create_topics: Create topics that are missing, with `topics.PARTITIONS` partitions and the
            cluster's default replication. Production declares them in the chart and says False.
        ack_timeout_s: How long to wait for brokers, seconds: one election of a leader is shorter.

    Raises:
        Unavailable: The brokers do not answer.
    """

    def __init__(
        self,
        bootstrap_servers: str,
        *,
        session_timeout_s: float = 45.0,
        cooperative: bool = True,
        create_topics: bool = True,
        ack_timeout_s: float = 30.0,
    ) -> None:
        self._servers = bootstrap_servers
        self._session_timeout_ms = round(session_timeout_s * 1000)
        self._cooperative = cooperative
        self._create = create_topics
        self._ack_timeout_s = ack_timeout_s
        self._known: set[str] = set()
        self._lock = threading.Lock()
        self._producer: KafkaProducer | None = None
        with _answering():
            self._open_producer()

    def publish(self, records: Iterable[BusRecord]) -> None:
        """Returns when all in-sync replicas have every record.

        Raises:
            Rejected: A value exceeds the size limit; no record was sent.
            Unavailable: The brokers do not answer; some records may have been written.
        """
        batch = list(records)
        for record in batch:
            _require_size(record)
        with _answering():
            self._ensure_topics({record.topic for record in batch})
            producer = self._open_producer()
            try:
                _send(producer, batch, timeout_s=1.5 * self._ack_timeout_s)
            except KafkaError:
                self._discard(producer)
                raise

    def subscribe(self, group: str, topics: Sequence[str]) -> "KafkaSubscription":
        """Joins `group` on `topics`, from the last commit or else the beginning.

        Raises:
            Unavailable: The brokers do not answer.
        """
        strategy = [CooperativeStickyAssignor()] if self._cooperative else None
        with _answering():
            self._ensure_topics(set(topics))
            consumer = KafkaConsumer(
                bootstrap_servers=self._servers,
                group_id=group,
                enable_auto_commit=False,
                auto_offset_reset="earliest",
                max_poll_records=POLL_RECORDS,
                max_partition_fetch_bytes=FETCH_BYTES,
                session_timeout_ms=self._session_timeout_ms,
                heartbeat_interval_ms=self._session_timeout_ms // 4,
                max_poll_interval_ms=MAX_POLL_INTERVAL_MS,
                **({"partition_assignment_strategy": strategy} if strategy else {}),
            )
            # Trap 4: subscribing before the first metadata may leave the consumer idle for minutes.
            consumer.bootstrap(timeout_ms=self._ack_timeout_s * 1000)
            return KafkaSubscription(consumer, topics)

    def close(self) -> None:
        """Disconnects; every publish has been acknowledged or has failed."""
        if self._producer is not None:
            self._discard(self._producer)

    def _open_producer(self) -> KafkaProducer:
        with self._lock:
            if self._producer is None:
                timeout_ms = round(self._ack_timeout_s * 1000)
                self._producer = KafkaProducer(
                    bootstrap_servers=self._servers,
                    acks="all",
                    enable_idempotence=True,  # keeps the order of one key through retries
                    max_block_ms=timeout_ms,
                    request_timeout_ms=timeout_ms // 2,
                    delivery_timeout_ms=timeout_ms,
                    max_request_size=topics.MAX_DEAD_LETTER_BYTES + FETCH_BYTES,
                )
            return self._producer

    def _discard(self, producer: KafkaProducer) -> None:
        # Trap 5: a producer whose id the brokers forgot, as after an outage, fails every record
        # from then on without asking them again. A new one costs one round trip.
        with self._lock:
            if self._producer is producer:
                self._producer = None
        try:
            producer.close(timeout=CLOSE_TIMEOUT_MS / 1000)
        except KafkaError as error:
            log.warning("a producer did not close: %s", type(error).__name__)

    def _ensure_topics(self, names: set[str]) -> None:
        missing = names - self._known
        if not missing or not self._create:
            return
        admin = KafkaAdminClient(bootstrap_servers=self._servers)
        try:
            missing -= set(admin.list_topics())
            for name in sorted(missing):
                try:
                    admin.create_topics({name: {"num_partitions": topics.PARTITIONS}})
                except TopicAlreadyExistsError:
                    log.info("topic %s was created by another member", name)
        finally:
            admin.close()
        self._known |= names


class _Assignment(AsyncConsumerRebalanceListener):  # type: ignore[misc] # kafka has no types
    """Records which partitions are ours since when.

    Trap 3: it runs on the client's I/O thread, where any call of the consumer would deadlock or
    raise; so it only records.
    """

    def __init__(self) -> None:
        self.epochs: dict[TopicPartition, int] = {}
        self.fresh: set[TopicPartition] = set()
        self.count = 0

    async def on_partitions_assigned(self, partitions: Iterable[TopicPartition]) -> None:
        self.count += 1
        for partition in partitions:
            self.epochs[partition] = self.count
            self.fresh.add(partition)

    async def on_partitions_revoked(self, partitions: Iterable[TopicPartition]) -> None:
        self.count += 1
        for partition in partitions:
            self.epochs.pop(partition, None)

    async def on_partitions_lost(self, partitions: Iterable[TopicPartition]) -> None:
        await self.on_partitions_revoked(partitions)


class KafkaSubscription:
    """One member of a group; see `radloom.ports.Subscription`."""

    def __init__(self, consumer: KafkaConsumer, topics: Sequence[str]) -> None:
        self._consumer = consumer
        self._assignment = _Assignment()
        self._queues: dict[TopicPartition, list[Delivery]] = {}
        self._out: dict[TopicPartition, Delivery] = {}
        self._committed: dict[TopicPartition, int] = {}
        consumer.subscribe(list(topics), listener=self._assignment)

    def poll(self, timeout_s: float) -> Sequence[Delivery]:
        """Heads of partitions that have no delivery out; keeps the membership alive."""
        ready = any(queue and place not in self._out for place, queue in self._queues.items())
        with _answering():
            fetched = self._consumer.poll(timeout_ms=0 if ready else timeout_s * 1000)
            for place, records in fetched.items():
                epoch = self._assignment.epochs.get(place)
                if epoch is not None:  # otherwise it is being moved, and rewound once it is ours
                    found = [_delivery(record, epoch) for record in records]
                    self._queues.setdefault(place, []).extend(found)
            self._rewind_fresh()
            self._forget_lost()
            heads = self._take_heads()
            self._hold_back()
        return heads

    def owns(self, delivery: Delivery) -> bool:
        """Whether the partition is still ours under the delivery's epoch."""
        place = _place(delivery)
        return self._assignment.epochs.get(place) == delivery.epoch

    def commit(self, delivery: Delivery) -> bool:
        """Marks `delivery` as done; the group's coordinator checks the membership too."""
        place = _place(delivery)
        if self._out.get(place) == delivery:
            del self._out[place]
        if not self.owns(delivery):
            return False
        following = delivery.offset + 1
        offsets = {place: OffsetAndMetadata(following, "", -1)}
        with _answering():
            try:
                self._consumer.commit(offsets, timeout_ms=COMMIT_TIMEOUT_MS)
            except _LOST:
                return False
        self._committed[place] = following
        return True

    def release(self, delivery: Delivery) -> None:
        """Gives `delivery` back: the next poll hands it out again."""
        place = _place(delivery)
        if self._out.get(place) == delivery:
            del self._out[place]
            self._queues.setdefault(place, []).insert(0, delivery)

    def lag(self) -> Mapping[str, int]:
        """Uncommitted records by topic in this member's partitions.

        Counted up to what was fetched, or to the high watermark where that is further: a broker's
        end offset may lag behind what it handed out.
        """
        lag: dict[str, int] = {}
        for place in list(self._assignment.epochs):
            queue = self._queues.get(place, [])
            done = self._committed.get(place, 0)
            fetched = queue[-1].offset + 1 if queue else done
            if place in self._out:
                fetched = max(fetched, self._out[place].offset + 1)
            end = max(fetched, self._consumer.highwater(place) or 0)
            lag[place.topic] = lag.get(place.topic, 0) + max(0, end - done)
        return lag

    def rebalances(self) -> int:
        """How often partitions came to or left this member."""
        return self._assignment.count

    def close(self) -> None:
        """Leaves the group; bounded, as a stuck group would not let go."""
        self._consumer.close(autocommit=False, timeout_ms=CLOSE_TIMEOUT_MS)

    def _rewind_fresh(self) -> None:
        # Trap 1: a partition that was taken and given back keeps its fetch position, so records
        # that were queued when it was taken would be skipped, and the next commit would pass them.
        while self._assignment.fresh:
            place = self._assignment.fresh.pop()
            self._queues.pop(place, None)
            self._out.pop(place, None)
            try:
                if place in self._consumer.assignment():
                    self._rewind(place)
            except BaseException:
                self._assignment.fresh.add(place)  # nothing of it is handed out before this worked
                raise

    def _rewind(self, place: TopicPartition) -> None:
        committed = self._consumer.committed(place, timeout_ms=COMMIT_TIMEOUT_MS)
        if committed is None:
            self._consumer.seek_to_beginning(place)
        else:
            self._consumer.seek(place, committed)
        self._committed[place] = committed or 0

    def _forget_lost(self) -> None:
        for place in (set(self._queues) | set(self._out)) - set(self._assignment.epochs):
            self._queues.pop(place, None)
            self._out.pop(place, None)

    def _take_heads(self) -> list[Delivery]:
        heads = []
        for place, queue in self._queues.items():
            if queue and place not in self._out:
                self._out[place] = queue.pop(0)
                heads.append(self._out[place])
        return heads

    def _hold_back(self) -> None:
        held = {place for place, queue in self._queues.items() if queue} | set(self._out)
        held &= self._consumer.assignment()
        paused = self._consumer.paused()
        if held - paused:
            self._consumer.pause(*(held - paused))
        if paused - held:
            self._consumer.resume(*(paused - held))


def _send(producer: KafkaProducer, records: Sequence[BusRecord], *, timeout_s: float) -> None:
    acknowledgements = [
        producer.send(
            record.topic, key=record.key, value=record.value, headers=list(record.headers.items())
        )
        for record in records
    ]
    for acknowledgement in acknowledgements:
        acknowledgement.get(timeout_s)


def _place(delivery: Delivery) -> TopicPartition:
    return TopicPartition(delivery.record.topic, delivery.partition)


def _delivery(record: ConsumerRecord, epoch: int) -> Delivery:
    return Delivery(
        BusRecord(record.topic, record.key or b"", record.value or b"", dict(record.headers)),
        record.partition,
        record.offset,
        epoch,
        datetime.fromtimestamp(record.timestamp / 1000, UTC),
    )


def _require_size(record: BusRecord) -> None:
    limit = topics.max_value_bytes(record.topic)
    if len(record.value) > limit:
        raise Rejected(
            f"A value of {len(record.value)} bytes on {record.topic}; at most {limit} are carried.",
            reason="oversize",
        )


@contextmanager
def _answering() -> Iterator[None]:
    try:
        yield
    except MessageSizeTooLargeError as error:
        raise Rejected(
            "The brokers refuse a record as too large; set max.message.bytes to 1 MiB or more.",
            reason="oversize",
        ) from error
    except KafkaError as error:
        raise Unavailable(
            f"Kafka does not answer ({type(error).__name__}); check brokers and credentials.",
            dependency="bus",
        ) from error
