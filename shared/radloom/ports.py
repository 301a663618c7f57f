"""Roles that adapters play for handlers. Types only: nothing here does I/O."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Literal, Protocol

import numpy as np
from google.protobuf.message import Message
from numpy.typing import NDArray
from pydicom import Dataset
from sqlalchemy import Connection

from radloom.wire.v1.common_pb2 import ObjectRef
from radloom.wire.v1.custodian_service_pb2 import (
    GetDocumentResponse,
    ResolvedResource,
    ResolveSubjectResponse,
)

# ---------------------------------------------------------------- handlers


@dataclass(frozen=True)
class Reaction:
    """What a handler answers to one event; the worker makes all of it happen once, or none.

    Attributes:
        events: Messages to publish, each on the topic of its type.
        effects: Writes to the service's database, run in the transaction that marks the event
            as handled.
        decisions: Writes that answer further messages, run after the effects in the same
            transaction: for what can only be said of all that other events have written.
    """

    events: tuple[Message, ...] = ()
    effects: tuple[Callable[[Connection], None], ...] = ()
    decisions: tuple[Callable[[Connection], tuple[Message, ...]], ...] = ()


# ---------------------------------------------------------------- time


class Clock(Protocol):
    """Tells the time, so that tests can."""

    def now(self) -> datetime:
        """Current time, timezone-aware, UTC."""
        ...


# ---------------------------------------------------------------- database


class Transactions(Protocol):
    """A service's own SQL database."""

    def transaction(self, *, durable: bool = True) -> AbstractContextManager[Connection]:
        """One transaction that may write: committed when the block ends, or rolled back whole.

        Args:
            durable: False when loss of power may undo it, though not the end of this process:
                for notes whose loss costs a repetition, such as that an event was published.

        Raises:
            Unavailable: The database does not answer, is locked, or is out of space.
        """
        ...

    def reading(self) -> AbstractContextManager[Connection]:
        """One transaction that only reads, and waits for no writer.

        Raises:
            Unavailable: The database does not answer.
        """
        ...


class Enqueue(Protocol):
    """Adds an event to the service's outbox, inside a transaction of its database."""

    def __call__(
        self, connection: Connection, message: Message, *, event_id: str, source_id: str = ""
    ) -> None:
        """Enqueues `message`; one `event_id` is enqueued once, however often this is called."""
        ...


# ---------------------------------------------------------------- instances as they come


class Incoming(Protocol):
    """An instance on its way in: written piece by piece, not yet kept."""

    @property
    def size_bytes(self) -> int:
        """Bytes written so far."""
        ...

    def write(self, piece: bytes) -> None:
        """Appends a piece.

        Raises:
            Unavailable: There is no room.
        """
        ...

    def read(self) -> BinaryIO:
        """What was written, from its start."""
        ...

    def sha256(self) -> str:
        """Digest of what was written, lower-case hexadecimal."""
        ...

    def discard(self) -> None:
        """Forgets it; harmless after it was kept."""
        ...


class InstanceStore(Protocol):
    """Keeps DICOM Part 10 files by the digest of their content."""

    def incoming(self) -> Incoming:
        """A new, empty incoming instance."""
        ...

    def keep(self, arrived: Sequence[Incoming]) -> None:
        """Returns when every one is durable under its digest.

        Raises:
            Unavailable: There is no room, or the store does not answer.
        """
        ...

    def path(self, sha256: str) -> Path:
        """File that holds the content with this digest.

        Raises:
            Rejected: There is none.
        """
        ...


# ---------------------------------------------------------------- imaging archive


@dataclass(frozen=True)
class StoredInstance:
    """An instance that an archive acknowledged."""

    sop_class_uid: str
    sop_instance_uid: str
    series_instance_uid: str
    sha256: str


class Archive(Protocol):
    """An imaging archive that speaks DICOMweb, or behaves as if."""

    def series(self, study_instance_uid: str) -> Sequence[Dataset]:
        """QIDO-RS attributes of each series of a study; empty when the study is unknown.

        Raises:
            Unavailable: The archive does not answer.
        """
        ...

    def retrieve_series(
        self, study_instance_uid: str, series_instance_uid: str
    ) -> Sequence[Dataset]:
        """Every instance of a series with pixels and file meta, in no particular order.

        Raises:
            Rejected: The archive does not hold the series.
            Unavailable: The archive does not answer.
        """
        ...

    def store(self, instances: Sequence[bytes]) -> Sequence[StoredInstance]:
        """Stores DICOM Part 10 files; returns when every one is acknowledged.

        Storing the same bytes again is harmless.

        Raises:
            Rejected: The archive refuses an instance for good; names the failure reason.
            Unavailable: The archive does not answer, or is out of resources.
        """
        ...


