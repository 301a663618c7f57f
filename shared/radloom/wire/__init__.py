"""Messages and services on the wire."""
