"""Crosscheck's own tables, and every statement on them, in sets."""