class InstanceSource(Protocol):
    """Hands out instances one at a time, byte for byte as they came: preamble, padding and all."""

    def instances(self, study_instance_uid: str, series_instance_uid: str) -> Sequence[str]:
        """SOP Instance UIDs of a series, sorted; empty when the series is unknown.

        Raises:
            Unavailable: The source does not answer.
        """
        ...

    def retrieve(
        self, study_instance_uid: str, series_instance_uid: str, sop_instance_uid: str
    ) -> bytes:
        """One instance as a Part 10 file.

        Raises:
            Rejected: The source does not hold it.
            Unavailable: The source does not answer.
        """
        ...


# ---------------------------------------------------------------- health record


class FhirServer(Protocol):
    """A health record that speaks the FHIR R4 REST API, or behaves as if."""

    def transaction(self, bundle: Mapping[str, object]) -> Sequence[str]:
        """Executes a transaction bundle; returns "Type/id" per entry, in order.

        Raises:
            Rejected: The server refuses the bundle for good.
            Unavailable: The server does not answer.
        """
        ...

    def read(self, reference: str) -> Mapping[str, object]:
        """Resource at "Type/id".

        Raises:
            Rejected: There is none.
            Unavailable: The server does not answer.
        """
        ...


# ---------------------------------------------------------------- objects


class ObjectStore(Protocol):
    """Keeps bytes under a key, inside the PHI zone."""

    def put(self, key: str, content: bytes) -> ObjectRef:
        """Makes `content` durable; the same key with the same content is harmless.

        Raises:
            Rejected: Other content lies under the key already.
            Unavailable: The store does not answer.
        """
        ...

    def get(self, ref: ObjectRef) -> bytes:
        """Bytes behind `ref`, checked against its digest.

        Raises:
            Rejected: Nothing lies there, or its digest differs.
            Unavailable: The store does not answer.
        """
        ...


# ---------------------------------------------------------------- custodian


class Custodian(Protocol):
    """Ingest as seen by the other services of the PHI zone."""

    def resolve_subject(self, subject_key: str) -> ResolveSubjectResponse:
        """Identity behind a subject key.

        Raises:
            Rejected: The key is unknown.
            Unavailable: Ingest does not answer.
        """
        ...

    def document(self, document_id: str) -> GetDocumentResponse:
        """One clinical document.

        Raises:
            Rejected: The id is unknown.
            Unavailable: Ingest does not answer.
        """
        ...

    def resources(self, resource_keys: Sequence[str]) -> Sequence[ResolvedResource]:
        """What the record calls clinical resources, in the order asked.

        Raises:
            Rejected: A key is unknown.
            Unavailable: Ingest does not answer.
        """
        ...


# ---------------------------------------------------------------- inference


@dataclass(frozen=True)
class ModelDescription:
    """What a model says of itself.

    Attributes:
        name: Name in the model repository.
        version: Version that would answer now.
        sha256: Digest of the weights of that version, lower-case hexadecimal.
        parameters: `parameters` of config.pbtxt as strings: calibration constants, provenance.
    """

    name: str
    version: str
    sha256: str
    parameters: Mapping[str, str]


@dataclass(frozen=True)
class InferenceResult:
    """Outputs by name and the version that made them."""

    outputs: Mapping[str, NDArray[np.generic]]
    model_version: str


class Inference(Protocol):
    """Runs models of one repository, in process or on a Triton server."""

    @property
    def mode(self) -> Literal["embedded", "managed", "remote"]:
        """How models are run; part of every result's provenance."""
        ...

    def infer(
        self,
        model: str,
        inputs: Mapping[str, NDArray[np.generic]],
        *,
        outputs: Sequence[str] = (),
        version: str = "",
        request_id: str = "",
        deadline_s: float = 60.0,
    ) -> InferenceResult:
        """Runs `model` once; `outputs` empty means all, `version` empty means the newest.

        Raises:
            Rejected: Shape, type, batch or a missing input: the call can never succeed.
            Unavailable: Unknown model, no server, deadline, full queue, fault in the server.
        """
        ...

    def ready(self, model: str) -> None:
        """Runs the golden inference of `model`; returns when the known answer came back.

        Raises:
            Unavailable: The model does not answer, or answers something else.
        """
        ...

    def kind(self, model: str) -> Literal["cpu", "gpu"]:
        """Device that `model` resolved to."""
        ...

    def describe(self, model: str, version: str = "") -> ModelDescription:
        """Version, weights digest and parameters of `model`.

        Raises:
            Unavailable: The model is unknown or the server does not answer.
        """
        ...


