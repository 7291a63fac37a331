"""Verification: the county's review of every record as it arrives."""
