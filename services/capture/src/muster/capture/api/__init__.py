"""Capture's HTTP routes: translate, authorise, call a handler."""

from fastapi import APIRouter

from muster.capture.api import candidates, form, imports, lists, packets, people

router = APIRouter()
router.include_router(form.router)
router.include_router(imports.router)
router.include_router(people.router)
router.include_router(packets.router)
router.include_router(lists.router)
router.include_router(candidates.router)

__all__ = ["router"]
