"""All that is measured, in the order in which it is written down. A new part adds its own here."""

from __future__ import annotations

from .pages import dashboard, keys, load, review
from .runner import Bench

__all__ = ["BENCHES"]

BENCHES: tuple[Bench, ...] = (
    *load.BENCHES,
    *keys.BENCHES,
    *dashboard.BENCHES,
    *review.BENCHES,
)
