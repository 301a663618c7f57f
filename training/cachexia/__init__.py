"""Trains the models of `services/cachexia_scorer`: on a simulated cohort, or on a site's export.

Needs numpy, scipy and onnx; no torch. `cohort.yaml` holds the simulated cohort, with sources.
"""
