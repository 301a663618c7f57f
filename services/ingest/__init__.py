"""ingest: takes studies by STOW-RS and C-STORE, documents and resources by FHIR, and keeps them.

Reads: DICOM instances from modalities and archives; DocumentReference, Observation, Condition,
Patient and Bundle from the health record.
Emits: `study.received`, `document.received`, `clinical.observed`.
"""
