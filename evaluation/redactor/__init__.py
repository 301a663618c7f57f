"""Measures the redactor on data that it was not written against, beside other systems."""
