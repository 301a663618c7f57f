"""Command line of radloom, its only entry point."""
