"""Table of clinical resources, raw, and the statements on it. It holds PHI."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import Connection

from services.ingest.clinical import Patient
from services.ingest.fhir_intake import Sent
from services.ingest.tables import METADATA, SUBJECTS, Row, aware

RESOURCES = sa.Table(
    "resources",
    METADATA,
    sa.Column("resource_key", sa.String(64), primary_key=True),
    sa.Column("version_key", sa.String(64), primary_key=True),
    sa.Column("subject_key", sa.String(64), nullable=False, index=True),
    sa.Column("resource_type", sa.String(64), nullable=False),
    sa.Column("resource_id", sa.String(64), nullable=False),
    sa.Column("identifier_system", sa.String(255), nullable=False),
    sa.Column("identifier_value", sa.String(255), nullable=False),
    sa.Column("content", sa.LargeBinary, nullable=False),
    sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
)
"""Every version that came, as it came."""


@dataclass(frozen=True)
class Kept:
    """Names and times of one version."""

    resource_key: str
    version_key: str
    subject_key: str
    recorded_at: datetime
    received_at: datetime


def add(connection: Connection, kept: Kept, sent: Sent, patient_id: str) -> bool:
    """Adds a version, unless it is known; returns whether it was added."""
    same = (RESOURCES.c.resource_key == kept.resource_key) & (
        RESOURCES.c.version_key == kept.version_key
    )
    if connection.execute(sa.select(RESOURCES.c.resource_key).where(same)).first():
        return False
    system, value = _identifier(sent, patient_id)
    connection.execute(
        sa.insert(RESOURCES).values(
            resource_key=kept.resource_key,
            version_key=kept.version_key,
            subject_key=kept.subject_key,
            resource_type=sent.resource.resourceType,
            resource_id=sent.resource.id or "",
            identifier_system=system,
            identifier_value=value,
            content=sent.content,
            recorded_at=kept.recorded_at,
            received_at=kept.received_at,
        )
    )
    return True


def _identifier(sent: Sent, patient_id: str) -> tuple[str, str]:
    if isinstance(sent.resource, Patient):
        return "", patient_id
    named = [i for i in sent.resource.identifier if i.value]
    return (named[0].system, named[0].value) if named else ("", "")


def latest(connection: Connection, resource_key: str) -> Row | None:
    """The newest version of a resource; None when none came."""
    query = (
        sa.select(RESOURCES)
        .where(RESOURCES.c.resource_key == resource_key)
        .order_by(RESOURCES.c.recorded_at.desc(), RESOURCES.c.version_key.desc())
        .limit(1)
    )
    return connection.execute(query).mappings().first()


def patient(connection: Connection, resource_key: str) -> tuple[str, str] | None:
    """Identifier and issuer of a Patient that came before; None when it did not."""
    row = latest(connection, resource_key)
    if row is None:
        return None
    query = sa.select(SUBJECTS.c.patient_id, SUBJECTS.c.issuer_of_patient_id).where(
        SUBJECTS.c.subject_key == row["subject_key"]
    )
    found = connection.execute(query).first()
    return None if found is None else (found[0], found[1])


def set_demographics(
    connection: Connection, subject_key: str, recorded: datetime, *, birth_date: str, sex: str
) -> None:
    """What the record's newest Patient says stands over images; what it leaves out stays."""
    rows = connection.execute(
        sa.select(RESOURCES.c.recorded_at).where(
            RESOURCES.c.subject_key == subject_key, RESOURCES.c.resource_type == "Patient"
        )
    )
    if any(aware(row.recorded_at) > recorded for row in rows):
        return
    told = {"patient_birth_date": birth_date, "patient_sex": sex}
    fresh = {name: value for name, value in told.items() if value}
    if fresh:
        same = SUBJECTS.c.subject_key == subject_key
        connection.execute(sa.update(SUBJECTS).where(same).values(fresh))
