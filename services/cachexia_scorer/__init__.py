"""cachexia_scorer: published criteria one by one, and a risk that says what it was trained on.

Reads: `muscle.measured`, `report.structured`, `clinical.observed`; sex and age from ingest.
Emits: `cachexia.scored`: criteria with inputs, or why they cannot be computed; risk, survival.
"""
