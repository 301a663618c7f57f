"""Measures parts of this project on data; nothing here runs in a service."""
