"""report_structurer: organ sections, facts and proof for radiology reports, by word lists alone.

Reads: `document.received`; the text from ingest by gRPC.
Emits: `report.structured`.
"""
