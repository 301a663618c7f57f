"""Evidence and scores of subjects. Lab values and symptoms under a keyed identifier: PHI."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from radloom.wire.v1.cachexia_scored_pb2 import CachexiaScored
from services.cachexia_scorer.evidence import Evidence
from services.cachexia_scorer.sources import Source
from services.cachexia_scorer.stored import as_json, of_json

METADATA = sa.MetaData()

SUBJECTS = sa.Table(
    "subjects",
    METADATA,
    sa.Column("subject_key", sa.String(64), primary_key=True),
    sa.Column("revision", sa.BigInteger, nullable=False),
    sa.Column("fingerprint", sa.String(64), nullable=False),
)
"""Revision and fingerprint of the score that stands; 0 and empty before the first."""

SOURCES = sa.Table(
    "sources",
    METADATA,
    sa.Column("subject_key", sa.String(64), primary_key=True),
    sa.Column("name", sa.String(160), primary_key=True),
    sa.Column("revision", sa.BigInteger, nullable=False),
    sa.Column("recorded_us", sa.BigInteger, nullable=False),
    sa.Column("digest", sa.String(64), nullable=False),
    sa.Column("evidence", sa.JSON, nullable=False),
)
"""The newest version of each source. `recorded_us` is microseconds since 1970 UTC."""

SCORES = sa.Table(
    "scores",
    METADATA,
    sa.Column("subject_key", sa.String(64), primary_key=True),
    sa.Column("revision", sa.BigInteger, primary_key=True),
    sa.Column("result_id", sa.String(64), nullable=False, index=True),
    sa.Column("evidence", sa.JSON, nullable=False),
    sa.Column("event", sa.LargeBinary, nullable=False),
    sa.Column("scored_at", sa.DateTime(timezone=True), nullable=False),
)
"""Every score that was announced, with the evidence list that gives it again."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Standing:
    """The score of a subject that stands."""

    revision: int
    fingerprint: str


def lock(connection: Connection, subject_key: str) -> Standing:
    """The score that stands; no other transaction changes the subject until this one ends."""
    query = sa.select(SUBJECTS).where(SUBJECTS.c.subject_key == subject_key).with_for_update()
    row = connection.execute(query).first()
    if row is None:
        new = sa.insert(SUBJECTS).values(subject_key=subject_key, revision=0, fingerprint="")
        with suppress(sa.exc.IntegrityError), connection.begin_nested():
            connection.execute(new)  # or another process was first, and has ended by now
        row = connection.execute(query).one()
    return Standing(row.revision, row.fingerprint)


def keep(connection: Connection, subject_key: str, source: Source) -> bool:
    """Keeps a source in place of an older version; returns whether it is news."""
    same = (SOURCES.c.subject_key == subject_key) & (SOURCES.c.name == source.name)
    recorded_us = _microseconds(source.recorded_at)
    row = connection.execute(sa.select(SOURCES).where(same)).first()
    if row is not None:
        known = (row.revision, row.recorded_us, row.digest)
        if known >= (source.revision, recorded_us, source.digest):
            return False
        connection.execute(sa.delete(SOURCES).where(same))
    connection.execute(
        sa.insert(SOURCES).values(
            subject_key=subject_key,
            name=source.name,
            revision=source.revision,
            recorded_us=recorded_us,
            digest=source.digest,
            evidence=[as_json(item) for item in source.evidence],
        )
    )
    return True


def evidence(connection: Connection, subject_key: str) -> tuple[list[Evidence], datetime | None]:
    """All evidence of a subject, and when the newest version of any source was recorded."""
    query = sa.select(SOURCES.c.evidence, SOURCES.c.recorded_us).where(
        SOURCES.c.subject_key == subject_key
    )
    rows = connection.execute(query).all()
    newest = max((row.recorded_us for row in rows), default=None)
    found = [of_json(item) for row in rows for item in row.evidence]
    return found, None if newest is None else _moment(newest)


def add_score(
    connection: Connection, event: CachexiaScored, fingerprint: str, listed: Sequence[Evidence]
) -> None:
    """Adds a score, which stands from now on."""
    connection.execute(
        sa.insert(SCORES).values(
            subject_key=event.subject_key,
            revision=event.revision,
            result_id=event.result_id,
            evidence=[as_json(item) for item in listed],
            event=event.SerializeToString(deterministic=True),
            scored_at=event.scored_at.ToDatetime(UTC),
        )
    )
    connection.execute(
        sa.update(SUBJECTS)
        .where(SUBJECTS.c.subject_key == event.subject_key)
        .values(revision=event.revision, fingerprint=fingerprint)
    )


def scores(connection: Connection, subject_key: str) -> list[CachexiaScored]:
    """Every score of a subject, oldest first."""
    query = (
        sa.select(SCORES.c.event)
        .where(SCORES.c.subject_key == subject_key)
        .order_by(SCORES.c.revision)
    )
    return [CachexiaScored.FromString(content) for content in connection.execute(query).scalars()]


def listed(connection: Connection, subject_key: str, revision: int) -> list[Evidence]:
    """The evidence that a score was computed from."""
    query = sa.select(SCORES.c.evidence).where(
        SCORES.c.subject_key == subject_key, SCORES.c.revision == revision
    )
    found: list[dict[str, Any]] = connection.execute(query).scalar_one()
    return [of_json(item) for item in found]


def _microseconds(moment: datetime) -> int:
    since = moment - EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def _moment(microseconds: int) -> datetime:
    return datetime.fromtimestamp(microseconds // 1_000_000, UTC).replace(
        microsecond=microseconds % 1_000_000
    )
