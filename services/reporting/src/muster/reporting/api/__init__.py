"""Reporting's HTTP routes: translate, authorise, count."""

from fastapi import APIRouter

from muster.reporting.api import counts, days, live, waiting, workbook

router = APIRouter(tags=["reporting"])
for part in (counts, waiting, days, live, workbook):
    router.include_router(part.router)

__all__ = ["router"]
