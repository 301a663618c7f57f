"""redactor: de-identified copies for research, released only when their own bytes prove clean.

Reads: `study.received`; images from ingest by DICOMweb, identities by gRPC.
Emits: `study.redacted`, `redaction.quarantined`.
"""
