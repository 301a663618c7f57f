"""muscle_seg: measures skeletal muscle at the third lumbar vertebra.

Reads: `study.received`; images from ingest by DICOMweb.
Emits: `muscle.measured`.
"""
