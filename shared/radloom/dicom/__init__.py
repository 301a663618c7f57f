"""Pure builders and readers of DICOM objects. No I/O."""
