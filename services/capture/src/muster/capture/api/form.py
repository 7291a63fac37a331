"""Routes of what everybody reads before they work: the form and its words, and the areas.

Data of the profile and of public code tables; nobody's data, and so not audited.
"""

from fastapi import APIRouter, Response

from muster.capture.api.models import AreaOut, AreasOut, ProfileOut
from muster.runtime.at_terminal import Asking
from muster.runtime.auth import Composed
from muster.vocabulary.states import Role

router = APIRouter(tags=["form"])

_KEPT = "private, max-age=300"
"""Both change with a new profile only, and a service reads its profile when it starts."""


@router.get("/profile")
async def get_profile(_: Asking, context: Composed, response: Response) -> ProfileOut:
    """The form in words of both languages: fields, categories, papers, departments, phases."""
    response.headers["Cache-Control"] = _KEPT
    return ProfileOut.model_validate(context.profile.as_json())


@router.get("/areas")
async def get_areas(caller: Asking, context: Composed, response: Response) -> AreasOut:
    """The areas at and below those that the caller is granted in any role, and the areas above
    them by name; parents come before children (design section 5, rule 10)."""
    response.headers["Cache-Control"] = _KEPT
    tree = context.areas
    granted = sorted(code for code in caller.granted_areas(tuple(Role)) if code in tree)
    if not granted:
        caller.require(tuple(Role), tree.root.code)
    above = {area.code for code in granted for area in tree.ancestors(code)}
    return AreasOut(
        root=tree.root.code,
        granted=granted,
        areas=[
            AreaOut(code=area.code, parent=area.parent, level=area.level, name=area.name)
            for area in tree
            if area.code in above or any(tree.is_within(area.code, code) for code in granted)
        ],
    )
