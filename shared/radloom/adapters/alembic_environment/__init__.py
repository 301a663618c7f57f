"""The one Alembic environment: migrations bring only their revisions."""
