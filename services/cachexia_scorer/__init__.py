"""cachexia_scorer: published criteria one by one, and a risk that says what it was trained on.

Reads: evidence about one patient, from events or from a FHIR bundle.
Emits: criteria with their inputs, or the reason why they cannot be computed.
"""
