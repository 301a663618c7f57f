"""Results of more kinds than muscle."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Says of every result what kind it is and what it is about; those there are about studies."""
    op.add_column(
        "results", sa.Column("kind", sa.String(16), nullable=False, server_default="muscle")
    )
    op.add_column("results", sa.Column("about", sa.String(64), nullable=False, server_default=""))
    op.execute("UPDATE results SET about = study_instance_uid")
    op.create_index("ix_results_about", "results", ["about"])


def downgrade() -> None:
    """Drops the columns; only muscle had a place before."""
    op.execute("DELETE FROM results WHERE kind <> 'muscle'")
    op.drop_index("ix_results_about", "results")
    with op.batch_alter_table("results") as results:
        results.drop_column("about")
        results.drop_column("kind")
