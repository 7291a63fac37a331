"""Cross-check: department data, matching, discrepancies, work orders."""
