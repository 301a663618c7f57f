"""Revisions of the tables of cachexia_scorer."""
