"""Measures radloom on labelled and injected data; see docs/evaluation."""
