"""Structured reports."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Creates the table."""
    op.create_table(
        "reports",
        sa.Column("document_id", sa.String(64), primary_key=True),
        sa.Column("subject_key", sa.String(64), nullable=False, index=True),
        sa.Column("result_id", sa.String(64), nullable=False),
        sa.Column("structured", sa.JSON, nullable=False),
        sa.Column("structured_at", sa.DateTime(timezone=True), nullable=False),
    )


def downgrade() -> None:
    """Drops the table."""
    op.drop_table("reports")
