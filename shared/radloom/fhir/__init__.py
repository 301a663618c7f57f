"""Pure builders and readers of HL7 FHIR R4 resources. No I/O."""
