"""What a document says of itself; issuers of patient identifiers may be URIs."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

COLUMNS = {
    "study_instance_uid": 64,
    "accession_number": 16,
    "type_code": 64,
    "type_display": 255,
    "authored_at": 64,
    "identifier_system": 255,
    "identifier_value": 255,
}


def upgrade() -> None:
    """Adds the columns, empty in rows that are there."""
    for name, length in COLUMNS.items():
        column = sa.Column(name, sa.String(length), nullable=False, server_default="")
        op.add_column("documents", column)
    with op.batch_alter_table("subjects") as subjects:
        subjects.alter_column("issuer_of_patient_id", type_=sa.String(255))


def downgrade() -> None:
    """Drops the columns. Issuers keep their width: some may not fit the former one."""
    with op.batch_alter_table("documents") as documents:
        for name in COLUMNS:
            documents.drop_column(name)
