"""Identifiers that say nothing about what they identify."""

import uuid


def new_id() -> str:
    """A random UUID as text. A subject's id is never derived from the resident number."""
    return str(uuid.uuid4())
