"""Verification's HTTP routes: translate, authorise, call a handler.

Review is record by record, item by item (R71, C17): there is no route that takes several.
"""

from fastapi import APIRouter

from muster.verification.api import claims, departments, items, overview, queue

router = APIRouter(tags=["verification"])
router.include_router(queue.router)
router.include_router(items.router)
router.include_router(claims.router)
router.include_router(overview.router)
router.include_router(departments.router)

__all__ = ["router"]
