"""What became of every result: reads and writes of the delivery ledger.

pending     sending began; nobody has acknowledged all of it yet
delivered   every destination acknowledged; at most one result per study is in this state
superseded  was delivered; a later result of the study took its place
withheld    refused by a gate; nothing was sent
withdrawn   was delivered; a later refusal of the study took it back
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from radloom.wire.v1.muscle_measured_pb2 import MuscleMeasured
from services.publisher.tables import RESULTS

Effect = Callable[[sa.Connection], None]

LISTING_LIMIT = 1000
"""Rows of one answer."""


class Status(StrEnum):
    """State of a result."""

    PENDING = "pending"
    DELIVERED = "delivered"
    SUPERSEDED = "superseded"
    WITHHELD = "withheld"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True)
class Entry:
    """One row.

    Attributes:
        event: What led here.
        status: Where it stands.
        instances: DICOM objects the archive acknowledged, as the fields of DeliveredInstance.
        resources: FHIR resources the record acknowledged, "Type/id".
        archive: Address of the archive they were sent to; empty when nothing was.
        record: Address of the record.
    """

    event: MuscleMeasured
    status: Status
    instances: Sequence[Mapping[str, str]] = ()
    resources: Sequence[str] = ()
    archive: str = ""
    record: str = ""

    @property
    def result_id(self) -> str:
        """Result the row is about."""
        return self.event.result_id

    @property
    def order(self) -> tuple[int, int]:
        """Later revisions of a study win; of one revision, the later measurement."""
        return self.event.study_revision, self.event.measured_at.ToMicroseconds()


def fingerprint(event: MuscleMeasured) -> str:
    """Digest of what a result tells people: equal for two runs that say the same."""
    told = MuscleMeasured()
    told.CopyFrom(event)
    for name in ("result_id", "study_revision", "measured_at", "subject_key"):
        told.ClearField(name)
    told.measurement.segmentation.ClearField("key")
    for model in told.models:
        model.ClearField("mode")
    return hashlib.sha256(told.SerializeToString(deterministic=True)).hexdigest()


def history(connection: sa.Connection, study_instance_uid: str) -> list[Entry]:
    """Every result of a study, latest first."""
    rows = connection.execute(
        sa.select(RESULTS).where(RESULTS.c.study_instance_uid == study_instance_uid)
    )
    entries = [
        Entry(
            MuscleMeasured.FromString(row.event),
            Status(row.status),
            row.instances,
            row.resources,
            row.archive,
            row.record,
        )
        for row in rows
    ]
    return sorted(entries, key=lambda entry: entry.order, reverse=True)


def write(entry: Entry, at: datetime) -> Effect:
    """Writes a row, over an earlier one of the same result."""
    event = entry.event
    values = {
        "study_instance_uid": event.study_instance_uid,
        "study_revision": event.study_revision,
        "measured_at_us": event.measured_at.ToMicroseconds(),
        "status": entry.status.value,
        "fingerprint": fingerprint(event),
        "gates": [{"gate": g.gate, "reason": g.reason} for g in event.refusal.gates],
        "tracking_uid": event.measurement.tracking_uid,
        "instances": [dict(instance) for instance in entry.instances],
        "resources": list(entry.resources),
        "archive": entry.archive,
        "record": entry.record,
        "event": event.SerializeToString(deterministic=True),
        "updated_at": at,
    }

    def effect(connection: sa.Connection) -> None:
        where = RESULTS.c.result_id == event.result_id
        if connection.execute(sa.update(RESULTS).where(where).values(**values)).rowcount == 0:
            connection.execute(sa.insert(RESULTS).values(result_id=event.result_id, **values))

    return effect


def end_others(event: MuscleMeasured, status: Status, at: datetime) -> Effect:
    """Gives `status` to every other result of the study that was delivered or on its way."""

    def effect(connection: sa.Connection) -> None:
        connection.execute(
            sa.update(RESULTS)
            .where(
                RESULTS.c.study_instance_uid == event.study_instance_uid,
                RESULTS.c.result_id != event.result_id,
                RESULTS.c.status.in_([Status.DELIVERED.value, Status.PENDING.value]),
            )
            .values(status=status.value, updated_at=at)
        )

    return effect


def listing(connection: sa.Connection, study_instance_uid: str = "") -> list[dict[str, Any]]:
    """Rows as JSON objects, latest change first; of one study, or the latest of all."""
    query = sa.select(RESULTS).order_by(RESULTS.c.updated_at.desc()).limit(LISTING_LIMIT)
    if study_instance_uid:
        query = query.where(RESULTS.c.study_instance_uid == study_instance_uid)
    return [
        {
            "result_id": row.result_id,
            "study_instance_uid": row.study_instance_uid,
            "study_revision": row.study_revision,
            "status": row.status,
            "gates": row.gates,
            "tracking_uid": row.tracking_uid,
            "instances": row.instances,
            "resources": row.resources,
            "archive": row.archive,
            "record": row.record,
            "updated_at": _utc(row.updated_at).isoformat(),
        }
        for row in connection.execute(query)
    ]


def _utc(moment: datetime) -> datetime:
    """SQLite gives back times without their zone."""
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
