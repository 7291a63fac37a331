"""Reporting's own database: tables, and functions that read and write them in sets."""
