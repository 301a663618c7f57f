"""What became of every result: reads and writes of the delivery ledger.

pending     sending began; nobody has acknowledged all of it yet
delivered   every destination acknowledged; at most one result of a kind about one study or document
superseded  was delivered; a later result about the same took its place
withheld    refused by a gate; nothing was sent
withdrawn   was delivered; a later refusal took it back
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

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
class Result:
    """A result as the ledger knows it, whatever its kind.

    Attributes:
        kind: "muscle", "report", "cachexia", "redaction".
        result_id: As in the event that it came from.
        about: What only one result of the kind stands of at a time: a study, a document.
        order: Of two results about the same the greater stands: revision of the input, then
            microseconds since 1970 UTC at which the result was made.
        study_instance_uid: Study that its DICOM objects are filed under.
        fingerprint: Digest of what it tells people: equal for two runs that say the same.
        event: The event, serialized: what a successor replaces is said again from it.
        tracking_uid: Tracking Unique Identifier; empty when nothing was measured.
        gates: Gates that refused it, with reasons.
    """

    kind: str
    result_id: str
    about: str
    order: tuple[int, int]
    study_instance_uid: str
    fingerprint: str
    event: bytes
    tracking_uid: str = ""
    gates: Sequence[Mapping[str, str]] = ()


@dataclass(frozen=True)
class Entry:
    """One row.

    Attributes:
        result: What it is about.
        status: Where it stands.
        instances: DICOM objects the archive acknowledged, as the fields of DeliveredInstance.
        resources: FHIR resources the record acknowledged, "Type/id".
        archive: Address of the archive they were sent to; empty when nothing was.
        record: Address of the record.
    """

    result: Result
    status: Status
    instances: Sequence[Mapping[str, str]] = ()
    resources: Sequence[str] = ()
    archive: str = ""
    record: str = ""


def history(connection: sa.Connection, kind: str, about: str) -> list[Entry]:
    """Every result of a kind about one thing, latest first."""
    rows = connection.execute(
        sa.select(RESULTS).where(RESULTS.c.kind == kind, RESULTS.c.about == about)
    )
    entries = [
        Entry(
            Result(
                kind=row.kind,
                result_id=row.result_id,
                about=row.about,
                order=(row.study_revision, row.measured_at_us),
                study_instance_uid=row.study_instance_uid,
                fingerprint=row.fingerprint,
                event=row.event,
                tracking_uid=row.tracking_uid,
                gates=row.gates,
            ),
            Status(row.status),
            row.instances,
            row.resources,
            row.archive,
            row.record,
        )
        for row in rows
    ]
    return sorted(entries, key=lambda entry: entry.result.order, reverse=True)


def write(entry: Entry, at: datetime) -> Effect:
    """Writes a row, over an earlier one of the same result."""
    result = entry.result
    revision, made_at_us = result.order
    values = {
        "kind": result.kind,
        "about": result.about,
        "study_instance_uid": result.study_instance_uid,
        "study_revision": revision,
        "measured_at_us": made_at_us,
        "status": entry.status.value,
        "fingerprint": result.fingerprint,
        "gates": [dict(gate) for gate in result.gates],
        "tracking_uid": result.tracking_uid,
        "instances": [dict(instance) for instance in entry.instances],
        "resources": list(entry.resources),
        "archive": entry.archive,
        "record": entry.record,
        "event": result.event,
        "updated_at": at,
    }

    def effect(connection: sa.Connection) -> None:
        where = RESULTS.c.result_id == result.result_id
        if connection.execute(sa.update(RESULTS).where(where).values(**values)).rowcount == 0:
            connection.execute(sa.insert(RESULTS).values(result_id=result.result_id, **values))

    return effect


def end_others(result: Result, status: Status, at: datetime) -> Effect:
    """Gives `status` to every other result about the same that was delivered or on its way."""

    def effect(connection: sa.Connection) -> None:
        connection.execute(
            sa.update(RESULTS)
            .where(
                RESULTS.c.kind == result.kind,
                RESULTS.c.about == result.about,
                RESULTS.c.result_id != result.result_id,
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
            "kind": row.kind,
            "result_id": row.result_id,
            "about": row.about,
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
