"""Reporting: what was counted, by area, from topics alone."""
