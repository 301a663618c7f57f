"""Redactions, their copies, and what people decided."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Creates the tables."""
    op.create_table(
        "redactions",
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
    op.create_table(
        "copies",
        sa.Column("redaction_id", sa.String(36), primary_key=True),
        sa.Column("position", sa.Integer, primary_key=True),
        sa.Column("copy", sa.JSON, nullable=False),
        sa.Column("object_key", sa.String(255), nullable=False),
        sa.Column("size_bytes", sa.BigInteger, nullable=False),
        sa.Column("source_series_instance_uid", sa.String(64), nullable=False),
        sa.Column("source_sop_instance_uid", sa.String(64), nullable=False, index=True),
    )
    op.create_table(
        "decisions",
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


def downgrade() -> None:
    """Drops them."""
    for table in ("decisions", "copies", "redactions"):
        op.drop_table(table)