# ---------------------------------------------------------------- language model


@dataclass(frozen=True)
class LanguageModelDescription:
    """What a language model says of itself.

    Attributes:
        name: Name that the server knows it by.
        digest: Digest or revision as the server reports it; "" when it tells none.
        dialect: How the server takes a JSON schema: `ollama`, `json_schema`, `json_object`, `tool`.
    """

    name: str
    digest: str
    dialect: str


class LanguageModel(Protocol):
    """A language model that answers in JSON. What it says is a proposal, never a fact."""

    def describe(self) -> LanguageModelDescription:
        """Who would answer now.

        Raises:
            Unavailable: The server does not answer, or takes no schema in any known dialect.
        """
        ...

    def complete(
        self,
        instructions: str,
        content: str,
        schema: Mapping[str, object],
        *,
        max_tokens: int,
        deadline_s: float,
    ) -> str:
        """Text that the model writes at temperature 0; whether it fits the schema is unproven.

        Args:
            instructions: What to do; ours alone.
            content: What to do it to; never instructions. PHI.
            schema: JSON schema that the text is to follow.
            max_tokens: Longest text, in tokens of the model.
            deadline_s: When to give up, seconds from now.

        Raises:
            Rejected: The server refuses the request, or the answer is beyond all limits.
            Unavailable: The server does not answer in time, or not in its own protocol.
        """
        ...


# ---------------------------------------------------------------- bus


@dataclass(frozen=True)
class BusRecord:
    """A record as the bus carries it.

    Attributes:
        topic: Name of the topic.
        key: Keeps records of one subject in order.
        value: Serialized message, at most `topics.max_value_bytes` of its topic.
        headers: `ce_id`, `ce_type`, `content-type`, `traceparent` and the retry headers.
    """

    topic: str
    key: bytes
    value: bytes
    headers: Mapping[str, bytes]


@dataclass(frozen=True)
class Delivery:
    """A record handed to one member of a consumer group.

    Attributes:
        record: The record.
        partition: Partition it lies in.
        offset: Its position in the partition.
        epoch: Assignment under which it was handed out; a commit under an older one is void.
        published_at: When the bus took the record.
    """

    record: BusRecord
    partition: int
    offset: int
    epoch: int
    published_at: datetime


class Subscription(Protocol):
    """Membership of a consumer group. One thread owns it and keeps calling `poll`."""

    def poll(self, timeout_s: float) -> Sequence[Delivery]:
        """Next deliveries, at most one partition's head each until `commit` or `release`.

        Calling it keeps the membership alive, whatever handlers are doing meanwhile. It returns
        as soon as there is a delivery, and otherwise after `timeout_s`.

        Raises:
            Unavailable: The broker does not answer.
        """
        ...

    def owns(self, delivery: Delivery) -> bool:
        """Whether the partition is still ours under the delivery's epoch, as far as is known."""
        ...

    def commit(self, delivery: Delivery) -> bool:
        """Marks `delivery` as done; False when the partition is no longer ours.

        After `Unavailable` the delivery counts as done for this membership: a later commit in its
        partition covers it, and another member may be handed it again.

        Raises:
            Unavailable: The broker does not answer.
        """
        ...

    def release(self, delivery: Delivery) -> None:
        """Gives `delivery` back: it is handed out again."""
        ...

    def lag(self) -> Mapping[str, int]:
        """Uncommitted records by topic in this member's partitions; sums up over members."""
        ...

    def rebalances(self) -> int:
        """How often partitions were assigned to or taken from this member."""
        ...

    def close(self) -> None:
        """Leaves the group; what was not committed is handed to others."""
        ...


class Bus(Protocol):
    """A durable log of records by topic and partition, read by consumer groups.

    `publish` may be called from any thread.
    """

    def publish(self, records: Iterable[BusRecord]) -> None:
        """Returns when every record is durable.

        Raises:
            Unavailable: The broker does not answer; some records may have been written.
            Rejected: A value exceeds the size limit; no record was written.
        """
        ...

    def subscribe(self, group: str, topics: Sequence[str]) -> Subscription:
        """Joins `group` on `topics`, from the last commit or else the beginning."""
        ...

    def close(self) -> None:
        """Flushes and disconnects."""
        ...
