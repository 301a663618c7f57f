"""Alembic revisions of ingest."""
