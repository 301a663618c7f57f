"""Membership of a consumer group on Kafka; see `radloom.adapters.kafka` for the traps."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime

from kafka import AsyncConsumerRebalanceListener, KafkaConsumer, TopicPartition
from kafka.consumer.fetcher import ConsumerRecord
from kafka.errors import (
    CommitFailedError,
    IllegalGenerationError,
    KafkaError,
    MessageSizeTooLargeError,
    RebalanceInProgressError,
    UnknownMemberIdError,
)
from kafka.structs import OffsetAndMetadata

from radloom.errors import Rejected, Unavailable
from radloom.ports import BusRecord, Delivery

COMMIT_TIMEOUT_MS = 10_000
CLOSE_TIMEOUT_MS = 5_000
"""A group that is stuck must not keep the process from ending."""

_LOST = (
    CommitFailedError,
    IllegalGenerationError,
    RebalanceInProgressError,
    UnknownMemberIdError,
)


@contextmanager
def answering() -> Iterator[None]:
    """Turns the client's errors into ours.

    Raises:
        Rejected: A record is too large for the brokers.
        Unavailable: Anything else.
    """
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


class Assignment(AsyncConsumerRebalanceListener):  # type: ignore[misc] # kafka has no types
    """Records which partitions are ours since when.

    Trap 3: it runs on the client's I/O thread, where any call of the consumer would deadlock or
    raise; so it only records.
    """

    def __init__(self) -> None:
        self.epochs: dict[TopicPartition, int] = {}
        self.fresh: set[TopicPartition] = set()
        self.count = 0

    async def on_partitions_assigned(self, partitions: Iterable[TopicPartition]) -> None:
        """Gives `partitions` a new epoch and notes that their position is not to be trusted."""
        self.count += 1
        for partition in partitions:
            self.epochs[partition] = self.count
            self.fresh.add(partition)

    async def on_partitions_revoked(self, partitions: Iterable[TopicPartition]) -> None:
        """Forgets `partitions`."""
        self.count += 1
        for partition in partitions:
            self.epochs.pop(partition, None)

    async def on_partitions_lost(self, partitions: Iterable[TopicPartition]) -> None:
        """Forgets `partitions`."""
        await self.on_partitions_revoked(partitions)


class KafkaSubscription:
    """One member of a group; see `radloom.ports.Subscription`."""

    def __init__(self, consumer: KafkaConsumer, topics: Sequence[str]) -> None:
        self._consumer = consumer
        self._assignment = Assignment()
        self._queues: dict[TopicPartition, list[Delivery]] = {}
        self._out: dict[TopicPartition, Delivery] = {}
        self._committed: dict[TopicPartition, int] = {}
        consumer.subscribe(list(topics), listener=self._assignment)

    def poll(self, timeout_s: float) -> Sequence[Delivery]:
        """Heads of partitions that have no delivery out; keeps the membership alive."""
        ready = any(queue and place not in self._out for place, queue in self._queues.items())
        with answering():
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
        with answering():
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
