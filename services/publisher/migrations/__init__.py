"""Alembic revisions of publisher's tables."""
