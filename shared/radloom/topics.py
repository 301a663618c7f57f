"""The pipeline as one table: topic, message type, key, producer, consumers.

Wiring, the README table, the chart and the acyclicity test read this table and nothing else.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from google.protobuf.message import Message

from radloom.wire.v1.cachexia_scored_pb2 import CachexiaScored
from radloom.wire.v1.clinical_observed_pb2 import ClinicalObserved
from radloom.wire.v1.document_received_pb2 import DocumentReceived
from radloom.wire.v1.muscle_measured_pb2 import MuscleMeasured
from radloom.wire.v1.redaction_quarantined_pb2 import RedactionQuarantined
from radloom.wire.v1.report_structured_pb2 import ReportStructured
from radloom.wire.v1.result_delivered_pb2 import ResultDelivered
from radloom.wire.v1.study_received_pb2 import StudyReceived
from radloom.wire.v1.study_redacted_pb2 import StudyRedacted


@dataclass(frozen=True)
class Topic:
    """One stream of events of one type.

    Attributes:
        name: Name at the broker.
        message: Class of the values.
        key: Field of the message that keeps related events in order; never an identifier.
        producer: The one service that publishes here.
        consumers: Services that read it, each as its own group.
    """

    name: str
    message: type[Message]
    key: str
    producer: str
    consumers: tuple[str, ...]

    def key_of(self, message: Message) -> bytes:
        """Key that `message` is published under."""
        return str(getattr(message, self.key)).encode()


STUDY_RECEIVED = Topic(
    "study.received", StudyReceived, "subject_key", "ingest", ("muscle_seg", "redactor")
)
MUSCLE_MEASURED = Topic(
    "muscle.measured", MuscleMeasured, "subject_key", "muscle_seg", ("cachexia_scorer", "publisher")
)
RESULT_DELIVERED = Topic("result.delivered", ResultDelivered, "subject_key", "publisher", ())

DOCUMENT_RECEIVED = Topic(
    "document.received", DocumentReceived, "subject_key", "ingest", ("report_structurer",)
)
REPORT_STRUCTURED = Topic(
    "report.structured",
    ReportStructured,
    "subject_key",
    "report_structurer",
    ("cachexia_scorer", "publisher"),
)

CLINICAL_OBSERVED = Topic(
    "clinical.observed", ClinicalObserved, "subject_key", "ingest", ("cachexia_scorer",)
)
CACHEXIA_SCORED = Topic(
    "cachexia.scored", CachexiaScored, "subject_key", "cachexia_scorer", ("publisher",)
)

STUDY_REDACTED = Topic("study.redacted", StudyRedacted, "subject_code", "redactor", ("publisher",))
REDACTION_QUARANTINED = Topic(
    "redaction.quarantined", RedactionQuarantined, "subject_key", "redactor", ()
)

ALL = (
    STUDY_RECEIVED,
    MUSCLE_MEASURED,
    RESULT_DELIVERED,
    DOCUMENT_RECEIVED,
    REPORT_STRUCTURED,
    CLINICAL_OBSERVED,
    CACHEXIA_SCORED,
    STUDY_REDACTED,
    REDACTION_QUARANTINED,
)

MAX_VALUE_BYTES = 65_536
"""Largest value on the bus: messages carry references, never pixels or text."""

MAX_DEAD_LETTER_BYTES = 2 * MAX_VALUE_BYTES
"""Largest dead letter: it wraps a whole record with its headers."""

PARTITIONS = 12
"""Partitions of every topic; generous, because adding some later would move keys."""


def of_message(message: Message) -> Topic:
    """Topic that `message` is published to.

    Raises:
        KeyError: No topic carries messages of this type.
    """
    for topic in ALL:
        if isinstance(message, topic.message):
            return topic
    raise KeyError(message.DESCRIPTOR.full_name)


def consumed_by(service: str) -> Iterator[Topic]:
    """Topics that `service` reads, in table order."""
    return (topic for topic in ALL if service in topic.consumers)


def dead_letter_topic(topic: str, group: str) -> str:
    """Where `group` puts what it gives up on; the group's name keeps others from seeing it."""
    return f"{topic}.{group}.dlq"


def max_value_bytes(topic: str) -> int:
    """Largest value that `topic` carries, in bytes."""
    return MAX_DEAD_LETTER_BYTES if topic.endswith(".dlq") else MAX_VALUE_BYTES


def retry_topic(topic: str, group: str, tier: int) -> str:
    """Where `group` parks a message of `topic` before its next attempt."""
    return f"{topic}.{group}.retry.{tier}"
