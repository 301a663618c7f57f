"""The production bus: Apache Kafka through kafka-python 3.0.12.

Five behaviours of that client lose or stall records unless worked around; each place is marked with
its trap. `docs/decisions/messaging-kafka-python.md` says what was seen and which test fails without
the work-around.
"""

import logging
import threading
from collections.abc import Iterable, Sequence

from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer
from kafka.coordinator.assignors.cooperative_sticky import CooperativeStickyAssignor
from kafka.errors import KafkaError, TopicAlreadyExistsError

from radloom import topics
from radloom.adapters.kafka_subscription import CLOSE_TIMEOUT_MS, KafkaSubscription, answering
from radloom.errors import Rejected
from radloom.ports import BusRecord

log = logging.getLogger(__name__)

MAX_POLL_INTERVAL_MS = 300_000
"""Kafka's default; the worker polls every 0.2 s whatever its handlers do."""

FETCH_BYTES = 262_144
"""Read ahead per partition: a few hundred events, which wait in memory."""

POLL_RECORDS = 10_000
"""Trap 2: more than one fetch can hold, so that no parsed record stays behind in the client, which
would forget it after a pause."""


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
        with answering():
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
        with answering():
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
        with answering():
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


def _send(producer: KafkaProducer, records: Sequence[BusRecord], *, timeout_s: float) -> None:
    acknowledgements = [
        producer.send(
            record.topic, key=record.key, value=record.value, headers=list(record.headers.items())
        )
        for record in records
    ]
    for acknowledgement in acknowledgements:
        acknowledgement.get(timeout_s)


def _require_size(record: BusRecord) -> None:
    limit = topics.max_value_bytes(record.topic)
    if len(record.value) > limit:
        raise Rejected(
            f"A value of {len(record.value)} bytes on {record.topic}; at most {limit} are carried.",
            reason="oversize",
        )
