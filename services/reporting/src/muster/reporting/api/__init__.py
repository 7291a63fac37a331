"""Reporting's HTTP routes: translate, authorise, count."""

from fastapi import APIRouter

from muster.reporting.api import counts, days, live, waiting

router = APIRouter(tags=["reporting"])
for part in (counts, waiting, days, live):
    router.include_router(part.router)

__all__ = ["router"]
