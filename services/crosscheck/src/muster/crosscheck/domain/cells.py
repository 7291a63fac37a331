"""What departments write into a cell of a column that most people leave empty."""

from __future__ import annotations

import unicodedata

_EMPTY = frozenset(("无", "否", "没有", "空", "NO", "NONE", "NULL", "N/A"))


def plain(told: str) -> str:
    """The text without spaces and in one width; empty for what says that the cell is empty."""
    text = "".join(unicodedata.normalize("NFKC", told).split())
    if text.upper() in _EMPTY or not any(sign.isalnum() for sign in text):
        return ""
    return text
