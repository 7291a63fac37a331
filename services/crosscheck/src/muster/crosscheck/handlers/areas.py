"""Which area is meant: by a code of another day, by a caller who reads."""

from __future__ import annotations

from muster.runtime.asked_area import known
from muster.runtime.auth import Caller
from muster.vocabulary.areas import AreaTree
from muster.vocabulary.states import Role


def place(tree: AreaTree, code: str) -> str:
    """The area of the tree that a code names, whatever its code was on another day.

    Of a place that is not known here, the township or the county with whose code it begins: files
    made elsewhere have other villages. The code itself where none of these is in the tree.
    """
    named = (tree.place_of(code[:length]) for length in (len(code), 9, 6))
    return next((known for known in named if known in tree), code)


def around(tree: AreaTree) -> list[str]:
    """Codes of the campaign's areas and of those above them."""
    return [area.code for area in tree]


def readable(caller: Caller, roles: tuple[Role, ...], area: str | None) -> list[str]:
    """Codes at and below the area asked for, or below all that the caller is granted.

    Raises Refusal (403) when the caller holds no grant there: an empty list would look like work
    that is done.
    """
    if area is not None:
        caller.require(roles, known(caller.areas, area))
        return caller.areas.below([area])
    roots = caller.granted_areas(roles)
    if not roots:
        caller.require(roles, caller.areas.root.code)
    return caller.areas.below(roots)
