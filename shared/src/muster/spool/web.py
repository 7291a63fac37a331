"""httpx without its command line, which takes as long to load as all else that an edge needs.

Import it where it is used: half of an edge's commands ask nobody.
"""

from muster.observability.optional import without

with without("httpx._main"):
    import httpx

__all__ = ["httpx"]
