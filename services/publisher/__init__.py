"""publisher: delivers results to the imaging archive and the health record.

Reads: `muscle.measured`; source images from ingest by DICOMweb, segmentations from the store.
Emits: `result.delivered`.
"""
