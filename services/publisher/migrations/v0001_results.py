"""The delivery ledger."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Creates the ledger."""
    op.create_table(
        "results",
        sa.Column("result_id", sa.String(255), primary_key=True),
        sa.Column("study_instance_uid", sa.String(64), nullable=False, index=True),
        sa.Column("study_revision", sa.BigInteger, nullable=False),
        sa.Column("measured_at_us", sa.BigInteger, nullable=False),
        sa.Column("status", sa.String(16), nullable=False, index=True),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("gates", sa.JSON, nullable=False),
        sa.Column("tracking_uid", sa.String(64), nullable=False),
        sa.Column("instances", sa.JSON, nullable=False),
        sa.Column("resources", sa.JSON, nullable=False),
        sa.Column("archive", sa.String(1024), nullable=False),
        sa.Column("record", sa.String(1024), nullable=False),
        sa.Column("event", sa.LargeBinary, nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False, index=True),
    )


def downgrade() -> None:
    """Drops the ledger."""
    op.drop_table("results")
