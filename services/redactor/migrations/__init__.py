"""Schema of redactor, oldest first."""
