"""ingest: takes studies by STOW-RS and C-STORE and documents by FHIR, keeps them, releases them.

Reads: DICOM instances from modalities and archives, DocumentReference resources.
Emits: `study.received`, `document.received`.
"""
