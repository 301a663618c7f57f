"""The delivery ledger; `migrations` creates it.

It names nobody, but the events in it hold measurements and laboratory values under a subject key.
"""

import sqlalchemy as sa

METADATA = sa.MetaData()

RESULTS = sa.Table(
    "results",
    METADATA,
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
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("about", sa.String(64), nullable=False, index=True),
)
"""One row per result: what became of it, and what the destinations acknowledged.

`about` is the study or document that only one result of a kind stands of. `measured_at_us` is
microseconds since 1970 UTC at which the result was made. `event` is the message that led here: what
a successor replaces or a withdrawal takes back is said again from it.
"""
