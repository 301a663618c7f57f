"""publisher: delivers results to the imaging archive and the health record.

Reads: `muscle.measured`, `report.structured`, `cachexia.scored`; source images from ingest by
DICOMweb, documents and identities from ingest by gRPC, segmentations from the store.
Emits: `result.delivered`.
"""
