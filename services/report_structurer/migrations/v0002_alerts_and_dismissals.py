"""Alerts of structured reports, and those that somebody dismissed."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Adds the alerts, none in reports of before, and the table of dismissals."""
    op.add_column("reports", sa.Column("alerts", sa.JSON, nullable=False, server_default="[]"))
    op.create_table(
        "dismissals",
        sa.Column("document_id", sa.String(64), primary_key=True),
        sa.Column("alert_id", sa.String(64), primary_key=True),
        sa.Column("reason", sa.String(500), nullable=False),
        sa.Column("dismissed_by", sa.String(200), nullable=False),
        sa.Column("dismissed_at", sa.DateTime(timezone=True), nullable=False),
    )


def downgrade() -> None:
    """Drops both."""
    op.drop_table("dismissals")
    op.drop_column("reports", "alerts")
