"""ingest: takes studies by STOW-RS and C-STORE, keeps them, releases them.

Reads: DICOM instances from modalities and archives.
Emits: `study.received`.
"""
