"""Tables of ingest and the statements on them. Migrations create what is declared here."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy import Connection

from services.ingest.admission import Admitted
from services.ingest.documents import Document

METADATA = sa.MetaData()

SUBJECTS = sa.Table(
    "subjects",
    METADATA,
    sa.Column("subject_key", sa.String(64), primary_key=True),
    sa.Column("patient_id", sa.String(64), nullable=False),
    sa.Column("issuer_of_patient_id", sa.String(255), nullable=False),
    sa.Column("patient_name", sa.String(324), nullable=False),
    sa.Column("patient_birth_date", sa.String(8), nullable=False),
    sa.Column("patient_sex", sa.String(16), nullable=False),
)

STUDIES = sa.Table(
    "studies",
    METADATA,
    sa.Column("study_instance_uid", sa.String(64), primary_key=True),
    sa.Column("subject_key", sa.String(64), nullable=False),
    sa.Column("last_received_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("is_open", sa.Boolean, nullable=False),
    sa.Column("revision", sa.BigInteger, nullable=False),
    sa.Column("trace_headers", sa.JSON, nullable=False),
)

INSTANCES = sa.Table(
    "instances",
    METADATA,
    sa.Column("sop_instance_uid", sa.String(64), primary_key=True),
    sa.Column("study_instance_uid", sa.String(64), nullable=False),
    sa.Column("series_instance_uid", sa.String(64), nullable=False),
    sa.Column("sop_class_uid", sa.String(64), nullable=False),
    sa.Column("modality", sa.String(16), nullable=False),
    sa.Column("sha256", sa.String(64), nullable=False),
    sa.Column("transfer_syntax_uid", sa.String(64), nullable=False),
    sa.Column("attributes", sa.JSON, nullable=False),
    sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
)

DOCUMENTS = sa.Table(
    "documents",
    METADATA,
    sa.Column("document_id", sa.String(64), primary_key=True),
    sa.Column("subject_key", sa.String(64), nullable=False),
    sa.Column("content_type", sa.String(255), nullable=False),
    sa.Column("content", sa.LargeBinary, nullable=False),
    sa.Column("sha256", sa.String(64), nullable=False),
    sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("study_instance_uid", sa.String(64), nullable=False),
    sa.Column("accession_number", sa.String(16), nullable=False),
    sa.Column("type_code", sa.String(64), nullable=False),
    sa.Column("type_display", sa.String(255), nullable=False),
    sa.Column("authored_at", sa.String(64), nullable=False),
    sa.Column("identifier_system", sa.String(255), nullable=False),
    sa.Column("identifier_value", sa.String(255), nullable=False),
)
"""What a document says of itself (`documents.About`) is empty where it says nothing."""

Row = sa.RowMapping

# ---------------------------------------------------------------- writes


def add_subject(connection: Connection, key: str, patient: tuple[str, ...]) -> None:
    """Adds the identity behind a key; of one that is known, what was empty until now.

    A document names its patient by identifier alone; images that come later bring the name.
    """
    names = [column.name for column in SUBJECTS.columns]
    values = dict(zip(names, (key, *patient), strict=True))
    known = subject(connection, key)
    if known is None:
        connection.execute(sa.insert(SUBJECTS).values(values))
        return
    fresh = {name: value for name, value in values.items() if value and not known[name]}
    if fresh:
        same = SUBJECTS.c.subject_key == key
        connection.execute(sa.update(SUBJECTS).where(same).values(fresh))


def add_instance(connection: Connection, new: Admitted, sha256: str, now: datetime) -> None:
    """Adds an instance whose content is durable."""
    connection.execute(
        sa.insert(INSTANCES).values(
            sop_instance_uid=new.sop_instance_uid,
            study_instance_uid=new.study_instance_uid,
            series_instance_uid=new.series_instance_uid,
            sop_class_uid=new.sop_class_uid,
            modality=new.modality,
            sha256=sha256,
            transfer_syntax_uid=new.transfer_syntax_uid,
            attributes=new.attributes,
            received_at=now,
        )
    )


def add_study(
    connection: Connection,
    study_instance_uid: str,
    key: str,
    now: datetime,
    trace_headers: Mapping[str, str],
    *,
    is_open: bool,
) -> None:
    """Adds a study that was never released."""
    connection.execute(
        sa.insert(STUDIES).values(
            study_instance_uid=study_instance_uid,
            subject_key=key,
            last_received_at=now,
            is_open=is_open,
            revision=0,
            trace_headers=dict(trace_headers),
        )
    )


def reopen(connection: Connection, study_instance_uid: str, now: datetime) -> None:
    """Notes that an instance came, so that the study waits for quiet again."""
    connection.execute(
        sa.update(STUDIES)
        .where(STUDIES.c.study_instance_uid == study_instance_uid)
        .values(last_received_at=now, is_open=True)
    )


def close(connection: Connection, study_instance_uid: str, revision: int) -> None:
    """Notes that the study was released."""
    connection.execute(
        sa.update(STUDIES)
        .where(STUDIES.c.study_instance_uid == study_instance_uid)
        .values(is_open=False, revision=revision)
    )


def add_document(
    connection: Connection, document_id: str, key: str, sha256: str, new: Document, now: datetime
) -> bool:
    """Adds a document, unless it is known; returns whether it was added."""
    if document(connection, document_id) is not None:
        return False
    connection.execute(
        sa.insert(DOCUMENTS).values(
            document_id=document_id,
            subject_key=key,
            content_type=new.content_type,
            content=new.content,
            sha256=sha256,
            received_at=now,
            **asdict(new.about),
        )
    )
    return True


# ---------------------------------------------------------------- reads


def instance(connection: Connection, sop_instance_uid: str) -> Row | None:
    """One instance."""
    query = sa.select(INSTANCES).where(INSTANCES.c.sop_instance_uid == sop_instance_uid)
    return connection.execute(query).mappings().first()


def instances(
    connection: Connection,
    *,
    study: str = "",
    series: str = "",
    sop: str = "",
) -> Sequence[Row]:
    """Instances of a study, series or all, in a stable order."""
    query = sa.select(INSTANCES)
    for column, value in (
        (INSTANCES.c.study_instance_uid, study),
        (INSTANCES.c.series_instance_uid, series),
        (INSTANCES.c.sop_instance_uid, sop),
    ):
        if value:
            query = query.where(column == value)
    query = query.order_by(
        INSTANCES.c.study_instance_uid,
        INSTANCES.c.series_instance_uid,
        INSTANCES.c.sop_instance_uid,
    )
    return connection.execute(query).mappings().all()


def study(connection: Connection, study_instance_uid: str, *, lock: bool = False) -> Row | None:
    """One study.

    Args:
        connection: Of a transaction.
        study_instance_uid: Which.
        lock: Lets no other transaction change it until this one ends. Else a study might be
            marked as released by one that does not see an instance just added.
    """
    query = sa.select(STUDIES).where(STUDIES.c.study_instance_uid == study_instance_uid)
    if lock:
        query = query.with_for_update()
    return connection.execute(query).mappings().first()


def quiet_studies(connection: Connection, since: datetime) -> Sequence[Row]:
    """Open studies whose last instance came at or before `since`."""
    query = (
        sa.select(STUDIES)
        .where(STUDIES.c.is_open, STUDIES.c.last_received_at <= since)
        .order_by(STUDIES.c.last_received_at)
    )
    return connection.execute(query).mappings().all()


def subject(connection: Connection, subject_key: str) -> Row | None:
    """One subject."""
    query = sa.select(SUBJECTS).where(SUBJECTS.c.subject_key == subject_key)
    return connection.execute(query).mappings().first()


def patient_of(connection: Connection, study_instance_uid: str) -> tuple[str, str] | None:
    """Identifier and issuer of the patient of a study; None when the study is not here."""
    query = (
        sa.select(SUBJECTS.c.patient_id, SUBJECTS.c.issuer_of_patient_id)
        .join(STUDIES, STUDIES.c.subject_key == SUBJECTS.c.subject_key)
        .where(STUDIES.c.study_instance_uid == study_instance_uid)
    )
    found = connection.execute(query).first()
    return None if found is None else (found[0], found[1])


def document(connection: Connection, document_id: str) -> Row | None:
    """One document."""
    query = sa.select(DOCUMENTS).where(DOCUMENTS.c.document_id == document_id)
    return connection.execute(query).mappings().first()


def aware(moment: datetime) -> datetime:
    """`moment` in UTC; SQLite forgets the zone that it was given."""
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
