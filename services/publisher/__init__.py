"""publisher: delivers results to the imaging archive and the health record.

Reads: `muscle.measured`, `report.structured`, `cachexia.scored`, `study.redacted`; source images
from ingest by DICOMweb, documents and identities from ingest by gRPC, segmentations and copies
without identifiers from the store.
Emits: `result.delivered`.
"""
