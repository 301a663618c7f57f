"""Redactions, their copies, and what people decided; `migrations` creates the tables.

PHI zone. The columns `source_*` name instances of the source, in rows of held copies alone: a
reviewer must find the original. No row of a released copy says what it was made from. `study_key`
is a keyed digest of the source's Study Instance UID.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from services.redactor.copies import Copy
from services.redactor.release import Kept, Redaction

METADATA = sa.MetaData()

REDACTIONS = sa.Table(
    "redactions",
    METADATA,
    sa.Column("redaction_id", sa.String(36), primary_key=True),
    sa.Column("project", sa.String(40), nullable=False, index=True),
    sa.Column("profile", sa.String(200), nullable=False),
    sa.Column("study_key", sa.String(64), nullable=False, index=True),
    sa.Column("subject_code", sa.String(64), nullable=False),
    sa.Column("study_instance_uid", sa.String(64), nullable=False),
    sa.Column("study_revision", sa.BigInteger, nullable=False),
    sa.Column("release", sa.BigInteger, nullable=False),
    sa.Column("left_behind", sa.JSON, nullable=False),
    sa.Column("evidence", sa.JSON, nullable=False),
    sa.Column("redacted_at", sa.DateTime(timezone=True), nullable=False),
)
"""One row per redaction of a study for a project. UIDs and codes are pseudonyms."""

COPIES = sa.Table(
    "copies",
    METADATA,
    sa.Column("redaction_id", sa.String(36), primary_key=True),
    sa.Column("position", sa.Integer, primary_key=True),
    sa.Column("copy", sa.JSON, nullable=False),
    sa.Column("object_key", sa.String(255), nullable=False),
    sa.Column("size_bytes", sa.BigInteger, nullable=False),
    sa.Column("source_series_instance_uid", sa.String(64), nullable=False),
    sa.Column("source_sop_instance_uid", sa.String(64), nullable=False, index=True),
)
"""One row per instance of the export: `Copy.as_json`, and where its bytes lie."""

DECISIONS = sa.Table(
    "decisions",
    METADATA,
    sa.Column("redaction_id", sa.String(36), primary_key=True),
    sa.Column("source_sop_instance_uid", sa.String(64), primary_key=True),
    sa.Column("project", sa.String(40), nullable=False),
    sa.Column("candidate_sha256", sa.String(64), nullable=False, index=True),
    sa.Column("accepted", sa.Boolean, nullable=False),
    sa.Column("overruled", sa.JSON, nullable=False),
    sa.Column("reason", sa.String(500), nullable=False),
    sa.Column("decided_by", sa.String(200), nullable=False),
    sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
)
"""Rows are added, never changed: the first decision about an instance of a redaction stands."""


def latest_revision(connection: Connection, project: str, study_key: str) -> int:
    """Newest revision of a study that was redacted for a project; 0 when none was."""
    where = (REDACTIONS.c.project == project, REDACTIONS.c.study_key == study_key)
    query = sa.select(sa.func.max(REDACTIONS.c.study_revision)).where(*where)
    return int(connection.execute(query).scalar() or 0)


def redaction(connection: Connection, redaction_id: str, *, lock: bool = False) -> Redaction | None:
    """A redaction with its copies; None when there is none.

    Args:
        connection: Of a transaction.
        redaction_id: Which.
        lock: Keep others from changing it until the transaction ends.
    """
    query = sa.select(REDACTIONS).where(REDACTIONS.c.redaction_id == redaction_id)
    row = connection.execute(query.with_for_update() if lock else query).first()
    if row is None:
        return None
    rows = connection.execute(
        sa.select(COPIES).where(COPIES.c.redaction_id == redaction_id).order_by(COPIES.c.position)
    )
    return Redaction(
        redaction_id=row.redaction_id,
        project=row.project,
        profile=row.profile,
        study_key=row.study_key,
        subject_code=row.subject_code,
        study_instance_uid=row.study_instance_uid,
        study_revision=row.study_revision,
        release=row.release,
        left_behind=frozenset(row.left_behind),
        copies=tuple(
            Kept(
                Copy.of_json(one.copy),
                one.object_key,
                one.size_bytes,
                (one.source_series_instance_uid, one.source_sop_instance_uid),
            )
            for one in rows
        ),
    )


def keep(connection: Connection, made: Redaction, evidence: Sequence[str], at: datetime) -> None:
    """Writes a redaction over its earlier state; forgets the source of what is released."""
    values = {
        "project": made.project,
        "profile": made.profile,
        "study_key": made.study_key,
        "subject_code": made.subject_code,
        "study_instance_uid": made.study_instance_uid,
        "study_revision": made.study_revision,
        "release": made.release,
        "left_behind": sorted(made.left_behind),
        "evidence": list(evidence),
        "redacted_at": at,
    }
    where = REDACTIONS.c.redaction_id == made.redaction_id
    if connection.execute(sa.update(REDACTIONS).where(where).values(**values)).rowcount == 0:
        connection.execute(sa.insert(REDACTIONS).values(redaction_id=made.redaction_id, **values))
    connection.execute(sa.delete(COPIES).where(COPIES.c.redaction_id == made.redaction_id))
    rows = [_row(made.redaction_id, position, kept) for position, kept in enumerate(made.copies)]
    if rows:
        connection.execute(sa.insert(COPIES), rows)


def _row(redaction_id: str, position: int, kept: Kept) -> dict[str, Any]:
    series, sop = ("", "") if kept.copy.released else kept.source
    return {
        "redaction_id": redaction_id,
        "position": position,
        "copy": kept.copy.as_json(),
        "object_key": kept.object_key,
        "size_bytes": kept.size_bytes,
        "source_series_instance_uid": series,
        "source_sop_instance_uid": sop,
    }


def evidence(connection: Connection, redaction_id: str) -> list[str]:
    """Signed records of the last release of a redaction; none when there is no redaction."""
    query = sa.select(REDACTIONS.c.evidence).where(REDACTIONS.c.redaction_id == redaction_id)
    found: list[str] | None = connection.execute(query).scalar_one_or_none()
    return found or []


def redacted_at(connection: Connection, redaction_id: str) -> datetime:
    """When a redaction was last changed."""
    query = sa.select(REDACTIONS.c.redacted_at).where(REDACTIONS.c.redaction_id == redaction_id)
    moment: datetime = connection.execute(query).scalar_one()
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)  # SQLite keeps no zone


# ---------------------------------------------------------------- decisions


@dataclass(frozen=True)
class Decision:
    """What a person decided about a held copy.

    Attributes:
        accepted: It may leave as it is.
        reason: Why, in the reviewer's words.
        decided_by: Who.
        candidate_sha256: Digest of what the reviewer saw; "" for a rejection without.
    """

    accepted: bool
    reason: str
    decided_by: str
    candidate_sha256: str


def decision(connection: Connection, redaction_id: str, sop_instance_uid: str) -> Decision | None:
    """The decision about an instance of a redaction; None when there is none."""
    where = (
        DECISIONS.c.redaction_id == redaction_id,
        DECISIONS.c.source_sop_instance_uid == sop_instance_uid,
    )
    row = connection.execute(sa.select(DECISIONS).where(*where)).first()
    if row is None:
        return None
    return Decision(row.accepted, row.reason, row.decided_by, row.candidate_sha256)


def accepted_of(connection: Connection, redaction_id: str) -> dict[str, str]:
    """Instances of a redaction that a person accepted: SOP Instance UID and digest of the copy."""
    query = sa.select(DECISIONS.c.source_sop_instance_uid, DECISIONS.c.candidate_sha256).where(
        DECISIONS.c.redaction_id == redaction_id, DECISIONS.c.accepted
    )
    return {row.source_sop_instance_uid: row.candidate_sha256 for row in connection.execute(query)}


def decide(
    connection: Connection,
    made: Redaction,
    sop_instance_uid: str,
    what: Decision,
    reasons: Sequence[str],
    at: datetime,
) -> None:
    """Adds a decision; there was none before."""
    connection.execute(
        sa.insert(DECISIONS).values(
            redaction_id=made.redaction_id,
            source_sop_instance_uid=sop_instance_uid,
            project=made.project,
            candidate_sha256=what.candidate_sha256,
            accepted=what.accepted,
            overruled=list(reasons),
            reason=what.reason,
            decided_by=what.decided_by,
            decided_at=at,
        )
    )


def quarantined(connection: Connection, project: str = "", limit: int = 1000) -> list[str]:
    """Redactions with held copies nobody decided on, newest first; of one project, or all."""
    decided = sa.select(DECISIONS.c.redaction_id).where(
        DECISIONS.c.redaction_id == COPIES.c.redaction_id,
        DECISIONS.c.source_sop_instance_uid == COPIES.c.source_sop_instance_uid,
    )
    waiting = sa.select(COPIES.c.redaction_id).where(
        COPIES.c.redaction_id == REDACTIONS.c.redaction_id,
        COPIES.c.source_sop_instance_uid != "",
        ~decided.exists(),
    )
    query = sa.select(REDACTIONS.c.redaction_id).where(waiting.exists())
    if project:
        query = query.where(REDACTIONS.c.project == project)
    query = query.order_by(REDACTIONS.c.redacted_at.desc()).limit(limit)
    return [row.redaction_id for row in connection.execute(query)]
