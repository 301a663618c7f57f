"""Structured reports, verbatim, and what became of their alerts. All of it is PHI."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

METADATA = sa.MetaData()

REPORTS = sa.Table(
    "reports",
    METADATA,
    sa.Column("document_id", sa.String(64), primary_key=True),
    sa.Column("subject_key", sa.String(64), nullable=False, index=True),
    sa.Column("result_id", sa.String(64), nullable=False),
    sa.Column("structured", sa.JSON, nullable=False),
    sa.Column("structured_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("alerts", sa.JSON, nullable=False, server_default="[]"),
)
"""`structured` is what `answers.answer` gives, words and all; `alerts` are `answers.alerted`."""

DISMISSALS = sa.Table(
    "dismissals",
    METADATA,
    sa.Column("document_id", sa.String(64), primary_key=True),
    sa.Column("alert_id", sa.String(64), primary_key=True),
    sa.Column("reason", sa.String(500), nullable=False),
    sa.Column("dismissed_by", sa.String(200), nullable=False),
    sa.Column("dismissed_at", sa.DateTime(timezone=True), nullable=False),
)
"""The first dismissal of an alert stands. It outlives the report's next structuring: an alert about
the same places has the same id."""


def keep(
    connection: Connection,
    document_id: str,
    subject_key: str,
    result_id: str,
    structured: dict[str, Any],
    alerts: Sequence[dict[str, Any]],
    at: datetime,
) -> None:
    """Keeps the structure of a document in place of an earlier one."""
    connection.execute(sa.delete(REPORTS).where(REPORTS.c.document_id == document_id))
    connection.execute(
        sa.insert(REPORTS).values(
            document_id=document_id,
            subject_key=subject_key,
            result_id=result_id,
            structured=structured,
            structured_at=at,
            alerts=list(alerts),
        )
    )


def structured(connection: Connection, document_id: str) -> dict[str, Any] | None:
    """The structure of a document; None when there is none."""
    query = sa.select(REPORTS.c.structured).where(REPORTS.c.document_id == document_id)
    found: dict[str, Any] | None = connection.execute(query).scalar_one_or_none()
    return found


def alerts(connection: Connection, document_id: str) -> list[dict[str, Any]] | None:
    """Alerts of a document, each with its dismissal or None; None when there is no document."""
    query = sa.select(REPORTS.c.alerts).where(REPORTS.c.document_id == document_id)
    found: list[dict[str, Any]] | None = connection.execute(query).scalar_one_or_none()
    if found is None:
        return None
    rows = connection.execute(sa.select(DISMISSALS).where(DISMISSALS.c.document_id == document_id))
    dismissed = {
        row.alert_id: {
            "reason": row.reason,
            "dismissed_by": row.dismissed_by,
            # SQLite gives back times without their zone.
            "dismissed_at": row.dismissed_at.replace(tzinfo=UTC).isoformat(),
        }
        for row in rows
    }
    return [alert | {"dismissal": dismissed.get(alert["id"])} for alert in found]


def dismiss(
    connection: Connection,
    document_id: str,
    alert_id: str,
    *,
    reason: str,
    dismissed_by: str,
    at: datetime,
) -> None:
    """Keeps why an alert was dismissed; a second time changes nothing."""
    where = (DISMISSALS.c.document_id == document_id, DISMISSALS.c.alert_id == alert_id)
    if connection.execute(sa.select(DISMISSALS.c.alert_id).where(*where)).first() is None:
        connection.execute(
            sa.insert(DISMISSALS).values(
                document_id=document_id,
                alert_id=alert_id,
                reason=reason,
                dismissed_by=dismissed_by,
                dismissed_at=at,
            )
        )
