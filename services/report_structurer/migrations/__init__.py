"""Schema of report_structurer, oldest first."""
