"""Capture: baseline, records, evidence, uploads, and where every person stands."""
