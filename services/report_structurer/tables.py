"""Structured reports, verbatim: the one table of the service. It holds PHI."""

from datetime import datetime
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
)
"""`structured` is what `answers.structured` gives, words and all."""


def keep(
    connection: Connection,
    document_id: str,
    subject_key: str,
    result_id: str,
    structured: dict[str, Any],
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
        )
    )


def structured(connection: Connection, document_id: str) -> dict[str, Any] | None:
    """The structure of a document; None when there is none."""
    query = sa.select(REPORTS.c.structured).where(REPORTS.c.document_id == document_id)
    found: dict[str, Any] | None = connection.execute(query).scalar_one_or_none()
    return found
