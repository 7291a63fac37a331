"""Load, supply, answer: each in one transaction of the spool where it writes."""
